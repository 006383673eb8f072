"""What the exchange does by the clock."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.scheduling import Every, Job, in_one_transaction
from exchange import tasks


def _remind(session: Session, at: datetime) -> None:
    tasks.remind(session, at)


# Terms run in days; a reminder within the quarter of an hour is soon enough.
JOBS = (Job("exchange.remind", Every(900), in_one_transaction(_remind)),)
