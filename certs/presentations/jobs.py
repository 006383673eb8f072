"""What is done about presentations by the clock: old codes and old counts of guesses are forgotten."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.scheduling import Every, Job, in_one_transaction
from certs.presentations import guessing, presentations


def forget(session: Session, at: datetime) -> None:
    """Forget what nobody can redeem or has to be told any more."""
    presentations.forget(session, at)
    guessing.forget(session, at)


JOBS = (Job("certs.presentations.forget", Every(3600), in_one_transaction(forget)),)
