"""Drill: a platform asks for pauses and clocks are stepped; nothing is called too early, and nothing is told twice.

At random calls, before or after the effect, the platform is busy and says for how long (Retry-After), or does not
answer. Meanwhile the sender's clock is set back an hour, forward an hour, forward a day. Where it runs true or is set
back, no call may come before the pause is over in true time; a clock that is set forward cannot be known to be wrong,
so there the pause holds by that clock. However it runs, all arrives and nothing is doubled.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.drills import sync_house
from bench.ledger import KINDS
from catalog_sync.balance import beside, broken
from catalog_sync.record import Record
from tests.catalog_sync.platform import Platform, down

NAME = "sync_pauses"
SEED: Final = 20261121
RECORDS: Final = {True: 60, False: 3000}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What happens to the sender's clock between runs; each kind of story draws from its own.
STEPS: Final = {
    "a true clock": (),
    "set back an hour": (-HOUR,),
    "set back and forward": (-HOUR, HOUR, DAY),
}
PAUSES: Final = (1.0, 30.0, 600.0, 7200.0)
BUSY, SILENT, STEPPED = 0.1, 0.1, 0.2
# Runs until all has arrived; more would mean that something waits for ever.
MOST_RUNS: Final = 20_000


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Tell each story on both databases, to a platform that knows keys and to one that does not."""
    parts = {
        f"{steps}, {kind}, {'with' if keys else 'without'} keys": partial(_told, kind, steps, RECORDS[short], keys=keys)
        for steps in STEPS
        for kind, keys in zip(KINDS, (True, False), strict=True)
    }
    found = sync_house.in_parts(NAME, results, parts)
    told = [each for each in found.values() if isinstance(each, dict)]
    sums = {name: sum(each[name] for each in told) for name in ("pauses_asked_for", "clock_steps", "called_too_early")}
    return {**sums, "doubled": sum(each["doubled"] for each in told), **found}


def _told(kind: str, steps: str, records: int, *, keys: bool) -> dict[str, Any]:
    chance, platform = random.Random(SEED), Platform(knows_keys=keys, most=5)
    with sync_house.story(kind, platform) as house:
        # The true time, and until when nobody may call: by it, or by the sender's own clock.
        passed, free, too_early, asked, stepped, runs = house.at, house.at, 0, 0, 0, 0
        by_own = any(each > timedelta(0) for each in STEPS[steps])

        def now() -> datetime:
            return house.at if by_own else passed

        def fails(_records: Sequence[Record]) -> None:
            nonlocal free, asked
            drawn = chance.random()
            if drawn < BUSY / 2:
                pause = chance.choice(PAUSES)
                free, asked = now() + timedelta(seconds=pause), asked + 1
                raise down(pause)
            if drawn < (BUSY + SILENT) / 2:
                raise down()

        def before(sent: Sequence[Record]) -> None:
            nonlocal too_early
            too_early += now() < free
            fails(sent)

        platform.before, platform.after = before, fails
        house.fill(records)
        house.write()
        while {"waiting", "sent"} & set(house.states()) and runs < MOST_RUNS:
            house.push(most=3)
            runs += 1
            span = timedelta(seconds=chance.choice((1, 10, 60, 900)))
            house.at, passed = house.at + span, passed + span
            if STEPS[steps] and chance.random() < STEPPED:
                step = chance.choice(STEPS[steps])
                house.at, stepped = house.at + step, stepped + 1
                # Set back, the pause is asked for anew by that clock; it is held to its full length.
                free = free + step if by_own and step < timedelta(0) else free
        rows = house.counted()
        faults = [*broken(rows), *beside(rows, platform.arrivals)]
        states = sorted(set(house.states()))
    return {
        "records": records,
        "calls": len(platform.calls),
        "pauses_asked_for": asked,
        "clock_steps": stepped,
        "called_too_early": too_early,
        "doubled": sum(each.code == "doubled" for each in faults),
        "other_faults": sum(each.code != "doubled" for each in faults),
        "final_states": states,
        "passed": states == ["stored"] and not faults and not too_early and asked > 0,
    }
