"""W8: rows pushed from a mounted table into a subscriber's, beside what the database itself can do with the same rows.

A push reads, types each value by the directory, rejects what does not fit, stages with a mark, swaps, and keeps counts,
rejects, evidence and the use of the grant. The floor beside it, in the same run, moves the same rows and does none of
that: PostgreSQL `COPY … TO` piped into `COPY … FROM`, and on SQLite one SELECT into one `executemany`. Memory is the
high-water mark of a process of its own that does nothing else.
"""

import json
import multiprocessing
import resource
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from base.db import DatabaseSettings, connect
from base.fetch import FetchSettings
from base.journal import append
from bench.drills import push_million as drill
from exchange.mounting.wiring import MountParts, MountSettings
from tests.exchange import push_house
from tests.exchange.push_house import FIELDS, SOURCE, driven
from tests.exchange.sources.sites import unused

NAME = "W8"
KINDS = ("sqlite", "postgresql")
ROWS, ROWS_SHORT = 1_000_000, 20_000
CHUNK = 5000
PIECE = 10_000
# A copy is over in seconds, a push of a million rows in a few minutes on a busy machine.
PATIENCE_SECONDS = 1800


def run(*, short: bool) -> dict[str, object]:
    """Measure both databases."""
    rows = ROWS_SHORT if short else ROWS
    figures = {kind: _measured(kind, rows) for kind in KINDS}
    return {
        "unit": "rows a second, one process",
        "figure": {kind: each["push_rows_a_second"] for kind, each in figures.items()},
        "ratio": {kind: each["of_floor"] for kind, each in figures.items()},
        "rows": rows,
        "databases": figures,
        "note": "floor: COPY to COPY on PostgreSQL, SELECT to executemany on SQLite, of the same rows in the same run;"
        " it types nothing, rejects nothing and cannot be resumed",
        "passed": all(each["state"] == "done" for each in figures.values()),
    }


def _measured(kind: str, rows: int) -> dict[str, Any]:
    with drill.opened(kind, rows) as place:
        database = connect(DatabaseSettings(url=place["url"], pool_size=4), (append,))
        house = push_house.opened(database, Path(place["folder"]), drill.AT, place["target"], place["source"])
        begun = house.start(house.order())
        house.close()
        database.close()
        pushed = _alone(_push, {**place, "run": begun.id}, Path(place["folder"]) / "push.json")
        copied = _alone(_copy, place, Path(place["folder"]) / "copy.json")
    a_second, floor = rows / pushed["seconds"], rows / copied["seconds"]
    return {
        "state": pushed["state"],
        "rejected": pushed["rejected"],
        "push_rows_a_second": round(a_second),
        # Of its own processor time, which says more than the clock on a machine that others use too.
        "push_rows_a_cpu_second": round(rows / pushed["cpu_seconds"]),
        "push_memory_mib": pushed["memory_mib"],
        "floor_rows_a_second": round(floor),
        "floor_memory_mib": copied["memory_mib"],
        "of_floor": round(a_second / floor, 3),
    }


def _alone(work: Any, place: dict[str, Any], said: Path) -> dict[str, Any]:
    """Do the work in a process of its own and read what it says."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=(place, said))
    process.start()
    process.join(PATIENCE_SECONDS)
    told: dict[str, Any] = json.loads(said.read_text())
    return told


def _push(place: dict[str, Any], said: Path) -> None:
    database = connect(DatabaseSettings(url=place["url"], pool_size=4), (append,))
    house = push_house.House(database, Path(place["folder"]), drill.AT, address=place["target"])
    push_house.furnish(house, MountParts(MountSettings(folder=place["folder"]), unused, FetchSettings()), CHUNK)
    with database.reading() as session:
        run = session.get_one(push_house.PushRun, place["run"])
    began, worked = time.monotonic(), time.process_time()
    while not house.step(run):
        pass
    seconds, worked = time.monotonic() - began, time.process_time() - worked
    told = house.told(run)
    _say(said, seconds, state=told.state, rejected=told.rejected, cpu_seconds=worked)


def _copy(place: dict[str, Any], said: Path) -> None:
    source, target = (create_engine(driven(place[which])) for which in ("source", "target"))
    columns = ", ".join(f'"{name}" TEXT' for name in FIELDS)
    with target.begin() as connection:
        connection.execute(text(f'CREATE TABLE "floor" ({columns}, PRIMARY KEY ("{FIELDS[0]}"))'))
    began = time.monotonic()
    with source.begin() as reading, target.begin() as writing:
        given, taken = reading.connection.driver_connection, writing.connection.driver_connection
        _pipe(given, taken) if "postgresql" in place["source"] else _pour(given, taken)
    _say(said, time.monotonic() - began)


def _pipe(given: Any, taken: Any) -> None:
    with given.cursor() as reading, taken.cursor() as writing:
        copies = reading.copy(f'COPY "{SOURCE}" TO STDOUT'), writing.copy('COPY "floor" FROM STDIN')
        with copies[0] as out, copies[1] as into:
            for data in out:
                into.write(data)


def _pour(given: Any, taken: Any) -> None:
    cursor = given.execute(f'SELECT * FROM "{SOURCE}"')  # noqa: S608 - names of the drill
    marks = ", ".join("?" * len(FIELDS))
    while rows := cursor.fetchmany(PIECE):
        taken.executemany(f'INSERT INTO "floor" VALUES ({marks})', rows)  # noqa: S608


def _say(said: Path, seconds: float, **more: Any) -> None:
    memory = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    said.write_text(json.dumps({"seconds": seconds, "memory_mib": memory, **more}))


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1, ensure_ascii=False))
