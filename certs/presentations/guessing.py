"""Counting the codes that a caller tries: counted before the code is looked at, taken back when it was a right one.

The count stands in a transaction of its own, so that a refusal does not undo it, and guesses sent at once cannot
outrun it.
"""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from base.acting import actor
from base.callers import Caller
from base.db import inserting
from certs.presentations.errors import TooManyGuesses
from certs.presentations.models import PresentationGuess

WINDOW: Final = timedelta(minutes=10)
# A counter mistypes a digit now and then; ten wrong codes in ten minutes are no typing. With 1,000 codes open for one
# organisation, a caller at this bound meets one of them once in 19 years.
MOST_GUESSES: Final = 10
KEPT: Final = timedelta(days=1)


def count(session: Session, by: Caller, at: datetime) -> None:
    """Count a try as a wrong one. Raises `TooManyGuesses`."""
    begins = _window(at)
    first = inserting(session, PresentationGuess).values(caller=actor(by), begins_at=begins, guesses=1)
    counted = first.on_conflict_do_update(
        index_elements=[PresentationGuess.caller, PresentationGuess.begins_at],
        set_={"guesses": PresentationGuess.guesses + 1},
    )
    if session.execute(counted.returning(PresentationGuess.guesses)).scalar_one() > MOST_GUESSES:
        raise TooManyGuesses(math.ceil((begins + WINDOW - at).total_seconds()))


def forgive(session: Session, by: Caller, at: datetime) -> None:
    """Take a try back that was a right one."""
    mine = PresentationGuess.caller == actor(by), PresentationGuess.begins_at == _window(at)
    less = update(PresentationGuess).where(*mine, PresentationGuess.guesses > 0)
    taken = less.values(guesses=PresentationGuess.guesses - 1)
    session.execute(taken.execution_options(synchronize_session=False))


def forget(session: Session, at: datetime) -> None:
    """Forget old counts."""
    old = delete(PresentationGuess).where(PresentationGuess.begins_at < at - KEPT)
    session.execute(old.execution_options(synchronize_session=False))


def _window(at: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, at.tzinfo)
