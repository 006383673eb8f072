"""Drill: a year of 100,000 uses a day (36,500,000), and the leader's page answers from its own tables all the same.

1. **Counting.** Uses of the generator are put on record with their entries of the ledger, many at a time, and the job
   counts them: its rate in uses a second, and what is counted equals what SQL says of the uses themselves.
2. **A year.** The tables of figures are made as large as such a year makes them: each use of the year is drawn (day,
   region, department, how it ended) and added up in bulk, in memory, without its row; the sums are written with the
   house's own statement. The whole form draws 36,500,000 uses, the short one 365,000; both fill every day.
3. **The page.** The month is read by city, by county and by department: in as many statements as when the tables were
   nearly empty, and with sums that equal those that were drawn.

SQLite, and PostgreSQL in the whole form; a run that was stopped goes on with the database that was not finished.
"""

import itertools
import random
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, insert, select

import app
from base import audit
from base.clock import stopwatch
from base.db import Database, connect
from bench.drills.stepwise import Cases, kept
from bench.ledger import fresh_database
from bench.runner import say
from certs.figures import counting, invented, reading, tallies
from certs.figures.invented import CITIES
from certs.figures.models import FigureCount
from certs.figures.reading import By
from certs.figures.tallies import Place
from exchange.door.models import Usage
from tests.certs.figures import year_house
from tests.certs.figures.year_house import LAST, PARTS, YearHouse

NAME = "figures_year"
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
SEED = 20261121
A_DAY, A_DAY_SHORT = 100_000, 1_000
DAYS = 365
COUNTED, COUNTED_SHORT = 200_000, 10_000
COUNTIES = 7
READS = 5
MEASURES = [tallies.used(kind, each) for kind in (tallies.CERTIFICATE, tallies.DATA) for each in tallies.OUTCOMES]


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Count, fill a year, and read a month; `passed` tells whether every sum and number of statements held."""
    kinds = ("sqlite",) if short else ("sqlite", "postgresql")
    with kept(Cases(NAME, len(kinds), 1, results)) as (progress, save):
        for kind in kinds[progress.done :]:
            progress.notes[kind] = _measured(kind, short=short)
            progress.done += 1
            save()
    found: dict[str, Any] = progress.notes
    return {
        "uses_a_day": A_DAY_SHORT if short else A_DAY,
        "days": DAYS,
        "how": "counters: each use drawn and added up in bulk without its row; rate: real uses with ledger entries",
        "resumed_from": progress.resumed_from,
        **found,
        "passed": all(each["passed"] for each in found.values()),
    }


def _measured(kind: str, *, short: bool) -> dict[str, Any]:
    with fresh_database(kind) as settings, closing(connect(settings, app.LAST_ACTS)) as database:
        house = year_house.opened(database, NOW)
        say(f"{NAME}: {kind}, counting")
        counted = _counting(house, COUNTED_SHORT if short else COUNTED)
        few = {by: _read(database, by)[0] for by in By}
        say(f"{NAME}: {kind}, filling a year")
        drawn = _filled(house, A_DAY_SHORT if short else A_DAY)
        pages = {by.value: _page(database, by, few[by]) for by in By}
        with database.reading() as session:
            rows = session.scalar(select(func.count()).select_from(FigureCount))
            told = reading.table(session, PARTS, LAST, By.CITY, "calls", NOW)
        is_right = told.total["calls"].value == counted["in_month"] + drawn
        passed = counted["is_right"] and is_right and all(each["as_many"] for each in pages.values())
        return {"counting": counted, "rows": rows, "pages": pages, "sums_are_right": is_right, "passed": passed}


def _counting(house: YearHouse, wanted: int) -> dict[str, Any]:
    """Put uses on record and count them; the putting is not timed."""
    for again in itertools.count():
        told = [each for each in invented.uses(house.scale(1)) if each.at < NOW]
        if again * len(told) >= wanted:
            break
        with house.database.transaction() as session:
            session.execute(insert(Usage), [each.row for each in told])
            for each in told:
                audit.record(session, each.entry)
    began = stopwatch()
    uses = sum(used for _, used in counting.count_all(house.database))
    seconds = stopwatch() - began
    with house.database.reading() as session:
        there = session.scalar(select(func.count()).select_from(Usage)) or 0
        said = reading.table(session, PARTS, LAST, By.CITY, "calls", NOW).total["calls"].value
    return {
        "uses": uses,
        "seconds": round(seconds, 2),
        "uses_a_second": round(uses / seconds),
        "in_month": said,
        "is_right": uses == there == said,
    }


def _filled(house: YearHouse, a_day: int) -> int:
    """Draw a year's uses and add them up; give how many lie in the month that is read."""
    drawing, in_month = random.Random(SEED), 0
    regions = [f"{city[:4]}{number:02}" for city in CITIES for number in range(1, COUNTIES + 1)]
    places = [(region, who) for region in regions for who in house.departments]
    # Most uses find what they ask for; each other ending has its share.
    weights = [20 if each.endswith(tallies.FOUND) else 1 for each in MEASURES]
    for back in range(DAYS):
        day = (NOW - timedelta(days=back)).date()
        drawn = zip(drawing.choices(places, k=a_day), drawing.choices(MEASURES, weights, k=a_day), strict=True)
        sums = Counter(drawn)
        in_month += a_day if day >= LAST.first else 0
        with house.database.transaction() as session:
            counting.add(session, {Place(day, *place, measure): count for (place, measure), count in sums.items()})
    return in_month


def _page(database: Database, by: By, few: int) -> dict[str, Any]:
    told = [_read(database, by) for _ in range(READS)]
    return {
        "statements": told[0][0],
        "as_many": {each[0] for each in told} == {few},
        "milliseconds": round(statistics.median(each[1] for each in told) * 1000, 1),
    }


def _read(database: Database, by: By) -> tuple[int, float]:
    """Read the month; tell how many statements it took, and how long."""
    with database.reading() as session, _counted(session.connection()) as seen:
        began = stopwatch()
        reading.table(session, PARTS, LAST, by, "calls", NOW)
        return len(seen), stopwatch() - began


@contextmanager
def _counted(connection: Any) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)
