"""Generated policies × calls: a profile shows what direct calls give, no value more and none less.

The generator and the checker are those of the suite (`tests.exchange.profiles.cases`); the checker makes direct calls
itself and compares. Every other case asks through a zone. At the end a leak is planted in what assembles profiles, and
the run only passes where the checker shouts at it.

Each case is drawn from its number alone, so that a run that was stopped goes on with the next. The house lies in memory
where the machine has such a place: nothing here depends on what a disk keeps.
"""

import functools
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from app import LAST_ACTS
from base import clock
from base.canonical import Json
from base.db import Base, Database, DatabaseSettings, connect
from bench.drills.stepwise import Cases, Progress, Tried, through
from exchange.profiles import answers
from exchange.profiles.answers import Answered
from tests.exchange.profiles import cases
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CODE, House

NAME = "profile_cases"
CASES, CASES_SHORT = 10_000, 200
STEP, SEED = 100, 20261122
FIRST_TOLD = 5
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
# Enough for a case in which the masked item is shown at all.
PLANTED = 40


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Check the cases on SQLite; what is granted does not depend on the database."""
    at = clock.now()
    # The profile and the direct calls are made at one moment.
    clock.now = lambda: at
    try:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            place = Path(folder)
            database = connect(DatabaseSettings(url=f"sqlite:///{place / 'cases.db'}"), LAST_ACTS)
            Base.metadata.create_all(database.engine)
            try:
                house = _house(database, place, at)
                progress = through(Cases(NAME, CASES_SHORT if short else CASES, STEP, results), _trying(house))
                seen = _planted(house)
            finally:
                database.close()
    finally:
        clock.now = NOW
    told = _told(progress)
    return {"passed": not told["differences"] and seen > 0, **told, "planted leaks seen": seen}


NOW = clock.now


def _house(database: Database, place: Path, at: Any) -> House:
    house = built.opened(database, place, at)
    built.declared(house)
    return house


def _trying(house: House) -> Callable[[int], Tried]:
    """Give what tries a case by its number; the calls of one policy follow each other."""

    @functools.lru_cache(maxsize=1)
    def policy(block: int) -> cases.Policy:
        return cases.drawn_policy(random.Random(f"{SEED}:policy:{block}"), house)

    def tried(number: int) -> Tried:
        case = cases.drawn_case(random.Random(f"{SEED}:call:{number}"), policy(number // cases.CALLS))
        found: Counter[str] = Counter()
        wrong = cases.check(house, case, CODE if number % 2 else None, found)
        found["differences"] += len(wrong)
        return Tried(found, {"wrong": wrong} if wrong else None)

    return tried


def _told(progress: Progress) -> dict[str, Any]:
    first = [line for each in progress.faults for line in each["wrong"]]
    return {
        "cases": progress.done,
        "resumed_from": progress.resumed_from,
        "first differences": first[:FIRST_TOLD],
        **dict(sorted(progress.tally.items())),
        "differences": progress.tally["differences"],
    }


def _planted(house: House) -> int:
    """Show what a grant masks, and count the cases in which the checker sees it."""
    sound, drawn = answers.fields, random.Random(1)

    def leaking(answered: Iterable[Answered]) -> list[Json]:
        told: Any = sound(answered)
        for field in told:
            for value in field["values"]:
                value["value"] = "演示甲" if value["mask"] != "keep" else value["value"]
        return list(told)

    answers.fields = leaking
    try:
        drawn_ones = (cases.drawn_case(drawn, cases.drawn_policy(drawn, house)) for _ in range(PLANTED))
        return sum(bool(cases.check(house, each)) for each in drawn_ones)
    finally:
        answers.fields = sound


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(0 if result["passed"] else 1)
