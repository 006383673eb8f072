"""What objections need by the clock: they go on without the word of whoever says nothing."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.scheduling import Every, Job, Run
from exchange.objections import objections, receivers
from exchange.objections.life import State
from exchange.objections.models import Objection
from exchange.objections.receivers import HEARING
from exchange.objections.wiring import Objecting


def lapse(run: Run) -> None:
    """Go on without those who said nothing, an objection in a transaction."""
    with run.database.reading() as session:
        found = receivers.silent(session, HEARING, clock.now())
    for done, objection in enumerate(sorted(found), 1):
        with run.database.transaction() as session:
            lapsed(session, run.part(Objecting), objection, clock.now())
        run.progress(done)


def lapsed(session: Session, parts: Objecting, objection: str, at: datetime) -> None:
    """Go on with one of them, as it stands by now."""
    row = session.get(Objection, objection, with_for_update=True, populate_existing=True)
    who = receivers.silent_of(session, HEARING, objection, at)
    if row is not None and who and State(row.state) is State.TELLING:
        objections.lapse(session, parts, row, who, at)


JOBS: Final = (Job("exchange.objections.lapse", Every(receivers.LAPSE_SECONDS), lapse),)
