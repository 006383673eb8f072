"""The certificate of a granted case: issued once, after the decision, and pending with an owner until then."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.faces.typefaces import typeface
from certs.filing.cases.certificates import Follower
from certs.filing.cases.models import Case
from certs.filing.cases.wiring import Cases, CaseSettings
from certs.models import Certificate
from certs.routes.cases import case_routes
from tests import rooms
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import BACK, CLERK, ITEM, MATTERS, PEOPLE, House
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, draft
from tests.keys.parties.builders import CITY
from tests.signing.offices import SYSTEM


class SealBroke(Exception):
    """The key device went away."""


@pytest.fixture
def at_work(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Office, House]:
    """Give the organ with its seal, and the bus beside it, on one clock."""
    organ = office(database, tmp_path, at, typeface())
    with database.transaction() as session:
        of.furnish(session, at)
    parts = Cases(CaseSettings(system=SYSTEM), organ.parts.keys, of.matter_of)
    signing = organ.issuer().sealer
    door = rooms.door(
        database, (case_routes,), PEOPLE, parts, Pager("s" * 32), organ.parts, signing.signing, signing.authority
    )
    house = House(database, parts, at, door)
    monkeypatch.setattr(clock, "now", lambda: house.at)
    return organ, house


def follower(organ: Office, house: House) -> Follower:
    def sealer(by: Caller) -> Any:
        return replace(organ.issuer(by).sealer, now=lambda: house.at)

    return Follower(house.database, house.parts, organ.parts, sealer, lambda: house.at)


def granted(house: House, **peculiar: Any) -> str:
    number: str = house.receive()["number"]
    house.stands(number, "accept")
    told = {"type": HYGIENE.code, "data": dict(draft(HYGIENE).data), **peculiar}
    case = house.stands(number, "grant", certificate=told)
    assert (case["state"], case["certificate_state"], case["duty"], case["owner"]) == (
        "granted",
        "pending",
        "case-issue",
        CITY,
    )
    assert case["due_at"] is not None
    return number


def test_a_granted_case_gets_its_certificate(at_work: tuple[Office, House]):
    """Granted by a clerk, issued by the job under the organ's seal, told in the result row, handed over."""
    organ, house = at_work
    number = granted(house)
    assert follower(organ, house).issue_due() == 1
    case = house.good(CLERK, "GET", f"/cases/{number}")
    assert (case["state"], case["certificate_state"], case["duty"]) == ("granted", "issued", "case-deliver")
    with house.database.reading() as session:
        made = session.get_one(Certificate, case["certificate"])
        assert (made.state, made.issuer, made.item_code) == ("valid", CITY, ITEM)
    rows = house.good(BACK, "GET", f"/cases/{number}/steps/{case['sequence']}/rows")["items"]
    result = next(each["columns"] for each in rows if each["table"] == "up_pro_result")
    assert (result["result_type"], result["result_cetr_no"], result["result_cetr_name"]) == (
        "1",
        case["certificate"],
        HYGIENE.name,
    )


def test_a_seal_that_fails_leaves_the_case_granted_and_its_certificate_pending(at_work: tuple[Office, House]):
    """Owner, deadline and the reason are there; later tried again, it brings one certificate, and no second."""
    organ, house = at_work
    number = granted(house)

    def breaks() -> None:
        raise SealBroke

    organ.fault = breaks
    assert follower(organ, house).issue_due() == 0
    case = house.good(CLERK, "GET", f"/cases/{number}")
    assert (case["state"], case["result"], case["certificate_state"], case["certificate"]) == (
        "granted",
        1,
        "pending",
        None,
    )
    assert (case["owner"], case["duty"]) == (CITY, "case-issue")
    assert case["certificate_code"]
    delivered = house.step(number, "deliver", facts={"delivery_type": "window"})
    assert delivered.json["code"] == "case-step-not-allowed"
    organ.fault = lambda: None
    assert follower(organ, house).issue_due() == 0, "a pause comes first"
    house.at += timedelta(minutes=2)
    organ.at = house.at
    assert [follower(organ, house).issue_due() for _ in range(2)] == [1, 0]
    with house.database.reading() as session:
        assert [each.state for each in session.query(Certificate)] == ["valid"]


def test_a_service_that_dies_after_issuing_finds_its_certificate_again(at_work: tuple[Office, House]):
    """The certificate is valid and the case does not know it yet: the next run tells it and makes no second."""
    organ, house = at_work
    number = granted(house)
    working = follower(organ, house)
    with house.database.reading() as session:
        by, asked = working._asked(session, session.get_one(Case, number))
    identifier = organ.issuer(by).issue(asked)
    assert working.issue_due() == 1
    assert house.good(CLERK, "GET", f"/cases/{number}")["certificate"] == identifier
    with house.database.reading() as session:
        assert session.query(Certificate).count() == 1


def test_a_draft_with_a_fault_is_told_by_its_code(at_work: tuple[Office, House]):
    organ, house = at_work
    number = granted(house, data={})
    assert follower(organ, house).issue_due() == 0
    assert house.good(CLERK, "GET", f"/cases/{number}")["certificate_code"] == "faulty-certificate-data"


def test_without_a_system_a_persons_grant_waits(at_work: tuple[Office, House]):
    organ, house = at_work
    number = granted(house)
    working = replace(follower(organ, house), parts=replace(house.parts, settings=CaseSettings()))
    assert working.issue_due() == 0
    assert house.good(CLERK, "GET", f"/cases/{number}")["certificate_code"] == "no-issuing-system"


def test_the_organ_can_have_it_tried_again_at_once(at_work: tuple[Office, House]):
    organ, house = at_work
    number = granted(house, data={})
    follower(organ, house).issue_due()
    told = house.call(CLERK, "POST", f"/cases/{number}/certificate")
    assert (told.status_code, told.json["certificate_code"]) == (200, "faulty-certificate-data")
    other = house.receive(matter=next(each for each in MATTERS if each != ITEM))["number"]
    refused = house.call(CLERK, "POST", f"/cases/{other}/certificate")
    assert (refused.status_code, refused.json["code"]) == (409, "case-step-not-allowed")


def test_a_certificate_that_the_organ_did_not_issue_ends_no_case(at_work: tuple[Office, House]):
    _, house = at_work
    number = granted(house)
    answer = house.step(number, "issue", facts={"result_cetr_no": "1.2.156.3005.2.演示"})
    assert (answer.status_code, answer.json["missing"]) == (422, "result_cetr_no")
