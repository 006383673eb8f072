"""The change feed: what happened to directories, mounts and pushed data, in commit order, as far as the caller may see.

Whoever is signed in sees what happened to directories that are published; their own department sees its own whatever
its state; of pushed data hear the receiving organisation and the department whose data it is. A page looks through a
bounded stretch of events, so that a feed in which little fits costs no more than one in which all does: `more` says
whether to ask again at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import events, models
from base.audit import Thing
from base.callers import Caller
from base.events import Event, Told
from exchange.acting import ROOM
from exchange.feeds import cloud_events
from exchange.feeds.cloud_events import KINDS, TYPES, Place
from exchange.feeds.errors import ChangeCursorGone, UnknownChangeType
from exchange.feeds.models import Push
from exchange.models import Directory
from exchange.mounting.models import Mount

# Events looked through for one page: a millisecond or two by the primary key.
STRETCH: Final = 5000
MOST_CHANGES: Final = 200


@dataclass(frozen=True)
class Filter:
    """Which changes are wanted; empty means all."""

    types: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Give the names of the events that can fit."""
        return [name for name, kind in KINDS.items() if not self.types or kind.type in self.types]

    def lets(self, directory: str) -> bool:
        """Tell whether a change of that directory is wanted."""
        return not self.directories or directory in self.directories


@dataclass(frozen=True)
class Seen:
    """A change and what it belongs to."""

    told: Told
    directory: str
    parties: frozenset[str] = field(default_factory=frozenset)

    @property
    def kind(self) -> cloud_events.Kind:
        """Give its type."""
        return KINDS[self.told.event.name]


@dataclass(frozen=True)
class Feed:
    """A page of changes, the cursor to go on from, and whether there is more already."""

    changes: Sequence[Seen]
    cursor: Place
    more: bool


def wanted(types: Collection[str], directories: Collection[str]) -> Filter:
    """Read a filter. Raises `UnknownChangeType`."""
    for each in types:
        if each not in TYPES:
            raise UnknownChangeType(each)
    return Filter(tuple(types), tuple(directories))


def page(session: Session, by: Caller, cursor: str, only: Filter, limit: int = MOST_CHANGES) -> Feed:
    """Give the changes after a cursor that the caller may see. Raises `ChangeCursorGone`."""
    return stretch(session, by.organisation, place_of(session, cursor), only, limit)


def stretch(session: Session, organisation: str, after: Place, only: Filter, limit: int) -> Feed:
    """Look through the next stretch of events for what an organisation may see."""
    last = last_position(session)
    until = min(after.position + STRETCH, last)
    found = _between(session, after.position, until, only.names, limit + 1)
    read_to = found[limit - 1].position if len(found) > limit else until
    changes = [
        each
        for each in _placed(session, found[:limit])
        if only.lets(each.directory) and (not each.parties or organisation in each.parties)
    ]
    if read_to <= after.position:
        return Feed((), after, more=False)
    return Feed(changes, _place_at(session, read_to), more=read_to < last)


def place_of(session: Session, cursor: str) -> Place:
    """Find the place that a cursor names. Raises `ChangeCursorGone`."""
    place = cloud_events.place_of(cursor)
    if place is None:
        raise ChangeCursorGone("unreadable")
    if place.position:
        found = events.since(session, place.position - 1, 1)
        if not found or found[0].position != place.position:
            raise ChangeCursorGone("not-kept")
        if cloud_events.place_at(found[0]) != place:
            raise ChangeCursorGone("another-history")
    elif (first := session.execute(select(func.min(models.Event.position))).scalar()) is not None and first > 1:
        raise ChangeCursorGone("not-kept")
    return place


def last_position(session: Session) -> int:
    """Tell how far the events have come."""
    return session.execute(select(func.max(models.Event.position))).scalar() or 0


def now(session: Session) -> Place:
    """Give the cursor of this moment."""
    return _place_at(session, last_position(session))


def _place_at(session: Session, position: int) -> Place:
    found = events.since(session, position - 1, 1) if position else []
    return cloud_events.place_at(found[0]) if found else Place(0)


def _between(session: Session, after: int, until: int, names: list[str], limit: int) -> list[Told]:
    """Read the events of some names in a stretch; the primary key bounds what is looked at."""
    row = models.Event
    query = select(row).where(row.position > after, row.position <= until, row.room == ROOM.name, row.name.in_(names))
    return [
        Told(
            each.position,
            Event(each.name, each.room, Thing(each.thing_kind, each.thing_id), each.version, each.at, each.facts),
        )
        for each in session.scalars(query.order_by(row.position).limit(limit))
    ]


def _placed(session: Session, found: Sequence[Told]) -> list[Seen]:
    """Tell of which directory each is and who may see it, in three queries however many there are."""
    mounts = _rows(session, Mount, found, "mount")
    pushes = _rows(session, Push, found, "push")
    codes = {each: _directory(each, mounts, pushes) for each in (told.event.thing for told in found)}
    named = {code for code in codes.values() if code}
    query = select(Directory.code, Directory.owner, Directory.published).where(Directory.code.in_(named))
    known = {row.code: row for row in session.execute(query)}
    placed = []
    for told in found:
        row = known.get(codes[told.event.thing])
        if row is None:
            continue
        thing = told.event.thing
        if thing.kind == "push":
            parties = frozenset({row.owner, pushes[thing.id].organisation})
        else:
            parties = frozenset() if row.published is not None else frozenset({row.owner})
        placed.append(Seen(told, row.code, parties))
    return placed


def _rows(session: Session, table: Any, found: Sequence[Told], kind: str) -> dict[str, Any]:
    named = {told.event.thing.id for told in found if told.event.thing.kind == kind}
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(named)))} if named else {}


def _directory(thing: Thing, mounts: Mapping[str, Any], pushes: Mapping[str, Any]) -> str:
    if thing.kind == "directory":
        return thing.id
    row = (mounts if thing.kind == "mount" else pushes).get(thing.id)
    return "" if row is None else str(row.directory)
