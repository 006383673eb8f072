"""Whom a case is about: a couple, a fleet, an agent of a company, a newborn who has no number yet."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import events
from base.db import Database
from base.models import AuditEntry
from certs import contents
from certs.filing.cases.models import CaseParty
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import AUDITOR, CLERK, HALL, ITEM, STRANGER, SYSTEM_OPERATOR, WINDOW, House, intake
from tests.certs.papers import firm

MOTHER, FATHER, CHILD = "110101198001010037", "110101198001010053", "110101202611200017"


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def party(role: str, code: str | None, name: str = "演示某人", **peculiar: Any) -> dict[str, Any]:
    return {"role": role, "name": name, "type": "111", "code": code, **peculiar}


def born(house: House) -> dict[str, Any]:
    """Receive a birth: the mother applies, the father is the other parent, the child has no number."""
    mother = {"name": "演示母", "kind": "person", "type": "111", "code": MOTHER}
    others = [party("spouse", FATHER, "演示父"), party("newborn", None, "演示婴", type="999")]
    return house.receive(applicant=mother, parties=others)


def refusal(house: House, **peculiar: Any) -> Any:
    return house.call(WINDOW, "POST", "/cases", **intake("refused", **peculiar))


def test_a_couple_are_two_of_one_case(house: House):
    case = born(house)
    assert [(each["place"], each["role"], each["code"]) for each in case["parties"]] == [
        (1, "spouse", FATHER),
        (2, "newborn", None),
    ]
    assert house.good(CLERK, "GET", f"/cases/{case['number']}")["parties"] == case["parties"]


def test_a_newborn_without_a_number_gets_it_once_and_also_after_the_case_is_closed(house: House):
    number = born(house)["number"]
    house.stands(number, "accept")
    house.stands(number, "grant")
    house.stands(number, "deliver", facts={"delivery_type": "window"})
    path = f"/cases/{number}/parties/2/codes"
    bound = house.good(CLERK, "POST", path, type="111", code=CHILD.lower())
    assert (bound["code"], bound["type"], bound["name"]) == (CHILD, "111", "演示婴")
    assert bound["bound_at"] is not None
    assert house.good(WINDOW, "POST", path, type="111", code=CHILD) == bound
    other = house.call(CLERK, "POST", path, type="111", code=FATHER)
    assert (other.status_code, other.json["code"]) == (409, "case-party-bound")
    with house.database.reading() as session:
        named = [each.event for each in events.since(session, 0)]
        assert [each.name for each in named].count("case-party.bound") == 1
        kept = session.get_one(CaseParty, (number, 2))
        assert kept.code_hash == contents.holder_hash(session, house.parts.keys, "111", CHILD)


def test_a_fleet_is_one_case_of_many_owners(house: House):
    fleet = [party("vehicle_owner", firm(each), f"演示车主{each}", type="001") for each in range(1, 61)]
    case = house.receive(parties=fleet, form={"plates": [f"演A{each:05d}" for each in range(60)]})
    assert [each["code"] for each in case["parties"]] == [firm(each) for each in range(1, 61)]
    assert len(case["form"]["plates"]) == 60


def test_an_agent_acts_for_a_company_of_the_case_and_for_nobody_else(house: House):
    case = house.receive(parties=[party("agent", FATHER, acting_for=firm(1))])
    assert case["parties"][0]["acting_for"] == firm(1)
    refused = refusal(house, parties=[party("agent", FATHER, acting_for=firm(2))])
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "#/parties")


@pytest.mark.parametrize(
    "parties",
    [
        [party("spouse", FATHER), party("spouse", FATHER)],
        [party("Spouse!", FATHER)],
        [party("spouse", FATHER, type="000")],
        [party("spouse", "")],
        [party("owner", None)] * 201,
        [{"role": "spouse"}],
    ],
)
def test_persons_that_make_no_sense_are_refused(house: House, parties: list[dict[str, Any]]):
    assert refusal(house, parties=parties).status_code == 422


def test_the_same_receipt_with_another_person_is_another_receipt(house: House):
    told = intake("same", parties=[party("spouse", FATHER)])
    first = house.good(WINDOW, "POST", "/cases", **told)
    assert house.good(WINDOW, "POST", "/cases", **told)["number"] == first["number"]
    differs = house.call(WINDOW, "POST", "/cases", **{**told, "parties": [party("spouse", MOTHER)]})
    assert (differs.status_code, differs.json["code"]) == (409, "case-step-differs")


def test_persons_are_for_the_two_sides_alone_and_stand_nowhere_in_the_clear(house: House):
    number = born(house)["number"]
    assert house.good(AUDITOR, "GET", f"/cases/{number}")["parties"] == []
    path = f"/cases/{number}/parties/2/codes"
    told = {"type": "111", "code": CHILD, "operator": SYSTEM_OPERATOR}
    assert house.call(STRANGER, "POST", path, type="111", code=CHILD).json["code"] == "no-such-case"
    assert house.call(AUDITOR, "POST", path, type="111", code=CHILD).status_code == 403
    missing = house.call(HALL, "POST", f"/cases/{number}/parties/9/codes", type="111", code=CHILD)
    assert (missing.status_code, missing.json["code"]) == (404, "no-such-case-party")
    assert house.call(HALL, "POST", path, **told).status_code == 422
    house.good(HALL, "POST", path, type="111", code=CHILD)
    with house.database.reading() as session:
        kept = session.scalars(select(CaseParty)).all()
        written = str([vars(each) for each in kept])
        written += str([each.event for each in events.since(session, 0)])
        written += str([vars(each) for each in session.scalars(select(AuditEntry))])
    assert ITEM in written
    for secret in (FATHER, CHILD, "演示父", "演示婴"):
        assert secret not in written
