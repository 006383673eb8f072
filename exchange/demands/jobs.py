"""What demands need by the clock: published directories satisfy those that they meet."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.scheduling import Every, Job, in_one_transaction
from exchange.demands import covering


def _cover(session: Session, at: datetime) -> None:
    covering.carry(session, at)


# Whoever waited for weeks does not mind five minutes.
JOBS = (Job("exchange.cover-demands", Every(300), in_one_transaction(_cover)),)
