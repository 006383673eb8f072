"""Drill: 37 faults are planted in a million rows between two instances; one comparison names exactly these.

Two databases, both SQLite and then both PostgreSQL: in one the outbox of a city, in the other what a province holds of
it. Both are filled with the same rows, of several kinds, departments and days, one department and day of which holds a
great part, as a first load leaves it. Then faults are planted in both, of every sort: lost there, lost here, altered,
stale, newer, twice moved to another department or day. The province answers in a process of its own; what crosses are
the bytes of questions and answers, both counted. Then, from outside:

1. exactly the planted faults are named, each as what it is, and nothing else;
2. less than one hundredth of what telling every row would weigh has crossed;
3. with the reading of both sides, it has taken less than a minute, both processes on what the machine gives them;
4. a comparison with nothing planted asks one question and agrees.

The checker is shown to shout: one fault that is planted and not told to the checker must be missed by it.
"""

import hashlib
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, delete, insert, text, update

from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from bench.drills.sync_house import in_parts
from bench.ledger import KINDS as LEDGER_KINDS
from bench.ledger import fresh_database
from bench.runner import say
from catalog_sync.cascade.models import TOLD, Held
from catalog_sync.models import Outbox
from catalog_sync.reconciliation import answering
from catalog_sync.reconciliation.answering import Trees
from catalog_sync.reconciliation.comparing import Asked
from catalog_sync.reconciliation.differing import Difference, compare
from catalog_sync.reconciliation.own_side import OwnSide
from catalog_sync.reconciliation.ranges import Row

NAME = "reconcile_million"
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
SEED = 20261122
ROWS, ROWS_SHORT = 1_000_000, 20_000
FAULTS: Final = 37
TARGET, PARTNER = "province", "city"
KINDS: Final = ("certificate", "case-step", "directory", "item", "resource")
DEPARTMENTS: Final = tuple(f"113209{number:02}YNX0001{number:02}M" for number in range(20))
DAYS: Final = 120
# The first load: one row in so many stands under one department and day.
FIRST_LOAD: Final = 5
PIECE: Final = 20_000
# What is promised: shares of everything, and seconds.
MOST_SHARE: Final = 0.01
MOST_SECONDS: Final = 60.0


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Compare; `passed` tells whether exactly the planted faults were named, for how little, how fast."""
    rows = ROWS_SHORT if short else ROWS
    parts = {kind: partial(_of, kind, rows, short=short) for kind in LEDGER_KINDS}
    return {"rows": rows, **in_parts(NAME, results, parts)}


def _of(database: str, rows: int, *, short: bool) -> dict[str, Any]:
    with fresh_database(database, f"{NAME}_city") as city, fresh_database(database, f"{NAME}_province") as province:
        here, there = connect(city), connect(province)
        say(f"{NAME}: filling two databases with {rows} rows")
        _fill(here, there, rows)
        _known_to_planner(here, there)
        untouched = _compared(here, there)
        planted = _plant(here, there, rows)
        say(f"{NAME}: comparing")
        found = _compared(here, there)
        for each in (here, there):
            each.close()
    named = found.pop("named")
    is_exact = named == planted and len(planted) == FAULTS
    shouts = named != dict(list(planted.items())[1:])
    share, seconds = found["share"], found["compared_in_seconds"]
    cheap = short or (share < MOST_SHARE and seconds < MOST_SECONDS)
    return {
        "planted": len(planted),
        "named": len(named),
        "missed": sorted(set(planted) - set(named)),
        "wrongly_named": sorted(set(named) - set(planted)),
        **found,
        "untouched": {name: untouched[name] for name in ("questions", "bytes", "compared_in_seconds")} | {"named": 0},
        "checker_shouts": shouts,
        "passed": is_exact and shouts and cheap and not untouched["named"] and untouched["questions"] == 1,
    }


def rows_of(count: int) -> Iterator[Row]:
    """Make the rows: invented, and the same each time."""
    first = date(2026, 7, 1)
    for number in range(count):
        is_first = number % FIRST_LOAD == 0
        kind = KINDS[0] if is_first else KINDS[number % len(KINDS)]
        department = DEPARTMENTS[0] if is_first else DEPARTMENTS[number // 7 % len(DEPARTMENTS)]
        day = first if is_first else first + timedelta(days=number // 3 % DAYS)
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield Row(kind, department, day.isoformat(), f"thing-{number:07}", number + 1, digest)


def _fill(here: Database, there: Database, count: int) -> None:
    pieces: list[Row] = []
    for row in rows_of(count):
        pieces.append(row)
        if len(pieces) == PIECE:
            _add(here, there, pieces)
            pieces = []
    _add(here, there, pieces)


def _known_to_planner(*databases: Database) -> None:
    """Have PostgreSQL look at what it holds, as it does by itself within a minute of such a change (autovacuum)."""
    for database in databases:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("analyze"))


def _add(here: Database, there: Database, rows: list[Row]) -> None:
    for database, table, made in ((here, _table(Outbox), _told), (there, _table(Held), _held)):
        if rows:
            with database.transaction() as session:
                session.execute(insert(table), [made(each) for each in rows])


def _table(model: type[Base]) -> Table:
    return Base.metadata.tables[model.__tablename__]


def _told(row: Row) -> dict[str, Any]:
    return {
        "target": TARGET,
        "kind": row.kind,
        "thing": row.thing,
        "version": row.version,
        "operation": "I",
        "key": row.digest,
        "content_sm3": row.digest,
        "content": b"",
        "needs": [],
        "state": "stored",
        "day": date.fromisoformat(row.day),
        "department": row.department,
        "written_at": AT,
        "changed_at": AT,
        "next_at": AT,
    }


def _held(row: Row) -> dict[str, Any]:
    return {
        "way": TOLD,
        "partner": PARTNER,
        "kind": row.kind,
        "thing": row.thing,
        "version": row.version,
        "operation": "I",
        "key": row.digest,
        "digest": row.digest,
        "organisation": row.department,
        "region": "320900",
        "day": date.fromisoformat(row.day),
        "needs": [],
        "content": b"",
        "is_gone": False,
        "first_at": AT,
        "changed_at": AT,
    }


def _plant(here: Database, there: Database, count: int) -> dict[str, str]:
    """Plant the faults, one after the other of each sort; give what each ought to be named."""
    chance = random.Random(SEED)
    numbers = sorted(chance.sample(range(count), FAULTS))
    chosen = dict.fromkeys(numbers)
    rows = {number: row for number, row in enumerate(rows_of(count)) if number in chosen}
    planted = {}
    with here.transaction() as ours, there.transaction() as theirs:
        for place, number in enumerate(numbers):
            row, held, told = rows[number], _table(Held), _table(Outbox)
            its, own = held.c.thing == row.thing, told.c.thing == row.thing
            sort = list(SORTS)[place % len(SORTS)]
            planted[row.thing] = SORTS[sort].value
            if sort == "lost-there":
                theirs.execute(delete(held).where(its))
            elif sort == "lost-here":
                ours.execute(delete(told).where(own))
            elif sort == "gone-there":
                theirs.execute(update(held).where(its).values(is_gone=True))
            elif sort == "refused-here":
                ours.execute(update(told).where(own).values(state="refused"))
            elif sort == "strange-there":
                strange = replace(row, thing=f"{row.thing}-strange")
                theirs.execute(insert(held), [_held(strange)])
                planted[strange.thing] = planted.pop(row.thing)
            else:
                theirs.execute(update(held).where(its).values(VALUES[sort](row)))
    return planted


SORTS: Final = {
    "lost-there": Difference.MISSING_THERE,
    "lost-here": Difference.MISSING_HERE,
    "altered": Difference.ALTERED,
    "stale": Difference.OLDER_THERE,
    "newer": Difference.OLDER_HERE,
    "another-department": Difference.ALTERED,
    "another-day": Difference.ALTERED,
    "gone-there": Difference.MISSING_THERE,
    "refused-here": Difference.MISSING_HERE,
    "strange-there": Difference.MISSING_HERE,
}
VALUES: Final[Mapping[str, Callable[[Row], dict[str, Any]]]] = {
    "altered": lambda _row: {"digest": "0" * 64},
    "stale": lambda row: {"version": row.version - 1, "digest": "1" * 64},
    "newer": lambda row: {"version": row.version + 1, "digest": "2" * 64},
    "another-department": lambda row: {
        "organisation": DEPARTMENTS[(DEPARTMENTS.index(row.department) + 1) % len(DEPARTMENTS)]
    },
    "another-day": lambda row: {"day": date.fromisoformat(row.day) + timedelta(days=1)},
}


class _Carried:
    """Carries questions to the other process, and its answers back."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.seconds = 0.0

    def compare(self, question: bytes, at: datetime) -> bytes:
        """Ask."""
        del at
        began = time.perf_counter()
        self._pipe.send_bytes(question)
        answer = self._pipe.recv_bytes()
        self.seconds += time.perf_counter() - began
        return answer


