"""Drill: a million rows pushed from a mounted table, one in a thousand of them bad, killed (SIGKILL) again and again.

A child opens the house as a worker process does, takes the bulk task and carries it out; the parent kills it at random
moments and starts the next, until one comes to the end. Then, from outside, by SQL alone:

1. every good row of the source is in the target, once, with every value (0 lost, 0 doubled, 0 altered);
2. every bad row is among the rejects with its number, and nothing else is;
3. the counts of the run, its entries in the ledger and the use of the grant are there once.

The checker is shown to shout: a row taken out, one put in twice and one altered must be named. SQLite to SQLite, and
PostgreSQL to PostgreSQL, where COPY stages the rows.
"""

import json
import multiprocessing
import os
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, select, text

from base.bulk import BulkTask, TaskState
from base.db import Database, DatabaseSettings, connect
from base.fetch import FetchSettings
from base.journal import append
from base.models import AuditEntry
from base.scheduling.bulk_work import Hands
from bench.ledger import fresh_database
from bench.runner import say
from exchange.door.models import Usage
from exchange.feeds.models import PushReject, PushRun
from exchange.feeds.pushes import running
from exchange.feeds.wiring import Pushes
from exchange.mounting.wiring import MountParts, MountSettings
from tests import postgres
from tests.exchange import push_house
from tests.exchange.push_house import FIELDS, KEY, SOURCE, TARGET, driven
from tests.exchange.sources.sites import unused

NAME = "push_million"
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
SEED = 20261121
ROWS, ROWS_SHORT = 1_000_000, 20_000
KILLS, KILLS_SHORT = 30, 3
# Fewer may come about where the work is over before so many moments were drawn.
PROMISED = {True: 1, False: 20}
CHUNK, CHUNK_SHORT = 5000, 500
# One row in a thousand is bad, in one of four ways.
BAD_EVERY, BAD_AT = 1000, 500
PATIENCE_SECONDS = 1800
# How often the parent looks whether its child got further.
LOOK_SECONDS = 0.05
MOMENTS, MOMENTS_SHORT = (0.0, 1.5), (0.0, 0.2)
FAULTS = (("面积", "一百"), ("发证日期", "2024-02-30"), ("有效", "也许"), ("更新号", "9" * 25))
PIECE = 20_000
Said = tuple[str, ...]


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Push on both databases; `passed` tells whether nothing was lost, doubled, altered or left unlisted."""
    rows, kills = (ROWS_SHORT, KILLS_SHORT) if short else (ROWS, KILLS)
    found: dict[str, Any] = {}
    for kind in ("sqlite", "postgresql"):
        say(f"push_million: {kind}, {rows} rows")
        with opened(kind, rows) as place:
            found[kind] = _pushed(place, rows, kills, short=short)
    return {
        "rows": rows,
        "bad": rows // BAD_EVERY,
        **found,
        "checker_shouts": shouts(),
        "passed": shouts() and all(each["passed"] for each in found.values()),
    }


def source_rows(rows: int) -> Iterator[tuple[Any, ...]]:
    """Make the rows of the source: invented, and the same each time."""
    for number in range(rows):
        told = list(push_house.row(number, number))
        if number % BAD_EVERY == BAD_AT:
            item, value = FAULTS[number // BAD_EVERY % len(FAULTS)]
            told[FIELDS.index(item)] = value
        yield tuple(told)


def fill_sqlite(file: Path, rows: int) -> None:
    """Write the department's table."""
    connection = sqlite3.connect(file)
    columns = ", ".join(f'"{name}" TEXT' for name in FIELDS)
    with connection:
        connection.execute(f'CREATE TABLE "{SOURCE}" ({columns}, PRIMARY KEY ("{KEY}"))')
        marks = ", ".join("?" * len(FIELDS))
        connection.executemany(f'INSERT INTO "{SOURCE}" VALUES ({marks})', source_rows(rows))  # noqa: S608
    connection.close()


