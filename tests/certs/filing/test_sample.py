"""The filing of the sandbox as a visitor finds it: its matters counted, cases in every state, packages whole."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

import app
from base import calendar
from base.workdays import Calendar
from certs import library, sample_organs
from certs.filing import sample
from certs.filing.cases import evaluations, parties, reading
from certs.filing.cases.life import Act, State
from certs.filing.cases.models import Case, CaseEvaluation, CaseStep
from certs.filing.cases.wiring import Cases
from certs.filing.matter import Confidence
from certs.filing.matters import annex, matters
from certs.filing.matters.models import MatterItem, MatterVersion
from certs.filing.packages import packages
from certs.filing.packages.models import Package
from certs.filing.undertakings.models import Undertaking
from certs.life import Standing
from exchange.agreements import matters as code_list
from exchange.demands import steps
from exchange.demands.models import Demand
from exchange.door.models import Usage
from exchange.models import Task
from keys.parties.sample import code_of
from tests.certs.filing.sandbox import Made, made


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    one = made(tmp_path_factory.mktemp("filing-sandbox"))
    yield one
    one.running.database.close()


def filing(sandbox: Made) -> dict[str, Any]:
    told: dict[str, Any] = sandbox.told["filing"]
    return told


def test_all_hundred_items_are_matters_with_codes_of_their_own_that_are_marked_as_assumed(sandbox: Made):
    """By name and basic code, since a code may stand for several; each has 33 characters that no other has."""
    with sandbox.running.database.reading() as session:
        kept = session.execute(
            select(MatterItem.item_code, MatterItem.basic_code, MatterVersion.name, MatterVersion.confidence).join(
                MatterVersion, MatterVersion.item_code == MatterItem.item_code
            )
        ).all()
    listed = {(each.code, each.name) for each in code_list.matters()}
    found = {(each.basic_code, each.name): each for each in kept}
    assert len(listed) == 100
    assert listed <= set(found)
    of_list = [found[each] for each in listed]
    assert len({each.item_code for each in of_list}) == 100
    assert all(len(each.item_code) == 33 and each.item_code[19:31] == each.basic_code for each in of_list)
    # Two matters of one organ and one basic code have one implementation, which only the last two digits tell apart.
    assert len({each.item_code[:31] for each in of_list}) == 100 - shared_implementations(listed, found)
    assert {each.confidence for each in of_list} == {Confidence.ASSUMED}


def shared_implementations(listed: set[tuple[str, str]], found: Any) -> int:
    several = Counter(found[each].item_code[:31] for each in listed)
    return sum(count - 1 for count in several.values())


def test_seventeen_matters_carry_exactly_the_rows_of_the_table(sandbox: Made):
    """144 rows, material by material, with what they may be replaced by; the rest are marked as assumed."""
    count = 0
    with sandbox.running.database.reading() as session:
        for name, listed in annex.listed().items():
            (code,) = session.scalars(select(MatterItem.item_code).where(MatterItem.name == name))
            matter = matters.matter_of(session, code, datetime(2026, 11, 21, tzinfo=UTC))
            rows = [(each.material, each.necessity, each.basis, each.confidence) for each in listed.rows]
            assert [(each.name, each.necessity, each.basis, each.confidence) for each in matter.materials] == rows
            count += len(rows)
        others = select(MatterVersion).where(MatterVersion.name.not_in(list(annex.listed())))
        assumed = {each["confidence"] for row in session.scalars(others) for each in row.materials}
    assert (len(annex.listed()), count) == (17, 144)
    assert assumed == {"assumed"}


def test_there_is_a_case_in_every_state_and_each_open_one_has_an_owner_a_term_and_a_task(sandbox: Made):
    told = filing(sandbox)["cases"]
    with sandbox.running.database.reading() as session:
        rows = {name: session.get_one(Case, number) for name, number in told.items()}
        assert {State(each.state) for each in rows.values()} == set(State)
        for row in session.scalars(select(Case)):
            open_tasks = session.scalars(
                select(Task).where(Task.thing_kind == "case", Task.thing_id == row.number, Task.done_at.is_(None))
            ).all()
            expected = [] if row.closed_at else [(row.owner, row.due_at)]
            assert [(each.organisation, each.due_at) for each in open_tasks] == expected, row.state
            assert reading.replayed(session, row) == reading.life_of(row)


def test_granted_cases_have_valid_certificates_of_their_organ(sandbox: Made):
    with sandbox.running.database.reading() as session:
        for name in ("granted", "delivered"):
            row = session.get_one(Case, filing(sandbox)["cases"][name])
            assert row.certificate_state == "issued"
            kept = library.certificate_of(session, row.certificate or "")
            assert (library.standing_of(kept, kept.issued_on), kept.issuer) == (Standing.VALID, row.organ)
        elsewhere = session.get_one(Case, filing(sandbox)["cases"]["delivered"])
        assert elsewhere.receiving_organ != elsewhere.organ, "received at a window, for an organ elsewhere"


def test_good_and_bad_evaluations_are_there_and_the_bad_one_is_answered(sandbox: Made):
    with sandbox.running.database.reading() as session:
        kept = session.scalars(select(CaseEvaluation).order_by(CaseEvaluation.satisfaction)).all()
        assert [(each.satisfaction, each.state) for each in kept] == [(2, "answered"), (5, "settled")]
        parts = sandbox.running.parts[Cases]
        assert "演示答复" in evaluations.words_of(session, parts, kept[0])["answer"]


def test_five_packages_are_laid_down_and_two_are_filed_whole(sandbox: Made):
    told = filing(sandbox)
    assert told["package_kinds"] == [
        "restaurant-opening",
        "newborn",
        "hotel-opening",
        "company-start",
        "bookshop-opening",
    ]
    with sandbox.running.database.reading() as session:
        kinds = {row.code: [each.code for each in items] for row, items in packages.kinds(session)}
        assert {code: len(items) for code, items in kinds.items()} == {
            "restaurant-opening": 3,
            "newborn": 5,
            "hotel-opening": 3,
            "company-start": 2,
            "bookshop-opening": 2,
        }
        for kind, number in told["packages"].items():
            row = session.get_one(Package, number)
            found = packages.cases_of(session, row)
            assert sorted(each.item_code for each in found) == sorted(kinds[kind])
            assert len({each.organ for each in found}) == len(found), "each organ has its own"
        restaurant = session.get_one(Package, told["packages"]["restaurant-opening"])
        assert packages.state_of(restaurant, packages.cases_of(session, restaurant)) == "supplementing"


def test_the_newborn_of_the_package_has_no_number_yet(sandbox: Made):
    parts = sandbox.running.parts[Cases]
    with sandbox.running.database.reading() as session:
        row = session.get_one(Package, filing(sandbox)["packages"]["newborn"])
        for case in packages.cases_of(session, row):
            found = {each["role"]: each["code"] for each in parties.of_case(session, parts, case)}
            assert found["newborn"] is None
            assert found["spouse"]


def test_a_promise_a_later_paper_with_its_day_and_a_letter_stand_open(sandbox: Made):
    told = filing(sandbox)["undertakings"]
    with sandbox.running.database.reading() as session:
        rows = {name: session.get_one(Undertaking, known) for name, known in told.items()}
        assert {name: (each.kind, each.state) for name, each in rows.items()} == {
            "letter": ("assistance", "open"),
            "promise": ("promise", "open"),
            "later": ("later", "open"),
        }
        assert all(each.due_at > each.made_at for each in rows.values())
        assert rows["later"].days == 10


def test_the_systems_of_the_organs_may_work_on_cases(sandbox: Made):
    clients = {each["id"]: each for each in filing(sandbox)["clients"]}
    assert set(clients) == {
        "yanshi-approval",
        "yanshi-market",
        "yanshi-fire",
        "yanshi-city-management",
        "yanshi-far-window",
    }
    assert all("secret" in each for name, each in clients.items() if name != "yanshi-approval")


def test_in_december_the_cases_lie_back_where_their_terms_can_be_counted(monkeypatch: pytest.MonkeyPatch):
    """No holidays of 2027 are known: a sandbox that is made on New Year's Eve has the cases of November."""
    known = Calendar(frozenset(), frozenset(), frozenset({2025, 2026}))
    monkeypatch.setattr(calendar, "calendar", lambda _session: known)
    november, eve = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    session: Any = None
    assert sample.moment(session, november) == november
    assert sample.moment(session, eve) == eve - sample.BACK
    assert sample.moment(session, eve + timedelta(days=200)).year == 2026


