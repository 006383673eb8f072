"""Alarms: what was found wrong, on record with its evidence, told once to whoever must act, and settled by a person.

An alarm that stands stops the signing where it *proves* that this house's own statements contradict each other or the
ledger. What a witness merely says, without our signature on it, raises an alarm and stops nothing: nobody outside may
be able to silence the ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit, events, notices
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import canonical
from base.errors import DomainError
from base.journal import DamagedLedger
from keys.checkpoints.errors import (
    CheckpointByUnknownKey,
    CheckpointForged,
    CheckpointOfAnotherLog,
    CheckpointReplayed,
    CheckpointsStopped,
    CheckpointUnreadable,
    CosignatureWrong,
    HistoryContradicted,
    NoSuchAlarm,
    WitnessForgot,
    WitnessKnowsOther,
)
from keys.checkpoints.models import CheckpointAlarm
from keys.checkpoints.wiring import Checkpoints
from keys.parties.acting import ROOM, actor, record

ACTOR: Final = "job:keys.checkpoints"
# What is wrong rather than merely not to be reached.
FINDINGS: Final = (
    HistoryContradicted,
    CheckpointReplayed,
    CheckpointForged,
    CheckpointOfAnotherLog,
    CheckpointByUnknownKey,
    CheckpointUnreadable,
    CosignatureWrong,
    WitnessForgot,
    WitnessKnowsOther,
    DamagedLedger,
)
NOBODY: Final = "-"


@dataclass(frozen=True)
class Found:
    """A finding, the witness it came from if any, and the note that shows it; `stops` says that it is proof."""

    finding: DomainError
    witness: str = ""
    evidence: bytes = b""
    stops: bool = False


def sound(session: Session, parts: Checkpoints, origin: str, found: Found, at: datetime) -> CheckpointAlarm:
    """Put a finding on record and tell it; one that already stands is only counted."""
    code = found.finding.code
    standing = session.scalars(
        select(CheckpointAlarm).where(
            CheckpointAlarm.origin == origin,
            CheckpointAlarm.code == code,
            CheckpointAlarm.witness == found.witness,
            CheckpointAlarm.settled_at.is_(None),
        )
    ).one_or_none()
    if standing is not None:
        standing.seen_at, standing.times, standing.stops = at, standing.times + 1, standing.stops or found.stops
        return standing
    detail = canonical({name: str(value) for name, value in found.finding.facts.items()}).decode()
    row = CheckpointAlarm(
        origin=origin,
        code=code,
        witness=found.witness,
        detail=detail,
        stops=found.stops,
        evidence=found.evidence.decode("utf-8", "replace").replace("\0", "\ufffd"),
        found_at=at,
        seen_at=at,
        times=1,
    )
    session.add(row)
    session.flush()
    thing = Thing("checkpoint-alarm", str(row.id))
    facts = {"finding": code, "witness": found.witness, "detail": detail}
    audit.record(session, Entry(at, ACTOR, "", "keys.checkpoint-alarm.found", thing, outcome="done", facts=facts))
    events.tell(session, events.Event("keys.checkpoint-alarm.found", ROOM, thing, 1, at))
    told = {**facts, "witness": found.witness or NOBODY, "origin": origin, "found_at": at.isoformat()}
    if parts.recipients:
        notices.tell(session, parts.alarm(**told), at)
    return row


def settle(session: Session, number: int, why: str, by: Caller, at: datetime) -> CheckpointAlarm:
    """Note that a person has looked into an alarm, and what it was. Raises `NoSuchAlarm`."""
    row = session.get(CheckpointAlarm, number, with_for_update=True)
    if row is None or row.settled_at is not None:
        raise NoSuchAlarm(number)
    row.settled_at, row.settled_by, row.settled_why = at, actor(by), why
    thing = Thing("checkpoint-alarm", str(row.id))
    record(session, by, at, "keys.checkpoint-alarm.settled", thing, finding=row.code, why=why)
    return row


def standing(session: Session) -> list[CheckpointAlarm]:
    """Give the alarms that nobody has settled, the first found first."""
    query = select(CheckpointAlarm).where(CheckpointAlarm.settled_at.is_(None)).order_by(CheckpointAlarm.id)
    return list(session.scalars(query))


def require_none_stops(session: Session, origin: str) -> None:
    """Refuse to go on while an alarm that proves something stands. Raises `CheckpointsStopped`."""
    for each in standing(session):
        if each.stops and each.origin == origin:
            raise CheckpointsStopped(each.id, each.code)
