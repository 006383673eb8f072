"""Drill: the receipts of many records, a fifth of them lost, a fifth doubled, all shuffled; every record ends alike.

The platform takes everything in and tells later what became of it. What is doubled counts once; what is lost is asked
for by the sweep when its day is over. In the end each row is stored, once, and its transitions lead there gapless.
"""

import random
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from bench.drills import sync_house
from bench.ledger import KINDS
from catalog_sync.balance import beside, broken
from catalog_sync.models import Inbox
from tests.catalog_sync.platform import Platform

NAME = "sync_receipts"
SEED: Final = 20261121
RECORDS: Final = {True: 300, False: 10_000}
AT_ONCE: Final = 1000
LOST, DOUBLED = 0.2, 0.2
# Days within which all must have been asked for; one would do if there were fewer.
MOST_DAYS: Final = 40


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Tell on both databases; `passed` tells whether all records ended alike."""
    parts = {kind: partial(_told, kind, RECORDS[short]) for kind in KINDS}
    return {"lost": LOST, "doubled": DOUBLED, **sync_house.in_parts(NAME, results, parts)}


def _told(kind: str, records: int) -> dict[str, Any]:
    platform = Platform(later=True, most=100)
    with sync_house.story(kind, platform) as house:
        for start in range(0, records, AT_ONCE):
            house.fill(min(AT_ONCE, records - start), start)
        house.write()
        house.push()
        due = len(platform.queue)
        platform.spoil(random.Random(SEED), LOST, DOUBLED)
        came = len(platform.queue)
        taken = house.collect()
        by_receipt = house.states().count("stored")
        asked, days = 0, 0
        while set(house.states()) != {"stored"} and days < MOST_DAYS:
            house.later(hours=25)
            asked, days = asked + house.sweep().asked, days + 1
        with house.database.reading() as session:
            kept = session.scalar(select(func.count()).select_from(Inbox))
        rows = house.counted()
        faults = [*broken(rows), *beside(rows, platform.arrivals)]
        states = sorted(set(house.states()))
    return {
        "records": records,
        "receipts_due": due,
        "receipts_that_came": came,
        "receipts_kept_once": kept,
        "rows_changed": taken.changed,
        "stored_by_receipt": by_receipt,
        "asked_for": asked,
        "days_until_all_were_asked_for": days,
        "final_states": states,
        "faults": len(faults),
        "passed": states == ["stored"] and not faults and kept == taken.new == by_receipt < records,
    }
