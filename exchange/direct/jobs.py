"""What direct delivery does by the clock: read what is offered, and bring subscriptions to where they should stand."""

from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import select

from base.errors import DomainError
from base.scheduling import Every, Job, Run
from exchange.direct import following, subscribing
from exchange.direct.models import DirectOffer
from exchange.direct.standing import OFFERED
from exchange.direct.wiring import Directs


def read(run: Run) -> None:
    """Read the directories that are delivered directly, each as far as a run goes."""
    parts = run.part(Directs)
    with run.database.reading() as session:
        names = list(session.scalars(select(DirectOffer.directory).where(DirectOffer.state == OFFERED)))
    rows = told = gone = failed = 0
    for place, name in enumerate(sorted(names)):
        done = following.follow(run.database, parts, name)
        rows, told, gone, failed = rows + done.rows, told + done.told, gone + done.gone, failed + bool(done.failure)
        run.progress(place + 1, len(names), note=f"rows {rows}, told {told}, gone {gone}, failed {failed}")


def settle(run: Run) -> None:
    """Decide, suspend and resume; one that cannot be settled keeps nobody waiting."""
    with run.database.reading() as session:
        names = subscribing.unsettled(session)[: subscribing.MOST_AT_ONCE]
    failed = 0
    for place, name in enumerate(names):
        try:
            run.database.repeat(partial(subscribing.settle, known=name, at=run.at))
        except DomainError:
            failed += 1
        run.progress(place + 1, len(names), note=f"failed {failed}")


JOBS: Final = (
    Job("exchange.direct.read", Every(600), read, deadline=timedelta(hours=1)),
    Job("exchange.direct.settle", Every(30), settle, deadline=timedelta(minutes=10)),
)
