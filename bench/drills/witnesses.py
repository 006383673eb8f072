"""Drill: ten thousand mutations of a ledger whose heads were signed, and a hundred databases brought back.

1. A house signs heads over a growing ledger and shows them to a folder. Then its database is falsified in every way
   that `tests.keys.checkpoint_house` knows, one after the other, each taken back: entries edited, removed, swapped,
   slipped in; the whole rewritten from an entry on, sound in itself; the end cut, with and without the heads that
   remember it; everything brought back to an earlier head. Each must be found and named by its place.
2. The database is really brought back to an earlier state, a hundred times, and the house goes on: it must refuse to
   sign, through the witness alone, and keep the witness's head as evidence.
"""

import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from base.ledger_faults import Fault
from bench.ledger import KINDS, opened
from bench.runner import say
from keys.checkpoints.errors import HistoryContradicted
from tests.keys.checkpoint_house import WAYS, House, house, restore, snapshot, verification

NAME = "witnesses"
SEED = 20261121
HEADS, EVERY = 12, 10
MUTATIONS, MUTATIONS_SHORT = 5_000, 80
ROLLBACKS, ROLLBACKS_SHORT = 50, 4


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases; half of the whole number on each."""
    results.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for kind in KINDS:
        with opened(kind) as database, tempfile.TemporaryDirectory() as folder:
            home = house(database, Path(folder) / "witness")
            home.witnesses("audit")
            for _ in range(HEADS):
                home.round(EVERY)
            say(f"  {kind}: mutations")
            found[kind] = {"mutations": _mutations(home, MUTATIONS_SHORT if short else MUTATIONS)}
            say(f"  {kind}: rollbacks")
            found[kind]["rollbacks"] = _rollbacks(home, ROLLBACKS_SHORT if short else ROLLBACKS)
        (results / f"{NAME}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {**found, "seed": SEED, "passed": all(_held(each) for each in found.values())}


def _held(told: dict[str, Any]) -> bool:
    mutations, rollbacks = told["mutations"], told["rollbacks"]
    return bool(
        mutations["made"] == mutations["found"] == mutations["located"]
        and not mutations["false_alarms"]
        and rollbacks["made"] == rollbacks["found_through_the_witness"]
    )


def _mutations(home: House, count: int) -> dict[str, object]:
    chance, size = random.Random(SEED), home.kept()[-1].head.size
    found: Counter[str] = Counter()
    located, false_alarms, unlocated = 0, 0, []
    began = time.monotonic()
    for turn in range(count):
        way = WAYS[turn % len(WAYS)]
        with Session(home.database.engine) as session:
            if turn % 100 == 0:
                false_alarms += not verification(home, session)[0].sound
            fault, at = way(session, chance, size)
            verified, _ = verification(home, session)
            session.rollback()
        found[way.__name__] += not verified.sound
        named = [each for each in verified.findings if each.fault is fault and each.place.first <= at < each.place.last]
        narrow = any(each.place.last - each.place.first <= 2 * EVERY or fault is Fault.CUT for each in named)
        located += narrow
        if not narrow:
            unlocated.append(f"{way.__name__} {at}: {', '.join(map(str, verified.findings[:3]))}")
    return {
        "entries": size,
        "heads": HEADS,
        "made": count,
        "found": sum(found.values()),
        "located": located,
        "false_alarms": false_alarms,
        "by_way": dict(found),
        "unlocated": unlocated[:10],
        "seconds": round(time.monotonic() - began, 1),
    }


def _rollbacks(home: House, count: int) -> dict[str, object]:
    """Bring the database back, let it grow or not, and let it try to sign."""
    chance = random.Random(SEED)
    through, missed = 0, []
    for turn in range(count):
        earlier = snapshot(home.database)
        for _ in range(chance.randrange(1, 4)):
            home.round(chance.randrange(1, EVERY))
        present = snapshot(home.database)
        restore(home.database, earlier)
        if turn % 2:
            home.grow(chance.randrange(1, 5 * EVERY))
        signed = None
        try:
            signed = home.sign()
        except HistoryContradicted:
            alarms = [each for each in home.alarms() if each[1] == "audit" and each[2]]
            through += len(alarms) == 1
        if signed is not None:
            missed.append(turn)
        restore(home.database, present)
    return {"made": count, "found_through_the_witness": through, "missed": missed}
