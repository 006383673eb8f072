"""Drill: one record in a hundred is poison; the others arrive, hardly later than they would without it.

Half of the poison the platform refuses; the other half makes every exchange fail that it stands in, so that it must be
found by halving. Each exchange takes a second of the story's clock. The same records are told once more without poison:
beside that, the mean delay of the others must be less than twice as long. What 95 of 100 stay below is told too: those
that stood in a batch with poison are told again after all the rest.
"""

import statistics
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.drills import sync_house
from bench.ledger import KINDS
from catalog_sync.record import Record
from catalog_sync.targets.target import Outcome, Reply
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import Platform, down

NAME = "sync_poison"
RECORDS: Final = {True: 200, False: 10_000}
AT_ONCE: Final = 1000
ONE_IN: Final = 100
MOST_TIMES: Final = 2.0
SHORTEST_WAIT: Final = timedelta(seconds=1)
# The numbers of what is told beside the records that are counted; none of them is poison.
ELSE: Final = 1_000_001
REFUSED: Final = Reply(Outcome.REFUSED, code="R-01", words="演示：不符合上报规则")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Tell with poison and without, on both databases."""
    parts = {kind: partial(_both, kind, RECORDS[short]) for kind in KINDS}
    return {"poison_one_in": ONE_IN, **sync_house.in_parts(NAME, results, parts)}


def _both(kind: str, records: int) -> dict[str, Any]:
    clean, poisoned = _told(kind, records, poisoned=False), _told(kind, records, poisoned=True)
    times = {name: round(poisoned["delay"][name] / clean["delay"][name], 2) for name in clean["delay"]}
    share = poisoned["states"].get("stored", 0) / records
    return {
        "records": records,
        "with_poison": poisoned,
        "without": clean,
        "delivered": round(share, 4),
        "times_the_delay": times,
        "passed": clean["states"] == {"stored": records}
        and poisoned["stopped_with_a_reason"] == records // ONE_IN
        and poisoned["states"].get("stored", 0) == records - records // ONE_IN
        and times["mean"] < MOST_TIMES,
    }


def _told(kind: str, records: int, *, poisoned: bool) -> dict[str, Any]:
    platform = Platform(most=20)
    with sync_house.story(kind, platform) as house:
        began = house.at

        def before(sent: Sequence[Record]) -> None:
            house.later(seconds=1)
            if poisoned and any(_number(each) % (2 * ONE_IN) == 0 for each in sent):
                raise down()

        def replying(record: Record) -> Reply | None:
            return REFUSED if poisoned and _number(record) % (2 * ONE_IN) == ONE_IN else None

        platform.before, platform.replying = before, replying
        for start in range(0, records, AT_ONCE):
            house.fill(min(AT_ONCE, records - start), start)
        house.write()
        exchanges = _until_quiet(house)
        rows = [row for row in house.rows() if int(row.thing.removeprefix("t")) < ELSE]
    delays = sorted((row.changed_at - began).total_seconds() for row in rows if row.state == "stored")
    states = [row.state for row in rows]
    return {
        "exchanges": exchanges,
        "states": {each: states.count(each) for each in sorted(set(states))},
        "stopped_with_a_reason": sum(row.state in {"dead", "refused"} and bool(row.code) for row in rows),
        "codes": sorted({row.code for row in rows if row.state in {"dead", "refused"}}),
        "delay": {
            "mean": round(statistics.fmean(delays), 1),
            "of_95_in_100": delays[int(len(delays) * 0.95)],
            "longest": delays[-1],
        },
    }


def _until_quiet(house: House) -> int:
    """Go on until nothing waits; where nothing is due, go to when something is, and have something else told."""
    exchanges = 0
    while waiting := [row for row in house.rows() if row.state in {"waiting", "sent"}]:
        told = house.push()
        exchanges += told.exchanges
        if not told.exchanges:
            due = max(min(row.next_at for row in waiting), house.channel().rests_until or house.at)
            house.at = max(due, house.at + SHORTEST_WAIT)
            # A channel that answers nobody lets nothing die: it must have answered for others.
            house.fill(1, ELSE + exchanges * 2 * ONE_IN)
            house.write()
    return exchanges


def _number(record: Record) -> int:
    return int(record.subject.id.removeprefix("t"))
