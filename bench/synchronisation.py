"""W9: what changed is written to the outbox and told to a platform, beside what the database does with the same rows.

Writing reads each thing as its room keeps it, seals what is told and keeps a transition; telling claims a batch, opens
it, takes over the answers, and keeps transitions, audit entries and names. The platform answers at once and costs
nothing, so that what is measured is the house. The floor beside it, in the same run, moves the very rows of the outbox
and does none of that: PostgreSQL `COPY … TO` piped into `COPY … FROM`, and on SQLite one SELECT into `executemany`.
Memory is the high-water mark of a process of its own. How two sides are compared is measured by the drill
`reconcile_million`.
"""

import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, text

from base.canonical import Json
from base.db import connect
from base.journal import append
from bench.drills.sync_house import AT, Clock, Office, Province
from bench.ledger import KINDS, fresh_database
from catalog_sync import push
from catalog_sync.record import Record, Subject
from catalog_sync.simulator.services import SYSTEM_SERVICES
from catalog_sync.targets.national_gateway import NAME as GATEWAY
from catalog_sync.targets.target import Listing, Outcome, Receipts, Reply, Target
from tests.exchange.push_house import driven

NAME = "W9"
# Blocks of ten records each.
BLOCKS, BLOCKS_SHORT = 2_000, 40
PIECE: Final = 10_000
# What a front library takes in one exchange; the national gateway takes one, and is timed by its own answers.
MOST: Final = 200
PATIENCE_SECONDS: Final = 1800
FLOOR: Final = "catalog_sync_floor"


class _Silent:
    """A platform that takes everything at once and forgets it."""

    name = GATEWAY
    kinds = frozenset(each.kind for each in SYSTEM_SERVICES.values())
    knows_keys = True
    most = MOST

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Take records."""
        del known, at
        return [Reply(Outcome.STORED, upstream_id=f"up-{each.subject.id}") for each in records]

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Know nothing more than it said."""
        del record, at
        return None

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Tell nothing later."""
        del at
        return Receipts((), mark)

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List nothing."""
        del kind, mark, at
        return Listing((), None)

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell nothing."""
        del at
        return {}


def run(*, short: bool) -> dict[str, object]:
    """Measure both databases."""
    province = Province(BLOCKS_SHORT if short else BLOCKS)
    figures = {kind: _measured(kind, province) for kind in KINDS}
    return {
        "unit": "records a second, one process: from the feed into the outbox, and from there to the platform's answer",
        "figure": {kind: each["records_a_second"] for kind, each in figures.items()},
        "ratio": {kind: each["of_floor"] for kind, each in figures.items()},
        "records": province.records,
        "databases": figures,
        "note": "floor: COPY to COPY on PostgreSQL, SELECT to executemany on SQLite, of the rows of the same outbox; it"
        " reads no rooms, seals nothing and keeps no transitions",
        "passed": all(each["states"] == {"stored": province.records} for each in figures.values()),
    }


def _measured(kind: str, province: Province) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, "yinxin_bench_sync") as settings:
        database = connect(settings, (append,))
        province.fill(database, AT)
        database.close()
        place = {"url": settings.url, "folder": folder}
        told, copied = (_alone(work, place) for work in (_tell, _copy))
    records = province.records
    seconds = told["write_seconds"] + told["push_seconds"]
    return {
        "states": told["states"],
        "written_a_second": round(records / told["write_seconds"]),
        "told_a_second": round(records / told["push_seconds"]),
        "records_a_second": round(records / seconds),
        # Of its own processor time, which says more than the clock on a machine that others use too.
        "records_a_cpu_second": round(records / told["cpu_seconds"]),
        "memory_mib": told["memory_mib"],
        "memory_before_mib": told["memory_before_mib"],
        "floor_rows_a_second": round(records / copied["seconds"]),
        "floor_rows_a_cpu_second": round(records / max(copied["cpu_seconds"], 0.001)),
        "of_floor": round(copied["seconds"] / seconds, 4),
    }


def _alone(work: Callable[[dict[str, Any]], dict[str, Any]], place: dict[str, Any]) -> dict[str, Any]:
    """Do the work in a process of its own and read what it says."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_said, args=(work, place))
    process.start()
    process.join(PATIENCE_SECONDS)
    told: dict[str, Any] = json.loads((Path(place["folder"]) / "said.json").read_text())
    return told


def _said(work: Callable[[dict[str, Any]], dict[str, Any]], place: dict[str, Any]) -> None:
    (Path(place["folder"]) / "said.json").write_text(json.dumps(work(place)))


def _tell(place: dict[str, Any]) -> dict[str, Any]:
    def made(_clock: Clock, _folder: Path) -> Target:
        return _Silent()

    office = Office(place["url"], Path(place["folder"]), Clock(), made)
    before, began, worked = _memory(), time.monotonic(), time.process_time()
    office.write()
    written = time.monotonic()
    push.push(office.database, office.sync, office.target, office.clock.now)
    ended = time.monotonic()
    worked = time.process_time() - worked
    with office.database.reading() as session:
        counts = session.execute(text("select state, count(*) from catalog_sync_outbox group by state")).all()
    office.close()
    return {
        "write_seconds": written - began,
        "push_seconds": ended - written,
        "cpu_seconds": worked,
        "memory_mib": _memory(),
        "memory_before_mib": before,
        "states": {str(state): int(count) for state, count in counts},
    }


def _copy(place: dict[str, Any]) -> dict[str, Any]:
    engine = create_engine(driven(place["url"]))
    with engine.begin() as connection:
        connection.execute(text(f"create table {FLOOR} as select * from catalog_sync_outbox where false"))  # noqa: S608
    began, worked = time.monotonic(), time.process_time()
    with engine.connect() as reading, engine.begin() as writing:
        given, taken = reading.connection.driver_connection, writing.connection.driver_connection
        _pipe(given, taken) if engine.dialect.name == "postgresql" else _pour(given, taken)
    seconds = time.monotonic() - began
    engine.dispose()
    return {"seconds": seconds, "cpu_seconds": time.process_time() - worked, "memory_mib": _memory()}


def _pipe(given: Any, taken: Any) -> None:
    with given.cursor() as reading, taken.cursor() as writing:
        copies = reading.copy("COPY catalog_sync_outbox TO STDOUT"), writing.copy(f"COPY {FLOOR} FROM STDIN")
        with copies[0] as out, copies[1] as into:
            for data in out:
                into.write(data)


def _pour(given: Any, taken: Any) -> None:
    cursor = given.execute("select * from catalog_sync_outbox")
    marks = ", ".join("?" * len(cursor.description))
    while rows := cursor.fetchmany(PIECE):
        taken.executemany(f"insert into {FLOOR} values ({marks})", rows)  # noqa: S608 - names of our own


def _memory() -> float:
    """Give the most memory that this process held until now, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1, ensure_ascii=False))
