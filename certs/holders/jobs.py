"""What holders' objections need by the clock: they go on without the word of whoever says nothing."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.scheduling import Every, Job, Run
from certs.holders import hearing
from certs.holders.models import HolderObjection
from certs.wiring import Certs
from exchange.objections.life import State
from exchange.objections.receivers import LAPSE_SECONDS


def lapse(run: Run) -> None:
    """Go on without those who said nothing, an objection in a transaction."""
    with run.database.reading() as session:
        found = hearing.silent(session, clock.now())
    for done, objection in enumerate(sorted(found), 1):
        with run.database.transaction() as session:
            lapsed(session, run.part(Certs), objection, clock.now())
        run.progress(done)


def lapsed(session: Session, parts: Certs, objection: str, at: datetime) -> None:
    """Go on with one of them, as it stands by now."""
    row = session.get(HolderObjection, objection, with_for_update=True, populate_existing=True)
    if row is None or State(row.state) is not State.TELLING:
        return
    if who := hearing.silent_of(session, row, at):
        hearing.lapse(session, parts, row, who, at)


JOBS: Final = (Job("certs.holder-objections.lapse", Every(LAPSE_SECONDS), lapse),)
