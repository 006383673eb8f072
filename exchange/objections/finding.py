"""Who received what a department objects to, found in the gateway's uses.

A record is the keyed hash by which it was asked for; who asked for the same of the same directory and found something
received it, and so did whoever took the directory as a whole (results as files, pushes). Uses count for as long as
decisions made on them are usually open to correction; who received it earlier is not told.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from exchange.door.models import Usage
from exchange.door.outcomes import Outcome
from exchange.door.usages import first_id
from exchange.objections import received
from exchange.objections.models import Objection
from exchange.objections.received import About, Meant

# All uses of the one directory in that time are read, each once, by their index: tens of microseconds a use on SQLite,
# less than one on PostgreSQL, so that a directory that is asked for a million times takes half a minute at worst.
# Two years: a year's cases with the year in which they can be appealed.
TOLD_OF: Final = timedelta(days=731)
# Rows are read so many at a time; a register's uses of two years do not lie in memory at once.
AT_ONCE: Final = 1000
EMPTY: Final = "[]"


def counted(session: Session, row: Objection, at: datetime) -> dict[str, int]:
    """Count the uses by which each received it, whoever objected among them; of a use only whoever objects is told."""
    meant = Meant(About(row.about), field=row.field)
    found = {} if meant.about is About.USE else received.receivers(_uses(session, row, at), meant, row.provider)
    return {row.objector: 0} | found


def _uses(session: Session, row: Objection, at: datetime) -> Iterator[tuple[str, tuple[str, ...], int]]:
    subjects = cast(Usage.subjects, String)
    query = (
        select(Usage.organisation, Usage.fields)
        .where(
            Usage.id >= first_id(at - TOLD_OF),
            Usage.directory == row.directory,
            Usage.outcome == Outcome.FOUND.value,
        )
        .execution_options(yield_per=AT_ONCE)
    )
    if row.subject:
        query = query.where(or_(subjects.contains(row.subject), subjects == EMPTY))
    for organisation, fields in session.execute(query):
        yield organisation, tuple(fields), 1
