"""Objections of holders: to what a certificate says, to one of its fields, or to a use; begun, followed, taken back.

Whose duty the answer is: of what a certificate says, its issuer's; where the issuer is not on this platform, as with
certificates that are collected from elsewhere, of whoever put it into the library, who can have it corrected at its
source. Of a directory's data, its owner's. Of its having been used, whoever used it. Their life is that of departments'
objections (`exchange.objections.life`); what organisations do in it is `certs.holders.hearing`. Terms, reminders and
the telling of the authority above are the work of `exchange.tasks`; a late answer is an answer all the same.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base import workdays
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from base.notices import kinds_in
from certs import library, types
from certs.acting import ROOM
from certs.contents import Keys
from certs.holders import uses
from certs.holders.errors import NoSuchHolderObjection, NotInThisUse, ObjectionAnswered, ObjectionOpen
from certs.holders.models import (
    HolderAnswer,
    HolderObjection,
    HolderObjectionReceiver,
    HolderObjectionStep,
    HolderUse,
)
from certs.models import Certificate
from certs.queries import fields as certificate_fields
from certs.wiring import Certs
from exchange import tasks
from exchange.models import Directory, Task
from exchange.objections import life, receivers
from exchange.objections.life import OPEN, TURNS, Heard, Outcome, Standing, State, Step
from exchange.objections.models import ReceiverColumns
from exchange.objections.receivers import Hearing
from exchange.tasks import Duty
from keys.algorithms.sm3 import SM3
from keys.parties import organisations
from keys.parties.models import ACTIVE

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
OBJECTION: Final = "holder-objection"
# The term of checking and correcting on request (校核, 国令第809号 article 26).
DUTY: Final = TURNS[State.VERIFYING].duty
ISSUER, USER, PROVIDER, AUTHORITY = "issuer", "requester", "provider", "authority"
HEARING: Final = Hearing(HolderObjectionReceiver, "holder-objection-receiver")
# As whom the holder stands among those who were told; organisations stand by their codes.
HOLDER: Final = "holder"
STATES: Final = tuple(each.value for each in State)
WITHDRAWN: Final = "withdrawn"


class About(enum.StrEnum):
    """What is wrong: what the certificate says, one of its fields, or that it was used."""

    CONTENT = "content"
    FIELD = "field"
    USE = "use"


@dataclass(frozen=True)
class Stepped:
    """A step, in which state it left the objection, by which organisation (nothing: the holder), when and why."""

    step: str
    state: str
    organisation: str
    reason: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Told:
    """An objection with everything that those may read whom it concerns."""

    row: HolderObjection
    text: str = field(repr=False)
    due_at: datetime
    escalated_to: str | None
    answer: HolderAnswer | None
    reason: str = field(repr=False)
    receivers: Sequence[ReceiverColumns]
    steps: Sequence[Stepped]

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether the term is over and whoever has to act has not."""
        return State(self.row.state) in OPEN and at >= self.due_at


@dataclass(frozen=True)
class _Meant:
    """What is objected to, what it is called, and who has to answer in which role."""

    holder_hash: str
    usage: str
    identifier: str
    about: About
    field: str
    name: str
    addressee: str
    role: str

    def recognised(self, thing: str) -> str:
        """Give what an objection to the same is recognised by until it is over."""
        told: list[Json] = [self.holder_hash, thing, self.about.value, self.field]
        return SM3.of(canonical(told)).hex()


