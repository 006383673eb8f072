"""Counts the duties whose term ended: how many were overdue, and how many demands were answered in time.

Nobody does anything when a term ends, so the ledger says nothing of it; the tasks say it themselves. A duty is counted
on the last day of its term: overdue when it was not done by then, however late it was done afterwards. One that fell
away in time, since the thing was withdrawn, was not overdue. What is counted of a day that is over never changes.
"""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.workdays import local_day
from certs.figures import tallies
from certs.figures.stream import Counted
from exchange.demands.life import TURNS, State
from exchange.models import Task
from keys.parties.models import Organisation

ANSWERING: Final = TURNS[State.ANSWERING].duty
# The last day of a term ends at the midnight that the next begins with.
MOMENT: Final = timedelta(microseconds=1)
PIECE_ROWS: Final = 10_000


def counted(session: Session, begins: datetime, ends: datetime) -> Counted:
    """Count the duties whose term ended after one moment and not after another."""
    told = Counted()
    query = select(Task.due_at, Task.done_at, Task.duty, Task.organisation, Organisation.region)
    query = query.join(Organisation, Organisation.code == Task.organisation)
    query = query.where(Task.due_at > begins, Task.due_at <= ends)
    for due_at, done_at, duty, organisation, region in session.execute(query).yield_per(PIECE_ROWS):
        day, in_time = last_day(due_at), done_at is not None and done_at <= due_at
        told.add(day, region, organisation, tallies.DUTIES_DUE)
        told.add(day, region, organisation, tallies.DUTIES_OVERDUE, int(not in_time))
        if duty == ANSWERING:
            told.add(day, region, organisation, tallies.DEMANDS_DUE)
            told.add(day, region, organisation, tallies.DEMANDS_IN_TIME, int(in_time))
    return told


def last_day(due_at: datetime) -> date:
    """Name the last day of a term."""
    return local_day(due_at - MOMENT)
