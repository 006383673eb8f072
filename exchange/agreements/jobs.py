"""What sharing does by the clock: grants end and are warned of, terms of supply close where a source serves."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.scheduling import Every, Job, in_one_transaction
from exchange.agreements import granting


def _keep(session: Session, at: datetime) -> None:
    granting.keep(session, at)


# A grant that has ended is refused at once, whatever this says; the mark and the notice may come a little later.
JOBS = (Job("exchange.keep-grants", Every(900), in_one_transaction(_keep)),)
