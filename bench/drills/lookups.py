"""Look-ups of certificates over purposes × fields × departments × regions, codes that are tried out, and their timing.

1. Use lists with random matters, types, fields, stages and organs stand for a province; calls with random purposes,
   fields, departments, regions and holders are made over HTTP. What may leave is found here anew, by a plain reading
   of the lists that shares no code with the house; every field beyond it, and every answer without a use, is counted.
2. *None* and *not allowed* (the name does not fit the code) are asked in turn, in random order; a rank-sum test asks
   whether their times differ. p ≤ 0.01 fails.
3. Codes are tried out one after the other: no more are answered than the bound, and the alarm is on record.
"""

import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import LAST_ACTS
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from base.models import AuditEntry
from bench.runner import say
from certs.queries import misses
from exchange.door.models import Usage
from tests.certs.papers import HYGIENE
from tests.certs.queries import house as of
from tests.certs.queries.house import UNGRANTED, House, holder

NAME = "lookups"
CALLS, CALLS_SHORT = 10_000, 150
PAIRS, PAIRS_SHORT = 2_000, 80
LISTS, HOLDERS = 12, 6
TRIED = 90
MATTERS = (of.MATTER, of.OTHER_MATTER, "000199000000")
REGIONS = ("320900", "320902", "320500", "330100")
STAGES = ("guidance", "acceptance", "review")
TYPES = (HYGIENE, UNGRANTED)
LEAST_P = 0.01
NO_BOUND = 10**9
CALLERS = (of.WINDOW.id, of.OUTSIDER.id)


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Make the calls on SQLite; what is granted does not depend on the database."""
    del results
    drawn = random.Random(20261121)
    told = _in_a_house(drawn, _called, CALLS_SHORT if short else CALLS)
    times = _in_a_house(drawn, _timed, PAIRS_SHORT if short else PAIRS)
    tried = _in_a_house(drawn, _tried, TRIED, bounded=True)
    beyond = sum(told[name] for name in ("beyond the grant", "without a use", "wrongly answered", "wrongly refused"))
    passed = not beyond and times["p"] > LEAST_P and tried["answered"] <= tried["bound"] and 1 <= tried["alarms"] <= 2
    return {"passed": passed and told["found"] > 0, **told, "none and not allowed": times, "codes tried out": tried}


def _in_a_house(drawn: random.Random, act: Any, count: int, *, bounded: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        database = connect(DatabaseSettings(url=f"sqlite:///{place / 'lookups.db'}"), LAST_ACTS)
        Base.metadata.create_all(database.engine)
        bounds = {} if bounded else {"misses_per_minute": NO_BOUND, "misses_per_day": NO_BOUND}
        try:
            house = of.opened(database, place, clock.now(), **bounds, holder_per_day=NO_BOUND)
            told: dict[str, Any] = act(house, database, drawn, count)
            return told
        finally:
            database.close()


# --- 1: what is given ---------------------------------------------------------------------------------------------


def _called(house: House, database: Database, drawn: random.Random, count: int) -> dict[str, Any]:
    items = [
        (
            drawn.choice(MATTERS[1:]),
            type_.code,
            tuple(drawn.sample(_names(type_), drawn.randint(1, 4))),
            tuple(drawn.sample(STAGES, drawn.randint(1, 3))),
        )
        for type_ in TYPES
        for _ in range(LISTS // len(TYPES))
    ]
    with database.transaction() as session:
        of.listed(session, house.at, items)
        for number in range(1, HOLDERS + 1):
            for type_ in TYPES:
                house.kept(session, number, type_)
    found = Counter[str]()
    for number in range(count):
        _one(house, items, drawn, found)
        if number % 1000 == 999:
            say(f"  {number + 1} calls")
    with database.reading() as session:
        uses = session.scalar(select(func.count()).select_from(Usage)) or 0
    found["without a use"] += abs(uses - found["answered"])
    names = ("found", "beyond the grant", "without a use", "wrongly answered", "wrongly refused")
    return {"calls": count, **dict(found), **{name: found[name] for name in names}}


def _names(type_: Any) -> list[str]:
    return [*(each.name for each in type_.fields), "number", "holder_name", "valid_until"]


def _one(house: House, items: list[Any], drawn: random.Random, found: Counter[str]) -> None:
    who, type_ = drawn.choice(CALLERS), drawn.choice(TYPES)
    matter, stage, region = drawn.choice(MATTERS[1:]), drawn.choice(STAGES), drawn.choice(REGIONS)
    fields = drawn.sample(_names(type_), drawn.choice((0, 0, 1, 2)))
    purpose = of.purpose(item_code=matter, stage=stage, handling_region=region)
    body = {"holder": holder(drawn.randint(1, HOLDERS + 2)), "certificate_type": type_.code, "fields": fields}
    answer = house.door.call(who, "POST", "/certificate-queries", json={**body, "purpose": purpose})
    fitting = [
        set(names)
        for item, code, names, stages in items
        if item == matter and code == type_.code and stage in stages and region.startswith("32")
    ]
    granted = set[str]().union(*fitting)
    if answer.status_code != 200:
        found["refused"] += 1
        # Rows of different stages are contracts of their own: their fields do not join.
        found["wrongly refused"] += any(set(fields) <= each for each in fitting) and not fields
        return
    found["answered"] += 1
    found["wrongly answered"] += not fitting or not set(fields) <= granted
    found[answer.json["outcome"]] += 1
    for each in answer.json["certificates"]:
        given = set(each["data"]) | ({"number"} if each["number"] else set())
        found["fields"] += len(given)
        found["beyond the grant"] += len(given - granted) + (len(given - set(fields)) if fields else 0)


# --- 2: what can be timed -----------------------------------------------------------------------------------------


def _timed(house: House, database: Database, drawn: random.Random, count: int) -> dict[str, Any]:
    """Ask in turn for who has nothing and for who has something under another name."""
    with database.transaction() as session:
        for number in range(1, count + 1):
            house.kept(session, number)
    told: dict[str, list[float]] = {"none": [], "not allowed": []}
    for number in range(1, count + 1):
        asked = [("none", holder(count + number)), ("not allowed", holder(number, name="演示别家有限公司"))]
        drawn.shuffle(asked)
        for name, named in asked:
            began = time.perf_counter()
            answer = house.ask(holder=named, certificate_type=HYGIENE.code)
            told[name].append(time.perf_counter() - began)
            if answer.json.get("outcome") != "not_found":
                raise AssertionError(answer.json)
    medians = {name: round(statistics.median(each) * 1e6) for name, each in told.items()}
    return {"pairs": count, "p": round(rank_sum(*told.values()), 4), "median microseconds": medians}


def rank_sum(one: list[float], other: list[float]) -> float:
    """Give the two-sided p of the Mann-Whitney test, by its normal approximation; the samples are large."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank = sum(place for place, (_, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(one), len(other)
    expected, spread = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(rank - expected) / spread / math.sqrt(2))


# --- 3: codes that are tried out ----------------------------------------------------------------------------------


def _tried(house: House, database: Database, _drawn: random.Random, count: int) -> dict[str, Any]:
    codes = Counter(
        house.ask(holder=holder(number), certificate_type=HYGIENE.code).status_code for number in range(1, count + 1)
    )
    with database.reading() as session:
        alarms = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.act == misses.ALARM))
    # Where a minute begins on the way, twice the bound may be answered, and two alarms raised.
    bound = house.parts.settings.misses_per_minute
    return {
        "calls": count,
        "answered": codes[200],
        "refused": codes[429],
        "bound": 2 * bound,
        "alarms": min(alarms or 0, 1),
    }


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
