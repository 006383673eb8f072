"""Moves the counts on: a piece of the ledger, its counts and the place where reading goes on, in one transaction.

Whoever counts holds the reader's row, so two never count the same piece; killed at any point, either all of a piece is
there or nothing of it. Duties are counted from their tasks instead, anew for the last days at each run, since a
transaction that began before a term's end may be committed a little after it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base import audit
from base.clock import now
from base.db import Base, Database, inserting
from base.workdays import local_day
from certs.figures import duties, stream, tallies
from certs.figures.models import THE_ROW, FigureCount, FigureKind, FigureReader
from certs.figures.months import midnight
from certs.figures.stream import Piece
from certs.figures.tallies import Kind, Place

# One transaction: on SQLite other writers wait for it, and it takes some tenths of a second.
PIECE: Final = 10_000
# Rows of one statement; each has at most five values and SQLite takes 32,766.
ROWS_AT_ONCE: Final = 2000
# Counted anew at each run: no transaction of the house lasts a day.
UNSETTLED: Final = timedelta(days=2)
BEGINNING: Final = date(2000, 1, 1)
_COUNTS, _KINDS = (Base.metadata.tables[each.__tablename__] for each in (FigureCount, FigureKind))


def count_next(session: Session, at: datetime, most: int = PIECE) -> tuple[int, int]:
    """Count the next piece; tell how many entries it had and how many of them were uses."""
    reader = taken(session)
    end = min(reader.position + most, audit.tree_size(session))
    told = stream.counted(session, Piece(reader.position, end))
    add(session, told.counts)
    note(session, told.kinds)
    entries, reader.position, reader.counted_at = end - reader.position, end, at
    session.flush()
    return entries, told.uses


def count_duties(session: Session, at: datetime) -> None:
    """Count the duties whose term ended, and anew those of the last days."""
    reader = taken(session)
    since = BEGINNING if reader.duties_until is None else local_day(reader.duties_until - UNSETTLED)
    told = duties.counted(session, midnight(since), at)
    session.execute(delete(FigureCount).where(FigureCount.measure.in_(tallies.OF_DUTIES), FigureCount.day >= since))
    add(session, told.counts)
    reader.duties_until = at
    session.flush()


def count_all(database: Database, most: int = PIECE) -> Iterator[tuple[int, int]]:
    """Count until nothing is left, a piece a transaction; tell of each piece."""
    entries = most
    while entries == most:
        with database.transaction() as session:
            entries, uses = count_next(session, now(), most)
        yield entries, uses
    with database.transaction() as session:
        count_duties(session, now())


def taken(session: Session) -> FigureReader:
    """Take the reader's row; nobody else counts until this transaction ends."""
    row = {"id": THE_ROW, "position": 0, "rebuilds": 0}
    session.execute(inserting(session, FigureReader).values(row).on_conflict_do_nothing())
    told = {"populate_existing": True}
    return session.scalars(select(FigureReader).with_for_update(), execution_options=told).one()


def add(session: Session, counts: Mapping[Place, int]) -> None:
    """Add to what is counted; in one order, as everybody does."""
    inserted = inserting(session, _COUNTS)
    adding = inserted.on_conflict_do_update(
        index_elements=["day", "region", "organisation", "measure"],
        set_={"count": _COUNTS.c.count + inserted.excluded.count},
    )
    rows = [{**_row(place), "count": count} for place, count in sorted(counts.items()) if count]
    for some in _some(rows):
        session.connection().execute(adding, some)


def note(session: Session, kinds: Mapping[Kind, date]) -> None:
    """Note since when departments have kinds; the earliest day stays, in whatever order they come."""
    inserted = inserting(session, _KINDS)
    earlier = func.least if session.get_bind().dialect.name == "postgresql" else func.min
    adding = inserted.on_conflict_do_update(
        index_elements=["kind", "region", "organisation", "code"],
        set_={"first_day": earlier(_KINDS.c.first_day, inserted.excluded.first_day)},
    )
    names = ("kind", "region", "organisation", "code")
    rows = [{**{name: getattr(kind, name) for name in names}, "first_day": day} for kind, day in sorted(kinds.items())]
    for some in _some(rows):
        session.connection().execute(adding, some)


def _row(place: Place) -> dict[str, object]:
    return {name: getattr(place, name) for name in ("day", "region", "organisation", "measure")}


def _some(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some
