"""Drill: whatever a direct subscriber asks for, no row of another region is delivered.

Each case draws a region, some rows whose regions are near it (of every level and length, moved, misspelt or missing),
and a filter as somebody would write it who wants more than is theirs: other regions by name, ranges around them, the
same item twice, values that are no regions. The rows go both ways in memory: by the pages' rule, and by the gateway's
conditions bounded by the grant, as a source judges them. A row whose code is well-formed must lie in the region on
either way; one whose code is not must not be delivered by pages at all.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from base.identifiers import RegionCode
from exchange.direct import regions
from exchange.mounting.errors import UnaskableQuestion
from exchange.sources import questions
from exchange.sources.questions import Asked
from exchange.sources.source import Column
from exchange.sources.values import ItemType

NAME = "direct_regions"
SEED: Final = 20261122
CASES: Final = {True: 300, False: 10_000}
ROWS: Final = 40
COLUMNS: Final = (Column("键", "key", ItemType.STRING), Column("区划", "region", ItemType.STRING))
TESTS: Final = ("equal", "in", "at_least", "at_most")
MISSPELT: Final = (
    None,
    "",
    "3209",
    "32090210",
    " 320902",
    "３２０９０２",
    "320902-",
    "999999",
    "320902100000000",
    "０",
)
SUBSCRIBERS: Final = ("320000", "320900", "320902", "320902100", "320902100000", "320902100001", "320981100000")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Draw the cases, and count what went where."""
    chance = random.Random(SEED)
    told = {"cases": CASES[short], "rows": 0, "by_pages": 0, "by_gateway": 0, "unaskable": 0, "of_other_regions": 0}
    for _ in range(CASES[short]):
        for name, count in case(chance).items():
            told[name] += count
    return {**told, "passed": told["of_other_regions"] == 0 and told["by_pages"] > 0 and told["by_gateway"] > 0}


def case(chance: random.Random) -> dict[str, int]:
    """Draw one case, deliver it both ways, and count; `of_other_regions` must stay nothing."""
    subscriber = RegionCode(chance.choice(SUBSCRIBERS))
    rows: list[dict[str, Any]] = [{"键": str(number), "区划": _code(chance)} for number in range(ROWS)]
    asked = tuple(_condition(chance) for _ in range(chance.randrange(4)))
    by_pages = [row for row in rows if regions.belongs(subscriber, row["区划"])]
    by_gateway, unaskable = _asked(subscriber, rows, asked)
    wrong = [row for row in by_gateway if not _is_theirs(subscriber, row["区划"])]
    wrong += [row for row in by_pages if not _is_inside(subscriber, row["区划"])]
    return {
        "rows": len(rows),
        "by_pages": len(by_pages),
        "by_gateway": len(by_gateway),
        "unaskable": unaskable,
        "of_other_regions": len(wrong),
    }


def _asked(
    subscriber: RegionCode, rows: Sequence[dict[str, Any]], asked: Sequence[Asked]
) -> tuple[list[dict[str, Any]], int]:
    """Answer as the gateway and a source do: what is asked, and what the grant bounds it by."""
    low, high = regions.bounds(subscriber)
    bounds = (Asked("区划", "at_least", (low,)), Asked("区划", "at_most", (high,)))
    try:
        conditions = questions.read(COLUMNS, (), (*asked, *bounds), 100).conditions
    except UnaskableQuestion:
        return [], 1
    return [row for row in rows if all(each.holds(row[each.item]) for each in conditions)], 0


def _is_theirs(subscriber: RegionCode, code: object) -> bool:
    """Hold a delivered row against a rule that is written down a second time; misspelt codes have no region."""
    return code in MISSPELT or _is_inside(subscriber, code)


def _is_inside(subscriber: RegionCode, code: object) -> bool:
    if not isinstance(code, str) or len(code) not in {6, 9, 12} or not (code.isascii() and code.isdecimal()):
        return False
    own, other = subscriber.text.ljust(12, "0"), code.ljust(12, "0")
    for start, end in ((0, 2), (2, 4), (4, 6), (6, 9), (9, 12)):
        if not own[start:].strip("0"):
            return True
        if own[start:end] != other[start:end]:
            return False
    return True


def _code(chance: random.Random) -> str | None:
    if chance.random() < 0.1:
        return chance.choice(MISSPELT)
    city = chance.choice(("00", "05", "09"))
    county = "00" if city == "00" else chance.choice(("00", "02", "81"))
    town = "000" if county == "00" else chance.choice(("000", "100", "101"))
    village = "000" if town == "000" else chance.choice(("000", "001"))
    whole = chance.choice(("32", "33")) + city + county + town + village
    shortest = 12 if village != "000" else 9 if town != "000" else 6
    return whole[: chance.choice([length for length in (6, 9, 12) if length >= shortest])]


def _condition(chance: random.Random) -> Asked:
    test = chance.choice(TESTS)
    count = chance.randrange(1, 5) if test == "in" else 1
    values = [chance.choice((_code(chance) or "", "", "0", "9" * 12, "3", "'; --", "%")) for _ in range(count)]
    return Asked(chance.choice(("区划", "区划", "键", "没有")), test, values)
