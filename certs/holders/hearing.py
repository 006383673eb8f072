"""What becomes of a holder's objection: answered, told to all who received it, accepted or disputed, ruled on, over.

*Kept*, with the reason; or *corrected*, which of what a certificate says is true only when another version came in its
place or it was ended. The holder and every organisation that received what was wrong are told, each with a term;
whoever says nothing keeps nobody waiting. A dispute goes to an authority that is no party to it
(`exchange.objections.judging`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, notices, workdays
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.errors import Fact
from base.notices import Notice, Person, Role
from certs import library
from certs.holders import objections, uses
from certs.holders.errors import (
    NoSuchHolderObjection,
    NothingCorrected,
    NotTheirDuty,
    ObjectionAnswered,
)
from certs.holders.models import HolderAnswer, HolderBinding, HolderObjection, HolderObjectionReceiver, HolderUse
from certs.holders.objections import HEARING, HOLDER, ISSUER, KINDS, OBJECTION, About, kept, put, standing
from certs.life import State as CertificateState
from certs.wiring import Certs
from exchange import substitutions, tasks, terms
from exchange.agreements.errors import ReasonNeeded
from exchange.door.outcomes import Outcome as Ended
from exchange.objections import finding, judging, life, receivers
from exchange.objections.life import ROLE_OF, TURNS, Outcome, Side, State, Step
from exchange.objections.objections import OBJECTORS
from exchange.objections.wiring import Objecting
from exchange.tasks import Duty

# In these a certificate serves no more, whatever comes in its place.
ENDED: Final = frozenset(
    {
        CertificateState.CHANGED,
        CertificateState.RENEWED,
        CertificateState.REVOKED,
        CertificateState.CANCELLED,
        CertificateState.TRANSFERRED,
    }
)
BY_CLOCK: Final = Caller("system", "certs", "certs")
STEP_OF: Final = {Outcome.CORRECTED: Step.CORRECT, Outcome.KEPT: Step.KEEP}
# What each step is called in the record.
NAMED: Final = {
    Step.CONFIRM: "confirmed",
    Step.DISPUTE: "disputed",
    Step.UPHOLD: "upheld",
    Step.REDO: "sent-back",
    Step.LAPSE: "lapsed",
}
# One run of the job; the next takes the rest.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Disputing:
    """What certificates are kept with, and who rules in the last place."""

    certs: Certs
    objecting: Objecting


def answer(
    session: Session, parts: Certs, row: HolderObjection, outcome: Outcome, reason: str, by: Caller, at: datetime
) -> HolderAnswer:
    """Answer an objection: kept or corrected, each with its reason; the holder and all who received it are told.

    Raises `NoSuchHolderObjection`, `ObjectionAnswered`, `NotTheirDuty`, `NothingCorrected`.
    """
    if by.organisation != row.addressee:
        raise NoSuchHolderObjection(row.id)
    if State(row.state) is not State.VERIFYING:
        raise ObjectionAnswered(row.id, row.state)
    _require_duty(session, row, by, at)
    instead = _corrected(session, row) if outcome is Outcome.CORRECTED else None
    made = HolderAnswer(
        objection=row.id,
        state=outcome.value,
        reason=parts.keys.seal(session, reason.encode(), objections.bound_answer(row.id)),
        identifier=instead,
        answered_by=actor(by),
        answered_at=at,
    )
    session.add(made)
    tasks.close(session, Thing(OBJECTION, row.id), by, at)
    name = objections.name_of(session, parts, row)
    told = receivers.tell(session, HEARING, row.id, f"持证主体异议答复：{name}", _counted(session, row, at), at)
    put(row, life.answered(standing(session, row), STEP_OF[outcome], [HOLDER, *(each.organisation for each in told)]))
    row.due_at = _due(session, at)
    facts: dict[str, Fact] = {"type": name, "due": workdays.local_day(row.due_at).isoformat()}
    _tell_holder(session, row, f"{OBJECTION}-{outcome.value}", facts, at)
    whom = tuple(Role(each.organisation, receivers.ROLE) for each in told)
    received: dict[str, Fact] = {"type": name, "objection": row.id}
    notices.tell(session, Notice(KINDS[f"{OBJECTION}-received-{outcome.value}"], received, whom), at)
    heard: list[Json] = [each.organisation for each in told]
    kept(session, parts.keys, row, outcome.value, reason, by, at, of_holder=False, receivers=heard)
    return made


def say(
    session: Session,
    house: Disputing,
    row: HolderObjection,
    step: Step,
    reason: str,
    by: Caller,
    at: datetime,
) -> HolderObjection:
    """Accept an answer, or dispute it with the reason, as its holder.

    Raises `ObjectionStepNotAllowed`, `ReasonNeeded`, `NobodyToRule`.
    """
    return _said(session, house, row, step, HOLDER, reason, by, at)


def hear(
    session: Session,
    house: Disputing,
    row: HolderObjection,
    step: Step,
    reason: str,
    by: Caller,
    at: datetime,
) -> HolderObjection:
    """Confirm an answer, or dispute it with the reason, as an organisation that received what was wrong.

    Raises `NoSuchHolderObjection`, `ObjectionStepNotAllowed`, `ReasonNeeded`, `NotTheirDuty`, `NobodyToRule`.
    """
    organisation = by.organisation or ""
    if session.get(HolderObjectionReceiver, (row.id, organisation)) is None:
        raise NoSuchHolderObjection(row.id)
    if not OBJECTORS & set(substitutions.roles_of(session, by, at)):
        raise NotTheirDuty(row.id, receivers.ROLE)
    return _said(session, house, row, step, organisation, reason, by, at)


def rule(
    session: Session, parts: Certs, row: HolderObjection, step: Step, reason: str, by: Caller, at: datetime
) -> HolderObjection:
    """Uphold the answer, or send it back to be verified again, as the authority that is no party.

    Raises `NoSuchHolderObjection`, `NotTheirDuty`, `ObjectionStepNotAllowed`, `ReasonNeeded`.
    """
    if not judging.may_rule(session, row.judge, by.organisation or "", _parties(session, row)):
        raise NoSuchHolderObjection(row.id)
    role = ROLE_OF[Side.AUTHORITY]
    if role not in substitutions.roles_of(session, by, at):
        raise NotTheirDuty(row.id, role)
    if not reason.strip():
        raise ReasonNeeded(step.value)
    put(row, life.moved(standing(session, row), step))
    tasks.close(session, Thing(OBJECTION, row.id), by, at)
    name = objections.name_of(session, parts, row)
    if State(row.state) is State.VERIFYING:
        if (answered := session.get(HolderAnswer, row.id)) is not None:
            session.delete(answered)
        _give(session, row, row.addressee, row.addressee_role, name, at)
    _moved(session, row, name, at)
    return kept(session, parts.keys, row, NAMED[step], reason, by, at, of_holder=False)


def lapse(session: Session, parts: Certs, row: HolderObjection, who: Collection[str], at: datetime) -> HolderObjection:
    """Go on without those who said nothing until their term was over. Raises `ObjectionStepNotAllowed`."""
    _spoken(session, row, Step.LAPSE, who, BY_CLOCK, at)
    if State(row.state) is State.SETTLED:
        _moved(session, row, objections.name_of(session, parts, row), at)
    return kept(session, parts.keys, row, NAMED[Step.LAPSE], "", BY_CLOCK, at, unconfirmed=[*sorted(who)])


def silent(session: Session, at: datetime) -> set[str]:
    """Give the objections in which somebody's term is over: a receiver's, who was told so, or the holder's."""
    query = select(HolderObjection.id).where(
        HolderObjection.state == State.TELLING.value,
        HolderObjection.due_at <= at,
        HolderObjection.heard == life.Heard.TOLD.value,
    )
    mine = session.scalars(query.order_by(HolderObjection.due_at, HolderObjection.id).limit(MOST_AT_ONCE))
    return {*mine, *receivers.silent(session, HEARING, at)}