def begin(
    session: Session,
    parts: Certs,
    use: HolderUse,
    about: About,
    text: str,
    by: Caller,
    at: datetime,
    *,
    item: str = "",
) -> HolderObjection:
    """Object to a use, or to what it gave; it becomes a task of whoever has to answer.

    Raises `ObjectionOpen`, `NotInThisUse` for a field that this use did not give.
    """
    if (about is About.FIELD) is not bool(item) or (item and item not in use.fields):
        raise NotInThisUse(use.usage, item)
    is_data = use.kind == uses.DATA
    certificate = session.get(Certificate, use.identifier) if use.identifier and not is_data else None
    if about is About.USE:
        addressee, role = use.organisation, USER
    elif is_data:
        addressee, role = _provider(session, use)
    else:
        addressee, role = _issuer(session, certificate) or (use.organisation, USER)
    identifier = "" if is_data else use.identifier
    meant = _Meant(
        use.holder_hash, use.usage, identifier, about, item, uses.name_of(session, parts.types, use), addressee, role
    )
    thing = use.usage if about is About.USE else use.identifier or use.usage
    return _begun(session, parts.keys, meant, meant.recognised(thing), text, by, at)


def begin_on(
    session: Session,
    parts: Certs,
    certificate: Certificate,
    holder: str,
    item: str,
    text: str,
    by: Caller,
    at: datetime,
) -> HolderObjection:
    """Object to what a certificate of one's own says, or to one of its fields, whether anybody used it or not.

    Raises `ObjectionOpen`, `NotInThisUse` for a field that the certificate does not have.
    """
    type_ = types.type_of(parts.types, certificate.type)
    if item and item not in {*certificate_fields.COMMON, *(each.name for each in type_.fields)}:
        raise NotInThisUse(certificate.identifier, item)
    about = About.FIELD if item else About.CONTENT
    addressee, role = _issuer(session, certificate) or (certificate.issuer, ISSUER)
    meant = _Meant(holder, "", certificate.identifier, about, item, type_.name, addressee, role)
    return _begun(session, parts.keys, meant, meant.recognised(certificate.identifier), text, by, at)


def withdraw(session: Session, keys: Keys, row: HolderObjection, by: Caller, at: datetime) -> HolderObjection:
    """Take an objection back, as its holder, before it is answered. Raises `ObjectionAnswered`."""
    if State(row.state) is not State.VERIFYING:
        raise ObjectionAnswered(row.id, row.state)
    put(row, life.moved(standing(session, row), Step.WITHDRAW))
    tasks.close(session, Thing(OBJECTION, row.id), by, at)
    answered = {"state": WITHDRAWN, "reason": keys.seal(session, b"", bound_answer(row.id)), "identifier": None}
    session.add(HolderAnswer(objection=row.id, **answered, answered_by=actor(by), answered_at=at))
    return kept(session, keys, row, WITHDRAWN, "", by, at)


def standing(session: Session, row: HolderObjection) -> Standing:
    """Give where it stands, as the life of objections knows it."""
    holder = {HOLDER: Heard(row.heard)} if row.heard else {}
    heard = {**holder, **receivers.heard(HEARING.of(session, row.id))}
    return Standing(State(row.state), Outcome(row.outcome) if row.outcome else None, heard)


def put(row: HolderObjection, now: Standing) -> None:
    """Let a row stand where its life has brought it."""
    row.state, row.outcome = now.state.value, now.outcome.value if now.outcome else None
    row.heard = now.heard[HOLDER].value if HOLDER in now.heard else None
    row.open_as = row.open_as if now.state in OPEN else None


def kept(
    session: Session,
    keys: Keys,
    row: HolderObjection,
    what: str,
    reason: str,
    by: Caller,
    at: datetime,
    *,
    of_holder: bool = True,
    **facts: Json,
) -> HolderObjection:
    """Keep a step, with its audit entry and event."""
    row.version += 1
    number = row.version
    step = HolderObjectionStep(
        objection=row.id,
        number=number,
        step=what,
        state=row.state,
        by=actor(by),
        on_behalf_of=None,
        organisation="" if of_holder else by.organisation or "",
        reason=keys.seal(session, reason.encode(), _bound_step(row.id, number)),
        at=at,
    )
    session.add(step)
    session.flush()
    told = {"about": row.about, "addressee": row.addressee, "state": row.state, "outcome": row.outcome, **facts}
    ROOM.changed(session, by, at, f"{OBJECTION}.{what}", Thing(OBJECTION, row.id), number, **told)
    return row


