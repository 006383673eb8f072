"""Comparisons over HTTP and on the command line: seen, repaired by those who may; the balance verified from a file."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

import app
from base import calendar, clock
from base.command_line import SpeakingGroup
from base.errors import DomainError, Kind
from base.health import House as Examined
from base.metrics import Metrics, MetricsSettings, opened
from base.paging import Pager
from base.program import Running
from base.scheduling import SchedulingSettings, joined
from base.scheduling.process import run_by_hand
from base.scheduling.state import runs_of
from base.settings import read
from catalog_sync import channels
from catalog_sync.commands.sync import sync_group
from catalog_sync.reconciliation import checks, duties, gauges
from catalog_sync.reconciliation.jobs import JOBS
from catalog_sync.routes import API_BLUEPRINTS
from catalog_sync.targets.target import Listing
from catalog_sync.wiring import Sync, SyncSettings
from exchange.models import Task
from keys.algorithms import pem
from tests import rooms
from tests.catalog_sync.house import BY
from tests.catalog_sync.platform import KIND, Platform
from tests.catalog_sync.reconciliation.test_reconciling import TARGET, Story
from tests.catalog_sync.test_sync_routes import PEOPLE, given
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER
from tests.rooms import Door


@pytest.fixture
def story(house: Any, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Two sites, of which the other lost two things."""
    builders.populate(house.database, at)
    with house.database.transaction() as session:
        calendar.seed(session)
        duties.seed(session, MAKER, at)
    made = Story(house.database, tmp_path, at, organisation=CITY)
    monkeypatch.setattr(clock, "now", lambda: made.house.at)
    made.settled(20)
    for thing in ("t000001", "t000002"):
        made.there.damage(KIND, thing)
    return made


@pytest.fixture
def door(story: Story) -> Door:
    """Open the door of the house."""
    return rooms.door(story.house.database, API_BLUEPRINTS, PEOPLE, story.house.sync, Pager("s" * 32))


def test_a_comparison_is_seen_with_what_differs_and_its_balance(story: Story, door: Door) -> None:
    story.compare()
    listed = given(door.call("auditor", "GET", "/sync/reconciliations?target=province&outcome=differs"))["items"]
    assert [(each["found"], each["depth"], each["here"], each["there"]) for each in listed] == [(2, "content", 20, 18)]
    assert listed[0]["exchanged"]["share"] > 0
    one = f"/sync/reconciliations/{listed[0]['number']}"
    balance = given(door.call("operator", "GET", one))["balance"]
    assert balance["balance"]["differences"] == {"missing-there": 2}
    assert len(balance["signatures"]) == 2
    first = given(door.call("operator", "GET", f"{one}/differences?limit=1"))
    rest = given(door.call("operator", "GET", f"{one}/differences?limit=1&cursor={first['next_cursor']}"))
    assert [each["thing"] for each in first["items"] + rest["items"]] == ["t000001", "t000002"]
    assert given(door.call("operator", "GET", "/sync/reconciliations/999"), 404)["code"] == "no-such-sync-comparison"
    given(door.call("operator", "GET", "/sync/reconciliations?outcome=lost"), 422)


def test_those_who_run_synchronisation_have_it_repaired(story: Story, door: Door) -> None:
    story.compare()
    path = f"/sync/differences/{story.number_of('t000001')}/repairs"
    for who, status in (("auditor", 403), ("other", 403), ("clerk", 403), (None, 401)):
        given(door.call(who, "POST", path), status)
    assert given(door.call("sync", "POST", path))["repaired_by"] == "system:sync"
    again = given(door.call("sync", "POST", path), 409)
    assert (again["code"], again["reason"]) == ("sync-difference-not-repairable", "asked-already")
    given(door.call("sync", "POST", "/sync/differences/999/repairs"), 404)
    story.tell()
    number = story.compare().number
    open_ = given(door.call("auditor", "GET", f"/sync/reconciliations/{number - 1}/differences?open=true"))["items"]
    assert [each["thing"] for each in open_] == ["t000002"]


def test_what_differs_is_a_task_until_it_is_settled(story: Story) -> None:
    story.compare()
    with story.house.database.reading() as session:
        tasks = session.query(Task).order_by(Task.id).all()
    assert [(each.organisation, each.role, each.title, each.done_at) for each in tasks] == [
        (CITY, "operator", "与 province 对账：对方缺失 thing t000001", None),
        (CITY, "operator", "与 province 对账：对方缺失 thing t000002", None),
    ]
    story.compare()
    story.repair_all()
    story.tell()
    story.compare()
    with story.house.database.reading() as session:
        tasks = session.query(Task).all()
    assert [each.done_at is not None for each in tasks] == [True, True]