def silent_of(session: Session, row: HolderObjection, at: datetime) -> set[str]:
    """Give whose term is over in one objection."""
    is_holder = row.due_at is not None and row.due_at <= at and row.heard == life.Heard.TOLD.value
    return ({HOLDER} if is_holder else set()) | receivers.silent_of(session, HEARING, row.id, at)


def _said(
    session: Session,
    house: Disputing,
    row: HolderObjection,
    step: Step,
    who: str,
    reason: str,
    by: Caller,
    at: datetime,
) -> HolderObjection:
    if life.move_of(State(row.state), step).needs_reason and not reason.strip():
        raise ReasonNeeded(step.value)
    _spoken(session, row, step, {who}, by, at)
    name = objections.name_of(session, house.certs, row)
    if step is Step.DISPUTE:
        between = (row.addressee, row.addressee)
        row.judge = judging.judge_of(session, house.objecting, row.id, between, _parties(session, row))
        _give(session, row, row.judge, ROLE_OF[Side.AUTHORITY], name, at)
    if State(row.state) is not State.TELLING:
        _moved(session, row, name, at)
    return kept(session, house.certs.keys, row, NAMED[step], reason, by, at, of_holder=who == HOLDER)


def _spoken(session: Session, row: HolderObjection, step: Step, who: Collection[str], by: Caller, at: datetime) -> None:
    found = HEARING.of(session, row.id)
    now = life.spoken(standing(session, row), step, who, {HOLDER, *receivers.awaited(session, found)})
    for each in found:
        if each.organisation in who:
            receivers.say(session, HEARING, each, row.id, step, by, at)
    put(row, now)
    if now.state is not State.TELLING:
        receivers.close(session, HEARING, row.id, by, at)


