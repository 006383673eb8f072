"""What the cascade does by the clock: lays out what belongs to each partner's region, fetches what comes back to us."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.events import CursorMoved
from base.scheduling import Every, Job, Run
from catalog_sync.cascade import fetching, partners, returning
from catalog_sync.cascade.errors import NoSuchCascadePartner
from catalog_sync.cascade.models import ACTIVE
from catalog_sync.cascade.returning import LaidOutCount
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.wiring import FETCH, LAY_OUT, Sync

# Pieces of the feed of one run and partner: one that joins late is read for a while, and others are not kept waiting.
MOST_PIECES: Final = 500


def lay_out(run: Run) -> None:
    """Lay out for each partner what belongs to its region."""
    sync = run.part(Sync)
    with run.database.reading() as session:
        names = [each.name for each in partners.partners(session) if each.state == ACTIVE and each.returns]
    total = sum((laid_out(run.database, sync, name) for name in names), LaidOutCount())
    run.progress(total.events, note=f"laid out {total.laid_out}, taken back {total.taken_back}")


def laid_out(database: Database, sync: Sync, partner: str) -> LaidOutCount:
    """Lay out for one partner until the feed is read, or another process has been faster."""
    total = LaidOutCount()

    def piece(session: Session) -> LaidOutCount:
        row = partners.locked(session, partner)
        return returning.lay_out(session, sync, row, clock.now())

    for _ in range(MOST_PIECES):
        try:
            done = database.repeat(piece)
        except (CursorMoved, NoSuchCascadePartner):
            break
        total += done
        if not done.events:
            break
    return total


def fetch(run: Run) -> None:
    """Fetch what other sites return to us."""
    sync = run.part(Sync)
    for target in sync.targets.values():
        if isinstance(target, AnotherSite) and target.returns:
            done = fetching.fetch(run.database, sync, target)
            run.progress(done.records, note=f"pages {done.pages}, refused {done.refused}")


JOBS: Final = (
    Job(LAY_OUT, Every(30), lay_out, deadline=timedelta(minutes=30)),
    Job(FETCH, Every(60), fetch, deadline=timedelta(minutes=30)),
)
