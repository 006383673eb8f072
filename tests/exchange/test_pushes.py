"""Pushes: rows staged, typed and swapped; nothing lost and nothing doubled wherever a process dies."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import bulk
from base.db import Database
from base.models import AuditEntry
from exchange.agreements.errors import NotGranted
from exchange.door.models import Usage
from exchange.feeds.errors import (
    NoSuchPush,
    NoSuchPushRun,
    PushDestinationFailed,
    PushNotServed,
    PushSourceFailed,
    PushStepNotAllowed,
    PushUnderWay,
    TooManyPushes,
    UnusablePush,
)
from exchange.feeds.pushes import registry, running
from exchange.feeds.pushes.plan import Applied, Floors, Mark, Reject, mark_of
from tests import mariadb, postgres
from tests.exchange import push_house
from tests.exchange.gateway_house import revoked
from tests.exchange.push_house import KEY, TARGET, VERSION, House, row
from tests.exchange.sources.sites import INJECTIONS


class Killed(BaseException):
    """What `kill -9` does to a step: nothing after it happens."""


def die(_session: object) -> None:
    raise Killed


@pytest.fixture
def house(request: pytest.FixtureRequest, database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    """Push to a database of the same kind as the house's own."""
    with ExitStack() as stack:
        address = ""
        if not database.is_sqlite:
            url = stack.enter_context(postgres.own(request.getfixturevalue("postgres_server"), "push"))
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        opened = push_house.opened(database, tmp_path, at, address)
        yield opened
        opened.close()


def counts(run: Any) -> tuple[int, ...]:
    return run.read, run.rejected, run.inserted, run.updated, run.deleted, run.unchanged


def test_rows_arrive_in_the_directorys_types(house: House):
    run = house.run(house.order())
    assert (run.state, counts(run)) == ("done", (5, 0, 5, 0, 0, 0))
    first = house.brought()[0]
    assert first[0] == "苏卫0000001"
    if house.database.is_sqlite:
        assert first[2:] == ("1.50", "2024-02-15", 1, 1)
    else:
        assert first[2:] == (Decimal("1.50"), date(2024, 2, 15), 1, True)
    assert house.tables() == {TARGET, "yinxin_pushes"}


def test_a_run_is_on_record_with_its_counts_and_the_use_of_its_grant(house: House):
    run = house.run(house.order())
    with house.database.reading() as session:
        acts = list(session.scalars(select(AuditEntry.act).where(AuditEntry.thing_kind == "push")))
        use = session.scalars(select(Usage)).one()
    assert acts == ["push.ordered", "push.started", "data.pushed"]
    assert (use.grant_code, use.rows, use.directory, run.contract) == ("grant-1", 5, house.code, "grant-1")


def test_a_bad_row_is_rejected_with_its_reason_and_the_others_arrive(house: House):
    bad = [
        row(2, 面积="一百"),
        row(3, 发证日期="2024-13-01", 有效="也许"),
        row(4, 单位名称="长" * 41),
        row(5, 许可证编号=""),
        row(7, 更新号=str(2**63)),
    ]
    house.write([row(1), *bad, row(8)])
    run = house.run(house.order())
    assert (run.state, counts(run)) == ("done", (7, 5, 2, 0, 0, 0))
    # The table is read in the order of its key, and an empty one is the first.
    assert house.rejects(run) == [
        (1, KEY, "no-key"),
        (3, "面积", "wrong-type"),
        (4, "发证日期", "wrong-type"),
        (4, "有效", "wrong-type"),
        (5, "单位名称", "too-long"),
        (6, VERSION, "out-of-range"),
    ]


def test_a_key_that_stands_twice_is_rejected_wherever_the_pages_end(house: House):
    house.write([row(1), row(2), row(2, 单位名称="又一个"), row(2, 单位名称="再一个"), row(3)])
    run = house.run(house.order())
    assert counts(run) == (5, 2, 3, 0, 0, 0)
    assert [(item, reason) for _, item, reason in house.rejects(run)] == [(KEY, "duplicate-key")] * 2
    assert [each[0] for each in house.brought()] == ["苏卫0000001", "苏卫0000002", "苏卫0000003"]


def test_a_key_of_its_own_is_held_against_what_is_staged_already(house: House):
    house.write([row(1), row(2), row(3, 单位名称="演示单位1"), row(4)])
    run = house.run(house.order(key="单位名称"))
    assert (counts(run), house.rejects(run)) == ((4, 1, 3, 0, 0, 0), [(3, "单位名称", "duplicate-key")])


