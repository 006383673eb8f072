"""Drill: an audited write is killed (SIGKILL) at one system call after the other; act and record must not part.

A child connects, does a few audited acts (alone, with a savepoint taken back, many in one transaction), each a row, an
entry and an event, and closes. strace lists the system calls between its beginning and its end; then, for each chosen
one, the child is run anew and killed as it enters that very call. After each kill, from outside:

1. every act has exactly one entry and one event, and the other way round;
2. whatever the child was told is committed is there;
3. the ledger verifies, as the continuation of what was verified before;
4. the next audited write works at once.

The checker is shown to shout: a naive variant that writes the act and its record in two transactions must be caught.
Where strace cannot be used, the kills fall at random moments instead, and the result says so.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, Text, insert, select
from sqlalchemy.orm import Session

from base import audit, events, ledger
from base.audit import Thing, Tree, append, record
from base.db import Database, DatabaseSettings, connect
from base.ledger_verification import verify, verify_since
from base.models import AuditEntry, Event
from bench.drills import striking
from bench.drills.striking import Point, await_silence, mark, spread
from bench.drills.striking import say as tell
from bench.ledger import BEGAN, KINDS, entry, fresh_database
from bench.runner import say

NAME = "kill"
ROOT = Path(__file__).resolve().parents[2]
SEED = 20261121
# What is promised is a hundred; one call more or less in another run must not fall below it.
POINTS = {True: 10, False: 160}
NAIVE_POINTS = 10
LONGEST_SECONDS = 0.2  # of a child that is killed at a random moment and else would not end
PROMISED = {True: 6, False: 100}
ACTS = Table("drill_acts", MetaData(), Column("id", Text, primary_key=True))
MANY = 20


@dataclass
class Told:
    """What happened to one child."""

    began: bool = False
    ended: bool = False
    acknowledged: set[str] = field(default_factory=set)


@dataclass
class Found:
    """What was found in all."""

    killed: Counter[str] = field(default_factory=Counter)
    beside: int = 0
    parted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    committed: int = 0
    unacknowledged: int = 0


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases; `passed` tells whether act and record stayed together at every point."""
    strace, found = striking.strace(), {}
    results.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        with fresh_database(kind, "yinxin_drill_kill") as settings, _prepared(settings) as drill:
            found[kind] = drill.traced(strace, short=short) if strace else drill.at_random(short=short)
        (results / f"{NAME}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    with fresh_database("sqlite") as settings, _prepared(settings, naive=True) as drill:
        naive = drill.traced(strace, short=short) if strace else drill.at_random(short=short)
    found["naive variant, sqlite"] = {
        "kills_within_the_write": naive["kills_within_the_write"],
        "parted": naive["parted"],
        "passed": naive["parted"] > 0,
    }
    way = "strace: killed on entering the system call" if strace else "no strace here: killed at random moments"
    return {"way": way, **found, "passed": all(each["passed"] for each in found.values())}


@contextmanager
def _prepared(settings: DatabaseSettings, *, naive: bool = False) -> Iterator["_Drill"]:
    database = connect(settings)
    ACTS.metadata.create_all(database.engine)
    database.close()
    with tempfile.TemporaryDirectory() as folder:
        yield _Drill(settings, Path(folder), naive)


@dataclass
class _Drill:
    settings: DatabaseSettings
    folder: Path
    naive: bool
    found: Found = field(default_factory=Found)
    tree: Tree = field(default_factory=lambda: Tree(0, ledger.EMPTY_ROOT))
    turns: int = 0

    def traced(self, strace: str, *, short: bool) -> dict[str, Any]:
        """Kill the child once at each of many system calls."""
        self._child([])  # the first write ever makes the tail row; the points are of those that follow
        calls = self._calls(strace)
        points = spread(calls, NAIVE_POINTS if self.naive else POINTS[short])
        say(f"  {self._kind()}: {len(calls)} system calls in the write, {len(points)} kills")
        for point in points:
            self._struck(self._child(striking.striking(strace, point)), point.call)
        return self._told(len(calls), short=short)

    def at_random(self, *, short: bool) -> dict[str, Any]:
        """Kill the child at random moments of its writes."""
        chance = random.Random(SEED)
        for _ in range(NAIVE_POINTS if self.naive else POINTS[short]):
            self._struck(self._child([], die_after=chance.uniform(0, LONGEST_SECONDS)), "a random moment")
        return self._told(0, short=short)

    def _told(self, calls: int, *, short: bool) -> dict[str, Any]:
        database = connect(self.settings, (append,))
        with database.reading() as session:
            whole = verify(session)
        database.close()
        found, kills = self.found, self.found.killed.total()
        faults = {"parted": found.parted, "lost_acknowledged": found.lost, "unsound_or_stuck": found.unsound}
        return {
            "system_calls_in_the_write": calls,
            "kills_within_the_write": kills,
            "kills_beside_it": found.beside,
            "by_system_call": dict(found.killed.most_common()),
            **{name: len(each) for name, each in faults.items()},
            "where": [place for each in faults.values() for place in each],
            "acts_committed_by_killed_children": found.committed,
            "committed_but_not_acknowledged": found.unacknowledged,
            "ledger_at_the_end": whole.tree.size,
            "passed": kills >= PROMISED[short] and whole.sound and not any(faults.values()),
        }

    def _calls(self, program: str) -> list[Point]:
        """List the system calls of the write, each with its number since the child's start."""
        trace = self.folder / "trace"
        self._child(striking.listing(program, trace))
        return striking.points(trace)

    def _child(self, under: list[str], *, die_after: float | None = None) -> Told:
        """Run the child to its end, whatever that is, and read what it told."""
        self.turns += 1
        command = [*under, sys.executable, "-m", "bench.drills.kill", "--child", self.settings.url, str(self.turns)]
        command += [*(["naive"] if self.naive else []), *([] if die_after is None else ["without end"])]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - told to mypy
            lines = [process.stdout.readline().strip()]
            if die_after is not None:
                time.sleep(die_after)
                process.kill()
            lines += process.stdout.read().split()
        return Told("began" in lines, "ended" in lines, {line for line in lines if line.startswith("act-")})

    def _struck(self, told: Told, where: str) -> None:
        if told.began and not told.ended:
            self.found.killed[where] += 1
        else:
            self.found.beside += 1
        where = f"{where}, child {self.turns}"
        database = connect(replace(self.settings, pool_size=1), (append,))
        try:
            self._check(database, told, where)
        finally:
            database.close()  # so that on SQLite the next child is the last to close, and checkpoints

    def _check(self, database: Database, told: Told, where: str) -> None:
        await_silence(database)
        with database.reading() as session:
            acts = set(session.scalars(select(ACTS.c.id)))
            entries = sorted(session.scalars(select(AuditEntry.thing_id)))
            happened = sorted(session.scalars(select(Event.thing_id)))
            found = verify_since(session, self.tree)
        if not sorted(acts) == entries == happened:
            self.found.parted.append(where)
        if not told.acknowledged <= acts:
            self.found.lost.append(where)
        mine = {each for each in acts if each.startswith(f"act-{self.turns}-")}
        self.found.committed += len(mine)
        self.found.unacknowledged += len(mine - told.acknowledged)
        try:
            with database.transaction() as session:
                _act(session, f"act-{self.turns}-next")
            with database.reading() as session:
                self.tree = audit.tree_at(session)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            self.found.unsound.append(f"{where}: {error}")
        if not found.sound:
            self.found.unsound.append(f"{where}: {found.findings[0]}")

    def _kind(self) -> str:
        return self.settings.url.partition(":")[0]


def _act(session: Session, name: str) -> None:
    """Do one audited act: its row, its entry and its event."""
    session.execute(insert(ACTS).values(id=name))
    thing = Thing("drill", name)
    record(session, replace(entry(0), thing=thing))
    events.tell(session, events.Event("drill.done", "bench", thing, 1, BEGAN))


def naive_child(database: Database, turn: str) -> None:
    """Write each act in one transaction and its record in the next."""
    for number in range(5):
        thing = Thing("drill", f"act-{turn}-{number}")
        with database.transaction() as session:
            session.execute(insert(ACTS).values(id=thing.id))
        with database.transaction() as session:
            record(session, replace(entry(0), thing=thing))
            events.tell(session, events.Event("drill.done", "bench", thing, 1, BEGAN))


def child(url: str, turn: str, *how: str) -> None:
    """Do a few audited acts and die on the way."""
    database = connect(DatabaseSettings(url=url, pool_size=1), (append,))
    mark("begins")
    tell("began")
    write = naive_child if "naive" in how else audited_child
    write(database, turn)
    for again in count() if "without end" in how else ():
        write(database, f"{turn}-{again}")
    database.close()
    mark("ends")
    tell("ended")


def audited_child(database: Database, turn: str) -> None:
    """Tell of each act when it is committed."""
    with database.transaction() as session:
        _act(session, f"act-{turn}-alone")
    tell(f"act-{turn}-alone")
    with database.transaction() as session:
        _act(session, f"act-{turn}-kept")
        nested = session.begin_nested()
        _act(session, f"act-{turn}-taken-back")
        nested.rollback()
    tell(f"act-{turn}-kept")
    with database.transaction() as session:
        for number in range(MANY):
            _act(session, f"act-{turn}-{number}")
    tell(*(f"act-{turn}-{number}" for number in range(MANY)))


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*sys.argv[2:])
        sys.exit(0)
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results" / ("short" if is_short else ""))
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["passed"] else 1)
