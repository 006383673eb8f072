"""Generated policies × calls: a profile shows what direct calls give, no value more and none less.

The generator and the checker are those of the suite (`tests.exchange.profiles.cases`); the checker makes direct calls
itself and compares. Every other case asks through a zone. At the end a leak is planted in what assembles profiles, and
the run only passes where the checker shouts at it.
"""

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app import LAST_ACTS
from base import clock
from base.canonical import Json
from base.db import Base, Database, DatabaseSettings, connect
from bench.runner import say
from exchange.profiles import answers
from exchange.profiles.answers import Answered
from tests.exchange.profiles import cases
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CODE, House

NAME = "profile_cases"
CASES, CASES_SHORT = 10_000, 200
# Enough for a case in which the masked item is shown at all.
PLANTED = 40


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Check the cases on SQLite; what is granted does not depend on the database."""
    at = clock.now()
    # The profile and the direct calls are made at one moment.
    clock.now = lambda: at
    try:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            database = connect(DatabaseSettings(url=f"sqlite:///{place / 'cases.db'}"), LAST_ACTS)
            Base.metadata.create_all(database.engine)
            try:
                house = _house(database, place, at)
                told = _checked(house, random.Random(20261122), CASES_SHORT if short else CASES)
                seen = _planted(house)
            finally:
                database.close()
    finally:
        clock.now = NOW
    return {"passed": not told["differences"] and seen > 0, **told, "planted leaks seen": seen}


NOW = clock.now


def _house(database: Database, place: Path, at: Any) -> House:
    house = built.opened(database, place, at)
    built.declared(house)
    return house


def _checked(house: House, drawn: random.Random, count: int) -> dict[str, Any]:
    found: Counter[str] = Counter()
    first: list[str] = []
    policy = cases.Policy(())
    for number in range(count):
        policy = cases.drawn_policy(drawn, house) if number % cases.CALLS == 0 else policy
        case = cases.drawn_case(drawn, policy)
        wrong = cases.check(house, case, CODE if number % 2 else None, found)
        first += wrong[: 5 - len(first)]
        found["differences"] += len(wrong)
        if number % 500 == 499:
            say(f"  {number + 1} cases, {found['differences']} differences")
    return {
        "cases": count,
        "differences": found["differences"],
        "first differences": first,
        **dict(sorted(found.items())),
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
