"""Drill: records of many kinds told to a failing platform; sender, scheduler and platform killed (SIGKILL) by turns.

Three processes: the platform is the simulator on a port, with 30 of 100 answers faulty before or after the effect, and
receipts lost, doubled and out of order; the scheduler is the house's own, writing rows from the feed, reading receipts
and sweeping; the sender tells. One of the three is killed at random moments and started again at once. Half of the
parts run with a platform that knows keys, half without; on SQLite and on PostgreSQL. Things change and go meanwhile.
The parent plays the operator: it resumes a paused channel, has dead letters told again, and in the end what waits for
hours. The clock of all runs four hundred times too fast, so that pauses, claims and waits run out. A part in which
nothing moves any more is ended, and says how everything stood.

In the end nothing is lost, doubled, altered, out of order or stray in the platform's own record of effects, and the
Merkle roots of what both sides hold are equal. The checker is shown to shout on two naive senders, killed in the same
way: one marks and then sends, one sends and then marks. A run that is stopped goes on at the part that it was in.
"""

import json
import logging
import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from base.db import DatabaseBusy, DatabaseUnreachable
from base.scheduling import Every, Job, Run
from base.scheduling.process import Scheduler
from base.scheduling.settings import SchedulingSettings
from bench.drills import sync_house as house
from bench.drills.children import Child, Stuck, free_port
from bench.drills.sync_house import Clock, Office, Province
from bench.ledger import fresh_database
from bench.runner import say, write
from catalog_sync import push, receipts, sweep
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.simulator import claims
from catalog_sync.simulator.checker import Claim, check
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.store import Store
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome, Target
from tests.catalog_sync.simulator.twin import organisation

NAME = "sync_kills"
SEED: Final = 20261121
# (parts, blocks of ten records in each, kills in each); a generation of changes comes on top.
FULL, SHORT = (8, 1150, 26), (2, 4, 3)
FAST: Final = 400.0
# Of 100 calls: before the effect, after it, or put off; and what is wrong with receipts.
FAULTS: Final = (
    "500-before:5%,reset-before:4%,401:1%,wrong-signature:1%,429:1%/0s,500-after:6%,reset-after:6%,half:4%,busy:2%,"
    "wrong-type:0.05%,receipt-lost:10%,receipt-doubled:10%,receipt-shuffled:20%/20"
)
# Seconds between two kills, by whether it is the short form.
MOMENTS: Final = {True: (0.2, 1.2), False: (1.0, 15.0)}
# How long a part may take, and how long what is left may stay the same, by whether it is the short form.
PATIENCE_SECONDS: Final = {True: 240.0, False: 3600.0}
STILL_SECONDS: Final = {True: 90.0, False: 600.0}
LOOK_SECONDS: Final = 0.5
TOLD_EVERY_SECONDS: Final = 15.0
ROLES: Final = ("sender", "scheduler", "platform")
SCHEDULING: Final = SchedulingSettings(lease_seconds=1.5, tick_seconds=0.1, stop_seconds=2.0)
# What each naive sender must be caught at.
MARK_FIRST: Final = "mark, then send"
NAIVE: Final = {MARK_FIRST: "lost", "send, then mark": "doubled"}
MARK: Final = "insert into marks values (?, 'stored')"
NAIVE_RECORDS: Final = {True: 40, False: 400}
NAIVE_MOMENTS: Final = (0.02, 0.3)
NAIVE_KILLS: Final = {True: 3, False: 30}


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Tell part after part, going on where an earlier run stopped; `passed`: all arrived once and the roots agree."""
    parts, blocks, kills = SHORT if short else FULL
    file = results / "state" / f"{NAME}.json"
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    resumed = len(found)
    for number in range(resumed, parts):
        kind, knows_keys = ("sqlite", "postgresql")[number % 2], number % 4 in {0, 3}
        say(f"{NAME}: part {number + 1} of {parts}, {kind}, {'with' if knows_keys else 'without'} keys")
        found.append(_part(kind, Province(blocks), kills, SEED + number, knows_keys=knows_keys, short=short))
        write(file, found)
    naive = {name: _naive(name, short=short) for name in NAIVE}
    file.unlink(missing_ok=True)
    return {
        "records": sum(each["records"] for each in found),
        "calls": sum(each["calls"] for each in found),
        "kills": dict(sum((Counter(each["kills"]) for each in found), Counter())),
        "roots_equal": all(each["root_here"] == each["root_there"] for each in found),
        "findings": dict(sum((Counter(each["findings"]) for each in found), Counter())),
        "naive_senders": naive,
        "parts": found,
        "resumed_from": resumed,
        "passed": all(each["passed"] for each in found) and all(each["caught"] for each in naive.values()),
    }


@dataclass
class Place:
    """Where a part happens, and the processes in it.

    `children` names only processes that were not waited for: until then a number is nobody else's, so that no signal
    can reach a stranger.
    """

    url: str
    folder: Path
    clock: Clock
    target: Callable[[Clock, Path], Target]
    children: dict[str, Child] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)

    def start(self, role: str, work: Callable[[], None]) -> None:
        """Start a process, forked: nothing has to be imported again."""
        self.children[role] = Child.of(work)

    def kill(self, role: str, *, counts: bool = True) -> None:
        """Kill a process that runs; one that ended by itself is no kill."""
        if self.children.pop(role).killed():
            self.kills[role] += counts
        else:
            self.fell[role] += 1

    def wait(self, role: str, seconds: float) -> None:
        """Wait for a process to end. Raises `Stuck`."""
        if not self.children[role].ended(seconds):
            raise Stuck(f"{role} has not ended after {seconds:.0f} s")
        del self.children[role]

    def supervise(self, work: Mapping[str, Callable[[], None]]) -> None:
        """Start those again that ended by themselves, as a scheduler does that hung."""
        for role in [each for each, child in self.children.items() if child.ended()]:
            del self.children[role]
            self.fell[role] += 1
            self.start(role, work[role])

    def made(self, spec: str) -> None:
        """Make the platform's folder, and switch its faults on."""
        Platform(self.folder / house.PLATFORM, self.clock.now, spec).close()

    def office(self) -> Office:
        """Open the sender's parts."""
        return Office(self.url, self.folder, self.clock, self.target)