def test_a_whole_push_replaces_the_table_at_once(house: House):
    push = house.order()
    house.run(push)
    house.write([row(2), row(8), row(9)])
    run = house.start(push)
    assert not house.step(run)
    assert len(house.brought()) == 5
    assert house.step(run)
    assert counts(house.told(run)) == (3, 0, 3, 0, 4, 0)
    assert [each[0][-1] for each in house.brought()] == list("289")


def test_differences_are_applied_and_nothing_else_is_touched(house: House):
    push = house.order(mode="diff")
    assert counts(house.run(push)) == (5, 0, 5, 0, 0, 0)
    house.write([row(1), row(2, 单位名称="改名"), row(3, 面积=None), row(4), row(6)])
    assert counts(house.run(push)) == (5, 0, 1, 2, 1, 2)
    assert [(each[0][-1], each[1]) for each in house.brought()] == [
        ("1", "演示单位1"),
        ("2", "改名"),
        ("3", "演示单位3"),
        ("4", "演示单位4"),
        ("6", "演示单位6"),
    ]
    assert counts(house.run(push)) == (5, 0, 0, 0, 0, 5)


def test_versions_bring_what_is_new_also_what_changed_behind_the_readers_back(house: House):
    push = house.order(mode="version", version_item=VERSION)
    house.write([row(number, number) for number in range(1, 6)])
    house.run(push)
    assert counts(house.run(push)) == (5, 0, 5, 0, 0, 0)
    # A run has read row 1 when it is changed to version 6; row 5 is read later with version 9.
    run = house.start(push)
    assert (house.push(push).floor, house.push(push).seen) == ("5", "5")
    house.write([*(row(number, number) for number in range(1, 5)), row(5, 9)])
    while not house.step(run):
        pass
    assert counts(house.told(run)) == (1, 0, 0, 1, 0, 0)
    house.write([row(1, 6), *(row(number, number) for number in range(2, 5)), row(5, 9)])
    assert counts(house.run(push)) == (2, 0, 0, 1, 0, 1)
    assert house.brought()[0][4] == 6


def test_each_step_may_be_done_twice_and_still_counts_once(house: House):
    """Every step dies once after its rows are staged and before the house knows; the next finds the mark."""
    house.write([row(number, 面积="x" if number == 4 else None) for number in range(1, 8)])
    run = house.start(house.order())
    while True:
        with pytest.raises(Killed):
            house.step(run, die)
        house.settings()  # another process: nothing is open and nothing remembered
        if house.step(run):
            break
    told = house.told(run)
    assert (told.state, counts(told)) == ("done", (7, 1, 6, 0, 0, 0))
    assert house.rejects(run) == [(4, "面积", "wrong-type")]
    assert [each[0][-1] for each in house.brought()] == list("123567")


def test_of_two_processes_at_the_same_chunk_one_is_refused(house: House):
    run = house.start(house.order())
    landing, load = _landing(house, run)
    mark = landing.begun(load)
    assert landing.staged([], Mark(run.id, 1, "x", 1)) == {}
    with pytest.raises(PushDestinationFailed, match="moved-on"):
        landing.staged([], Mark(run.id, 1, "x", 1))
    assert (mark.chunk, landing.begun(load).chunk) == (0, 1)


def test_a_grant_revoked_in_the_middle_ends_the_run_and_leaves_the_target(house: House, at: datetime):
    push = house.order()
    house.run(push)
    house.write([row(number) for number in range(10, 20)])
    run = house.start(push)
    assert not house.step(run)
    revoked(house.database, at)
    assert house.step(run)
    told = house.told(run)
    assert (told.state, told.code) == ("refused", "not-granted")
    assert (len(house.brought()), house.tables()) == (5, {TARGET, "yinxin_pushes"})
    with pytest.raises(NotGranted):
        house.start(push)


def test_without_a_grant_to_push_nothing_is_ordered(database: Database, tmp_path: Path, at: datetime):
    house = push_house.opened(database, tmp_path, at, modes=frozenset())
    with pytest.raises(NotGranted):
        house.order()


def test_a_masked_field_arrives_masked_and_a_masked_key_is_refused(database: Database, tmp_path: Path, at: datetime):
    masks = {"单位名称": "name", "发证日期": "year_only", KEY: "keep"}
    house = push_house.opened(database, tmp_path, at, masks=masks)
    house.run(house.order())
    assert house.brought()[0][1][0] == "演"
    assert ("演示单位1" in str(house.brought()), house.brought()[0][3]) == (False, "2024")
    with pytest.raises(UnusablePush, match="masked"):
        house.order(key="单位名称")


