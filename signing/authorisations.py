"""Who may use a seal without holding it: the owner's written leave, and the uses under it (用印登记).

A leave names one system, a type of document or any, an act or any, a region, a period and a ceiling a day; it counts
only after a second person of the owner confirmed it. Nothing else lets a system sign: a token with the scope is not
enough. A use goes on record, and counts against the ceiling, before anything is signed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.identifiers import RegionCode
from base.workdays import local_day
from keys.parties.systems import system_of
from signing import register
from signing.acting import ROOM
from signing.errors import (
    CeilingReached,
    NoSuchAuthorisation,
    SamePerson,
    SealNotUsable,
    SealStepNotAllowed,
    UnusableAuthorisation,
    UseNotAuthorised,
)
from signing.life import State
from signing.models import ANY, DONE, FAILED, INTENDED, Seal, SealAuthorisation, SealEdition, SealUse

THING: Final = "seal-authorisation"
HIGHEST_CEILING: Final = 1_000_000
_REASONS: Final = ("no-authorisation", "not-confirmed", "other-type", "other-act", "other-region", "other-time")


@dataclass(frozen=True)
class Leave:
    """What an owner allows."""

    system: str
    document_type: str
    act: str
    region: str
    valid_from: datetime
    valid_until: datetime
    ceiling: int
    basis: str


@dataclass(frozen=True)
class Use:
    """What a seal is to be used for."""

    document_type: str
    act: str
    region: str
    reason: str
    draft_sm3: str


def authorisation_of(session: Session, authorisation: str, *, locked: bool = False) -> SealAuthorisation:
    """Give an authorisation. Raises `NoSuchAuthorisation`."""
    query = select(SealAuthorisation).where(SealAuthorisation.id == authorisation)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchAuthorisation(authorisation)
    return found


def propose(session: Session, seal: Seal, leave: Leave, by: Caller, at: datetime) -> SealAuthorisation:
    """Propose that a system may use the seal; it counts once another person of the owner has confirmed it.

    Raises `PersonNeeded`, `NotTheOwners`, `UnusableAuthorisation`, `NoSuchSystem`.
    """
    register.require_own_person(seal, by, "authorise")
    system_of(session, leave.system)
    if leave.valid_until <= max(leave.valid_from, at):
        raise UnusableAuthorisation("empty-period")
    if not 1 <= leave.ceiling <= HIGHEST_CEILING:
        raise UnusableAuthorisation("ceiling")
    row = SealAuthorisation(
        id=new_id(),
        seal=seal.id,
        system=leave.system,
        document_type=leave.document_type,
        act=leave.act,
        region=leave.region,
        valid_from=leave.valid_from,
        valid_until=leave.valid_until,
        ceiling=leave.ceiling,
        basis=leave.basis,
        proposed_by=actor(by),
        proposed_at=at,
        confirmed_by=None,
        confirmed_at=None,
        withdrawn_by=None,
        withdrawn_at=None,
    )
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "seal-authorisation.proposed", Thing(THING, row.id), 1, seal=seal.id)
    return row


def confirm(session: Session, row: SealAuthorisation, by: Caller, at: datetime) -> SealAuthorisation:
    """Confirm a proposed authorisation, as another person of the owner.

    Raises `PersonNeeded`, `NotTheOwners`, `SamePerson`, `SealStepNotAllowed`.
    """
    register.require_own_person(register.seal_of(session, row.seal), by, "confirm")
    if row.confirmed_at is not None or row.withdrawn_at is not None:
        raise SealStepNotAllowed("confirm", "confirmed" if row.withdrawn_at is None else "withdrawn")
    if row.proposed_by == actor(by):
        raise SamePerson("confirm", "propose")
    row.confirmed_by, row.confirmed_at = actor(by), at
    ROOM.changed(session, by, at, "seal-authorisation.confirmed", Thing(THING, row.id), 2, seal=row.seal)
    return row


def withdraw(session: Session, row: SealAuthorisation, by: Caller, at: datetime) -> SealAuthorisation:
    """Take an authorisation back, at once.

    Raises `PersonNeeded`, `NotTheOwners`, `SealStepNotAllowed`.
    """
    register.require_own_person(register.seal_of(session, row.seal), by, "withdraw")
    if row.withdrawn_at is not None:
        raise SealStepNotAllowed("withdraw", "withdrawn")
    row.withdrawn_by, row.withdrawn_at = actor(by), at
    ROOM.changed(session, by, at, "seal-authorisation.withdrawn", Thing(THING, row.id), 3, seal=row.seal)
    return row


def is_covered(session: Session, seal: str, use: Use, by: Caller, at: datetime) -> bool:
    """Tell whether a leave covers a use, the day's ceiling aside; nothing is locked, counted or put on record."""
    query = select(SealAuthorisation).where(
        SealAuthorisation.seal == seal, SealAuthorisation.system == by.id, SealAuthorisation.withdrawn_at.is_(None)
    )
    return by.kind == "system" and any(_fault(row, use, at) is None for row in session.scalars(query))


