"""What an audited entry costs: appended one by one and in batches, beside the floor of the same run.

The floor is one plain INSERT of the same bytes into one table with one key, with its commit. What stands between the
two is the ledger: the searchable columns with their indexes, the nodes, and the tail that writers take turns on.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from base.audit import Entry, Thing, append, record
from base.db import Base, Database, DatabaseSettings, connect
from tests import postgres

NAME = "W_ledger"
KINDS = ("sqlite", "postgresql")
BATCH = 500
WRITERS = 4
BEGAN = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
PLAIN = text("insert into bench_floor (id, content) values (:id, :content)")


def run(*, short: bool) -> dict[str, object]:
    """Measure single and batched appends on both databases."""
    seconds = 2.0 if short else 15.0
    figures = {kind: _measured(kind, seconds) for kind in KINDS}
    return {
        "unit": "entries a second, one writer",
        "figure": {kind: each["batched"] for kind, each in figures.items()},
        "databases": figures,
        "batch": BATCH,
        "ratio": {kind: each["batched_of_floor"] for kind, each in figures.items()},
        "note": "ratio: batched appends to batched plain INSERTs of the same bytes in the same run; peers: none",
    }


def entry(number: int) -> Entry:
    """Make an entry as look-ups make them, some 450 bytes."""
    return Entry(
        at=BEGAN + timedelta(milliseconds=number),
        actor=f"system-{number % 50}",
        organisation="91330100MA2B1C2D3X",
        act="certs.look-up",
        thing=Thing("certificate", f"1.2.156.3005.2.11100000000013127D001.{number:020d}"),
        purpose=f"330100-{number // 7}",
        outcome="found",
        facts={"fields": ["name", "number", "valid_until"], "holder": f"{number:064x}"},
        request_id=f"01JD{number:022d}",
    )


@contextmanager
def fresh_database(kind: str, name: str = "yinxin_bench_ledger") -> Iterator[DatabaseSettings]:
    """Make an empty database with today's schema, and remove it afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            settings = DatabaseSettings(url=f"sqlite:///{Path(folder) / 'ledger.db'}", pool_size=WRITERS)
            _make_schema(settings)
            yield settings
        return
    server = postgres.address()
    url = postgres.fresh(server, name).render_as_string(hide_password=False)
    try:
        settings = DatabaseSettings(url=url, pool_size=WRITERS)
        _make_schema(settings)
        yield settings
    finally:
        postgres.drop(server, name)


@contextmanager
def opened(kind: str) -> Iterator[Database]:
    """Open a fresh database with the ledger as each transaction's last act."""
    with fresh_database(kind) as settings:
        database = connect(settings, (append,))
        try:
            yield database
        finally:
            database.close()


def durability(database: Database) -> str:
    """Say how a commit is made durable, without which rates say nothing."""
    with database.reading() as session:
        if database.is_sqlite:
            modes = [session.execute(text(f"pragma {name}")).scalar() for name in ("journal_mode", "synchronous")]
            return f"journal_mode={modes[0]} synchronous={modes[1]}"
        names = ("fsync", "synchronous_commit", "server_version")
        return " ".join(f"{name}={session.execute(text(f'show {name}')).scalar()}" for name in names)


def append_entries(database: Database, first: int, count: int, at_once: int) -> None:
    """Append entries, so many in a transaction."""
    for start in range(first, first + count, at_once):
        with database.transaction() as session:
            for number in range(start, min(start + at_once, first + count)):
                record(session, entry(number))


def _make_schema(settings: DatabaseSettings) -> None:
    database = connect(settings)
    Base.metadata.create_all(database.engine)
    database.close()


def _measured(kind: str, seconds: float) -> dict[str, object]:
    with opened(kind) as database:
        with database.transaction() as session:
            blob = "blob" if database.is_sqlite else "bytea"
            session.execute(text(f"create table bench_floor (id bigint primary key, content {blob} not null)"))
        append_entries(database, 0, BATCH, BATCH)
        _insert(database, 0, BATCH)
        single = _rate(lambda at: append_entries(database, at, 1, 1), 1, seconds)
        floor = _rate(lambda at: _insert(database, at, 1), 1, seconds)
        batched = _rate(lambda at: append_entries(database, at, BATCH, BATCH), BATCH, seconds)
        floor_batched = _rate(lambda at: _insert(database, at + 10**9, BATCH), BATCH, seconds)
        return {
            "single": round(single),
            "single_floor": round(floor),
            "single_of_floor": round(single / floor, 2),
            "writers": WRITERS,
            "single_by_writers": round(_together(database, seconds)),
            "batched": round(batched),
            "batched_floor": round(floor_batched),
            "batched_of_floor": round(batched / floor_batched, 2),
            "durability": durability(database),
        }


def _rate(act: Callable[[int], None], each: int, seconds: float) -> float:
    done, began = BATCH, time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        act(done)
        done += each
    return (done - BATCH) / spent


def _together(database: Database, seconds: float) -> float:
    """Let several writers take turns on the tail; what they do in all."""
    ends = time.monotonic() + seconds

    def write(_: int) -> int:
        done = 0
        while time.monotonic() < ends:
            append_entries(database, done, 1, 1)
            done += 1
        return done

    with ThreadPoolExecutor(WRITERS) as pool:
        return sum(pool.map(write, range(WRITERS))) / seconds


def _insert(database: Database, first: int, count: int) -> None:
    rows = [{"id": number, "content": entry(number).content} for number in range(first, first + count)]
    with database.transaction() as session:
        session.execute(PLAIN, rows)


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1))