def of_holder(session: Session, objection: str, holders: Sequence[str]) -> HolderObjection:
    """Find one of a holder's own. Raises `NoSuchHolderObjection`."""
    query = select(HolderObjection).where(HolderObjection.id == objection, HolderObjection.holder_hash.in_(holders))
    return _found(session, query, objection)


def of_organisation(session: Session, objection: str, by: Caller) -> HolderObjection:
    """Find one that the organisation answers, was told of, or rules on, or that came to it when the term was over.

    Raises `NoSuchHolderObjection`.
    """
    return _found(session, seen_by(by).where(HolderObjection.id == objection), objection)


def found(session: Session, objection: str) -> HolderObjection:
    """Find one for who may rule on it, which `hearing.rule` decides. Raises `NoSuchHolderObjection`."""
    return _found(session, select(HolderObjection).where(HolderObjection.id == objection), objection)


def seen_by(by: Caller, state: str | None = None) -> Select[HolderObjection]:
    """Ask for the objections that an organisation is to do something about, or was told of."""
    told = select(HolderObjectionReceiver.objection).where(HolderObjectionReceiver.organisation == by.organisation)
    whose = [HolderObjection.addressee == by.organisation, HolderObjection.id.in_(told)]
    if AUTHORITY in by.roles:
        missed = select(Task.thing_id).where(Task.thing_kind == OBJECTION, Task.escalated_to == by.organisation)
        whose += [HolderObjection.judge == by.organisation, HolderObjection.id.in_(missed)]
    query = select(HolderObjection).where(or_(*whose))
    return query.where(HolderObjection.state == state) if state else query


def own(session: Session, keys: Keys, holders: Sequence[str]) -> list[Told]:
    """List a holder's objections, the newest first."""
    query = select(HolderObjection).where(HolderObjection.holder_hash.in_(holders))
    return _told(session, keys, list(session.scalars(query.order_by(HolderObjection.at.desc(), HolderObjection.id))))


def told(session: Session, keys: Keys, row: HolderObjection) -> Told:
    """Read an objection, its term, its answer, who was told and every step."""
    return _told(session, keys, [row])[0]


def _told(session: Session, keys: Keys, rows: Sequence[HolderObjection]) -> list[Told]:
    """Read objections with what belongs to each, asking once for all of them."""
    numbers = [row.id for row in rows]
    query = select(Task).where(Task.thing_kind == OBJECTION, Task.thing_id.in_(numbers)).order_by(Task.id)
    newest = {task.thing_id: task for task in session.scalars(query, execution_options={"populate_existing": True})}
    answers = select(HolderAnswer).where(HolderAnswer.objection.in_(numbers))
    answered = {each.objection: each for each in session.scalars(answers)}
    heard, steps = HEARING.of_all(session, numbers), _steps(session, keys, numbers)
    found = []
    for row in rows:
        answer, task = answered.get(row.id), newest[row.id]
        reason = keys.open(session, answer.reason, bound_answer(row.id)).decode() if answer else ""
        text = keys.open(session, row.text, _bound(row.id)).decode()
        due = row.due_at if State(row.state) is State.TELLING and row.due_at else task.due_at
        found.append(Told(row, text, due, task.escalated_to, answer, reason, heard[row.id], steps[row.id]))
    return found


def states(session: Session, holders: Sequence[str], usages: Sequence[str]) -> dict[str, HolderObjection]:
    """Give the newest objection of holders to each of some uses."""
    query = select(HolderObjection).where(HolderObjection.holder_hash.in_(holders), HolderObjection.usage.in_(usages))
    return {row.usage: row for row in session.scalars(query.order_by(HolderObjection.at, HolderObjection.id))}


def bound_answer(number: str) -> bytes:
    """Name the place that the reason of the answer in force is bound to."""
    return f"certs:objection-answer:{number}".encode()


