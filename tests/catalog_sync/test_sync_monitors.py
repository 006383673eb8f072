"""What the monitors of synchronisation see: lag, silence, refusals, dead letters, pauses, differences, old secrets."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import app
from base.settings import read
from catalog_sync import channels
from catalog_sync.monitors import MONITORS
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.targets.gateway.settings import NationalGatewaySettings
from catalog_sync.targets.target import Outcome, Reply
from catalog_sync.wiring import Sync, SyncSettings
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Looking, Sighting
from exchange.monitoring.settings import MonitoringSettings
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.platform import down

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
READ = read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32})
TOLD = MonitoringSettings(refused_least=2, refused_percent=50)
DAY = timedelta(days=1)


def looked(house: House, name: str, settings: Any = READ) -> list[Sighting]:
    """Let one monitor look."""
    look = next(each.look for each in MONITORS if each.name == name)
    assert look is not None
    with house.database.reading() as session:
        return list(look(session, Looking(TOLD, settings, {Sync: house.sync}.__getitem__), house.at))


def seen(house: House, *names: str) -> dict[str, Severity]:
    """Give what is seen by each monitor, of one platform."""
    found = {name: looked(house, name) for name in names or [each.name for each in MONITORS]}
    return {name: told[0].severity for name, told in found.items() if told}


def test_a_house_that_is_told_everything_has_nothing_to_see(house: House) -> None:
    house.fill(3)
    house.write()
    house.push()
    house.later(days=3)
    assert seen(house) == {}


def test_what_waits_too_long_lags_and_then_is_silent(house: House) -> None:
    """The lag is an hour by default, grave at two; nobody believed anything for two hours."""
    house.fill(1)
    house.write()
    for minutes, told in (
        (60, {}),
        (1, {"sync-lag": WARNING}),
        (59, {"sync-lag": WARNING, "sync-silent": CRITICAL}),
        (1, {"sync-lag": CRITICAL, "sync-silent": CRITICAL}),
    ):
        house.later(minutes=minutes)
        assert seen(house) == told
    assert looked(house, "sync-lag")[0].facts == {"target": "platform", "minutes": 121}


def test_a_platform_that_answers_others_is_not_silent_though_one_record_waits(house: House) -> None:
    house.fill(1)
    house.write()
    house.later(hours=3)
    house.fill(1, start=1)

    def one_at_a_time(records: Any) -> None:
        if records[0].subject.id == "t000000":
            raise down()

    house.platform.before = one_at_a_time
    house.write()
    house.push()
    house.push()
    assert "stored" in house.states()
    assert set(seen(house)) == {"sync-lag"}


def test_a_channel_that_is_paused_is_told_of_once_for_each_pause_and_as_nothing_else(house: House) -> None:
    house.fill(1)
    house.write()
    house.transaction(lambda session: channels.pause(session, "platform", "检修", BY, house.at))
    since = house.at
    house.later(hours=9)
    assert seen(house) == {"sync-paused": CRITICAL}
    found = looked(house, "sync-paused")[0]
    assert (found.evidence_at, found.facts["reason"]) == (since, "检修")


@pytest.mark.parametrize(("stored", "refused", "told"), [(0, 1, False), (3, 2, False), (2, 2, True), (0, 2, True)])
def test_refusals_are_told_of_from_so_many_and_such_a_share_on(
    house: House, stored: int, refused: int, told: bool
) -> None:
    house.platform.replying = lambda record: (
        Reply(Outcome.REFUSED, code="E7") if int(record.subject.id[1:]) < refused else None
    )
    house.fill(stored + refused)
    house.write()
    house.push()
    assert ("sync-refusals" in seen(house)) is told
    house.later(days=1)
    assert "sync-refusals" not in seen(house)


def test_dead_letters_are_counted_and_their_newest_is_the_evidence(house: House) -> None:
    house.fill(3)
    house.write()

    def die(session: Any) -> None:
        for place, each in enumerate(house.rows()[:2]):
            row = session.merge(each)
            row.state, row.changed_at = "dead", house.at - timedelta(hours=place)

    house.transaction(die)
    found = looked(house, "sync-dead-letters")[0]
    assert (found.facts["records"], found.evidence_at) == (2, house.at)


def test_open_differences_are_told_of_since_a_comparison_named_a_new_one(both: House) -> None:
    def compared(number: int, hours: int) -> Comparison:
        ended = both.at + timedelta(hours=hours)
        told = {"number": number, "target": "platform", "day": date(2026, 11, 21), "outcome": "differs", "limits": []}
        told |= dict.fromkeys(("by", "code", "depth"), "")
        told |= {
            each.key: 0
            for each in Comparison.__table__.columns
            if each.type.python_type is int and not each.nullable and each.key not in told
        }
        return Comparison(**{**told, "began_at": ended, "ended_at": ended})

    def differing(number: int, first: int, settled: bool) -> Difference:
        told = {"kind": "thing", "thing": f"t{number}", "department": "", "difference": "missing-there", "digest": ""}
        ends = both.at if settled else None
        return Difference(number=number, target="platform", first=first, last=3, repair="", settled_at=ends, **told)

    def keep(session: Any) -> None:
        session.add_all([compared(1, -3), compared(2, -2), compared(3, -1)])
        session.flush()
        session.add_all([differing(1, 1, False), differing(2, 2, False), differing(3, 3, True)])

    assert looked(both, "sync-differences") == []
    both.transaction(keep)
    found = looked(both, "sync-differences")[0]
    assert (found.facts["differences"], found.evidence_at) == (2, both.at - timedelta(hours=2))


@pytest.mark.parametrize(
    ("age", "told"), [(300, None), (335, WARNING), (358, CRITICAL), (365, CRITICAL), (None, CRITICAL)]
)
def test_a_secret_is_to_be_renewed_before_it_is_a_year_old_and_has_to_be_there(
    house: House, tmp_path: Path, age: int | None, told: Severity | None
) -> None:
    file = tmp_path / "app-key"
    if age is not None:
        file.write_text("演示")
        written = (house.at - age * DAY).timestamp()
        os.utime(file, (written, written))
    settings = READ.changed(NationalGatewaySettings(app_key_file=str(file)))
    found = looked(house, "secret-ends", settings)
    assert [each.severity for each in found] == ([told] if told else [])
    assert {each.subject for each in found} <= {"national_gateway.app_key_file"}
    assert looked(house, "secret-ends") == []


def test_tickets_are_of_whoever_runs_synchronisation(house: House) -> None:
    house.fill(1)
    house.write()
    house.later(hours=9)
    house.sync = Sync(
        SyncSettings(organisation="113309000000000000"),
        house.sync.targets,
        house.sync.kinds,
        house.sync.keys,
        {},
    )
    told = looked(house, "sync-lag")[0]
    assert (told.organisation, told.role) == ("113309000000000000", "operator")