def fill_postgres(address: str, rows: int) -> None:
    """Write the department's table by COPY."""
    engine = create_engine(driven(address))
    columns = ", ".join(f'"{name}" text' for name in FIELDS)
    with engine.begin() as connection:
        connection.execute(text(f'CREATE TABLE "{SOURCE}" ({columns}, PRIMARY KEY ("{KEY}"))'))
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f'COPY "{SOURCE}" FROM STDIN') as copied:
            for row in source_rows(rows):
                copied.write_row(row)
    engine.dispose()


@contextmanager
def opened(kind: str, rows: int) -> Iterator[dict[str, Any]]:
    """Make the house, the source and an empty destination."""
    with tempfile.TemporaryDirectory() as name, fresh_database(kind, "yinxin_drill_push") as settings:
        folder = Path(name)
        addresses = [f"sqlite:///{folder / 'source.db'}", f"sqlite:///{folder / 'warehouse.db'}"]
        servers = []
        if kind == "postgresql":
            server = postgres.address()
            servers = [f"yinxin_drill_push_{what}_{os.getpid()}" for what in ("source", "target")]
            urls = [postgres.fresh(server, each).set(drivername="postgresql") for each in servers]
            addresses = [each.render_as_string(hide_password=False) for each in urls]
        try:
            if servers:
                fill_postgres(addresses[0], rows)
            else:
                fill_sqlite(folder / "source.db", rows)
            yield {"url": settings.url, "folder": name, "source": addresses[0], "target": addresses[1]}
        finally:
            for each in servers:
                postgres.drop(postgres.address(), each)


def _pushed(place: dict[str, Any], rows: int, kills: int, *, short: bool) -> dict[str, Any]:
    database = connect(DatabaseSettings(url=place["url"], pool_size=4), (append,))
    house = push_house.opened(database, Path(place["folder"]), AT, place["target"], place["source"])
    push = house.order()
    begun = house.start(push)
    house.close()
    began = time.monotonic()
    given = {**place, "task": begun.task, "chunk": CHUNK_SHORT if short else CHUNK}
    done = _killed(given, kills, MOMENTS_SHORT if short else MOMENTS)
    seconds = time.monotonic() - began
    told = house.told(begun)
    findings = check(place["source"], place["target"])
    with database.reading() as session:
        rejected = set(session.scalars(select(PushReject.row).where(PushReject.run == begun.id)))
        entries = session.execute(select(func.count()).where(AuditEntry.act == "data.pushed")).scalar_one()
        uses = session.execute(select(func.count()).select_from(Usage)).scalar_one()
    database.close()
    bad = {number + 1 for number in range(rows) if number % BAD_EVERY == BAD_AT}
    unlisted, falsely = len(bad - rejected), len(rejected - bad)
    counted = (told.read, told.rejected, told.inserted) == (rows, len(bad), rows - len(bad))
    return {
        **done,
        "seconds_in_all": round(seconds, 1),
        "state": told.state,
        "read": told.read,
        "rejected": told.rejected,
        "inserted": told.inserted,
        **findings,
        "rejects_not_listed": unlisted,
        "rejects_listed_falsely": falsely,
        "passed": told.state == "done"
        and counted
        and not any(findings.values())
        and not (unlisted or falsely)
        and entries == uses == 1
        and done["kills_after_progress"] >= PROMISED[short],
    }


def _killed(place: dict[str, Any], kills: int, moments: tuple[float, float]) -> dict[str, Any]:
    """Start one child after the other; kill each at a random moment after it got further, then let one end."""
    drawn, context = random.Random(SEED), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    said = Path(place["folder"]) / "said.json"
    database = connect(DatabaseSettings(url=place["url"], pool_size=1), (append,))
    killed = failed = 0
    while failed <= kills:
        before = _chunk(database)
        process = context.Process(target=child, args=(place, said))
        process.start()
        if killed < kills:
            while process.exitcode is None and _chunk(database) == before:
                process.join(LOOK_SECONDS)
            process.join(drawn.uniform(*moments))
        else:
            process.join(PATIENCE_SECONDS)
        is_cut = process.exitcode is None
        process.kill()
        process.join()
        killed += is_cut
        if said.exists() and json.loads(said.read_text())["ended"] == TaskState.DONE:
            break
        failed += not is_cut  # its source was too slow, say: the next one goes on
    database.close()
    told = json.loads(said.read_text()) if said.exists() else {}
    return {"kills_after_progress": killed, "children_that_gave_up": failed, **told}


