"""What a person does about rows that stopped: retries them, or corrects what they say and has that told.

A correction is kept apart from what was written; who made it and why stands in the ledger, never what it says. A row
that a later version of its thing has overtaken is left alone: telling it now would undo the later one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from catalog_sync import changes, contents, outbox
from catalog_sync.acting import ROOM
from catalog_sync.departments import department_of
from catalog_sync.errors import SyncOvertaken, SyncStepNotAllowed
from catalog_sync.models import Outbox
from catalog_sync.outbox import News
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import FINAL, STOPPED, State
from catalog_sync.wiring import Sync


@dataclass(frozen=True)
class Correction:
    """What a row is to say instead, and why."""

    content: Mapping[str, Json] = field(repr=False)
    reason: str


def retry(session: Session, sync: Sync, number: int, by: Caller, at: datetime) -> Outbox:
    """Have a row told again, as if it had never been tried; one that waits between tries goes now.

    Raises `NoSuchOutboxRow`, `SyncStepNotAllowed`, `SyncOvertaken`.
    """
    row = outbox.row_of(session, number, locked=True)
    state = State(row.state)
    if state in FINAL or state is State.ACCEPTED or (state is State.SENT and not row.tries):
        raise SyncStepNotAllowed(number, row.state, "retry")
    if state in STOPPED:
        _not_overtaken(session, row)
        if not row.attempts:
            _read_again(session, sync, row)
        outbox.step(session, sync.keys, row, State.WAITING, at, News("retried", by=by))
    _fresh(row, at)
    ROOM.record(session, by, at, "sync.retried", _thing(row), was=state.value)
    return row


def correct(session: Session, sync: Sync, number: int, correction: Correction, by: Caller, at: datetime) -> Outbox:
    """Have something else told under a row's version.

    Raises `NoSuchOutboxRow`, `SyncStepNotAllowed`, `SyncOvertaken`, `NotCanonical`.
    """
    row = outbox.row_of(session, number, locked=True)
    if State(row.state) not in STOPPED:
        raise SyncStepNotAllowed(number, row.state, "correct")
    _not_overtaken(session, row)
    before = row.content_sm3
    subject, operation = Subject(row.kind, row.thing), Operation(row.operation)
    record = Record(subject, row.version, operation, correction.content)
    row.corrected = contents.sealed(session, sync.keys, row.target, record, "corrected")
    _says(row, record)
    outbox.step(session, sync.keys, row, State.WAITING, at, News("corrected", correction.reason, by))
    _fresh(row, at)
    facts = {"reason": correction.reason, "before": before, "after": row.content_sm3}
    ROOM.changed(session, by, at, "sync.corrected", _thing(row), row.version, **facts)
    return row


def _fresh(row: Outbox, at: datetime) -> None:
    row.tries, row.answers, row.pause, row.next_at = 0, None, 0, at
    # What may have arrived is looked at among the rows that were tried.
    row.tried_at = at if row.unsure else None


def _read_again(session: Session, sync: Sync, row: Outbox) -> None:
    """Read a thing that could not be read when its row was written. Raises `SyncStepNotAllowed` when it cannot."""
    subject = Subject(row.kind, row.thing)
    found = changes.read(session, sync, subject)
    if found is None or isinstance(found, str):
        raise SyncStepNotAllowed(row.number, found or "gone", "retry")
    record = Record(subject, row.version, Operation(row.operation), found.members, found.needs)
    row.content = contents.sealed(session, sync.keys, row.target, record)
    _says(row, record)
    row.needs = [[each.kind, each.id] for each in record.needs]


def _says(row: Outbox, record: Record) -> None:
    row.content_sm3, row.key = record.digest, record.key
    row.department = department_of(row.kind, record.content)


def _not_overtaken(session: Session, row: Outbox) -> None:
    same = (Outbox.target == row.target, Outbox.kind == row.kind, Outbox.thing == row.thing)
    later = select(Outbox.version).where(*same, Outbox.version > row.version, Outbox.state != State.SUPERSEDED.value)
    version = session.scalars(later.order_by(Outbox.version.desc()).limit(1)).first()
    if version is not None:
        raise SyncOvertaken(row.number, version)


def _thing(row: Outbox) -> Thing:
    return Thing("sync-row", str(row.number))
