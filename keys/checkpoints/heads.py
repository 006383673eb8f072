"""Reads and begins logs and their signed heads. Every head that leaves here was verified under a key of its log.

A log is the ledger under one name. It is begun with the first head and stays the same for good; only after the
database had to be restored to an earlier state is another one begun, by a person and with a reason, since the old
name's heads remember what the restored ledger no longer holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms import sm2
from keys.algorithms.algorithm import PublicKey
from keys.checkpoints.errors import CheckpointForged, NoCheckpointYet, NoSuchCheckpoint, UnusableOrigin
from keys.checkpoints.head import Head, NoteKey, SignedHead, required_origin, verified
from keys.checkpoints.models import (
    PASSED,
    WAITING,
    Checkpoint,
    CheckpointAlarm,
    CheckpointKey,
    CheckpointLog,
    WitnessDelivery,
)
from keys.parties.acting import actor, record

# The last heads, and of the earlier ones each that is about twice as far back: enough to say where two histories part.
LAST_HEADS: Final = 64


@dataclass(frozen=True)
class Kept:
    """A signed head as it is kept."""

    number: int
    signed: SignedHead
    key_id: str
    signed_at: datetime


def present_log(session: Session) -> CheckpointLog | None:
    """Give the log whose heads are signed now."""
    query = select(CheckpointLog).where(CheckpointLog.ended_at.is_(None)).order_by(CheckpointLog.begun_at.desc())
    return session.scalars(query.limit(1)).first()


def begin(session: Session, origin: str, why: str, by: Caller, at: datetime) -> CheckpointLog:
    """Begin a log under a new name; the one before is ended with its alarms and with what witnesses still wait for.

    Raises `UnusableOrigin`.
    """
    required_origin(origin)
    if session.get(CheckpointLog, origin) is not None:
        raise UnusableOrigin(origin)
    before = present_log(session)
    if before is not None:
        before.ended_at = at
        _put_away(session, before.origin, by, at, why)
    log = CheckpointLog(origin=origin, begun_by=actor(by), begun_at=at, begun_why=why)
    session.add(log)
    session.flush()
    facts = {"after": before.origin if before else "", "why": why}
    record(session, by, at, "keys.checkpoint-log.begun", Thing("checkpoint-log", origin), **facts)
    return log


def keys_of(session: Session, origin: str) -> tuple[NoteKey, ...]:
    """Give the keys that signed heads of a log, the newest first."""
    rows = session.scalars(
        select(CheckpointKey).where(CheckpointKey.origin == origin).order_by(CheckpointKey.since.desc())
    )
    return tuple(NoteKey(origin, sm2.PublicKey(each.point)) for each in rows)


def take_in_key(session: Session, origin: str, key_id: str, public: PublicKey, by: Caller, at: datetime) -> NoteKey:
    """Put the public half of a key on record before it signs its first head.

    Raises `UnusableCheckpointKey`.
    """
    key = NoteKey.of(origin, public)
    if session.get(CheckpointKey, (origin, key.hash.hex())) is None:
        row = CheckpointKey(origin=origin, hash=key.hash.hex(), key_id=key_id, point=key.public.point, since=at)
        session.add(row)
        session.flush()
        thing = Thing("checkpoint-key", key.hash.hex())
        record(session, by, at, "keys.checkpoint-key.taken-in", thing, key=key.text)
    return key


def latest(session: Session, origin: str) -> Kept | None:
    """Give the last signed head of a log. Raises what `kept` raises."""
    query = select(Checkpoint).where(Checkpoint.origin == origin, Checkpoint.note.is_not(None))
    row = session.scalars(query.order_by(Checkpoint.number.desc()).limit(1)).first()
    return None if row is None else kept(session, row)


def present(session: Session) -> Kept:
    """Give the last signed head of the present log. Raises `NoCheckpointYet` and what `kept` raises."""
    log = present_log(session)
    found = latest(session, log.origin) if log is not None else None
    if found is None:
        raise NoCheckpointYet
    return found


def of_number(session: Session, number: int) -> Kept:
    """Give the signed head of that number. Raises `NoSuchCheckpoint` and what `kept` raises."""
    row = session.get(Checkpoint, number)
    if row is None or row.note is None:
        raise NoSuchCheckpoint(number)
    return kept(session, row)


def kept(session: Session, row: Checkpoint) -> Kept:
    """Verify a kept head, and that its row says what its note says.

    Raises `CheckpointForged`, `CheckpointUnreadable`, `CheckpointOfAnotherLog`, `CheckpointByUnknownKey`.
    """
    signed = verified((row.note or "").encode(), row.origin, keys_of(session, row.origin))
    if signed.head != head_of(row):
        raise CheckpointForged(row.size)
    return Kept(row.number, signed, row.key_id, row.signed_at or row.at)


def head_of(row: Checkpoint) -> Head:
    """Give the head that a row says, signed or not."""
    return Head(row.origin, row.size, bytes.fromhex(row.root), row.at)


def intended(session: Session, origin: str) -> Checkpoint | None:
    """Give the head that was put on record and not yet signed."""
    query = select(Checkpoint).where(Checkpoint.origin == origin, Checkpoint.note.is_(None))
    return session.scalars(query.order_by(Checkpoint.number).limit(1)).first()


def thinned(session: Session, origin: str) -> Sequence[Checkpoint]:
    """Give signed heads of a log: the last ones, and earlier ones ever further apart."""
    of_log = (Checkpoint.origin == origin, Checkpoint.note.is_not(None))
    last = session.scalar(select(func.max(Checkpoint.number)).where(*of_log)) or 0
    wanted = set(range(max(0, last - LAST_HEADS), last + 1)) | {last - (1 << each) for each in range(last.bit_length())}
    query = select(Checkpoint).where(*of_log, Checkpoint.number.in_(sorted(wanted)))
    return session.scalars(query.order_by(Checkpoint.number)).all()


def next_number(session: Session) -> int:
    """Give the number of the next head."""
    return (session.scalar(select(func.max(Checkpoint.number))) or 0) + 1


def _put_away(session: Session, origin: str, by: Caller, at: datetime, why: str) -> None:
    session.execute(
        update(CheckpointAlarm)
        .where(CheckpointAlarm.origin == origin, CheckpointAlarm.settled_at.is_(None))
        .values(settled_at=at, settled_by=actor(by), settled_why=why)
        .execution_options(synchronize_session=False)
    )
    numbers = select(Checkpoint.number).where(Checkpoint.origin == origin)
    session.execute(
        update(WitnessDelivery)
        .where(WitnessDelivery.number.in_(numbers), WitnessDelivery.state == WAITING)
        .values(state=PASSED, settled_at=at, code="log-ended")
        .execution_options(synchronize_session=False)
    )
