"""Callers that go through a register: noticed by two limits, told once to those who can act, and answered still."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from base import audit, clock, events, metrics
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.metrics import MetricsSettings
from base.notices import writing
from base.scheduling import Every
from base.scheduling.job import Opened, Run
from base.settings import UnusableSetting, read
from exchange.agreements.contracts import Quota
from exchange.door import alarms, enumeration, jobs, usages, wiring
from exchange.door.enumeration import Limits, Seen, Sign
from exchange.door.models import EnumerationAlarm, Usage
from exchange.door.wiring import Gateway, GatewaySettings
from keys.parties.sample import code_of
from tests.exchange import departments, gateway_house
from tests.exchange.departments import person
from tests.exchange.gateway_house import House, parts_of

LIMITS = Limits(timedelta(minutes=10), subjects=20, unknown_percent=50, fewest=8)
HEALTH, POLICE = code_of("health"), code_of("police")
PROVIDER, AUTHORITY = person("provider", "health", "provider"), person("authority", "data", "authority")
REQUESTER = person("requester", "police", "requester")


def seen(subjects: int, unknown: int) -> Seen:
    return Seen("system:window", POLICE, HEALTH, subjects, unknown)


# --- what is noticed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subjects", "unknown", "signs"),
    [
        (19, 0, ()),
        (20, 0, (Sign.MANY_SUBJECTS,)),
        (19, 9, ()),
        (18, 9, (Sign.MANY_UNKNOWN,)),
        (8, 4, (Sign.MANY_UNKNOWN,)),
        (7, 7, ()),
        (20, 10, (Sign.MANY_SUBJECTS, Sign.MANY_UNKNOWN)),
    ],
)
def test_a_caller_is_noticed_at_each_limit_and_not_below(subjects: int, unknown: int, signs: tuple[Sign, ...]):
    assert enumeration.signs(seen(subjects, unknown), LIMITS) == signs


def test_nothing_that_could_be_noticed_is_left_out_of_the_count():
    assert LIMITS.least == 8
    assert replace(LIMITS, subjects=5).least == 5


# --- what is counted ----------------------------------------------------------------------------------------------


class Register:
    """Uses as the gateway records them, written straight into the table."""

    def __init__(self, database: Database, at: datetime) -> None:
        self.database, self.at = database, at

    def used(self, *subjects: str, outcome: str = "found", **told: Any) -> None:
        at = self.at + timedelta(seconds=told.pop("seconds", 0))
        row = {
            "id": usages.new_id(at),
            "at": at,
            "caller": "system:window",
            "organisation": POLICE,
            "directory": "x/000001",
            "owner": HEALTH,
            "grant_code": "grant-1",
            "item_code": gateway_house.MATTER,
            "stage": "acceptance",
            "ground": "statutory",
            "basis_kind": "case",
            "basis": "1",
            "operator_kind": "person",
            "handling_region": "320900",
            "fields": ["许可证编号"],
            "subjects": list(subjects),
            "outcome": outcome,
            "reason": outcome,
            "rows": 1,
            "mount": "",
            "health": "",
            "request_sm3": "",
            "answer_sm3": "",
            **told,
        }
        with self.database.transaction() as session:
            session.execute(insert(Usage), [row])

    def raised(self, seconds: int = 0) -> list[tuple[str, str, list[str], int, int]]:
        with self.database.transaction() as session:
            found = alarms.raise_due(session, LIMITS, self.at + timedelta(seconds=seconds))
            return [(each.caller, each.owner, each.signs, each.subjects, each.unknown) for each in found]


@pytest.fixture
def register(database: Database, at: datetime) -> Register:
    departments.opened(database, at)
    return Register(database, at)


def names(count: int, first: int = 0) -> list[str]:
    return [f"{each:064x}" for each in range(first, first + count)]


def test_a_caller_that_asks_for_many_is_told_with_its_figures(register: Register):
    register.used(*names(19))
    assert register.raised() == []
    register.used(*names(1, first=19))
    assert register.raised() == [("system:window", HEALTH, ["many-subjects"], 20, 0)]


def test_a_caller_that_meets_nobody_is_told_long_before(register: Register):
    for each in names(4):
        register.used(each, outcome="not_found")
    register.used(*names(4, first=4))
    assert register.raised() == [("system:window", HEALTH, ["many-unknown"], 8, 4)]


def test_a_question_that_is_repeated_is_one_subject(register: Register):
    for _ in range(30):
        register.used(*names(1), outcome="not_found")
    assert register.raised() == []


def test_what_a_source_did_not_answer_is_not_unknown(register: Register):
    for outcome in ("source_down", "pending", "denied", "not_covered"):
        register.used(*names(4, first=len(outcome) * 10), outcome=outcome)
    assert register.raised() == []


def test_callers_and_departments_are_counted_apart(register: Register):
    register.used(*names(19))
    register.used(*names(19, first=50), caller="system:other")
    register.used(*names(19, first=100), owner=code_of("data"))
    assert register.raised() == []


def test_only_the_window_counts(register: Register):
    register.used(*names(19), seconds=-601)
    register.used(*names(19, first=19))
    assert register.raised() == []
    register.used(*names(1), seconds=-599)
    assert register.raised() == [("system:window", HEALTH, ["many-subjects"], 20, 0)]


def test_an_alarm_is_raised_once_within_the_window_and_again_after_it(register: Register):
    register.used(*names(20))
    assert len(register.raised()) == 1
    assert register.raised(30) == []
    register.used(*names(40), seconds=590)
    assert register.raised(599) == []
    assert len(register.raised(600)) == 1


def test_others_are_still_told_while_one_is_known(register: Register):
    register.used(*names(20))
    register.raised()
    register.used(*names(20), caller="system:other")
    assert [each[0] for each in register.raised(30)] == ["system:other"]


def test_the_number_of_statements_does_not_grow_with_uses_and_callers(register: Register):
    def statements() -> int:
        ran: list[str] = []
        engine = register.database.engine
        event.listen(engine, "before_cursor_execute", lambda *told: ran.append(told[2]))
        with register.database.reading() as session:
            alarms._seen(session, LIMITS, register.at)
        return len([each for each in ran if each.lstrip().upper().startswith("SELECT")])

    register.used(*names(20))
    few = statements()
    for each in range(12):
        register.used(*names(20), caller=f"system:{each}")
    assert statements() == few == 1


# --- who is told --------------------------------------------------------------------------------------------------


def unread(database: Database, who: Caller) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [dict(each.facts) for each in writing.unread(session, who) if each.kind == "caller-enumerating"]


def test_the_provider_and_the_authority_are_told_and_nobody_else(register: Register):
    register.used(*names(20))
    register.raised()
    told = {"caller": "system:window", "organisation": POLICE, "subjects": 20, "unknown": 0, "minutes": 10}
    assert unread(register.database, PROVIDER) == [told]
    assert unread(register.database, AUTHORITY) == [told]
    assert unread(register.database, REQUESTER) == []


def test_the_alarm_is_on_record_and_an_event_without_a_single_subject(register: Register):
    register.used(*names(20))
    register.raised()
    with register.database.reading() as session:
        (entry,) = audit.search(session, Search(act="caller.enumerating"))
        (told,) = [each for each in events.since(session, 0) if each.event.name == "caller.enumerating"]
    assert (entry.entry.thing.id, told.event.thing.id) == ("system:window", "system:window")
    assert entry.entry.facts == {
        "organisation": POLICE,
        "owner": HEALTH,
        "signs": ["many-subjects"],
        "subjects": 20,
        "unknown": 0,
        "minutes": 10,
    }


def test_an_owner_above_whom_nobody_stands_keeps_no_alarm_back(register: Register):
    register.used(*names(20), owner="11999900MB9999999X")
    register.used(*names(20))
    assert len(register.raised()) == 2


def test_what_was_raised_long_ago_is_forgotten(register: Register):
    register.used(*names(20))
    register.raised()
    for days, left in ((7, 1), (8, 0)):
        with register.database.transaction() as session:
            alarms.forget(session, register.at + timedelta(days=days))
            assert len(session.scalars(select(EnumerationAlarm)).all()) == left


# --- the whole ----------------------------------------------------------------------------------------------------


def test_whoever_goes_through_numbers_gets_the_quota_and_is_told_of(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Sixty guessed numbers: forty are answered, as is granted, and one alarm is raised."""
    monkeypatch.setattr(clock, "now", lambda: at)
    house: House = gateway_house.opened(database, tmp_path, at, quota=Quota(per_day=40), settings={"alarm_fewest": 30})
    answers = [house.ask(conditions=[{"item": "许可证编号", "values": [f"苏卫{each:04}"]}]) for each in range(60)]
    outcomes = [each.json.get("outcome") or each.json["code"] for each in answers]
    assert {each: outcomes.count(each) for each in set(outcomes)} == {"found": 3, "not_found": 37, "quota-exceeded": 20}
    counted = metrics.opened(MetricsSettings())
    run(database, house.parts, counted, at)
    run(database, house.parts, counted, at)
    assert "yinxin_enumeration_alarms_total 1.0" in counted.exposition().decode()
    assert [each["unknown"] for each in unread(database, PROVIDER)] == [37]