def begin(session: Session, seal: Seal, use: Use, by: Caller, at: datetime) -> tuple[SealUse, SealEdition]:
    """Put a use on record before anything is signed, if the seal lives and an authorisation covers it.

    Raises `SealNotUsable`, `UseNotAuthorised`, `CeilingReached`.
    """
    status = register.status_at(session, seal, at)
    edition = status.edition
    if edition is None or not status.usable:
        raise SealNotUsable(seal.id, _why_not(status))
    if edition.state != State.ACTIVE:  # stopped after the moment that is asked about, and before now
        raise SealNotUsable(seal.id, edition.state)
    day = local_day(at)
    leaves = _covering(session, seal, use, by, at)
    leave = next((each for each in leaves if _used(session, each, day) < each.ceiling), None)
    if leave is None:
        raise CeilingReached(leaves[0].id, leaves[0].ceiling)
    row = SealUse(
        id=new_id(),
        seal=seal.id,
        edition=edition.number,
        authorisation=leave.id,
        by=actor(by),
        organisation=by.organisation,
        document_type=use.document_type,
        act=use.act,
        region=use.region,
        reason=use.reason,
        day=day,
        at=at,
        state=INTENDED,
        draft_sm3=use.draft_sm3,
        signed_sm3=None,
        document_sm3=None,
        ended_at=None,
        failure=None,
        facts={},
    )
    session.add(row)
    session.flush()
    _record(session, row, "seal.use-intended", by, at)
    return row, edition


def end(session: Session, row: SealUse, signed_sm3: str, document_sm3: str, by: Caller, at: datetime) -> None:
    """Note what was signed under a use."""
    row.state, row.signed_sm3, row.document_sm3, row.ended_at = DONE, signed_sm3, document_sm3, at
    _record(session, row, "seal.used", by, at, document_sm3=document_sm3)


def give_up(session: Session, row: SealUse, why: str, by: Caller, at: datetime) -> None:
    """Note that nothing was handed out under a use."""
    row.state, row.failure, row.ended_at = FAILED, why, at
    _record(session, row, "seal.use-failed", by, at, why=why)


def _record(session: Session, row: SealUse, act: str, by: Caller, at: datetime, **facts: str) -> None:
    ROOM.record(session, by, at, act, Thing(register.THING, row.seal), use=row.id, edition=row.edition, **facts)


def _why_not(status: register.Status) -> str:
    if status.state is None:
        return "none"
    return status.state.value if status.state is not State.ACTIVE else "out-of-period"


def _used(session: Session, leave: SealAuthorisation, day: date) -> int:
    counted = select(func.count()).where(
        SealUse.authorisation == leave.id, SealUse.day == day, SealUse.state.in_((INTENDED, DONE))
    )
    return session.execute(counted).scalar_one()


def _covering(session: Session, seal: Seal, use: Use, by: Caller, at: datetime) -> list[SealAuthorisation]:
    """Find the leaves that cover a use and lock them, so that two uses at once cannot pass one ceiling.

    Raises `UseNotAuthorised` with the nearest reason.
    """
    query = select(SealAuthorisation).where(
        SealAuthorisation.seal == seal.id, SealAuthorisation.system == by.id, SealAuthorisation.withdrawn_at.is_(None)
    )
    nearest, found = -1, []
    for row in session.scalars(query.order_by(SealAuthorisation.id).with_for_update()):
        fault = _fault(row, use, at)
        if fault is None and by.kind == "system":
            found.append(row)
        nearest = max(nearest, -1 if fault is None else _REASONS.index(fault))
    if found:
        return found
    raise UseNotAuthorised(seal.id, _REASONS[max(nearest, 0)])


def _fault(row: SealAuthorisation, use: Use, at: datetime) -> str | None:
    """Tell the first thing in which a leave does not cover a use."""
    if row.confirmed_at is None:
        return "not-confirmed"
    if row.document_type not in (ANY, use.document_type):
        return "other-type"
    if row.act not in (ANY, use.act):
        return "other-act"
    if not RegionCode(row.region).covers(RegionCode(use.region)):
        return "other-region"
    if not row.valid_from <= at <= row.valid_until:
        return "other-time"
    return None
