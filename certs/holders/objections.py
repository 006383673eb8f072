"""Objections of holders to a use of theirs: begun, answered within working days, told to the holder, or taken back.

Whose duty the answer is: of what a certificate says, its issuer's; where the issuer is not on this platform, as with
certificates that are collected from elsewhere, of whoever put it into the library, who can have it corrected at its
source. Of its having been used, whoever used it. The term, the reminders and the telling of the authority above when
it is over are the work of `exchange.tasks` (duty `correction`); a late answer is an answer all the same.

An objection ends *kept*, with the reason; or *corrected*, which of what a certificate says is true only when another
version came in its place or it was ended; or *withdrawn*. Whoever may speak for the holder is told.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base import notices
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.notices import Notice, Person, kinds_in
from certs import library, types
from certs.acting import ROOM
from certs.contents import Keys
from certs.holders.errors import (
    NoSuchHolderObjection,
    NothingCorrected,
    NotTheirDuty,
    ObjectionAnswered,
    ObjectionOpen,
)
from certs.holders.models import HolderAnswer, HolderBinding, HolderObjection, HolderUse
from certs.life import State as Life
from certs.models import Certificate
from certs.wiring import Certs
from exchange import substitutions, tasks
from exchange.models import Task
from exchange.tasks import Duty
from keys.parties import organisations
from keys.parties.models import ACTIVE

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
OBJECTION: Final = "holder-objection"
# The term of checking and correcting on request (校核, 国令第809号 article 26).
DUTY: Final = "correction"
OPEN: Final = "open"
ISSUER, USER, AUTHORITY = "issuer", "requester", "authority"
# In these a certificate serves no more, whatever comes in its place.
ENDED: Final = frozenset({Life.CHANGED, Life.RENEWED, Life.REVOKED, Life.CANCELLED, Life.TRANSFERRED})


class About(enum.StrEnum):
    """What is wrong: what the certificate says, or that it was used."""

    CONTENT = "content"
    USE = "use"


class Outcome(enum.StrEnum):
    """How an objection ends."""

    KEPT = "kept"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


STATES: Final = (OPEN, *(each.value for each in Outcome))


@dataclass(frozen=True)
class Told:
    """An objection with everything that those may read whom it concerns."""

    row: HolderObjection
    text: str = field(repr=False)
    due_at: datetime
    escalated_to: str | None
    answer: HolderAnswer | None
    reason: str = field(repr=False)

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether the term is over and nobody has answered."""
        return self.row.state == OPEN and at >= self.due_at


def begin(
    session: Session, parts: Certs, use: HolderUse, about: About, text: str, by: Caller, at: datetime
) -> HolderObjection:
    """Begin an objection, and give it as a task to whoever has to answer it. Raises `ObjectionOpen`."""
    _require_none_open(session, use, about)
    number, type_ = new_id(), types.type_of(parts.types, use.type)
    addressee, role = _addressee(session, use, about)
    row = HolderObjection(
        id=number,
        usage=use.usage,
        holder_hash=use.holder_hash,
        identifier=use.identifier,
        about=about.value,
        addressee=addressee,
        text=parts.keys.seal(session, text.encode(), _bound(number)),
        state=OPEN,
        at=at,
    )
    session.add(row)
    session.flush()
    thing = Thing(OBJECTION, number)
    tasks.open_task(session, Duty(DUTY, thing, f"持证主体异议：{type_.name}", addressee, role), at)
    ROOM.changed(session, by, at, "holder-objection.begun", thing, about=about.value, addressee=addressee)
    return row


def answer(
    session: Session, parts: Certs, row: HolderObjection, outcome: Outcome, reason: str, by: Caller, at: datetime
) -> HolderAnswer:
    """Answer an objection: kept or corrected, each with its reason; the holder is told.

    Raises `NoSuchHolderObjection`, `ObjectionAnswered`, `NotTheirDuty`, `NothingCorrected`.
    """
    if by.organisation != row.addressee:
        raise NoSuchHolderObjection(row.id)
    _require_open(row)
    _require_duty(session, row, by, at)
    instead = _corrected(session, row) if outcome is Outcome.CORRECTED else None
    made = _ended(session, parts.keys, row, outcome, reason, instead, by, at)
    certificate = session.get(Certificate, row.identifier) if row.identifier else None
    type_code = certificate.type if certificate else _use_of(session, row).type
    _tell(session, row, outcome, types.type_of(parts.types, type_code).name, at)
    return made


def withdraw(session: Session, keys: Keys, row: HolderObjection, by: Caller, at: datetime) -> HolderAnswer:
    """Take an objection back, as its holder. Raises `ObjectionAnswered`."""
    _require_open(row)
    return _ended(session, keys, row, Outcome.WITHDRAWN, "", None, by, at)


def of_holder(session: Session, objection: str, holders: Sequence[str]) -> HolderObjection:
    """Find one of a holder's own. Raises `NoSuchHolderObjection`."""
    query = select(HolderObjection).where(HolderObjection.id == objection, HolderObjection.holder_hash.in_(holders))
    return _found(session, query, objection)


def of_organisation(session: Session, objection: str, by: Caller) -> HolderObjection:
    """Find one that the organisation is to answer, or that was told to it as the authority above.

    Raises `NoSuchHolderObjection`.
    """
    return _found(session, seen_by(by).where(HolderObjection.id == objection), objection)