def test_the_job_compares_with_every_target_and_the_doctor_and_prometheus_hear_of_it(story: Story) -> None:
    house, metrics = story.house, opened(MetricsSettings())
    examined = Examined(read((SyncSettings,), environment={}), house.database, house.at)
    assert [check.ask(examined).outcome for check in checks.CHECKS] == ["good", "good"]
    paused = Platform("paused")
    sync = house.sync
    both = {**sync.targets, "paused": paused}
    whole = Sync(sync.settings, both, sync.kinds, sync.keys, sync.parts, balance_key=sync.balance_key)
    house.transaction(lambda session: channels.pause(session, "paused", "检修", BY, house.at))
    run_by_hand(
        house.database, joined(JOBS), "sync.reconcile", SchedulingSettings(), parts={Sync: whole, Metrics: metrics}
    )
    with house.database.reading() as session:
        assert runs_of(session, "sync.reconcile")[0].note == "paused paused, province differs 2"
        gauges.tell(session, whole, metrics)
    assert 'yinxin_sync_differences{target="province"} 2.0' in metrics.exposition().decode()
    found = [check.ask(examined) for check in checks.CHECKS]
    assert [each.outcome for each in found] == ["warning", "good"]
    assert "province 2" in found[0].en
    house.later(days=2)
    late = Examined(examined.settings, house.database, house.at)
    assert checks.CHECKS[1].ask(late).outcome == "warning"


class Broken(Platform):
    """A target whose comparison breaks on this side: a key is out of order, say."""

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """Break."""
        raise CustodyBroken


@dataclass(eq=False)
class CustodyBroken(DomainError):
    """The key cannot be used."""

    code: ClassVar[str] = "custody-broken"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


def test_a_target_that_breaks_keeps_none_from_the_others_and_ends_the_run(story: Story) -> None:
    sync = story.house.sync
    both = {"a-broken-one": Broken("a-broken-one"), **sync.targets}
    whole = Sync(sync.settings, both, sync.kinds, sync.keys, sync.parts, balance_key=sync.balance_key)
    parts = {Sync: whole, Metrics: opened(MetricsSettings())}
    _, outcome = run_by_hand(story.house.database, joined(JOBS), "sync.reconcile", SchedulingSettings(), parts=parts)
    assert outcome is not None
    with story.house.database.reading() as session:
        run = runs_of(session, "sync.reconcile")[0]
    assert (run.note, outcome.value) == ("a-broken-one custody-broken, province differs 2", "failed")


def test_the_command_compares_and_the_balance_is_verified_from_a_file(story: Story, tmp_path: Path) -> None:
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database, running.parts = story.house.database, {Sync: story.house.sync}
    group = SpeakingGroup("yinxin", commands={"sync": sync_group})

    def said(*words: str) -> Any:
        return CliRunner(env={"LANG": "en_GB.UTF-8"}).invoke(group, ["sync", *words], obj=running)

    told = said("reconcile", TARGET, "--json")
    assert told.exit_code == 1
    assert [each["thing"] for each in json.loads(told.output)["comparisons"][0]["differences"]] == [
        "t000001",
        "t000002",
    ]
    shown = said("reconcile")
    assert "missing-there" in shown.output
    assert said("reconcile", "nowhere").exit_code == 1

    file, key = tmp_path / "balance.json", tmp_path / "key.pem"
    file.write_text(said("balance").output, "utf-8")
    assert story.house.sync.balance_key is not None
    with story.house.database.reading() as session:
        public = story.house.sync.balance_key.signer(session).public
    key.write_bytes(pem.written("PUBLIC KEY", public.spki))
    verified = said("balance", "--verify", str(file), "--trust", str(key), "--json")
    verdict = json.loads(verified.output)
    assert (verified.exit_code, verdict["intact"], verdict["both_sides"], verdict["agrees"]) == (0, True, True, False)
    assert [each["trusted"] for each in verdict["signatures"]] == [True, False]
    file.write_text(file.read_text("utf-8").replace('"moving":0', '"moving":1'), "utf-8")
    forged = said("balance", "--verify", str(file))
    assert forged.exit_code == 1
    assert "not signed by its keys" in forged.output
    assert said("balance", "999").exit_code == 1