def test_only_granted_fields_arrive(database: Database, tmp_path: Path, at: datetime):
    house = push_house.opened(database, tmp_path, at, fields=(KEY, "单位名称"))
    house.run(house.order())
    assert len(house.brought()[0]) == 2
    with pytest.raises(NotGranted):
        house.order(fields=[KEY, "面积"])


def test_a_table_that_no_push_made_is_never_replaced(house: House):
    house.ask(f'CREATE TABLE "{TARGET}" (a INTEGER)')
    run = house.run(house.order())
    assert (run.state, run.code) == ("failed", "push-target-foreign")
    assert house.ask(f'SELECT count(*) FROM "{TARGET}"') == [(0,)]  # noqa: S608


def test_a_paused_push_ends_its_run_with_the_next_chunk(house: House):
    push = house.order()
    run = house.start(push)
    house.step(run)
    with house.database.transaction() as session:
        registry.pause(session, registry.push_of(session, push), house.requester, house.at)
    assert house.step(run)
    assert house.told(run).state == "stopped"
    with house.database.transaction() as session:
        found = registry.push_of(session, push)
        with pytest.raises(PushStepNotAllowed):
            running.start(session, found, house.parts, house.requester, house.at)
        registry.resume(session, found, house.requester, house.at)
    assert house.run(push).state == "done"


def test_a_run_at_a_time(house: House):
    push = house.order()
    house.start(push)
    with pytest.raises(PushUnderWay):
        house.start(push)


def test_too_many_rejects_end_the_load(house: House):
    house.settings(most_rejects=1)
    house.write([row(number, 面积="x") for number in range(1, 6)])
    run = house.run(house.order())
    assert (run.state, run.code, run.rejected) == ("failed", "too-many-rejects", 0)


def test_a_source_that_fails_is_asked_again_later(house: House):
    push = house.order()
    run = house.start(push)
    house.step(run)
    (house.folder / "source.db").rename(house.folder / "away.db")
    house.settings()
    with pytest.raises(PushSourceFailed):
        house.step(run)
    (house.folder / "away.db").rename(house.folder / "source.db")
    house.settings()
    while not house.step(run):
        pass
    assert counts(house.told(run)) == (5, 0, 5, 0, 0, 0)


def test_a_destination_that_is_not_laid_out_is_told(house: House):
    with pytest.raises(PushDestinationFailed, match="no-such-destination"):
        house.step(house.start(house.order(destination={"database": "nowhere", "table": TARGET})))


def test_a_task_that_failed_closes_its_run(house: House, at: datetime):
    push = house.order()
    run = house.start(push)
    with house.database.transaction() as session:
        assert run.task is not None
        bulk.cancel(session, run.task, at)
        running.settle(session, at)
    assert (house.told(run).state, house.told(run).code) == ("failed", "cancelled")
    assert house.run(push).state == "done"


def test_a_suspended_mount_ends_the_run(house: House):
    run = house.start(house.order())
    house.step(run)
    from exchange.mounting import mounts
    from tests.exchange.departments import STEWARD

    with house.database.transaction() as session:
        mounts.suspend(session, mounts.mount_of(session, run.mount), "x", STEWARD, house.at)
    assert house.step(run)
    assert (house.told(run).state, house.told(run).code) == ("failed", "push-not-served")
    with pytest.raises(PushNotServed):
        house.order()