def seen_by(by: Caller, state: str | None = None) -> Select[HolderObjection]:
    """Ask for the objections that an organisation is to answer, or that came to it when their term was over."""
    whose = [HolderObjection.addressee == by.organisation]
    if AUTHORITY in by.roles:
        missed = select(Task.thing_id).where(Task.thing_kind == OBJECTION, Task.escalated_to == by.organisation)
        whose.append(HolderObjection.id.in_(missed))
    query = select(HolderObjection).where(or_(*whose))
    return query.where(HolderObjection.state == state) if state else query


def own(session: Session, keys: Keys, holders: Sequence[str]) -> list[Told]:
    """List a holder's objections, the newest first."""
    query = select(HolderObjection).where(HolderObjection.holder_hash.in_(holders))
    rows = session.scalars(query.order_by(HolderObjection.at.desc(), HolderObjection.id))
    return [told(session, keys, row) for row in rows]


def told(session: Session, keys: Keys, row: HolderObjection) -> Told:
    """Read an objection, its term and its answer."""
    task = _task_of(session, row)
    answered = session.get(HolderAnswer, row.id)
    reason = keys.open(session, answered.reason, _bound_answer(row.id)).decode() if answered else ""
    text = keys.open(session, row.text, _bound(row.id)).decode()
    return Told(row, text, task.due_at, task.escalated_to, answered, reason)


def states(session: Session, holders: Sequence[str], usages: Sequence[str]) -> dict[str, HolderObjection]:
    """Give the newest objection of holders to each of some uses."""
    query = select(HolderObjection).where(HolderObjection.holder_hash.in_(holders), HolderObjection.usage.in_(usages))
    return {row.usage: row for row in session.scalars(query.order_by(HolderObjection.at, HolderObjection.id))}


def _require_none_open(session: Session, use: HolderUse, about: About) -> None:
    query = select(HolderObjection.id).where(
        HolderObjection.usage == use.usage,
        HolderObjection.holder_hash == use.holder_hash,
        HolderObjection.about == about.value,
        HolderObjection.state == OPEN,
    )
    if (again := session.scalars(query).first()) is not None:
        raise ObjectionOpen(again)


def _addressee(session: Session, use: HolderUse, about: About) -> tuple[str, str]:
    """Find who has to answer, and in which role."""
    issued = session.get(Certificate, use.identifier) if use.identifier else None
    if about is not About.CONTENT or issued is None:
        return use.organisation, USER
    candidates = list(dict.fromkeys((issued.issuer, library.entered_by(session, issued))))
    known = organisations.known(session, candidates)
    active = [each for each in candidates if each in known and known[each].state == ACTIVE]
    return (active[0], ISSUER) if active else (use.organisation, USER)


def _require_open(row: HolderObjection) -> None:
    if row.state != OPEN:
        raise ObjectionAnswered(row.id, row.state)


def _require_duty(session: Session, row: HolderObjection, by: Caller, at: datetime) -> None:
    """A person answers in the role whose duty it is, or for who has it; an issuer's system answers for its issuer."""
    role = _task_of(session, row).role
    if by.kind == "system":
        if role != ISSUER:
            raise NotTheirDuty(row.id, role)
    elif role not in substitutions.roles_of(session, by, at):
        raise NotTheirDuty(row.id, role)


def _corrected(session: Session, row: HolderObjection) -> str | None:
    """Give what came in the place of the certificate; of a use nothing has to. Raises `NothingCorrected`."""
    if row.about != About.CONTENT.value or not row.identifier:
        return None
    certificate = library.certificate_of(session, row.identifier)
    if Life(certificate.state) not in ENDED:
        raise NothingCorrected(row.id, row.identifier)
    return certificate.superseded_by


def _ended(
    session: Session,
    keys: Keys,
    row: HolderObjection,
    outcome: Outcome,
    reason: str,
    instead: str | None,
    by: Caller,
    at: datetime,
) -> HolderAnswer:
    made = HolderAnswer(
        objection=row.id,
        state=outcome.value,
        reason=keys.seal(session, reason.encode(), _bound_answer(row.id)),
        identifier=instead,
        answered_by=actor(by),
        answered_at=at,
    )
    row.state = outcome.value
    session.add(made)
    thing = Thing(OBJECTION, row.id)
    tasks.close(session, thing, by, at)
    session.flush()
    ROOM.changed(session, by, at, f"holder-objection.{outcome.value}", thing, 2, addressee=row.addressee)
    return made


def _tell(session: Session, row: HolderObjection, outcome: Outcome, name: str, at: datetime) -> None:
    query = select(HolderBinding).where(HolderBinding.code_hash == row.holder_hash)
    bound = [each for each in session.scalars(query) if each.ends_at is None or at < each.ends_at]
    if bound:
        recipients = tuple(Person(each.person) for each in bound)
        notices.tell(session, Notice(KINDS[f"{OBJECTION}-{outcome.value}"], {"type": name}, recipients), at)


def _task_of(session: Session, row: HolderObjection) -> Task:
    query = select(Task).where(Task.thing_kind == OBJECTION, Task.thing_id == row.id)
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def _use_of(session: Session, row: HolderObjection) -> HolderUse:
    query = select(HolderUse).where(HolderUse.usage == row.usage, HolderUse.holder_hash == row.holder_hash)
    return session.scalars(query.order_by(HolderUse.type).limit(1)).one()


def _found(session: Session, query: Select[HolderObjection], objection: str) -> HolderObjection:
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NoSuchHolderObjection(objection)
    return row


def _bound(number: str) -> bytes:
    return f"certs:objection:{number}".encode()


def _bound_answer(number: str) -> bytes:
    return f"certs:objection-answer:{number}".encode()
