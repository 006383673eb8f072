"""Whoever supervises is told of each act once, whatever dies in between; answers come back and are kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base import calendar, clock, events
from base.acting import Room
from base.callers import Caller
from base.db import Database
from base.events import CursorMoved
from base.notices import Webhook
from base.notices.models import Delivery, StoredNotice
from base.paging import Pager
from base.settings import Settings
from base.workdays import local_day
from certs import library
from certs.faces.typefaces import typeface
from certs.life import Step
from certs.routes.supervision import supervision
from certs.supervision import duties, rules, telling
from certs.supervision.models import SupervisionFeedback, SupervisionNotice
from certs.supervision.rules import NewRule
from exchange import tasks, terms
from exchange.models import Task
from exchange.monitoring.monitor import Looking
from exchange.monitoring.monitors.deadlines import DEADLINES
from exchange.monitoring.settings import MonitoringSettings
from keys.parties import people
from keys.parties.people import NewPerson
from tests import rooms
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, TRACTOR, draft
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.rooms import Door
from tests.signing.offices import WINDOW

AUTHORITY = Caller("person", "head", "head", PROVINCE, frozenset({"authority"}))
ELSEWHERE = Caller("person", "city-head", "city-head", CITY, frozenset({"authority"}))
HEALTH = Caller("person", "health", "health", PROVINCE, frozenset({"operator"}))
BUREAU = Caller("person", "bureau", "bureau", CITY, frozenset({"issuer", "operator"}))
AUDITOR = Caller("person", "auditor", "auditor", "11320000YNX00003XX", frozenset({"auditor"}))
OTHER = Caller("person", "other", "other", "11320000YNX00003XX", frozenset({"operator", "issuer"}))
PEOPLE = (AUTHORITY, ELSEWHERE, HEALTH, BUREAU, AUDITOR, OTHER)
RULE = {"type": HYGIENE.code, "issuer": CITY, "supervisor": PROVINCE, "basis": "演示办法", "confidence": "assumed"}


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = office(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: made.at)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
        duties.seed(session, MAKER, at)
        row = people.add(session, NewPerson("head", "演示局长", PROVINCE), MAKER, at)
        people.assign_roles(session, row, ("authority",), MAKER, at)
    return made


@pytest.fixture
def door(house: Office) -> Door:
    made = rooms.door(house.database, (supervision,), PEOPLE, house.parts, Pager("s" * 32))
    answer = made.call("head", "POST", "/supervision-rules", json=RULE)
    assert answer.status_code == 201, answer.json
    return made


def tell(house: Office, webhooks: Any = None) -> int:
    """Read on until all is read, as the job does; count the notices."""
    written = 0
    while True:
        with house.database.transaction() as session:
            read, told = telling.carry(session, webhooks or {}, house.at)
        written += told
        if not read:
            return written


def in_one(house: Office, act: Callable[[Session], None]) -> None:
    with house.database.transaction() as session:
        act(session)


def told(door: Door, who: str = "health", query: str = "") -> list[dict[str, Any]]:
    answer = door.call(who, "GET", f"/supervision-notices?{query}")
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def step(house: Office, identifier: str, name: Step) -> None:
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, name, "演示", WINDOW, house.at)


def post(door: Door, notice: str, what: str, body: dict[str, Any], who: str = "health") -> Any:
    return door.call(who, "POST", f"/supervision-notices/{notice}/{what}", json=body)


def received(door: Door, notice: str) -> None:
    assert post(door, notice, "receipts", {"receipt": "签收1"}).status_code == 201


def test_each_act_is_told_once_and_in_its_own_words(house: Office, door: Door):
    """Issued; changed, which is one act though two certificates move; revoked."""
    first = house.issue("1")
    newer = house.issuer().issue(house.asked("2", supersedes=first, act=Step.CHANGE))
    step(house, newer, Step.REVOKE)
    assert tell(house) == 3
    assert tell(house) == 0
    assert {(each["act"], each["identifier"]) for each in told(door)} == {
        ("issue", first),
        ("change", newer),
        ("revoke", newer),
    }


def test_the_supervisor_reads_the_certificate_as_it_stands_and_nobody_else_does(house: Office, door: Door):
    """The act was its issue; since then it was suspended. The auditor sees that there was one."""
    identifier = house.issue("1")
    tell(house)
    step(house, identifier, Step.SUSPEND)
    (row,) = told(door)
    shown = door.call("health", "GET", f"/supervision-notices/{row['id']}").json
    assert (shown["act"], shown["certificate"]["status"]) == ("issue", "suspended")
    assert shown["certificate"]["holders"][0]["name"]
    assert shown["certificate"]["data"]["address"]
    assert door.call("auditor", "GET", f"/supervision-notices/{row['id']}").json["certificate"] is None
    assert "name" not in row
    assert "holders" not in row


def test_nobody_else_reads_or_answers_a_notice(house: Office, door: Door):
    house.issue("1")
    tell(house)
    (row,) = told(door)
    assert told(door, "other") == []
    assert door.call("other", "GET", f"/supervision-notices/{row['id']}").status_code == 404
    for who, what, body in (
        ("other", "receipts", {"receipt": "x"}),
        ("bureau", "receipts", {"receipt": "x"}),
        ("bureau", "feedback", {"key": "1", "code": "inspected", "on": house.today.isoformat()}),
    ):
        answer = post(door, row["id"], what, body, who)
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-supervision-notice"), (who, what)
    assert post(door, row["id"], "receipts", {"receipt": "x"}, "auditor").status_code == 403


def test_a_receipt_ends_the_task_and_is_given_once(house: Office, door: Door):
    house.issue("1")
    tell(house)
    (row,) = told(door, query="state=waiting")
    assert (row["state"], bool(row["due_at"])) == ("waiting", True)
    received(door, row["id"])
    received(door, row["id"])
    again = post(door, row["id"], "receipts", {"receipt": "签收2"})
    assert (again.status_code, again.json["code"]) == (409, "supervision-receipt-differs")
    with house.database.reading() as session:
        (task,) = session.scalars(select(Task).where(Task.duty != telling.FEEDBACK_DUTY))
        assert (task.organisation, task.role, task.done_by) == (PROVINCE, "operator", "person:health")
        (owed,) = session.scalars(select(Task).where(Task.duty == telling.FEEDBACK_DUTY))
        assert (owed.organisation, owed.done_at) == (PROVINCE, None)
    assert told(door, query="state=waiting") == []


def test_a_receipt_that_is_overdue_is_told_and_the_notice_stays(house: Office, door: Door):
    """Its owner is the supervisor; the term is in working days."""
    house.issue("1")
    tell(house)
    house.at += timedelta(days=30)
    with house.database.transaction() as session:
        assert tasks.remind(session, house.at) == 1
        kinds = set(session.scalars(select(StoredNotice.kind)))
    assert "task-overdue" in kinds
    (row,) = told(door)
    assert door.call("health", "GET", f"/supervision-notices/{row['id']}").json["is_overdue"] is True


def test_feedback_follows_the_receipt_and_reaches_the_issuer(house: Office, door: Door):
    house.issue("1")
    tell(house)
    (row,) = told(door)
    body = {"key": "check-1", "code": "irregular", "on": house.today.isoformat(), "text": "演示：卫生不合格"}
    early = post(door, row["id"], "feedback", body)
    assert (early.status_code, early.json["code"]) == (409, "supervision-not-received")
    received(door, row["id"])
    for _ in range(2):
        assert post(door, row["id"], "feedback", body).status_code == 201
    other = post(door, row["id"], "feedback", {**body, "text": "别的话"})
    assert (other.status_code, other.json["code"]) == (409, "supervision-feedback-differs")
    seen = door.call("bureau", "GET", f"/supervision-notices/{row['id']}").json["feedback"]
    assert [(each["code"], each["text"]) for each in seen] == [("irregular", "演示：卫生不合格")]
    assert [each["id"] for each in told(door, "bureau", "of=issuer")] == [row["id"]]
    assert door.call("auditor", "GET", f"/supervision-notices/{row['id']}").json["feedback"][0]["text"] == ""
    with house.database.reading() as session:
        kept = session.scalars(select(SupervisionFeedback)).one()
        assert "卫生".encode() not in kept.text
        assert list(session.scalars(select(StoredNotice.kind))) == ["supervision-irregular"]


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"code": "fine"}, 422, "invalid-input"),
        ({"on": "2999-01-01"}, 422, "unusable-supervision-feedback"),
        ({"on": "2001-01-01"}, 422, "unusable-supervision-feedback"),
        ({"key": "a b"}, 422, "invalid-input"),
        ({"text": "长" * 501}, 422, "invalid-input"),
        ({"colour": 1}, 422, "invalid-input"),
    ],
)
def test_feedback_that_cannot_be_is_refused(
    house: Office, door: Door, peculiar: dict[str, Any], status: int, code: str
):
    house.issue("1")
    tell(house)
    (row,) = told(door)
    received(door, row["id"])
    answer = post(door, row["id"], "feedback", {"key": "1", "code": "inspected", "on": "2026-11-20", **peculiar})
    assert (answer.status_code, answer.json["code"]) == (status, code)


# --- nothing is lost, nothing is doubled --------------------------------------------------------------------------


def forget_the_holidays(session: Session) -> None:
    session.execute(delete(calendar.CalendarYear))


class Killed(BaseException):
    """The process dies here."""


def dying(call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def dies(*given: Any, **named: Any) -> Any:
        if after:
            call(*given, **named)
        raise Killed

    return dies


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("where", "name"), [(tasks, "open_task"), (Room, "changed"), (events, "move")])
def test_who_dies_between_tells_nothing_and_the_next_tells_everything(
    house: Office, door: Door, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, after: bool
):
    house.issue("1")
    with monkeypatch.context() as patched:
        patched.setattr(where, name, dying(getattr(where, name), after=after))
        with pytest.raises(Killed):
            tell(house)
    assert told(door) == []
    assert tell(house) == 1
    assert len(told(door)) == 1
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1


def test_two_who_read_at_once_tell_once(house: Office, door: Door):
    """The second finds the cursor moved, and what it wrote is gone with its transaction."""
    house.issue("1")

    def carried(session: Session) -> None:
        seen = events.cursor(session, telling.READER)
        telling.carry(session, {}, house.at)
        events.move(session, telling.READER, seen, seen + 1)

    with pytest.raises(CursorMoved):
        in_one(house, carried)
    assert tell(house) == 1
    assert len(told(door)) == 1


def test_what_was_told_before_is_not_told_again_when_the_cursor_is_lost(house: Office, door: Door):
    """As after a restore that lost the last minutes of the cursor and not those of the notices."""
    house.issue("1")
    assert tell(house) == 1
    with house.database.transaction() as session:
        events.move(session, telling.READER, events.cursor(session, telling.READER), 0)
    assert tell(house) == 0
    assert len(told(door)) == 1


def test_a_year_whose_holidays_are_unknown_keeps_nobody_uninformed(house: Office, door: Door):
    """It is told, without a term that would be guessed."""
    house.issue("1")
    in_one(house, forget_the_holidays)
    assert tell(house) == 1
    assert [each["due_at"] for each in told(door)] == [None]


# --- who supervises what ------------------------------------------------------------------------------------------


def test_a_rule_neither_reaches_back_nor_beyond_its_end(house: Office, door: Door):
    house.issue("1")
    tell(house)
    (rule,) = door.call("head", "GET", "/supervision-rules").json["items"]
    house.at += timedelta(hours=1)
    assert door.call("head", "POST", f"/supervision-rules/{rule['id']}/endings").status_code == 201
    house.at += timedelta(hours=1)
    house.issue("2")
    house.at += timedelta(hours=1)
    assert door.call("head", "POST", "/supervision-rules", json={**RULE, "issuer": "*"}).status_code == 201
    house.issue("3")
    assert tell(house) == 1
    assert len(told(door)) == 2


def test_other_types_and_other_issuers_are_not_told(house: Office, door: Door):
    issuer = house.issuer()
    issuer.issue(replace(house.asked("1", type=TRACTOR.code), draft=draft(TRACTOR)))
    assert tell(house) == 0
    with house.database.reading() as session:
        known = rules.every(session)
    assert rules.of(known, HYGIENE.code, PROVINCE, house.at) == []
    assert [each.supervisor for each in rules.of(known, HYGIENE.code, CITY, house.at)] == [PROVINCE]


def test_a_supervisor_of_two_rules_is_told_once(house: Office, door: Door):
    assert door.call("head", "POST", "/supervision-rules", json={**RULE, "issuer": "*"}).status_code == 201
    house.issue("1")
    assert tell(house) == 1


@pytest.mark.parametrize(
    ("who", "peculiar", "status", "code"),
    [
        ("head", {}, 409, "supervision-rule-stands"),
        ("city-head", {"issuer": "*"}, 403, "supervision-rule-not-yours"),
        ("health", {}, 403, "role-missing"),
        ("head", {"type": "x"}, 404, "no-such-certificate-type"),
        ("head", {"supervisor": "11320000YNX0009999"}, 404, "no-such-organisation"),
        ("head", {"basis": ""}, 422, "invalid-input"),
    ],
)
def test_a_rule_is_laid_down_by_the_authority_over_both(
    door: Door, who: str, peculiar: dict[str, Any], status: int, code: str
):
    answer = door.call(who, "POST", "/supervision-rules", json={**RULE, **peculiar})
    assert answer.status_code == status
    if status != 403 or who == "city-head":
        assert answer.json["code"] == code


def test_whoever_has_a_webhook_is_rung_up_and_told_nothing_of_it(house: Office, door: Door):
    house.issue("1")
    tell(house, {PROVINCE: Webhook("https://health.example/ring")})
    with house.database.reading() as session:
        stored, delivery = session.scalars(select(StoredNotice)).one(), session.scalars(select(Delivery)).one()
    assert (stored.kind, set(stored.facts), delivery.channel) == (telling.NOTICE, {"notice", "act"}, "webhook")


def test_a_rule_is_data_that_a_room_may_lay_down_for_the_past(house: Office):
    """As an import of a site's rules does."""
    identifier = house.issue("1")
    with house.database.transaction() as session:
        new = NewRule(HYGIENE.code, PROVINCE, "演示", "site", begins_at=house.at - timedelta(days=1))
        rules.lay_down(session, house.parts.types, new, AUTHORITY, house.at)
    assert tell(house) == 1
    with house.database.reading() as session:
        assert session.scalars(select(SupervisionNotice)).one().identifier == identifier


