"""Events → rows of the outbox: what happened since, read as it stands now; the place and the rows move together.

Each target has a place of its own among the events, so that one that joins later, or rested, is told what it missed.
Several events of a thing make one row at its latest version; what did not change what is told makes none. A thing that
cannot be read delays nobody: its row goes to the dead letters at once, and is read again when somebody retries it.
A thing about which a target was found to differ is told once more, though nothing of it changed (`tell_again`).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from base import events
from base.audit import Thing
from base.canonical import Json
from base.db import DatabaseBusy, DatabaseUnreachable
from base.errors import DomainError
from base.events import Event, Told
from catalog_sync import contents, deciding, outbox
from catalog_sync.acting import ROOM
from catalog_sync.deciding import Past, Wanted
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.models import Outbox
from catalog_sync.outbox import News
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import State
from catalog_sync.targets.target import Target
from catalog_sync.wiring import Sync

INTERNAL_FAULT: Final = "internal-fault"
AGAIN: Final = "sync.told-again"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Written:
    """What came of a piece of the feed: events read, rows written, things unchanged, rows that gave way."""

    events: int = 0
    written: int = 0
    unchanged: int = 0
    superseded: int = 0

    def __add__(self, other: "Written") -> "Written":
        """Add up."""
        return Written(
            self.events + other.events,
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.superseded + other.superseded,
        )


def reader(target: str) -> str:
    """Name a target's place among the events."""
    return f"sync:{target}"


def write(session: Session, sync: Sync, target: Target, at: datetime) -> Written:
    """Write the rows of the next events, and move the place behind them. Raises `CursorMoved`."""
    seen = events.cursor(session, reader(target.name))
    told = events.since(session, seen, sync.settings.changes_at_once)
    if not told:
        return Written()
    events.move(session, reader(target.name), seen, told[-1].position)
    again = told_again(told, target.name)
    touched = dict(things_of(told, [sync.kinds[name] for name in sorted(target.kinds & set(sync.kinds))]))
    for subject, each in again.items():
        if subject.kind in sync.kinds:
            touched[subject] = max(each.position, touched.get(subject, 0))
    histories = outbox.histories(session, target.name, touched)
    planned = [
        _planned(subject, version, read(session, sync, subject), histories[subject], again.get(subject))
        for subject, version in sorted(touched.items(), key=lambda each: each[1])
    ]
    return replace(_written(session, sync, target.name, planned, at), events=len(told))


def things_of(told: Iterable[Told], kinds: Iterable[Kind]) -> Mapping[Subject, int]:
    """Name the things that events are about, each with the position of its latest, in the order of these."""
    known, found = tuple(kinds), dict[Subject, int]()
    for each in told:
        for kind in known:
            reading = kind.events.get(each.event.name)
            thing = reading(each.event) if reading else None
            if thing is not None:
                found.pop(subject := Subject(kind.name, thing), None)
                found[subject] = each.position
    return found


@dataclass(frozen=True)
class Again:
    """A thing that is to be told once more: since which event, and whether the target has some version of it."""

    position: int
    is_there: bool


def tell_again(
    session: Session, target: str, subject: Subject, difference: int, at: datetime, *, is_there: bool
) -> None:
    """Have a thing told to one target once more, as it stands when the event is read, at the event's position."""
    facts: dict[str, Json] = {"target": target, "kind": subject.kind, "thing": subject.id, "is_there": is_there}
    events.tell(session, Event(AGAIN, ROOM.name, Thing("sync-difference", str(difference)), 1, at, facts))


def told_again(told: Iterable[Told], target: str) -> Mapping[Subject, Again]:
    """Name the things that are to be told to a target once more."""
    return {
        Subject(str(each.event.facts["kind"]), str(each.event.facts["thing"])): Again(
            each.position, bool(each.event.facts["is_there"])
        )
        for each in told
        if each.event.name == AGAIN and each.event.facts["target"] == target
    }


@dataclass(frozen=True)
class _Planned:
    """What is to be done about a thing; a deletion says what row `before` told, and a `fault` makes a dead letter."""

    record: Record
    wanted: Wanted
    before: int | None = None
    fault: str = ""
    again: bool = False


def _planned(
    subject: Subject, version: int, content: Content | str | None, past: list[Past], again: Again | None
) -> _Planned:
    if isinstance(content, str):
        unread = Record(subject, version, Operation.INSERT, {})
        return _Planned(unread, Wanted(Operation.INSERT), fault=content)
    members: Mapping[str, Json] = {} if content is None else content.members
    record = Record(subject, version, Operation.INSERT, members, () if content is None else content.needs)
    digest = None if content is None else record.digest
    wanted = deciding.wanted(past, digest) if again is None else deciding.again(past, digest, is_there=again.is_there)
    there = None
    if wanted.operation is Operation.DELETE:
        there = deciding.may_be_there([each for each in past if not each.is_unsent]) or next(iter(past), None)
    return _Planned(record, wanted, None if there is None else there.number, again=again is not None)


def _written(session: Session, sync: Sync, target: str, planned: Sequence[_Planned], at: datetime) -> Written:
    """Let rows give way, then write those that are wanted, in the order in which they were planned."""
    before = (each.before for each in planned if each.before is not None)
    rows = outbox.rows_of(session, {*before, *(number for each in planned for number in each.wanted.gives_way)})
    gone = 0
    for each in planned:
        for number in each.wanted.gives_way:
            news = News("later-version", f"{each.record.version}")
            outbox.step(session, sync.keys, rows[number], State.SUPERSEDED, at, news)
            gone += 1
    told = [each for each in planned if each.wanted.operation is not None]
    numbers = outbox.write(session, sync.keys, target, [_record(session, sync, each, rows) for each in told], at)
    for row in outbox.rows_of(session, [n for n, each in zip(numbers, told, strict=True) if each.again]).values():
        row.again = True
    dead = {number: each.fault for number, each in zip(numbers, told, strict=True) if each.fault}
    for number, row in outbox.rows_of(session, dead).items():
        outbox.step(session, sync.keys, row, State.DEAD, at, News(dead[number]))
    same = sum(each.wanted.operation is None and not each.wanted.gives_way for each in planned)
    return Written(written=len(told), unchanged=same, superseded=gone)


def _record(session: Session, sync: Sync, planned: _Planned, rows: Mapping[int, Outbox]) -> Record:
    """Make the record of what is wanted; a deletion says what was told last."""
    record = replace(planned.record, operation=planned.wanted.operation or Operation.INSERT)
    if planned.before is None:
        return record
    return replace(record, content=contents.opened(session, sync.keys, rows[planned.before]))


def read(session: Session, sync: Sync, subject: Subject) -> Content | str | None:
    """Read a thing as it stands; the code of what went wrong where it cannot be read, whosever fault that is."""
    try:
        return sync.kinds[subject.kind].read(session, sync.parts, subject.id)
    except (SQLAlchemyError, DatabaseUnreachable, DatabaseBusy):
        raise
    except DomainError as error:
        return error.code
    except Exception:
        logger.exception("cannot read %s", subject.kind)
        return INTERNAL_FAULT
