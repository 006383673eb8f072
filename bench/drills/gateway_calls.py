"""Generated calls over grants × purposes × fields × regions: nothing beyond a grant leaves, and each is on record.

Grants with random clauses stand for several organisations; calls with random purposes, fields and regions are made over
HTTP. What may leave is found here anew, by a plain reading of each grant's clauses that shares no code with
`exchange.agreements.contracts`; whatever an answer holds beyond it, or without a use and an audit entry of its own, is
counted.
"""

import json
import random
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import LAST_ACTS
from base import clock
from base.callers import Caller
from base.db import Base, Database, DatabaseSettings, connect
from base.models import AuditEntry
from bench.runner import say
from exchange.agreements.contracts import RowCondition
from exchange.agreements.purposes import Ground, Stage
from exchange.door import usages
from exchange.door.models import Usage
from exchange.routes.gateway import gateway
from exchange.routes.receipts import receipts
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import departments, gateway_house
from tests.exchange.departments import published
from tests.exchange.gateway_house import FIELDS, ROWS

NAME = "gateway_calls"
CALLS, CALLS_SHORT = 10_000, 400
GRANTS = 12
GRANTEES = ("police", "city-market", "city-data")
MATTERS = ("000123010000", "000123020000", "000199000000")
REGIONS = ("320900", "320902", "320500", "330100")
STAGES = (Stage.GUIDANCE, Stage.ACCEPTANCE, Stage.REVIEW)
HIDDEN = "***"


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Make the calls on SQLite; what is granted does not depend on the database."""
    drawn, at = random.Random(20261121), clock.now()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        database = connect(DatabaseSettings(url=f"sqlite:///{place / 'calls.db'}"), LAST_ACTS)
        Base.metadata.create_all(database.engine)
        try:
            told = _called(place, database, drawn, at, CALLS_SHORT if short else CALLS)
        finally:
            database.close()
    broken = ("beyond the grant", "unmasked", "foreign rows", "without a use", "wrongly refused", "wrongly answered")
    return {"passed": not any(told[name] for name in (*broken, "audit entries missing")), **told}


def _called(place: Path, database: Database, drawn: random.Random, at: Any, count: int) -> dict[str, Any]:
    departments.opened(database, at)
    parts, sources = gateway_house.parts_of(place), gateway_house.sources_of(place)
    gateway_house.write_table(place)
    granted = [_clauses(drawn) for _ in range(GRANTS)]
    with database.transaction() as session:
        directory, _ = published(session, at, items=gateway_house.items())
        gateway_house.mounted(session, directory, sources, at)
        for number, each in enumerate(granted):
            told = {name: value for name, value in each.items() if name != "grantee"}
            gateway_house.granted(session, directory.code, at, code_of(each["grantee"]), f"grant-{number}", **told)
        code = directory.code
    people = [Caller("system", each, each, code_of(each), scopes=frozenset({"data:read"})) for each in GRANTEES]
    door = rooms.door(database, (gateway, receipts), people, parts, sources)
    found: Counter[str] = Counter()
    for number in range(count):
        who, body = drawn.choice(GRANTEES), _body(drawn)
        answer = door.call(who, "POST", f"/data/{code}", json=body)
        _judge(found, granted, who, body, answer, database)
        if number % 1000 == 999:
            say(f"  {number + 1} calls")
    with database.reading() as session:
        acts = dict(session.execute(select(AuditEntry.act, func.count()).group_by(AuditEntry.act)).all())
        uses = session.scalar(select(func.count()).select_from(Usage)) or 0
    missing = abs(count - acts.get(usages.USED, 0) - acts.get(usages.REFUSED, 0)) + abs(uses - found["answered"])
    names = ("beyond the grant", "unmasked", "foreign rows", "without a use", "wrongly refused", "wrongly answered")
    return {
        "calls": count,
        "uses": uses,
        "audit entries missing": missing,
        **dict(found),
        **{n: found[n] for n in names},
    }


def _clauses(drawn: random.Random) -> dict[str, Any]:
    fields = tuple(drawn.sample(FIELDS, drawn.randint(2, len(FIELDS))))
    rows = (RowCondition("区划", "in", tuple(drawn.sample(("320900", "320902", "320500"), 2))),)
    return {
        "grantee": drawn.choice(GRANTEES),
        "fields": tuple(dict.fromkeys(("许可证编号", *fields))),
        "matters": tuple(drawn.sample(MATTERS, drawn.randint(1, 2))),
        "stages": frozenset(drawn.sample(STAGES, drawn.randint(1, 3))),
        "grounds": frozenset({Ground.STATUTORY}),
        "regions": tuple(drawn.sample(REGIONS, drawn.randint(1, 3))),
        "masks": {"公民身份号码": "hide"} if drawn.random() < 0.5 else {},
        "conditions": rows if drawn.random() < 0.5 else (),
        "ends": clock.now() + timedelta(days=drawn.choice((-1, 30, 30, 30))) + timedelta(hours=1),
    }


def _body(drawn: random.Random) -> dict[str, Any]:
    told = gateway_house.purpose(
        item_code=drawn.choice(MATTERS), stage=drawn.choice(STAGES).value, handling_region=drawn.choice(REGIONS)
    )
    fields = drawn.sample(FIELDS, drawn.randint(0, 3))
    named = {"item": "许可证编号", "values": [drawn.choice(ROWS)[0]]}
    return {"purpose": told, "fields": fields, "conditions": [named] if drawn.random() < 0.7 else []}


def _fits(each: dict[str, Any], who: str, body: dict[str, Any]) -> bool:
    """Read a grant's clauses plainly; of the regions none contains another but 320900 its district 320902."""
    purpose, region = body["purpose"], body["purpose"]["handling_region"]
    return (
        each["grantee"] == who
        and each["ends"] > clock.now()
        and purpose["item_code"] in each["matters"]
        and purpose["stage"] in {stage.value for stage in each["stages"]}
        and (region in each["regions"] or (region == "320902" and "320900" in each["regions"]))
        and set(body["fields"]) <= set(each["fields"])
    )


def _judge(
    found: Counter[str], granted: list[dict[str, Any]], who: str, body: dict[str, Any], answer: Any, database: Database
) -> None:
    fitting = [each for each in granted if _fits(each, who, body)]
    if answer.status_code != 200:
        found["refused"] += 1
        found["wrongly refused"] += bool(fitting)
        return
    found["answered"] += 1
    if not fitting:
        found["wrongly answered"] += 1
        return
    with database.reading() as session:
        use = session.get(Usage, answer.json["usage_id"])
        if use is None:
            found["without a use"] += 1
            return
        clause = granted[int(use.grant_code.removeprefix("grant-"))]
    shown = set(body["fields"]) or set(clause["fields"])
    regions = {row[0]: row[FIELDS.index("区划")] for row in ROWS}
    numbers = {row[FIELDS.index("公民身份号码")] for row in ROWS}
    within = {value for each in clause["conditions"] for value in each.values}
    for row in answer.json["rows"]:
        found["rows"] += 1
        found["beyond the grant"] += len(set(row) - shown) + (clause not in fitting)
        found["unmasked"] += bool(clause["masks"]) and row.get("公民身份号码", HIDDEN) in numbers
        region = regions.get(row.get("许可证编号", ""))
        found["foreign rows"] += bool(within) and region is not None and region not in within


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(0 if result["passed"] else 1)