def _part(kind: str, province: Province, kills: int, seed: int, *, knows_keys: bool, short: bool) -> dict[str, Any]:
    began, chance = time.monotonic(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name, fresh_database(kind, "yinxin_drill_sync") as settings:
        clock = Clock(FAST)
        port = free_port()
        place = Place(settings.url, Path(name), clock, house.gateway(port, knows_keys=knows_keys))
        place.made(f"{FAULTS},seed={seed % 1000}")
        office = place.office()
        province.fill(office.database, clock.now())
        office.close()
        work: Mapping[str, Callable[[], None]] = {
            "sender": lambda: be_sender(place),
            "scheduler": lambda: be_scheduler(place),
            "platform": lambda: be_platform(place, port),
        }
        try:
            decided = _through(place, work, province, kills, chance, short=short)
        finally:
            for role in list(place.children):
                place.kill(role, counts=False)
        office = place.office()
        found = house.verdict_of(office.database, place.folder)
        office.close()
    seconds = time.monotonic() - began
    return {
        "database": kind,
        "knows_keys": knows_keys,
        "kills": dict(place.kills),
        "ended_by_themselves": dict(place.fell),
        **decided,
        **found,
        "seconds": round(seconds, 1),
        "records_a_second": round(found["records"] / seconds, 1),
        "load": [round(each, 2) for each in os.getloadavg()],
        "passed": found["passed"] and place.kills.total() == kills,
    }


def _through(
    place: Place,
    work: Mapping[str, Callable[[], None]],
    province: Province,
    kills: int,
    chance: random.Random,
    *,
    short: bool,
) -> dict[str, Any]:
    """Kill by turns; then let all three work until nothing is left; meanwhile decide what a person decides.

    Raises `Stuck`.
    """
    for role in work:
        place.start(role, work[role])
    changes_at, resumed, retried, told_at = kills // 2, 0, 0, 0.0
    watch = _Watch(place, PATIENCE_SECONDS[short], STILL_SECONDS[short])
    while True:
        watch.look()
        busy = place.kills.total() < kills
        time.sleep(chance.uniform(*MOMENTS[short]) if busy else LOOK_SECONDS)
        place.supervise(work)
        if busy:
            role = chance.choice(ROLES)
            place.kill(role)
            place.start(role, work[role])
        with watch.trying(), closing(place.office()) as office:
            if busy and place.kills.total() >= changes_at:
                province.change(office.database, 1, place.clock.now())
                changes_at = kills + 1
            decided = office.decide(hastens=not busy)
            resumed, retried = resumed + decided[0], retried + decided[1]
            left = watch.left = office.left()
            if not busy and not left:
                return {"channel_resumed": resumed, "told_again_by_hand": retried}
            if time.monotonic() >= told_at:
                told_at = time.monotonic() + TOLD_EVERY_SECONDS
                say(f"  {place.kills.total()} kills, {left} rows or events left")


@dataclass
class _Watch:
    """Sees to it that a part ends: `look` fails, saying how all stood, where it takes too long or nothing moves."""

    place: Place
    patience: float
    still: float
    left: int = -1
    failure: str = ""
    began: float = field(default_factory=time.monotonic)
    _seen: tuple[int, int] = (-1, 0)
    _moved: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Look whether anything moves. Raises `Stuck`."""
        now, seen = time.monotonic(), (self.left, self.place.kills.total())
        if seen != self._seen:
            self._seen, self._moved = seen, now
        if now - self._moved > self.still or now - self.began > self.patience:
            stands = f"{self.left} rows or events left, the same for {now - self._moved:.0f} s"
            ended = f"{self.place.kills.total()} kills, ended by themselves {dict(self.place.fell)}"
            raise Stuck(f"{stands}, {now - self.began:.0f} s in all, {ended}, last failure: {self.failure or 'none'}")

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Try something that a database which is killed at may refuse; it is tried again."""
        try:
            yield
        except (DatabaseBusy, DatabaseUnreachable) as refusal:
            self.failure = refusal.code


def be_platform(place: Place, port: int) -> None:
    """Be the platform."""
    house.serve(place.folder, port, place.clock)


def be_sender(place: Place) -> None:
    """Tell for ever, as the job does again and again."""
    office = place.office()
    while True:
        with suppress(DatabaseBusy):
            if not push.push(office.database, office.sync, office.target, place.clock.now, most=200).exchanges:
                time.sleep(0.02)


def be_scheduler(place: Place) -> None:
    """Be a scheduler with the three other jobs."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    office = place.office()

    def write(_run: Run) -> None:
        office.write()

    def collect(_run: Run) -> None:
        receipts.collect(office.database, office.sync, office.target, place.clock.now)

    def look_after(_run: Run) -> None:
        sweep.sweep(office.database, office.sync, office.target, place.clock.now)

    jobs = [
        Job(name, Every(1), work, tries=1000)
        for name, work in (("write", write), ("collect", collect), ("look-after", look_after))
    ]
    Scheduler(office.database, {each.name: each for each in jobs}, {}, SCHEDULING).serve()


# --- naive senders ----------------------------------------------------------------------------------------------------


def _record(number: int) -> Record:
    told = organisation()
    code = f"{number:018}"
    members = {**told.content, "code": code, "name": f"演示机构{number}"}
    return Record(Subject("organisation", code), number + 1, Operation.INSERT, members)


def _naive(name: str, *, short: bool) -> dict[str, Any]:
    """Have a naive sender tell the same platform, killed again and again; the checker must name what it did."""
    chance, clock, records = random.Random(SEED), Clock(), NAIVE_RECORDS[short]
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        place = Place("", Path(folder), clock, house.gateway(port, knows_keys=False))
        place.made("500-before:5%,500-after:5%,seed=7")
        with closing(sqlite3.connect(place.folder / "naive.db")) as file:
            file.execute("create table marks (number integer primary key, state text)")
        place.start("platform", lambda: be_platform(place, port))
        try:
            while place.kills.total() < NAIVE_KILLS[short] and not place.fell.total():
                place.start("sender", lambda: _tell_naively(place, name, records))
                time.sleep(chance.uniform(*NAIVE_MOMENTS))
                place.kill("sender")
            place.start("sender", lambda: _tell_naively(place, name, records))
            place.wait("sender", PATIENCE_SECONDS[short])
        finally:
            for role in list(place.children):
                place.kill(role, counts=False)
        with closing(sqlite3.connect(place.folder / "naive.db")) as file:
            marked = dict(file.execute("select number, state from marks"))
        kept = Store(place.folder / house.PLATFORM)
        with kept.reading() as taken:
            said = [_claim(number, marked) for number in range(records)]
            counts = check(said, claims.effects(taken, "gateway"), at_rest=True).counts
        kept.close()
    told = {each: number for each, number in counts.items() if number}
    return {"kills": place.kills.total(), "found": told, "caught": counts[NAIVE[name]] > 0}


def _claim(number: int, marked: Mapping[int, str]) -> Claim:
    told = _record(number)
    return Claim(
        told.subject.kind, told.subject.id, told.version, "I", told.key, told.digest, marked.get(number, "waiting")
    )


def _tell_naively(place: Place, name: str, records: int) -> None:
    """Tell every record that has no mark, one after the other, until each has one."""
    target = place.target(place.clock, place.folder)
    with closing(sqlite3.connect(place.folder / "naive.db", isolation_level=None)) as file:
        while True:
            marked = {each[0] for each in file.execute("select number from marks")}
            left = [each for each in range(records) if each not in marked]
            if not left:
                return
            for number in left:
                if name == MARK_FIRST:
                    file.execute(MARK, (number,))
                    _sent(target, number, place)
                elif _sent(target, number, place):
                    file.execute(MARK, (number,))


def _sent(target: Target, number: int, place: Place) -> bool:
    with suppress(ChannelDown, ChannelRefused, HostileAnswer):
        (reply,) = target.send([_record(number)], {}, place.clock.now())
        return reply.outcome is Outcome.STORED
    return False
