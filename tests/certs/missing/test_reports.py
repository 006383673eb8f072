"""The holder has it, the library does not: reported, answered, never a dead end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import calendar
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.routes.missing_reports import missing_reports
from certs.routes.queries import certificate_queries
from exchange import tasks, terms
from exchange.models import Task
from tests import rooms
from tests.certs.papers import HYGIENE, firm
from tests.certs.queries import house as of
from tests.certs.queries.house import UNGRANTED, House, holder
from tests.keys.parties.builders import CITY, MAKER, PROVINCE

CLERK = Caller("person", "reporter", "reporter", CITY, frozenset({"window"}))
ISSUER = Caller("person", "health", "health", CITY, frozenset({"issuer"}))
STRANGER = Caller("person", "stranger", "stranger", PROVINCE, frozenset({"window", "issuer"}))
AUDITOR = Caller("person", "auditor", "auditor", PROVINCE, frozenset({"auditor"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    opened = of.opened(database, tmp_path, at, monkeypatch)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
    furniture = (opened.parts, opened.parts.gateway, opened.parts.certs, Pager("s" * 32))
    people = (of.WINDOW, CLERK, ISSUER, STRANGER, AUDITOR)
    opened.door = rooms.door(database, (certificate_queries, missing_reports), people, *furniture)
    return opened


def body(house: House, number: int = 2, **peculiar: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "usage_id": peculiar.pop("usage_id", None) or house.held_by(number)["usage_id"],
        "certificate_type": HYGIENE.code,
        "holder": holder(number),
        "number": "演卫公证字〔2020〕第000009号",
        "issuer": CITY,
        **peculiar,
    }
    return told


def made(house: House, number: int = 2) -> dict[str, Any]:
    answer = house.door.call("reporter", "POST", "/missing-reports", json=body(house, number))
    assert answer.status_code == 201, answer.json
    told: dict[str, Any] = answer.json
    return told


def answered(house: House, report: dict[str, Any], who: str = "health", **told: str) -> Any:
    return house.door.call(who, "POST", f"/missing-reports/{report['id']}/answers", json=told)


def test_a_missing_entry_is_made_up_and_found_then(house: House):
    """Reported by the window, read by the issuer, entered, answered; the next look-up finds it."""
    report = made(house)
    assert (report["state"], report["issuer"], report["is_overdue"]) == ("open", CITY, False)
    seen = house.door.call("health", "GET", f"/missing-reports/{report['id']}").json
    assert (seen["holder"]["code"], seen["number"]) == (firm(2), report["number"])
    identifier = house.keep(2)
    told = answered(house, report, identifier=identifier)
    assert (told.status_code, told.json["state"], told.json["identifier"]) == (201, "made-up", identifier)
    assert house.held_by(2)["outcome"] == "found"
    with house.database.reading() as session:
        assert [each.done_by for each in session.query(Task)] == ["person:health"]


def test_an_issuer_may_say_why_there_is_none(house: House):
    told = answered(house, made(house), refused="该企业未办理过许可")
    assert (told.json["state"], told.json["reason"]) == ("refused", "该企业未办理过许可")
    again = answered(house, told.json, refused="再说一次")
    assert (again.status_code, again.json["code"]) == (409, "missing-report-closed")


def test_the_same_is_reported_once(house: House):
    assert made(house)["id"] == made(house)["id"]


def test_what_is_overdue_is_told_and_goes_to_the_authority_above(house: House):
    """Working days: the report is of a Saturday."""
    report = made(house)
    house.at += timedelta(days=30)
    with house.database.transaction() as session:
        tasks.remind(session, house.at)
    assert house.door.call("health", "GET", f"/missing-reports/{report['id']}").json["is_overdue"] is True
    with house.database.reading() as session:
        assert [each.escalated_to for each in session.query(Task)] == [PROVINCE]


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"usage_id": "none"}, 404, "no-such-usage"),
        ({"holder": holder(3)}, 409, "not-the-missing-certificate"),
        ({"certificate_type": "x"}, 404, "no-such-certificate-type"),
        ({"issuer": "11320900YNX0009999"}, 409, "no-issuer-to-ask"),
        ({"issuer": ""}, 409, "no-issuer-to-ask"),
        ({"holder": {}}, 422, "invalid-input"),
        ({"colour": 1}, 422, "invalid-input"),
    ],
)
def test_a_report_comes_of_a_look_up_that_found_nothing(house: House, peculiar: dict[str, Any], status: int, code: str):
    answer = house.door.call("reporter", "POST", "/missing-reports", json=body(house, **peculiar))
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_what_was_found_is_not_missing(house: House):
    house.keep(2)
    answer = house.door.call("reporter", "POST", "/missing-reports", json=body(house))
    assert answer.json["code"] == "not-the-missing-certificate"


def test_without_a_word_of_the_paper_the_organ_that_issues_the_type_is_asked(house: House):
    house.keep(1)
    answer = house.door.call("reporter", "POST", "/missing-reports", json=body(house, issuer=""))
    assert answer.json["issuer"] == CITY


def test_another_certificate_is_no_answer(house: House):
    """Another holder's, another type's."""
    report = made(house)
    for identifier in (house.keep(3), house.keep(2, UNGRANTED), "1.2.156"):
        told = answered(house, report, identifier=identifier)
        assert (told.status_code, told.json["code"]) == (409, "not-the-missing-certificate")
    assert answered(house, report).status_code == 422


def test_nobody_else_reads_or_answers_it(house: House):
    """The auditor sees that there is one, and not whom it is about."""
    report = made(house)
    path = f"/missing-reports/{report['id']}"
    assert house.door.call("stranger", "GET", path).status_code == 404
    assert answered(house, report, "stranger", refused="不").status_code == 404
    assert answered(house, report, "reporter", refused="不").status_code == 403
    told = house.door.call("auditor", "GET", path).json
    assert (told["holder"], told["number"]) == (None, "")


def test_both_sides_find_it_in_their_lists(house: House):
    report = made(house)

    def ids(who: str, query: str) -> list[str]:
        answer = house.door.call(who, "GET", f"/missing-reports?{query}")
        assert firm(2) not in answer.text
        return [each["id"] for each in answer.json["items"]]

    assert ids("health", "of=issuer&state=open") == ids("reporter", "of=own") == [report["id"]]
    assert ids("health", "of=issuer&state=refused") == ids("stranger", "of=issuer") == []
