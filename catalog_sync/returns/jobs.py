"""What came down, brought in by the clock."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from base.scheduling import Every, Job, Run
from catalog_sync.returns import applying, fetching
from catalog_sync.returns.models import Return
from catalog_sync.returns.states import ACTIVE
from catalog_sync.wiring import Sync
from exchange.feeds.wiring import Pushes


def bring(run: Run) -> None:
    """Fetch and bring in what waits for each return; one whose place does not answer keeps no other waiting."""
    sync, pushes = run.part(Sync), run.part(Pushes)
    with run.database.reading() as session:
        query = select(Return.id).where(Return.state == ACTIVE).order_by(Return.created_at, Return.id)
        names = list(session.scalars(query))
    applied = held = rejects = failed = 0
    for place, name in enumerate(names):
        fetching.fetch(run.database, sync, name)
        done = applying.bring(run.database, sync, pushes, name)
        fetching.confirm(run.database, sync, name)
        applied, held, rejects = applied + done.applied, held + done.held, rejects + done.rejects
        failed += bool(done.failure)
        note = f"applied {applied}, held {held}, rejects {rejects}, failed {failed}"
        run.progress(place + 1, len(names), note=note)


JOBS: Final = (Job("sync.returns", Every(60), bring, deadline=timedelta(hours=2)),)
