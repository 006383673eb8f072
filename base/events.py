"""What happened, told to whoever reads on later: synchronisation, subscriptions, webhooks.

An event is written in the act's own transaction and gets its position under the ledger's tail lock (`base.journal`),
so positions stand in commit order: a reader that has seen a position has seen all before it, however long a
transaction took. (A serial number is drawn before the commit; a reader that passes it misses what commits late.)

Who reads keeps a named cursor, moved in the transaction of what it did with the events, so that nothing is done twice
and nothing is left out. Facts hold no personal data: a reader asks the thing itself, by its kind, id and version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base import journal, models
from base.audit import Thing
from base.canonical import Json, canonical
from base.db import inserting
from base.errors import DomainError, Kind

MOST_AT_ONCE = 1000


@dataclass(eq=False)
class CursorMoved(DomainError):
    """Someone else has moved this reader's cursor in the meantime."""

    reader: str
    code: ClassVar[str] = "cursor-moved"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its name, in which room, to which thing and version of it, and facts."""

    name: str
    room: str
    thing: Thing
    version: int
    at: datetime
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """An event and its place in commit order."""

    position: int
    event: Event


def tell(session: Session, event: Event) -> None:
    """Keep an event for the transaction's end, where it gets its position.

    Raises `NotCanonical` when its facts are no plain values.
    """
    facts = dict(event.facts)
    canonical([event.name, event.room, event.thing.kind, event.thing.id, facts])
    row = {
        "name": event.name,
        "room": event.room,
        "thing_kind": event.thing.kind,
        "thing_id": event.thing.id,
        "version": event.version,
        "facts": facts,
        "at": event.at,
    }
    journal.gather_event(session, row)


def since(session: Session, position: int, limit: int = 100) -> list[Told]:
    """Give what happened after a position, in commit order."""
    query = select(models.Event).where(models.Event.position > position).order_by(models.Event.position)
    rows = session.scalars(query.limit(min(limit, MOST_AT_ONCE)))
    return [
        Told(
            row.position,
            Event(row.name, row.room, Thing(row.thing_kind, row.thing_id), row.version, row.at, row.facts),
        )
        for row in rows
    ]


def cursor(session: Session, reader: str) -> int:
    """Tell how far a reader has come; 0 for one that never read."""
    query = select(models.EventCursor.position).where(models.EventCursor.reader == reader)
    return session.execute(query).scalar_one_or_none() or 0


def move(session: Session, reader: str, seen: int, position: int) -> None:
    """Move a reader's cursor from where it was `seen` to a position, in the caller's transaction.

    Raises `CursorMoved` when another process of the same reader was faster: what this one did must not be committed.
    """
    session.execute(inserting(session, models.EventCursor).values(reader=reader, position=0).on_conflict_do_nothing())
    moved = session.execute(
        update(models.EventCursor)
        .where(models.EventCursor.reader == reader, models.EventCursor.position == seen)
        .values(position=position)
        .returning(models.EventCursor.reader)
        .execution_options(synchronize_session=False)
    )
    if moved.one_or_none() is None:
        raise CursorMoved(reader)