def test_a_schedule_goes_on_and_leaves_its_reasons(house: House, at: datetime):
    push = house.order(every_minutes=60)
    with house.database.transaction() as session:
        assert list(registry.due(session, at, 10)) == [push]
        running.start_due(session, push, house.parts, at)
        assert registry.push_of(session, push).next_run_at == at + timedelta(hours=1)
        running.start_due(session, push, house.parts, at + timedelta(hours=5, minutes=30))
        assert registry.push_of(session, push).next_run_at == at + timedelta(hours=6)
        run = running.current(session, registry.push_of(session, push))
    assert run is not None
    while not house.step(run):
        pass
    revoked(house.database, at)
    with house.database.transaction() as session:
        running.start_due(session, push, house.parts, at + timedelta(hours=6))
        told = session.query(push_house.PushRun).filter_by(push=push, state="refused").one()
        assert told.code == "not-granted"


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"destination": {"database": "../x", "table": "t"}}, "#/destination/database"),
        ({"destination": {"database": "warehouse", "table": "yx_x"}}, "#/destination/table"),
        ({"destination": {"database": "warehouse"}}, "#/destination/table"),
        ({"destination": {"database": "warehouse", "table": "t", "where": "x"}}, "#/destination/where"),
        ({"kind": "files", "destination": {"folder": "a/b"}}, "#/destination/folder"),
        ({"kind": "files", "destination": {"folder": "a", "format": "exe"}}, "#/destination/format"),
        ({"key": "没有"}, "#/key"),
        ({"mode": "version"}, "#/version_item"),
        ({"mode": "version", "version_item": "有效"}, "#/version_item"),
    ],
)
def test_what_cannot_be_carried_out_is_not_ordered(house: House, told: dict[str, Any], pointer: str):
    with pytest.raises(UnusablePush) as refused:
        house.order(**told)
    assert refused.value.pointer == pointer


def test_an_injection_as_a_tables_name_is_refused_or_only_a_name(house: House):
    house.ask("CREATE TABLE secrets (a INTEGER)")
    for number, injection in enumerate(INJECTIONS if house.database.is_sqlite else INJECTIONS[::7]):
        try:
            push = house.order(destination={"database": "warehouse", "table": injection}, name=f"n{number}")
        except (UnusablePush, TooManyPushes):
            continue
        run = house.run(push)
        assert (run.state, run.code) in {("done", ""), ("failed", "push-target-foreign")}, injection
        with house.database.transaction() as session:
            registry.end(session, registry.push_of(session, push), house.requester, house.at)
    assert house.ask("SELECT count(*) FROM secrets") == [(0,)]


def test_values_that_look_like_statements_are_values(house: House):
    house.write(
        [
            row(number, 单位名称=text[:40])
            for number, text in enumerate(INJECTIONS, 1)
            if "\0" not in text and text != "\ud800"
        ]
    )
    run = house.run(house.order())
    assert run.rejected == 0
    assert {each[1] for each in house.brought()} == {
        text[:40] for text in INJECTIONS if "\0" not in text and text != "\ud800"
    }


def test_no_more_pushes_than_allowed(house: House):
    for _ in range(registry.MOST_PUSHES):
        house.order()
    with pytest.raises(TooManyPushes):
        house.order()


def test_what_is_not_there_is_not_found(house: House):
    push = house.order()
    with house.database.reading() as session:
        with pytest.raises(NoSuchPush):
            registry.push_of(session, "x")
        with pytest.raises(NoSuchPushRun):
            running.run_of(session, registry.push_of(session, push), "x")


@pytest.mark.skipif(mariadb.SERVER is None or mariadb.INSTALL is None, reason="no MariaDB is installed")
def test_a_push_to_mysql_swaps_merges_and_survives_its_deaths(database: Database, tmp_path: Path, at: datetime):
    if not database.is_sqlite:
        pytest.skip("the destination is the same")
    with mariadb.running(tmp_path / "m") as server:
        house = push_house.opened(database, tmp_path, at, server)
        try:
            push = house.order(mode="diff")
            assert counts(house.run(push)) == (5, 0, 5, 0, 0, 0)
            house.write([row(1), row(2, 单位名称="改名"), row(3), row(4), row(6, 面积="x"), row(7)])
            run = house.start(push)
            while True:
                with pytest.raises(Killed):
                    house.step(run, die)
                house.settings()
                if house.step(run):
                    break
            assert counts(house.told(run)) == (6, 1, 1, 1, 1, 3)
            assert [each[0][-1] for each in house.brought()] == list("12347")
        finally:
            house.parts.close()


def test_a_mark_says_the_same_after_it_was_written():
    mark = Mark("r", 3, "c", 30, 28, 2, "9", True, Applied(1, 2, 3, 4), (Reject(7, "项", "no-key"),))
    assert mark_of(mark.text) == mark
    assert mark_of(Mark("r").text) == Mark("r")


def test_the_floor_lags_one_run_behind():
    first = Floors().after("5")
    assert (first, first.after("9"), first.after(None)) == (Floors(None, "5"), Floors("5", "9"), Floors("5", "5"))


def _landing(house: House, run: Any) -> Any:
    with house.database.transaction() as session:
        found = session.get_one(push_house.PushRun, run.id)
        work = running._work(session, registry.push_of(session, found.push), found, house.parts, house.at)
    return work.landing, work.load
