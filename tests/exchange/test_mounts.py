"""Mounts: proposed, probed, confirmed by another, served; and how their health is judged."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.fetch import FetchSettings
from base.models import AuditEntry
from base.scheduling import Run
from exchange import directories
from exchange.errors import DirectoryStepNotAllowed, NotYourDirectory, OwnWork
from exchange.life import Step
from exchange.mounting import jobs as mount_jobs
from exchange.mounting import mounts
from exchange.mounting.errors import (
    MountChanged,
    MountNotProven,
    MountStepNotAllowed,
    NoSuchMount,
    TooManyMounts,
    UnusableMount,
)
from exchange.mounting.health import Health, judge
from exchange.mounting.models import Mount, MountCount, MountProbe
from exchange.mounting.mounts import MOST_MOUNTS, NewMount
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.sources.source import Down, Empty, Found, Outcome, Question
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import (
    AUTHORITY,
    HOUR,
    REVIEWER,
    SECOND_STEWARD,
    STEWARD,
    STRANGER,
    drafted,
    item,
    published,
)
from tests.exchange.sources.sites import unused

NEW = NewMount("许可证文件", "files", {"path": "licences.csv", "format": "csv"}, {"许可证编号": "no"})
GOOD = "no,单位名称,多余\n苏卫0001,演示饭店,x\n"
DRIFTED = "no,名称\n苏卫0001,演示饭店\n"


@pytest.fixture
def file(tmp_path: Path, at: datetime) -> Path:
    folder = tmp_path / code_of("health") / "files"
    folder.mkdir(parents=True)
    made = folder / "licences.csv"
    made.write_text(GOOD, encoding="utf-8")
    os.utime(made, (at.timestamp(), at.timestamp()))  # its age is told, and the story's clock is not the machine's
    return made


@pytest.fixture
def parts(tmp_path: Path, file: Path) -> MountParts:
    return MountParts(MountSettings(folder=str(tmp_path)), unused, FetchSettings())


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    departments.opened(database, at)
    return database


def begun(session: Session, parts: MountParts, at: datetime, new: NewMount = NEW) -> Mount:
    directory, _ = published(session, at)
    return mounts.add(session, directory, new, parts, STEWARD, at)


def probed(session: Session, mount: Mount, parts: MountParts, at: datetime) -> MountProbe:
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts, plan, of_proposal=of_proposal)
    return mounts.keep_probe(session, plan, looked, parts, STEWARD, at, of_proposal=of_proposal)


def serving(session: Session, parts: MountParts, at: datetime) -> Mount:
    mount = begun(session, parts, at)
    probed(session, mount, parts, at)
    return mounts.confirm(session, mount, REVIEWER, at)


def acts(session: Session) -> list[str]:
    query = select(AuditEntry.act).where(AuditEntry.thing_kind == "mount").order_by(AuditEntry.leaf_index)
    return list(session.scalars(query))


def test_a_mounts_whole_life_is_on_record(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        mount = serving(session, parts, at)
        directory = directories.directory_of(session, mount.directory)
        plan = mounts.serving_of(session, directory)[0]
        answer = parts.source(plan).ask(Question(("许可证编号", "单位名称")))
        assert isinstance(answer, Found)
        assert answer.rows == ({"许可证编号": "苏卫0001", "单位名称": "演示饭店"},)
        mounts.suspend(session, mount, "核查", AUTHORITY, at)
        assert mounts.serving_of(session, directory) == []
        mounts.confirm(session, mount, REVIEWER, at)
        mounts.withdraw(session, mount, "停用", STEWARD, at)
        for step in (
            lambda: mounts.confirm(session, mount, REVIEWER, at),
            lambda: mounts.change(session, mount, NEW, parts, STEWARD, at),
            lambda: mounts.suspend(session, mount, "x", STEWARD, at),
            lambda: mounts.withdraw(session, mount, "x", STEWARD, at),
            lambda: mounts.probe_plan(session, mount),
        ):
            with pytest.raises(MountStepNotAllowed):
                step()
    with province.reading() as session:
        assert acts(session) == [
            "mount.proposed", "mount.health-changed", "mount.probed", "mount.confirmed", "mount.suspended",
            "mount.confirmed", "mount.withdrawn",
        ]  # fmt: skip


def test_nothing_serves_before_it_was_probed_and_confirmed_by_another(
    province: Database, parts: MountParts, at: datetime
):
    with province.transaction() as session:
        mount = begun(session, parts, at)
        with pytest.raises(MountNotProven):
            mounts.confirm(session, mount, REVIEWER, at)
        probed(session, mount, parts, at)
        both = replace(STEWARD, roles=frozenset({"steward", "reviewer"}))
        with pytest.raises(OwnWork):
            mounts.confirm(session, mount, both, at)
        for by in (STRANGER, AUTHORITY, SECOND_STEWARD):
            with pytest.raises(NotYourDirectory):
                mounts.confirm(session, mount, by, at)
        assert mounts.serving_of(session, directories.directory_of(session, mount.directory)) == []


def test_strangers_change_nothing(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        mount = serving(session, parts, at)
        directory = directories.directory_of(session, mount.directory)
        for step in (
            lambda: mounts.add(session, directory, NEW, parts, STRANGER, at),
            lambda: mounts.change(session, mount, NEW, parts, STRANGER, at),
            lambda: mounts.suspend(session, mount, "x", STRANGER, at),
            lambda: mounts.withdraw(session, mount, "x", STRANGER, at),
            lambda: mounts.require_prober(session, mount, STRANGER, at),
            lambda: mounts.withdraw(session, mount, "x", REVIEWER, at),
        ):
            with pytest.raises(NotYourDirectory):
                step()


def test_a_drift_is_told_item_by_item_and_proves_nothing(
    province: Database, parts: MountParts, file: Path, at: datetime
):
    file.write_text(DRIFTED, encoding="utf-8")
    with province.transaction() as session:
        mount = begun(session, parts, at)
        row = probed(session, mount, parts, at)
        assert row.outcome == "drift"
        assert row.differences == [
            {"item": "单位名称", "difference": "missing"},
            {"item": "名称", "difference": "unknown"},
        ]
        with pytest.raises(MountNotProven) as refused:
            mounts.confirm(session, mount, REVIEWER, at)
        assert (refused.value.outcome, refused.value.differences) == ("drift", 2)


def test_what_serves_goes_on_until_the_change_is_confirmed(
    province: Database, parts: MountParts, file: Path, at: datetime
):
    file.with_name("new.csv").write_text(GOOD.replace("0001", "0002"), encoding="utf-8")
    with province.transaction() as session:
        mount = serving(session, parts, at)
        changed = replace(NEW, declaration={"path": "new.csv", "format": "csv"})
        mounts.change(session, mount, changed, parts, STEWARD, at)
        directory = directories.directory_of(session, mount.directory)
        assert mounts.serving_of(session, directory)[0].declaration["path"] == "licences.csv"
        with pytest.raises(MountNotProven):
            mounts.confirm(session, mount, REVIEWER, at)
        probed(session, mount, parts, at)
        mounts.confirm(session, mount, REVIEWER, at)
        plan = mounts.serving_of(session, directory)[0]
        answer = parts.source(plan).ask(Question(("许可证编号",)))
        assert answer == Found(({"许可证编号": "苏卫0002"},))


def test_a_proof_ends_when_the_directory_asks_for_other_items(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        directory, version = drafted(session, at)
        mount = mounts.add(session, directory, NEW, parts, STEWARD, at)
        assert probed(session, mount, parts, at).outcome == "found"
        more = {**version.content, "items": [*version.content["items"], item("经营项目", 100)]}
        directories.write(session, directory, version, more, STEWARD, at)
        with pytest.raises(MountNotProven):
            mounts.confirm(session, mount, REVIEWER, at)


def test_a_mount_of_a_draft_does_not_serve(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        directory, _ = drafted(session, at)
        mount = mounts.add(session, directory, NEW, parts, STEWARD, at)
        probed(session, mount, parts, at)
        mounts.confirm(session, mount, REVIEWER, at)
        assert mounts.serving_of(session, directory) == []


def test_a_withdrawn_directory_serves_nothing_more(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        mount = serving(session, parts, at)
        directory = directories.directory_of(session, mount.directory)
        version = directories.version_of(session, directory, 1)
        directories.take(session, directory, version, Step.ASK_TO_WITHDRAW, "职责划转", STEWARD, at)
        assert len(mounts.serving_of(session, directory)) == 1
        directories.take(session, directory, version, Step.WITHDRAW, "", AUTHORITY, at)
        assert mounts.serving_of(session, directory) == []
        with pytest.raises(DirectoryStepNotAllowed):
            mounts.add(session, directory, NEW, parts, STEWARD, at)


def test_a_probe_of_what_was_changed_meanwhile_is_not_kept(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        mount = begun(session, parts, at)
        plan, of_proposal = mounts.probe_plan(session, mount)
        looked = mounts.look(parts, plan, of_proposal=of_proposal)
        mounts.change(session, mount, NEW, parts, STEWARD, at)
        with pytest.raises(MountChanged):
            mounts.keep_probe(session, plan, looked, parts, STEWARD, at, of_proposal=of_proposal)
        with pytest.raises(NoSuchMount):
            mounts.mount_of(session, "nothing")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "ftp"},
        {"declaration": {"path": "../x.csv", "format": "csv"}},
        {"declaration": {"path": "x.csv", "format": "csv", "password": "x"}},
        {"columns": {"没有": "x"}},
        {"columns": {"许可证编号": "a\nb"}},
        {"columns": {"许可证编号": "same", "单位名称": "same"}},
        {"declaration": {"path": "x.csv", "format": "csv", "sheet": "x" * 70_000}},
    ],
)
def test_an_unusable_declaration_is_refused_when_it_is_written(
    province: Database, parts: MountParts, at: datetime, change: Any
):
    with province.transaction() as session:
        directory, _ = published(session, at)
        with pytest.raises(UnusableMount):
            mounts.add(session, directory, replace(NEW, **change), parts, STEWARD, at)


def test_a_directory_has_only_so_many_mounts(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        directory, _ = published(session, at)
        for _ in range(MOST_MOUNTS):
            mounts.add(session, directory, NEW, parts, STEWARD, at)
        with pytest.raises(TooManyMounts):
            mounts.add(session, directory, NEW, parts, STEWARD, at)


@pytest.mark.parametrize(
    ("probe", "calls", "health"),
    [
        (None, {}, Health.UNKNOWN),
        (None, {Outcome.FOUND: 1}, Health.HEALTHY),
        (Outcome.FOUND, {}, Health.HEALTHY),
        (Outcome.EMPTY, {Outcome.EMPTY: 100}, Health.HEALTHY),
        (Outcome.DOWN, {}, Health.DOWN),
        (Outcome.TIMED_OUT, {Outcome.FOUND: 100}, Health.DOWN),
        (Outcome.DRIFT, {}, Health.DEGRADED),
        (Outcome.REFUSED, {}, Health.DEGRADED),
        (Outcome.TOO_LARGE, {}, Health.DEGRADED),
        (Outcome.FOUND, {Outcome.DOWN: 4}, Health.HEALTHY),
        (Outcome.FOUND, {Outcome.DOWN: 5}, Health.DOWN),
        (Outcome.FOUND, {Outcome.FOUND: 50, Outcome.TIMED_OUT: 50}, Health.DOWN),
        (Outcome.FOUND, {Outcome.FOUND: 95, Outcome.DRIFT: 5}, Health.DEGRADED),
        (Outcome.FOUND, {Outcome.FOUND: 96, Outcome.DRIFT: 4}, Health.HEALTHY),
        (Outcome.FOUND, {Outcome.FOUND: 5, Outcome.REFUSED: 500}, Health.HEALTHY),
    ],
)
def test_health_is_judged_from_the_last_probe_and_the_calls_lately(
    probe: Outcome | None, calls: dict[Outcome, int], health: Health
):
    assert judge(probe, calls) is health


def test_real_calls_are_counted_by_the_hour_and_forgotten_late(province: Database, parts: MountParts, at: datetime):
    with province.transaction() as session:
        mount = serving(session, parts, at)
        for answer in (Empty(), Empty(), Down("x")):
            mounts.count(session, mount.id, answer, 5, at)
        mounts.count(session, mount.id, Empty(), 5, at + HOUR)
        assert mounts.calls_of(session, mount.id, at) == {Outcome.EMPTY: 3, Outcome.DOWN: 1}
        assert mounts.calls_of(session, mount.id, at + HOUR) == {Outcome.EMPTY: 1}
        row = session.scalars(select(MountCount).where(MountCount.calls == 2)).one()
        assert row.milliseconds == 10
        mounts.forget(session, at + timedelta(days=91))
        assert mounts.probes_of(session, mount) == []
        mounts.forget(session, at + timedelta(days=500))
        assert mounts.calls_of(session, mount.id, at) == {}


class _Run(Run):
    """A run of the probe job at a moment."""

    def __init__(self, database: Database, parts: MountParts, at: datetime) -> None:
        self.database, self.at = database, at
        self._parts = {MountParts: parts}

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Go on."""


def test_the_job_probes_what_is_due_and_tells_when_health_changes(
    province: Database, parts: MountParts, file: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    with province.transaction() as session:
        mount = serving(session, parts, at)
        assert mount.health == "healthy"
    monkeypatch.setattr(clock, "now", lambda: at + HOUR)
    file.unlink()
    mount_jobs.probe_due(_Run(province, parts, at + HOUR))
    with province.transaction() as session:
        found = mounts.mount_of(session, mount.id)
        assert (found.health, found.health_since) == ("down", at + HOUR)
        assert found.next_probe_at == at + 2 * HOUR
        assert mounts.due(session, at + HOUR, 10) == []
        assert [row.reason for row in mounts.probes_of(session, found, 1)] == ["no-such-file"]
        mount_jobs._forget(session, at)
    mount_jobs.probe_due(_Run(province, parts, at + HOUR))
    with province.reading() as session:
        assert acts(session)[-1] == "mount.health-changed"
