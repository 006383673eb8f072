"""What each monitor of the exchange sees, what it leaves out, and whose it says it is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from base import audit, clock
from base.audit import Search, Thing
from exchange import tasks
from exchange.door import usages
from exchange.door.models import Usage
from exchange.feeds.models import Push, PushRun
from exchange.models import Directory
from exchange.monitoring.life import Severity
from exchange.monitoring.models import QualityMark
from exchange.monitoring.monitor import Sighting
from exchange.monitoring.monitors import MONITORS, deadlines, ends, quality, sources, volumes
from exchange.mounting.models import Mount
from exchange.tasks import Duty
from keys.custody.models import CustodyKey
from keys.parties.models import System, SystemKey
from tests.exchange import departments
from tests.exchange.monitoring import watch_house
from tests.exchange.monitoring.watch_house import HEALTH, POLICE, Watch

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def put(watch: Watch, *rows: Any) -> None:
    with watch.database.transaction() as session:
        for each in rows:
            session.add(each)
            session.flush()


def seen(watch: Watch, monitor: Any) -> list[tuple[str, Severity]]:
    return [(each.subject, each.severity) for each in watch.looked(monitor)]


def directory(watch: Watch) -> Directory:
    with watch.database.transaction() as session:
        return departments.published(session, watch.at)[0]


# --- what ends ------------------------------------------------------------------------------------------------------


def key(watch: Watch, name: str, ends_in: timedelta | None, state: str = "active") -> CustodyKey:
    return CustodyKey(
        id=name,
        version=1,
        uri=f"file:{name}.pem",
        kind="sm2",
        spki=name.encode(),
        spki_sm3=name.encode().hex().ljust(64, "0"),
        key_use="service",
        state=state,
        organisation=HEALTH,
        certificate=None,
        not_after=None if ends_in is None else watch.at + ends_in,
        proposed_by="person:a",
        proposed_at=watch.at,
        confirmed_by="person:b",
        activated_at=watch.at,
        retired_at=watch.at if state == "retired" else None,
    )


def test_certificates_of_active_keys_are_told_of_before_their_end(watch: Watch):
    put(
        watch,
        key(watch, "far", 31 * DAY),
        key(watch, "none", None),
        key(watch, "old", DAY, state="retired"),
        key(watch, "near", 20 * DAY),
        key(watch, "over", -DAY),
    )
    assert seen(watch, ends.CERTIFICATES) == [("near/1", WARNING), ("over/1", CRITICAL)]
    found = watch.looked(ends.CERTIFICATES)[0]
    assert (found.organisation, found.role, found.facts["days"]) == (HEALTH, "operator", 20)
    assert found.evidence_at == watch.at - 10 * DAY


def test_a_certificate_that_was_closed_comes_again_with_its_next_warning_only(watch: Watch):
    """Closed after the first warning: nothing until seven days before the end, and then a ticket that names it."""
    put(watch, key(watch, "near", 20 * DAY))
    opened: list[list[str]] = []
    for days in (0, 1, 11, 1):
        watch.later(days=days)
        watch.take_in(*watch.looked(ends.CERTIFICATES), of=ends.CERTIFICATES)
        opened.append([each.state for each in watch.tickets()])
        if days == 0:
            close(watch)
    assert opened == [["open"], ["closed"], ["closed"], ["closed", "open"]]


def close(watch: Watch) -> None:
    with watch.database.transaction() as session:
        told = {"state": "closed", "feedback": "已申请新证书", "closed_at": watch.at}
        session.execute(update(watch_house.Ticket).values(**told))


def test_a_system_whose_last_key_ends_is_told_of_and_one_with_a_newer_key_is_not(both: Watch):
    for name, spans, state in (
        ("alone", (5,), "active"),
        ("renewed", (5, 300), "active"),
        ("stopped", (5,), "suspended"),
    ):
        row = System(
            id=name,
            name=name,
            organisation=POLICE,
            scopes="data:read",
            state=state,
            generation=1,
            version=1,
            created_at=both.at,
            changed_at=both.at,
        )
        keys = [
            SystemKey(
                system=name,
                kid=f"{name}{days}",
                kind="sm2",
                spki=f"{name}{days}".encode(),
                valid_from=both.at - DAY,
                valid_until=both.at + days * DAY,
                added_at=both.at,
            )
            for days in spans
        ]
        put(both, row, *keys)
    assert seen(both, ends.PARTNER_KEYS) == [("alone", CRITICAL)]
    assert both.looked(ends.PARTNER_KEYS)[0].organisation == POLICE


# --- sources --------------------------------------------------------------------------------------------------------


def test_a_mount_that_is_ill_for_a_while_is_its_departments(watch: Watch):
    code = directory(watch).code
    for name, health, minutes, state in (
        ("down", "down", 10, "serving"),
        ("flap", "down", 9, "serving"),
        ("slow", "degraded", 60, "serving"),
        ("well", "healthy", 60, "serving"),
        ("gone", "down", 60, "suspended"),
    ):
        row = Mount(
            id=name,
            directory=code,
            owner=HEALTH,
            name=name,
            kind="files",
            state=state,
            proposed_by="person:a",
            proof="",
            health=health,
            health_since=watch.at - minutes * MINUTE,
            version=1,
            created_at=watch.at,
            changed_at=watch.at,
        )
        put(watch, row)
    assert seen(watch, sources.SOURCES) == [("down", CRITICAL), ("slow", WARNING)]
    found = watch.looked(sources.SOURCES)[0]
    assert (found.organisation, found.role, found.evidence_at) == (HEALTH, "provider", watch.at - 10 * MINUTE)


# --- volume ---------------------------------------------------------------------------------------------------------


def used(watch: Watch, caller: str, count: int, ago: timedelta = HOUR, owner: str = HEALTH) -> None:
    at = watch.at - ago
    told = dict.fromkeys(
        ("directory", "grant_code", "item_code", "stage", "ground", "basis_kind", "basis", "operator_kind"), "x"
    )
    more = dict.fromkeys(("handling_region", "outcome", "reason", "mount", "health", "request_sm3", "answer_sm3"), "")
    rows = [
        {
            "id": usages.new_id(at),
            "at": at,
            "caller": caller,
            "organisation": POLICE,
            "owner": owner,
            "fields": [],
            "subjects": [],
            "rows": 1,
            **told,
            **more,
        }
        for _ in range(count)
    ]
    with watch.database.transaction() as session:
        session.execute(insert(Usage), rows)


def test_a_system_is_told_of_when_its_day_is_out_of_its_own_usual(both: Watch):
    """One that always calls much is usual; one without a past is told of from the least on; people never."""
    for days in range(2, 12):
        used(both, "system:steady", 8, days * DAY)
        used(both, "system:grown", 2, days * DAY)
    used(both, "system:grown", 40, 40 * DAY)
    used(both, "system:steady", 40)
    used(both, "system:grown", 11)
    used(both, "system:new", 10)
    used(both, "system:few", 9)
    used(both, "system:split", 6)
    used(both, "system:split", 6, owner=POLICE)
    used(both, "person:clerk", 30)
    found = both.looked(volumes.VOLUMES)
    assert [each.subject for each in found] == [f"system:grown {HEALTH}", f"system:new {HEALTH}"]
    assert [each.facts["usual"] for each in found] == [2, 0]
    assert {(each.organisation, each.role) for each in found} == {(HEALTH, "provider")}


# --- duties ---------------------------------------------------------------------------------------------------------


def test_overdue_duties_of_one_role_make_one_ticket_and_a_new_one_counts(both: Watch):
    def begin(thing: str, days: int) -> None:
        with both.database.transaction() as session:
            duty = Duty("department-check", Thing("thing", thing), "演示目录", HEALTH, "reviewer")
            tasks.open_task(session, duty, both.at, days)

    begin("1", 0)
    begin("2", 0)
    begin("3", 9)
    assert both.looked(deadlines.DEADLINES) == []
    both.later(days=3)
    found = both.looked(deadlines.DEADLINES)
    assert [(each.subject, each.facts["tasks"]) for each in found] == [(f"{HEALTH} reviewer department-check", 2)]
    assert (found[0].organisation, found[0].role) == (HEALTH, "reviewer")
    both.take_in(*found, of=deadlines.DEADLINES)
    both.later(days=1)
    both.take_in(*both.looked(deadlines.DEADLINES), of=deadlines.DEADLINES)
    assert [each.count for each in both.tickets()] == [1]
    both.later(days=20)
    both.take_in(*both.looked(deadlines.DEADLINES), of=deadlines.DEADLINES)
    assert [each.count for each in both.tickets()] == [2]


# --- quality --------------------------------------------------------------------------------------------------------


def test_a_score_that_falls_within_a_day_is_its_stewards(watch: Watch, monkeypatch: pytest.MonkeyPatch):
    code, scores = directory(watch).code, iter((90, 81, 71))

    def scored(*_: Any) -> Any:
        return type("Scored", (), {"score": next(scores)})

    monkeypatch.setattr(quality, "score", scored)
    assert watch.looked(quality.QUALITY) == []
    watch.later(hours=23)
    assert watch.looked(quality.QUALITY) == []
    watch.later(hours=1)
    assert watch.looked(quality.QUALITY) == []
    watch.later(days=1)
    found: Sighting = watch.looked(quality.QUALITY)[0]
    assert (found.subject, found.organisation, found.role) == (code, HEALTH, "steward")
    assert found.facts == {"directory": code, "before": 81, "now": 71}


def test_a_directory_is_scored_as_its_page_does(both: Watch):
    directory(both)
    assert both.looked(quality.QUALITY) == []
    with both.database.reading() as session:
        assert [50 < each.score <= 100 for each in session.query(QualityMark)] == [True]


def test_a_push_that_rejects_more_than_its_share_is_told_of_once_for_each_run(watch: Watch):
    code = directory(watch).code
    push = Push(
        id="p",
        organisation=POLICE,
        directory=code,
        name="p",
        purpose={},
        fields=[],
        key="k",
        mode="full",
        kind="table",
        destination={},
        state="active",
        created_by={},
        created_at=watch.at,
        changed_at=watch.at,
        version=1,
    )
    put(watch, push)
    for name, read, rejected, hours, state in (
        ("few", 100, 4, 1, "done"),
        ("small-share", 1000, 49, 1, "done"),
        ("old", 100, 50, 25, "done"),
        ("bad", 100, 5, 2, "done"),
        ("worse", 100, 50, 1, "failed"),
        ("running", 100, 50, 1, "running"),
    ):
        row = PushRun(
            id=name,
            push="p",
            directory=code,
            state=state,
            started_by="x",
            started_at=watch.at,
            ended_at=watch.at - hours * HOUR,
            fields=[],
            read=read,
            rejected=rejected,
        )
        put(watch, row)
    found = watch.looked(quality.REJECTED)
    assert [(each.facts["rejected"], each.organisation) for each in found] == [(5, HEALTH), (50, HEALTH)]
    watch.take_in(*found, *found, of=quality.REJECTED)
    assert [each.count for each in watch.tickets()] == [2]


# --- all of them ----------------------------------------------------------------------------------------------------


def test_in_a_house_where_all_is_well_nobody_sees_anything(watch: Watch):
    assert watch.looked(*MONITORS) == []


def test_what_monitors_say_is_said_with_what_they_see():
    """Every monitor's two sentences have the same placeholders."""
    for each in (*MONITORS, *watch_house.sync_monitors.MONITORS):
        names = [set(watch_house.placeholders(said)) for said in (each.said_zh, each.said_en)]
        assert names[0] == names[1], each.name
        assert each.duty.startswith("ticket-")
        assert len(each.duty) <= 40
        assert (each.days > 0) != (each.hours is not None)


def test_the_job_lets_all_look_escalates_and_tells_prometheus_though_one_breaks(
    both: Watch, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "now", lambda: both.at)
    both.sees = [watch_house.sighting()]

    def breaks(*_: Any) -> Any:
        raise OSError("disk")

    broken = watch_house.replace(watch_house.TOLD, name="broken", look=breaks)
    whole = both.monitoring.monitors.values()
    both.monitoring = watch_house.built((broken, *whole), organisation=watch_house.DATA)
    with pytest.raises(OSError, match="disk"):
        both.run()
    assert [each.state for each in both.tickets()] == ["open"]
    both.monitoring = watch_house.built(whole, organisation=watch_house.DATA)
    both.later(days=5)
    assert both.run().told == (1, None, "escalated 1")
    shown = both.parts[watch_house.Metrics].exposition().decode()
    assert 'yinxin_tickets_open{monitor="told",severity="warning"} 1.0' in shown
    assert 'yinxin_tickets_open{monitor="told",severity="critical"} 0.0' in shown
    assert "yinxin_tickets_overdue 1.0" in shown
    with both.database.reading() as session:
        assert len(audit.search(session, Search(act="ticket.escalated"))) == 1