def _parties(session: Session, row: HolderObjection) -> set[str]:
    return life.parties(row.addressee, "", receivers.heard(HEARING.of(session, row.id)))


def _require_duty(session: Session, row: HolderObjection, by: Caller, at: datetime) -> None:
    """A person answers in the role whose duty it is, or for who has it; an issuer's system answers for its issuer."""
    role = row.addressee_role
    if by.kind == "system":
        if role != ISSUER:
            raise NotTheirDuty(row.id, role)
    elif role not in substitutions.roles_of(session, by, at):
        raise NotTheirDuty(row.id, role)


def _corrected(session: Session, row: HolderObjection) -> str | None:
    """Give what came in the place of the certificate; of a use nothing has to. Raises `NothingCorrected`."""
    if row.about == About.USE.value or not row.identifier:
        return None
    certificate = library.certificate_of(session, row.identifier)
    if CertificateState(certificate.state) not in ENDED:
        raise NothingCorrected(row.id, row.identifier)
    return certificate.superseded_by


def _counted(session: Session, row: HolderObjection, at: datetime) -> dict[str, int]:
    """Count the uses by which others received what is wrong; of a use nobody else has anything to hear."""
    if row.about == About.USE.value:
        return {}
    use = objections.use_of(session, row)
    is_data = use is not None and use.kind == uses.DATA
    thing = use.identifier if is_data and use is not None else row.identifier
    query = select(HolderUse.organisation, HolderUse.fields).where(
        HolderUse.holder_hash == row.holder_hash,
        HolderUse.identifier == thing,
        HolderUse.outcome == Ended.FOUND.value,
        HolderUse.at >= at - finding.TOLD_OF,
        (HolderUse.kind == uses.DATA) if is_data else (HolderUse.kind != uses.DATA),
    )
    counted: dict[str, int] = {}
    for organisation, fields in session.execute(query):
        if organisation != row.addressee and (not row.field or row.field in fields):
            counted[organisation] = counted.get(organisation, 0) + 1
    return counted


def _due(session: Session, at: datetime) -> datetime:
    """Give until when the holder may dispute: as long as those who received it; past the calendar every day counts."""
    days = terms.term_of(session, TURNS[State.TELLING].duty).days
    return workdays.deadline_or_sooner(calendar.calendar(session), at, days).ends_at


def _give(session: Session, row: HolderObjection, whose: str, role: str, name: str, at: datetime) -> None:
    duty = TURNS[State(row.state)].duty
    owed = Duty(duty, Thing(OBJECTION, row.id), f"持证主体异议：{name}", whose, role)
    tasks.open_task(session, owed, at, counts=workdays.deadline_or_sooner)


def _moved(session: Session, row: HolderObjection, name: str, at: datetime) -> None:
    """Tell the holder, whoever has to answer and all who were told that it moved on."""
    facts = _facts(row, name)
    _tell_holder(session, row, f"{OBJECTION}-moved", facts, at)
    whom = {row.addressee: row.addressee_role}
    whom |= {each.organisation: receivers.ROLE for each in HEARING.of(session, row.id)}
    others = tuple(Role(*each) for each in sorted(whom.items()))
    notices.tell(session, Notice(KINDS[f"{OBJECTION}-moved"], facts, others), at)


def _facts(row: HolderObjection, name: str) -> dict[str, Fact]:
    return {"type": name, "objection": row.id, "state": row.state}


def _tell_holder(session: Session, row: HolderObjection, kind: str, facts: dict[str, Fact], at: datetime) -> None:
    query = select(HolderBinding).where(HolderBinding.code_hash == row.holder_hash)
    bound = [each for each in session.scalars(query) if each.ends_at is None or at < each.ends_at]
    if bound:
        notices.tell(session, Notice(KINDS[kind], facts, tuple(Person(each.person) for each in bound)), at)
