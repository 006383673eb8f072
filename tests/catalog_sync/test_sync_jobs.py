"""The jobs of synchronisation, carried out as the scheduler does: every channel by itself, each run on record."""

from datetime import datetime
from pathlib import Path
from typing import Any

from base import clock
from base.db import Database
from base.health import House as Examined
from base.metrics import Metrics, MetricsSettings, opened
from base.scheduling import SchedulingSettings, joined
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from base.scheduling.state import runs_of
from base.settings import read
from catalog_sync import channels, checks
from catalog_sync.jobs import JOBS
from catalog_sync.wiring import JOB_NAMES, Sync, SyncSettings
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.platform import Platform, down


def carried_out(house: House, name: str) -> Outcome | None:
    """Carry a job out by hand."""
    parts: dict[type[Any], Any] = {Sync: house.sync, Metrics: opened(MetricsSettings())}
    return run_by_hand(house.database, joined(JOBS), name, SchedulingSettings(), parts=parts)[1]


def test_the_jobs_bring_a_change_to_every_target_and_one_that_is_down_holds_up_nobody(
    database: Database, tmp_path: Path, at: datetime
) -> None:
    """Three platforms: one is well and tells later, one is down, one is paused."""
    well, broken, paused = Platform("well", later=True), Platform("broken"), Platform("paused")

    def never(_records: Any) -> None:
        raise down()

    broken.before = never
    house = houses.opened(database, tmp_path, at, well, broken, paused)
    house.transaction(lambda session: channels.pause(session, "paused", "检修", BY, at))
    house.fill(15)
    assert [carried_out(house, name) for name in JOB_NAMES] == [Outcome.DONE] * 4
    assert {each.state for each in house.rows() if each.target == "well"} == {"stored"}
    assert not {each.state for each in house.rows() if each.target != "well"} & {"stored", "dead"}
    assert paused.calls == []
    with database.reading() as session:
        run = runs_of(session, "sync.changes")[0]
    assert run.note == "written 45, unchanged 0"


def test_the_doctor_names_paused_channels_late_records_and_dead_letters(house: House) -> None:
    examined = Examined(read((SyncSettings,), environment={}), house.database, clock.now())
    assert {check.ask(examined).outcome for check in checks.CHECKS} == {"good"}
    house.fill(2)
    house.write()
    house.transaction(lambda session: channels.pause(session, "platform", "检修", BY, house.at))

    def die(session: Any) -> None:
        row = session.merge(house.rows()[0])
        row.state = "dead"

    house.transaction(die)
    house.later(hours=2)
    late = Examined(examined.settings, house.database, house.at)
    found = [check.ask(late) for check in checks.CHECKS]
    assert [each.outcome for each in found] == ["warning"] * 3
    assert [each.en for each in found] == [
        "Paused: platform",
        "Records that wait too long: platform 1",
        "1 records are refused or dead letters",
    ]
