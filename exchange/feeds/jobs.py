"""What deliveries and pushes do by the clock: send what is due, start the runs that are due, forget what is old."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.scheduling import Every, Job, Run, in_one_transaction
from exchange.feeds import deliveries
from exchange.feeds.pushes import registry, running
from exchange.feeds.wiring import Deliveries, Pushes

# A run that begins is a few statements; the pushes of an hour's turn are begun within a few minutes.
MOST_AT_ONCE: Final = 50


def deliver(run: Run) -> None:
    """Send what is due to subscribers."""
    deliveries.deliver_due(run.database, run.part(Deliveries), run.at, clock.stopwatch, run.progress)


def start_due(run: Run) -> None:
    """Close what ended badly, and begin the runs that are due, each in its own transaction."""
    parts = run.part(Pushes)
    run.database.repeat(partial(running.settle, at=run.at))
    with run.database.reading() as session:
        named = list(registry.due(session, run.at, MOST_AT_ONCE))
    for place, push in enumerate(named):
        run.progress(place, len(named))
        run.database.repeat(partial(running.start_due, push=push, parts=parts, at=run.at))


def _forget(session: Session, at: datetime) -> None:
    deliveries.forget(session, at)


JOBS: Final = (
    Job("exchange.deliver", Every(5), deliver, deadline=timedelta(minutes=10)),
    Job("exchange.pushes", Every(60), start_due, deadline=timedelta(minutes=10)),
    Job("exchange.deliveries.forget", Every(3600), in_one_transaction(_forget)),
)
BULK_JOBS: Final = (running.JOB,)
