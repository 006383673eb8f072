"""Drill: the platform is down for ten minutes while more keeps coming; then the backlog is told, twice as fast.

Three processes as in `sync_kills`: the platform is killed and, after the outage, started again; scheduler and sender go
on all the while. Records arrive at a steady rate before, in the outage and after it, in real seconds. Two figures are
kept apart: how long the channel still rested after the platform was back (it looks after five minutes at the latest),
and how fast the backlog was told from the first record on, while new ones kept arriving. In the short form the clock of
the sender runs fast, so that the rests are as short as the outage is.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from base.db import Database, DatabaseBusy, DatabaseSettings, connect
from base.journal import append
from bench.drills import sync_house
from bench.drills.children import free_port
from bench.drills.sync_house import Clock, Province, system_id
from bench.drills.sync_kills import Place, be_platform, be_scheduler, be_sender
from bench.ledger import KINDS, fresh_database
from catalog_sync.models import Outbox
from catalog_sync.states import State
from keys.parties.models import System

NAME = "sync_outage"
# Seconds of the outage, and how much too fast the sender's clock runs: ten minutes in both forms by that clock.
SECONDS: Final = {True: 6.0, False: 600.0}
FAST: Final = {True: 100.0, False: 1.0}
A_SECOND: Final = 2
FEWEST_TIMES: Final = 2.0
EASY_SECONDS: Final = {True: 1.0, False: 20.0}
STEP_SECONDS: Final = 0.3
PATIENCE_SECONDS: Final = 3600.0


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Have the platform go down and come back, on both databases; `passed`: told at twice the rate of arrival."""
    kinds = KINDS[:1] if short else KINDS
    parts = {kind: partial(_told, kind, short=short) for kind in kinds}
    return {"arriving_a_second": A_SECOND, **sync_house.in_parts(NAME, results, parts)}


@dataclass
class _Arrivals:
    """What arrives: a new system at each beat, whatever the platform does."""

    database: Database
    clock: Clock
    began: float = field(default_factory=time.monotonic)
    arrived: int = 0

    def come(self) -> None:
        """Let come what is due by now."""
        due = int((time.monotonic() - self.began) * A_SECOND)
        numbers = range(self.arrived, due)
        with suppress(DatabaseBusy), self.database.transaction() as session:
            if numbers:
                _add(session, numbers, self.clock)
        with self.database.reading() as session:
            self.arrived = (
                session.scalar(select(func.count()).select_from(System).where(System.id.like("drill-%"))) or 0
            )

    def during(self, seconds: float) -> None:
        """Go on for a while."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.come()
            time.sleep(0.2)

    def told(self) -> int:
        """Count the systems that the platform keeps."""
        of = (Outbox.kind == "system", Outbox.state == State.STORED.value)
        with self.database.reading() as session:
            return session.scalar(select(func.count()).where(*of)) or 0

    def since(self, at: datetime) -> list[datetime]:
        """Tell when each record arrived since a moment, in their order."""
        of = (Outbox.kind == "system", Outbox.state == State.STORED.value, Outbox.changed_at >= at)
        with self.database.reading() as session:
            return list(session.scalars(select(Outbox.changed_at).where(*of).order_by(Outbox.changed_at)))


def _add(session: Session, numbers: range, clock: Clock) -> None:
    at = clock.now()
    session.execute(insert(System), [sync_house.system(each, at) for each in numbers])
    sync_house.tell(session, "system.added", [system_id(each) for each in numbers], at)


def _told(kind: str, *, short: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, fresh_database(kind, "yinxin_drill_outage") as settings:
        clock = Clock(FAST[short])
        port = free_port()
        place = Place(settings.url, Path(name), clock, sync_house.gateway(port, knows_keys=False))
        place.made("")
        database = connect(DatabaseSettings(url=settings.url, pool_size=2), (append,))
        Province(0).fill(database, clock.now())
        database.close()
        work = {
            "sender": partial(be_sender, place),
            "scheduler": partial(be_scheduler, place),
            "platform": partial(be_platform, place, port),
        }
        for role, each in work.items():
            place.start(role, each)
        try:
            database = connect(DatabaseSettings(url=settings.url, pool_size=2), (append,))
            with closing(database):
                return _went_down(
                    place, _Arrivals(database, clock), partial(place.start, "platform", work["platform"]), short=short
                )
        finally:
            for role in list(place.children):
                place.kill(role, counts=False)


def _went_down(place: Place, arrivals: _Arrivals, comes_back: Callable[[], None], *, short: bool) -> dict[str, Any]:
    arrivals.during(EASY_SECONDS[short])
    place.kill("platform")
    arrivals.during(SECONDS[short])
    backlog = arrivals.arrived - arrivals.told()
    comes_back()
    back, back_at = time.monotonic(), arrivals.clock.now()
    while len(arrivals.since(back_at)) < backlog and time.monotonic() < back + PATIENCE_SECONDS:
        arrivals.during(STEP_SECONDS)
    drained = arrivals.since(back_at)[:backlog]
    seconds = (drained[-1] - drained[0]).total_seconds() / FAST[short]
    rate = (len(drained) - 1) / seconds
    return {
        "outage_seconds": SECONDS[short],
        "clock": FAST[short],
        "rested_after_it_was_back_seconds": round((drained[0] - back_at).total_seconds() / FAST[short], 1),
        "backlog": backlog,
        "drained_in_seconds": round(seconds, 1),
        "told_a_second": round(rate, 1),
        "times_the_arrivals": round(rate / A_SECOND, 1),
        "passed": rate >= FEWEST_TIMES * A_SECOND and len(drained) == backlog >= SECONDS[short] * A_SECOND / 2,
    }