def _compared(here: Database, there: Database) -> dict[str, Any]:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    address = there.engine.url.render_as_string(hide_password=False)
    other = context.Process(target=_answer, args=(theirs, address), daemon=True)
    other.start()
    ours.recv_bytes()  # it stands
    began, worked = time.perf_counter(), time.process_time()
    own = OwnSide(here, TARGET)
    grown = time.perf_counter() - began
    carried = _Carried(ours)
    asked = Asked(carried, TARGET, lambda: AT)
    found = compare(own, asked)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    ours.send_bytes(b"")
    answering_seconds = float(ours.recv_bytes())
    other.join()
    crossed = asked.exchanged
    return {
        "named": {each.subject.id: each.difference.value for each in found.differing},
        "questions": crossed.questions,
        "bytes": crossed.sent + crossed.received,
        "weight": own.tree.weight,
        "share": round((crossed.sent + crossed.received) / own.tree.weight, 6),
        "compared_in_seconds": round(seconds, 2),
        "seconds_to_read_our_side": round(grown, 2),
        "seconds_waited_for_the_other": round(carried.seconds, 2),
        "processor_seconds": {"here": round(worked, 2), "there": round(answering_seconds, 2)},
    }


def _answer(pipe: Connection, address: str) -> None:
    """Be the other side, until an empty question comes."""
    database, trees = connect(DatabaseSettings(url=address)), Trees()
    pipe.send_bytes(b"here")
    began = time.process_time()
    while question := pipe.recv_bytes():
        with database.reading() as session:
            pipe.send_bytes(answering.answer(session, trees, PARTNER, question, clock.now()))
    pipe.send_bytes(str(time.process_time() - began).encode())
    database.close()