def name_of(session: Session, parts: Certs, row: HolderObjection) -> str:
    """Name what is objected to: the type of certificate, or the directory."""
    certificate = session.get(Certificate, row.identifier) if row.identifier else None
    if certificate is not None:
        return types.type_of(parts.types, certificate.type).name
    use = use_of(session, row)
    return "" if use is None else uses.name_of(session, parts.types, use)


def use_of(session: Session, row: HolderObjection) -> HolderUse | None:
    """Give the use that was objected to, if it was one."""
    query = select(HolderUse).where(HolderUse.usage == row.usage, HolderUse.holder_hash == row.holder_hash)
    return session.scalars(query.order_by(HolderUse.type).limit(1)).one_or_none()


def _begun(
    session: Session, keys: Keys, meant: _Meant, open_as: str, text: str, by: Caller, at: datetime
) -> HolderObjection:
    number = new_id()
    row = {
        "id": number,
        "usage": meant.usage,
        "holder_hash": meant.holder_hash,
        "identifier": meant.identifier,
        "about": meant.about.value,
        "field": meant.field,
        "addressee": meant.addressee,
        "addressee_role": meant.role,
        "text": keys.seal(session, text.encode(), _bound(number)),
        "state": State.VERIFYING.value,
        "outcome": None,
        "heard": None,
        "due_at": None,
        "judge": None,
        "open_as": open_as,
        "version": 0,
        "at": at,
    }
    # The database tells whether the same is open: a holder may press twice.
    made = inserting(session, HolderObjection).values(row).on_conflict_do_nothing(index_elements=["open_as"])
    if session.execute(made.returning(HolderObjection.id)).scalar_one_or_none() is None:
        query = select(HolderObjection.id).where(HolderObjection.open_as == open_as)
        raise ObjectionOpen(session.scalars(query).one())
    duty = Duty(DUTY, Thing(OBJECTION, number), f"持证主体异议：{meant.name}", meant.addressee, meant.role)
    tasks.open_task(session, duty, at, counts=workdays.deadline_or_sooner)
    return kept(session, keys, session.get_one(HolderObjection, number), "begun", "", by, at)


def _issuer(session: Session, certificate: Certificate | None) -> tuple[str, str] | None:
    """Give who answers for what a certificate says: its issuer, or whoever put it into the library."""
    if certificate is None:
        return None
    candidates = (certificate.issuer, library.entered_by(session, certificate))
    known = organisations.known(session, sorted(set(candidates)))
    active = [each for each in candidates if each in known and known[each].state == ACTIVE]
    return (active[0], ISSUER) if active else None


def _provider(session: Session, use: HolderUse) -> tuple[str, str]:
    """Give who answers for what a directory says: its owner, or whoever used it where the owner has no account."""
    directory = session.get(Directory, use.identifier)
    known = organisations.known(session, [directory.owner]) if directory else {}
    if directory is None or directory.owner not in known or known[directory.owner].state != ACTIVE:
        return use.organisation, USER
    return directory.owner, PROVIDER


def _found(session: Session, query: Select[HolderObjection], objection: str) -> HolderObjection:
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NoSuchHolderObjection(objection)
    return row


def _steps(session: Session, keys: Keys, numbers: Sequence[str]) -> dict[str, list[Stepped]]:
    query = select(HolderObjectionStep).where(HolderObjectionStep.objection.in_(numbers))
    found: dict[str, list[Stepped]] = {number: [] for number in numbers}
    for each in session.scalars(query.order_by(HolderObjectionStep.objection, HolderObjectionStep.number)):
        said = _reason(session, keys, each)
        found[each.objection].append(Stepped(each.step, each.state, each.organisation, said, each.at))
    return found


def _reason(session: Session, keys: Keys, step: HolderObjectionStep) -> str:
    return keys.open(session, step.reason, _bound_step(step.objection, step.number)).decode()


def _bound(number: str) -> bytes:
    return f"certs:objection:{number}".encode()


def _bound_step(number: str, step: int) -> bytes:
    return f"certs:objection-step:{number}:{step}".encode()
