"""What zones need by the clock: places whose directory no longer serves are told."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.scheduling import Every, Job, in_one_transaction
from exchange.zones import watching


def _watch(session: Session, at: datetime) -> None:
    watching.watch(session, at)


# A call finds out by itself; the lead hears of it within minutes.
JOBS = (Job("exchange.watch-zones", Every(300), in_one_transaction(_watch)),)