def run(database: Database, parts: Gateway, counted: metrics.Metrics, at: datetime) -> None:
    opened = Opened(1, 1, "exchange.gateway.watch", at, 1, at, at + timedelta(minutes=1), None, "test", None)
    jobs.watch(Run(opened, database, {Gateway: parts, metrics.Metrics: counted}))


def test_the_job_runs_often_enough_for_an_alarm_within_a_minute():
    (job,) = [each for each in jobs.JOBS if each.name == "exchange.gateway.watch"]
    assert job.schedule == Every(30)


def test_limits_come_from_the_settings(tmp_path: Path):
    told = {"alarm_subjects": 7, "alarm_unknown_percent": 30, "alarm_fewest": 5, "alarm_minutes": 3}
    assert parts_of(tmp_path, **told).told.alarms == Limits(timedelta(minutes=3), 7, 30, 5)
    assert GatewaySettings().alarms == Limits(timedelta(minutes=10), 1000, 50, 50)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "0") for name in ("alarm_subjects", "alarm_unknown_percent", "alarm_fewest", "alarm_minutes")),
        ("alarm_unknown_percent", "101"),
    ],
)
def test_a_limit_that_could_never_or_always_hold_stops_the_start(name: str, value: str):
    told = read((GatewaySettings,), environment={f"YINXIN_GATEWAY_{name.upper()}": value})
    nothing: Any = None
    with pytest.raises(UnusableSetting, match=name):
        wiring.built(told, nothing, nothing, nothing)