def test_no_organ_of_the_sandbox_is_real(sandbox: Made):
    with sandbox.running.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 12 + 3 + 5
        names = session.scalars(select(MatterVersion.organ_name)).all()
    assert all("演示" in each for each in names)


# --- scenes -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def far(sandbox: Made) -> Any:
    """Call as the system of the county that received for another."""
    site = app.create_app(sandbox.running.settings)
    client = filing(sandbox)["elsewhere"]["client"]
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    token = site.test_client().post("/oauth/token", data=form).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return lambda path: site.test_client().get(f"/api/v1{path}", headers=headers).get_json()


def test_what_one_county_received_another_decided_and_it_came_back_by_courier_with_a_word_on_the_use(
    sandbox: Made, far: Any
):
    """Scene 7: two counties, a courier's number, the certificate, and 好差评 on the use that the window made of it."""
    told = filing(sandbox)["elsewhere"]
    case = far(f"/cases/{told['case']}")
    organs = {each: sample_organs.code(each) for each in ("approval", "far-window")}
    assert (case["organ"], case["receiving_organ"]) == (organs["approval"], organs["far-window"])
    assert {sample_organs.REGIONS[each] for each in organs} == {"320902", "320925"}
    assert (case["state"], case["receiving_region"]) == ("delivered", "320925")
    (said,) = far(f"/cases/{told['case']}/evaluations")["items"]
    assert (said["satisfaction"], said["usage_id"]) == (5, told["usage"])
    receipt = far(f"/receipts/{told['usage']}")
    assert receipt.get("usage_id", told["usage"]) == told["usage"], receipt
    with sandbox.running.database.reading() as session:
        use = session.get_one(Usage, told["usage"])
        delivered = session.scalars(
            select(CaseStep).where(CaseStep.case == told["case"], CaseStep.act == Act.DELIVER.value)
        ).one()
    assert (use.organisation, use.outcome, use.basis) == (organs["far-window"], "found", told["case"])
    assert delivered.facts["delivery_type"] == "courier"


def test_a_gap_of_filing_became_a_demand_that_was_refused_disputed_and_promised_to_be_met(sandbox: Made):
    """Scene 9: nobody typed it in; the county's authority named the provider, the province's obliged it."""
    told = sandbox.told["gap"]
    with sandbox.running.database.reading() as session:
        row = session.get_one(Demand, told["demand"])
        taken = [each.step for each in steps.history(session, row)]
        assert [each for each in taken if each != "begin"] == ["assign", "refuse", "dispute", "oblige"]
        assert (row.state, row.provider) == ("promised", code_of("civil"))
        (asker,) = steps.askers(session, row)
        assert (asker.organisation, asker.origin) == (told["organ"], "gap")
        (task,) = session.scalars(
            select(Task).where(Task.thing_kind == "demand", Task.thing_id == row.id, Task.done_at.is_(None))
        )
        assert (task.organisation, task.role) == (code_of("civil"), "provider")