def test_feedback_that_does_not_come_is_reminded_of_and_becomes_a_ticket_of_its_supervisor(house: Office, door: Door):
    """A change and a cancellation are notices of their own; one feedback ends the term of its own notice alone."""
    first = house.issue()
    house.issue(supersedes=first, act=Step.CHANGE)
    tell(house)
    listed = door.call("health", "GET", "/supervision-notices?state=waiting&limit=100").json["items"]
    assert len(listed) > 1
    for each in listed:
        place = f"/supervision-notices/{each['id']}"
        assert door.call("health", "POST", f"{place}/receipts", json={"receipt": "演示签收"}).status_code == 201
    said = {"key": "check-1", "code": "no_objection", "on": local_day(house.at).isoformat(), "text": "演示"}
    answered = f"/supervision-notices/{listed[0]['id']}/feedback"
    assert door.call("health", "POST", answered, json=said).status_code == 201
    late = house.at + timedelta(days=40)
    with house.database.transaction() as session:
        tasks.remind(session, late)
        owed = session.scalars(select(Task).where(Task.duty == "supervision-feedback", Task.done_at.is_(None))).all()
        assert {each.thing_id for each in owed} == {each["id"] for each in listed[1:]}
        nothing: dict[type[Any], Any] = {}
        looking = Looking(MonitoringSettings(), Settings({}, {}), nothing.__getitem__)
        assert DEADLINES.look is not None
        seen = [each for each in DEADLINES.look(session, looking, late) if each.facts["duty"] == telling.FEEDBACK_DUTY]
        assert [(each.organisation, each.facts["tasks"]) for each in seen] == [(PROVINCE, len(listed) - 1)]
