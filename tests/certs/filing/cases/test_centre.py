"""A client of a case centre: what it received becomes cases here, what is done here is told there, each once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from base.fetch import FetchFailed, FetchSettings, GuardedFetch
from base.settings import UnusableSetting, read
from certs.filing.cases import wiring
from certs.filing.cases.centre import Client
from certs.filing.cases.centre_models import CentreProject
from certs.filing.cases.errors import CentreAnswerUnreadable
from certs.filing.cases.models import Case, CaseDelivery
from certs.filing.cases.wiring import Centre
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.signers.software import SoftwareSigner
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import CLERK, COUNTY, ITEM, STRANGER, House
from tests.certs.papers import firm
from tests.simulators.case_centre import CaseCentre
from tests.simulators.http import HttpSimulator

LOOPBACK = FetchSettings(
    intranet_networks=("127.0.0.0/8",), connect_seconds=1.0, read_seconds=2.0, total_seconds=4.0, tries=1
)
# Nothing listens there.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def site(
    database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, CaseCentre, Client]]:
    found, fetch = CaseCentre(), GuardedFetch(LOOPBACK)
    with HttpSimulator().on("/centre", found) as server:
        centre = Centre(server.url("/centre"), fetch, intranet=True)
        house = of.opened(database, tmp_path, at, monkeypatch, centre=centre)
        yield house, found, Client(database, house.parts, centre)
        fetch.close()


def project(number: str, **peculiar: Any) -> dict[str, Any]:
    told = {
        "project_no": number,
        "project_name": "演示旅馆卫生许可",
        "task_handle_item": ITEM,
        "applyer_name": "演示企业1有限公司",
        "applyer_type": "2",
        "applyer_page_type": "001",
        "applyer_page_code": firm(1),
        "receiving_org_code": COUNTY,
        "receiving_region": "320500",
        "receiving_window": "演示窗口",
        "form": {"area": 100},
        "materials": [{"material_name": "平面图", "get_type": "1", "get_num": 1}],
        **peculiar,
    }
    return {name: value for name, value in told.items() if value is not None}


def test_projects_of_the_centre_become_cases_under_their_numbers(site: tuple[House, CaseCentre, Client]):
    """Page by page; read again nothing doubles; the centre has a receipt for each."""
    house, centre, client = site
    centre.projects = [project(f"演示办件{each}") for each in range(3)]
    assert [client.pull(house.at) for _ in range(3)] == [2, 1, 0]
    case = house.good(CLERK, "GET", "/cases/演示办件0")
    assert (case["receiving_organ"], case["owner"], case["form"]) == (COUNTY, case["organ"], {"area": 100})
    told = {number: receipt["state"] for number, receipt in centre.receipts.items()}
    assert told == dict.fromkeys(("演示办件0", "演示办件1", "演示办件2"), "taken")
    with house.database.reading() as session:
        assert session.query(Case).count() == 3


@pytest.mark.parametrize(
    ("peculiar", "code"),
    [
        ({"task_handle_item": "0" * 33}, "no-such-matter"),
        ({"applyer_name": None}, "member-missing"),
        ({"applyer_page_type": "none"}, "member-invalid"),
        ({"materials": ["演示"]}, "member-invalid"),
        ({"receiving_org_code": "11320900YNX0009999"}, "no-such-organisation"),
    ],
)
def test_a_project_that_cannot_be_taken_is_refused_by_its_code_and_holds_up_no_other(
    site: tuple[House, CaseCentre, Client], peculiar: dict[str, Any], code: str
):
    house, centre, client = site
    centre.projects = [project("P1", **peculiar), project("P2")]
    assert client.pull(house.at) == 2
    assert {number: (told["state"], told["code"]) for number, told in centre.receipts.items()} == {
        "P1": ("refused", code),
        "P2": ("taken", ""),
    }


def test_a_refused_project_that_was_mended_is_taken_when_it_comes_again(site: tuple[House, CaseCentre, Client]):
    house, centre, client = site
    centre.projects = [project("P1", applyer_name=None), project("P1")]
    client.pull(house.at)
    with house.database.reading() as session:
        assert session.get_one(CentreProject, "P1").state == "taken"
    assert centre.receipts["P1"]["state"] == "taken"


def test_steps_are_told_in_order_with_the_national_rows_and_their_receipts_kept(
    site: tuple[House, CaseCentre, Client],
):
    house, centre, client = site
    centre.projects = [project("P1")]
    client.pull(house.at)
    house.stands("P1", "accept")
    house.stands("P1", "refuse", words={"reason": "演示理由"})
    assert [client.push_due(house.at) for _ in range(3)] == [1, 1, 0]
    assert centre.order == [("P1", 2), ("P1", 3)], "what it told us itself it is not told again"
    rows = {each["table"]: each["columns"] for each in centre.steps["P1", 3]["rows"]}
    assert (rows["up_pro_result"]["result_type"], rows["up_pro_result"]["result_explain"]) == ("2", "演示理由")
    with house.database.reading() as session:
        told = session.query(CaseDelivery).filter_by(channel="centre").order_by(CaseDelivery.sequence)
        assert [(each.state, each.receipt) for each in told] == [
            ("taken", "演示回执-P1-2"),
            ("taken", "演示回执-P1-3"),
        ]


@pytest.mark.parametrize("broken", [(503, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"state": "maybe"}')])
def test_a_centre_that_is_down_or_talks_nonsense_is_told_again_later(
    site: tuple[House, CaseCentre, Client], broken: tuple[int, bytes]
):
    """Nothing is lost and nothing told twice: the same key, the same place."""
    house, centre, client = site
    number = house.receive()["number"]
    centre.broken = broken
    assert client.push_due(house.at) == 0
    assert client.push_due(house.at) == 0
    centre.broken = None
    assert client.push_due(house.at) == 0, "a pause comes first"
    assert client.push_due(house.at + timedelta(minutes=1)) == 1
    assert centre.keys == {f"{number}:1": 1}


def test_a_step_whose_answer_was_lost_is_known_again_by_its_key(site: tuple[House, CaseCentre, Client]):
    house, centre, client = site
    number = house.receive()["number"]
    client.push_due(house.at)
    with house.database.transaction() as session:
        row = session.query(CaseDelivery).filter_by(channel="centre").one()
        row.state, row.receipt = "waiting", ""
    assert client.push_due(house.at) == 1
    assert (centre.keys[f"{number}:1"], centre.order) == (2, [(number, 1)])


def test_a_refused_step_holds_back_the_later_ones_until_it_is_sent_again(site: tuple[House, CaseCentre, Client]):
    house, centre, client = site
    number = house.receive()["number"]
    house.stands(number, "accept")
    centre.refuses.add((number, 1))
    assert [client.push_due(house.at) for _ in range(2)] == [0, 0]
    assert centre.order == []
    centre.refuses.clear()
    assert house.call(STRANGER, "POST", f"/cases/{number}/steps/1/resends").status_code == 404
    assert house.good(CLERK, "POST", f"/cases/{number}/steps/1/resends")["state"] == "waiting"
    again = house.call(CLERK, "POST", f"/cases/{number}/steps/1/resends")
    assert (again.status_code, again.json["code"]) == (404, "no-such-case-delivery")
    assert [client.push_due(house.at) for _ in range(2)] == [1, 1]
    assert centre.order == [(number, 1), (number, 2)]


def test_an_unreadable_page_moves_nothing(site: tuple[House, CaseCentre, Client]):
    house, centre, client = site
    centre.projects = [{"nothing": "of it"}]
    with pytest.raises(CentreAnswerUnreadable):
        client.pull(house.at)
    centre.broken = (500, b"")
    with pytest.raises(FetchFailed):
        client.pull(house.at)
    centre.broken, centre.projects = None, [project("P1")]
    assert client.pull(house.at) == 1


def test_requests_are_signed_where_a_key_is_named(site: tuple[House, CaseCentre, Client]):
    house, centre, client = site
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    signing = Centre(client.centre.url, client.centre.fetch, "演示", True, lambda _session, _key: signer)
    house.receive()
    assert Client(house.database, house.parts, signing).push_due(house.at) == 1
    assert len(centre.order) == 1


def test_settings_name_the_centre_the_numbering_and_the_webhooks():
    def built(**told: str) -> wiring.Cases:
        names = {name.replace("__", "_CENTRE_"): value for name, value in told.items()}
        environment = {f"YINXIN_{name.upper()}": value for name, value in names.items()}
        found = read((wiring.CaseSettings, wiring.CentreSettings), environment=environment)
        return wiring.built(found, None, of.matter_of, None, None)  # type: ignore[arg-type]

    assert built().centre is None
    centre = built(case_centre_url=f"{NOWHERE}/").centre
    assert centre is not None
    assert centre.url == NOWHERE
    assert built(cases_numbering="item-date").numbering.name == "item-date"
    for wrong in ({"cases_numbering": "pigeon"}, {"case_centre_url": "ftp://x"}):
        with pytest.raises(UnusableSetting):
            built(**wrong)
