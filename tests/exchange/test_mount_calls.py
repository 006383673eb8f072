"""Real calls move a mount's health, freshness is what the source shows, and a call pays for its own count alone."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from base.callers import Caller
from base.db import Database
from exchange import measures
from exchange.mounting import calls as mount_calls
from exchange.mounting import mounts
from exchange.mounting.models import Mount
from exchange.mounting.wiring import MountParts
from exchange.quality import Failing, Ratio, fresh, score
from exchange.sources.source import Answer, Down, Empty, Refused
from tests.exchange.departments import HOUR, STEWARD, content
from tests.exchange.test_mounts import NEW, acts, file, parts, probed, province, serving

__all__ = ["file", "parts", "province"]
BY = Caller("system", "exchange", "exchange")
DAY = timedelta(days=1)


def called(database: Database, mount: Mount, answer: Answer, times: int, at: datetime) -> None:
    with database.transaction() as session:
        for _ in range(times):
            mounts.count(session, mount.id, answer, 5, at)


def judged(database: Database, mount: Mount, at: datetime) -> tuple[str, datetime | None]:
    """Let the job judge; give the mount's health, and when it is probed next."""
    with database.transaction() as session:
        mount_calls.judge_called(session, BY, at)
        found = mounts.mount_of(session, mount.id)
        return found.health, found.next_probe_at


@pytest.fixture
def mount(province: Database, parts: MountParts, at: datetime) -> Mount:
    with province.transaction() as session:
        found = serving(session, parts, at)
        probed(session, found, parts, at)
        session.flush()
        session.expunge(found)
    return found


def test_calls_that_fail_make_a_mount_ill_and_calls_that_do_not_make_it_well(
    province: Database, mount: Mount, at: datetime
):
    assert judged(province, mount, at)[0] == "healthy"
    called(province, mount, Down("x"), 4, at)
    assert judged(province, mount, at)[0] == "healthy"
    called(province, mount, Down("x"), 1, at)
    assert judged(province, mount, at)[0] == "down"
    called(province, mount, Empty(), 6, at)
    assert judged(province, mount, at)[0] == "degraded"
    called(province, mount, Empty(), 200, at)
    assert judged(province, mount, at)[0] == "healthy"
    with province.reading() as session:
        assert acts(session)[-3:] == ["mount.health-changed"] * 3


def test_what_callers_ask_wrongly_makes_nobody_ill_but_has_the_source_looked_at(
    province: Database, mount: Mount, at: datetime
):
    called(province, mount, Refused("condition-not-offered"), 50, at)
    assert judged(province, mount, at) == ("healthy", at + HOUR)
    later = at + timedelta(minutes=10)
    assert judged(province, mount, later) == ("healthy", later)


def test_a_source_that_calls_get_through_to_is_looked_at_again(
    province: Database, parts: MountParts, mount: Mount, file: Path, at: datetime
):
    good = file.read_text()
    file.unlink()
    with province.transaction() as session:
        probed(session, mounts.mount_of(session, mount.id), parts, at)
    file.write_text(good)
    later = at + timedelta(minutes=10)
    called(province, mount, Empty(), 5, later)
    assert judged(province, mount, later) == ("down", later)
    with province.transaction() as session:
        probed(session, mounts.mount_of(session, mount.id), parts, later)
        assert mounts.mount_of(session, mount.id).health == "healthy"


def test_a_suspended_mount_is_not_judged(province: Database, mount: Mount, at: datetime):
    with province.transaction() as session:
        mounts.suspend(session, mounts.mount_of(session, mount.id), "x", STEWARD, at)
    called(province, mount, Down("x"), 9, at)
    assert judged(province, mount, at)[0] == "healthy"


def test_judging_asks_as_often_for_many_calls_as_for_few(province: Database, mount: Mount, at: datetime):
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def queries() -> int:
        asked.clear()
        judged(province, mount, at)
        return len(asked)

    event.listen(province.engine, "before_cursor_execute", note)
    try:
        called(province, mount, Empty(), 1, at)
        first = queries()
        called(province, mount, Empty(), 40, at)
        asked.clear()
        called(province, mount, Empty(), 1, at)
        assert sum("exchange_mount" in each for each in asked) == 1
        assert queries() == first
    finally:
        event.remove(province.engine, "before_cursor_execute", note)


# --- freshness --------------------------------------------------------------------------------------------------


def updated(province: Database, mount: Mount) -> datetime | None:
    with province.reading() as session:
        return mounts.mount_of(session, mount.id).data_updated_at


def test_freshness_is_the_time_of_the_file_against_the_promised_cycle(
    province: Database, parts: MountParts, mount: Mount, file: Path, at: datetime
):
    then = at - timedelta(hours=36)
    os.utime(file, (then.timestamp(), then.timestamp()))
    with province.transaction() as session:
        probed(session, mounts.mount_of(session, mount.id), parts, at)
        assert measures.last_update(session, mount.directory, at) == then
        parts_ = {
            each.name: each for each in score(session, measures.MEASURES, mount.directory, 1, content(), at).parts
        }
    assert parts_["fresh"].score == 50
    assert [each.code for each in parts_["fresh"].failing] == ["late"]


def test_a_source_that_was_not_reached_tells_nothing_new_and_one_that_says_tomorrow_is_not_believed(
    province: Database, parts: MountParts, mount: Mount, file: Path, at: datetime
):
    then, good = at - DAY, file.read_text()
    for moment, known in ((then, then), (None, then), (at + 2 * DAY, None), (at + HOUR, at + HOUR)):
        if moment is None:
            file.unlink()
        else:
            file.write_text(good)
            os.utime(file, (moment.timestamp(), moment.timestamp()))
        with province.transaction() as session:
            probed(session, mounts.mount_of(session, mount.id), parts, at)
        assert updated(province, mount) == known


def test_what_no_longer_serves_does_not_count_as_fresh(province: Database, mount: Mount, at: datetime):
    assert updated(province, mount) is not None
    with province.transaction() as session:
        mounts.suspend(session, mounts.mount_of(session, mount.id), "x", STEWARD, at)
        assert measures.last_update(session, mount.directory, at) is None
        assert fresh(content(), None, at) is None


# --- use and health ---------------------------------------------------------------------------------------------


def test_a_directory_that_nobody_serves_or_calls_is_not_measured(province: Database, mount: Mount, at: datetime):
    with province.reading() as session:
        assert measures.use(session, "30701500003000000000000000/000009", at) is None
        assert measures.health(session, mount.directory, at) is None
        unused = [*(f"2026-{month:02}" for month in range(11, 0, -1)), "2025-12"]
        failing = tuple(Failing("#", "no-use", month) for month in unused)
        assert measures.use(session, mount.directory, at) == Ratio(0, 12, failing)


def test_use_counts_months_and_health_counts_calls(province: Database, mount: Mount, at: datetime):
    called(province, mount, Empty(), 8, at)
    called(province, mount, Down("x"), 2, at)
    called(province, mount, Refused("condition-not-offered"), 5, at)
    called(province, mount, Empty(), 1, at - 40 * DAY)
    called(province, mount, Empty(), 1, at - 357 * DAY)
    with province.reading() as session:
        used = measures.use(session, mount.directory, at)
        assert used is not None
        assert (used.good, used.all) == (2, 12)
        assert "2026-10" not in [each.text for each in used.failing]
        assert measures.health(session, mount.directory, at) == Ratio(
            8, 10, (Failing(f"#/mounts/{mount.id}", "down", f"{NEW.name}: 2"),)
        )