def _chunk(database: Database) -> int:
    """Tell how many chunks are on record."""
    with database.reading() as session:
        return int(session.execute(select(PushRun.chunk)).scalar_one())


def child(place: dict[str, Any], said: Path) -> None:
    """Carry the task out as a worker does, from wherever the one before was killed."""
    database = connect(DatabaseSettings(url=place["url"], pool_size=4), (append,))
    house = push_house.House(database, Path(place["folder"]), AT, address=place["target"])
    mounts = MountParts(MountSettings(folder=place["folder"]), unused, FetchSettings())
    push_house.furnish(house, mounts, place["chunk"])
    with database.transaction() as session:
        task = session.get_one(BulkTask, place["task"])
        if task.state == TaskState.RUNNING:
            task.state = TaskState.QUEUED.value  # the one who held it was killed
        task.not_before, before = None, task.done  # pauses after failures are not waited out here
    began = time.monotonic()
    hands = Hands(database, {running.JOB.name: running.JOB}, "drill", lambda _session: AT, {Pushes: house.parts})
    state = hands.carry_out(place["task"], lambda: False)
    seconds = time.monotonic() - began
    with database.reading() as session:
        done = session.get_one(BulkTask, place["task"]).done
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"rows_of_last_child": done - before, "seconds_of_last_child": round(seconds, 2)}
    said.write_text(json.dumps({"ended": str(state), **told, "memory_mib_of_last_child": round(memory, 1)}))


def check(source: str, target: str) -> dict[str, int]:
    """Hold the target against the source, row by row in the order of the key, sharing no code with the push."""
    good = (each for number, each in enumerate(_read(source, SOURCE)) if number % BAD_EVERY != BAD_AT)
    return compared(map(_said, good), map(_said, _read(target, TARGET)))


def compared(wanted: Iterator[Said], given: Iterator[Said]) -> dict[str, int]:
    """Count what was lost, doubled (or there without being wanted) and altered; both come in the order of the key."""
    lost = doubled = altered = 0
    row = next(given, None)
    for expected in wanted:
        while row is not None and row[0] < expected[0]:
            doubled += 1
            row = next(given, None)
        if row is None or row[0] != expected[0]:
            lost += 1
            continue
        altered += row != expected
        row = next(given, None)
    return {"lost": lost, "doubled": doubled + sum(1 for _ in given) + (row is not None), "altered": altered}


def shouts() -> bool:
    """Plant a loss, a double and a change, and see that the checker names each."""
    rows: list[Said] = [_said(each) for each in source_rows(100)]
    changed = (rows[7][0], "x", *rows[7][2:])
    planted = {
        "lost": [*rows[:7], *rows[8:]],
        "doubled": [*rows[:8], *rows[7:]],
        "altered": [*rows[:7], changed, *rows[8:]],
    }
    none = {"lost": 0, "doubled": 0, "altered": 0}
    return compared(iter(rows), iter(rows)) == none and all(
        compared(iter(rows), iter(each)) == {**none, name: 1} for name, each in planted.items()
    )


def _read(address: str, table: str) -> Iterator[Sequence[Any]]:
    engine = create_engine(driven(address))
    order = f'"{KEY}" COLLATE "C"' if "postgresql" in address else f'"{KEY}"'
    with engine.connect() as connection:
        query = f'SELECT * FROM "{table}" ORDER BY {order}'  # noqa: S608 - names of the drill
        result = connection.execution_options(yield_per=PIECE).execute(text(query))
        yield from result
    engine.dispose()


def _said(row: Sequence[Any]) -> tuple[str, ...]:
    """Write a row so that both sides compare: 是 and true are the same word, and a number has no useless zeros."""
    key, name, area, issued, version, valid = row
    word = "1" if str(valid) in {"是", "True", "1"} else "0"
    return str(key), str(name), f"{float(area):.2f}", str(issued), str(int(version)), word
