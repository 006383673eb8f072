"""Look-ups of certificates over purposes × fields × departments × regions, and codes that are tried out.

1. Use lists with random matters, types, fields, stages and organs stand for a province; calls with random purposes,
   fields, departments, regions and holders are made over HTTP. What may leave is found here anew, by a plain reading
   of the lists that shares no code with the house; every field beyond it, and every answer without a use, is counted.
2. Codes are tried out one after the other: no more are answered than the bound, and the alarm is on record.

The calls are made in houses of a thousand, each with lists of its own; a run that was stopped goes on with the house
that it was at. The checker is shown to shout: a house that gives all fields to whoever has a grant must be caught.
Whether *none* and *not allowed* differ in time is asked by `certificate_timing`.
"""

import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import func, select

from app import LAST_ACTS
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from base.models import AuditEntry
from bench.drills.stepwise import Cases, Tried, through
from certs.queries import misses, permission
from certs.queries.permission import Permission
from certs.types.certificate_type import CertificateType
from exchange.door.models import Usage
from tests.certs.papers import HYGIENE
from tests.certs.queries import house as of
from tests.certs.queries.house import UNGRANTED, House, holder

NAME = "lookups"
SEED = 20261121
CALLS, CALLS_SHORT = 10_000, 150
OF_A_HOUSE = 1_000
LISTS, HOLDERS = 12, 6
TRIED = 90
MATTERS = (of.MATTER, of.OTHER_MATTER, "000199000000")
REGIONS = ("320900", "320902", "320500", "330100")
STAGES = ("guidance", "acceptance", "review")
TYPES = (HYGIENE, UNGRANTED)
NO_BOUND = 10**9
CALLERS = (of.WINDOW.id, of.OUTSIDER.id)
FAULTS = ("beyond the grant", "without a use", "wrongly answered", "wrongly refused")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Make the calls on SQLite; what is granted does not depend on the database."""
    calls = CALLS_SHORT if short else CALLS

    def tried(index: int) -> Tried:
        of_this = min(OF_A_HOUSE, calls - index * OF_A_HOUSE)
        told = Counter(_in_a_house(random.Random(SEED + index), _called, of_this))
        found = {name: told[name] for name in FAULTS if told[name]}
        return Tried(told, found or None)

    progress = through(Cases(NAME, -(-calls // OF_A_HOUSE), 1, results), tried)
    codes = _in_a_house(random.Random(SEED), _tried, TRIED, bounded=True)
    with mock.patch.object(permission, "_narrowed", _all_of_it):
        naive = _in_a_house(random.Random(SEED), _called, CALLS_SHORT)["beyond the grant"]
    held = codes["answered"] <= codes["bound"] and codes["alarms"] == 1
    told = {"houses": progress.done, **progress.told, "codes tried out": codes, "naive house, beyond the grant": naive}
    return {**told, "passed": not progress.faults and held and progress.tally["found"] > 0 and naive > 0}


def _all_of_it(type_: CertificateType, allowed: Any, _asked: Any) -> Permission:
    """Give every field to whoever has a grant for some: naive."""
    return Permission(type_, allowed, tuple(_names(type_)), {}, (), needs_consent=False)


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
    for _ in range(count):
        _one(house, items, drawn, found)
    with database.reading() as session:
        uses = session.scalar(select(func.count()).select_from(Usage)) or 0
    found["without a use"] += abs(uses - found["answered"])
    return {"calls": count, "beyond the grant": 0, **found}


def _names(type_: CertificateType) -> list[str]:
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


# --- 2: codes that are tried out ----------------------------------------------------------------------------------


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
