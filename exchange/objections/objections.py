"""Objections of departments: begun on one's own receipt, verified in time, told to all who received it, ruled on.

The life is `exchange.objections.life`; what may be objected to is `exchange.objections.received`. Every step is a row,
an audit entry and an event in one transaction, and the turn that begins with it is a task: of the provider, of each
receiver, or of an authority that is no party. Holders' objections have the same life (`certs.holders.objections`).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import notices, workdays
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from base.notices import Notice, Role, kinds_in
from exchange import authorities, substitutions, tasks
from exchange.acting import ROOM
from exchange.agreements.errors import ReasonNeeded
from exchange.door.models import Usage
from exchange.models import Directory
from exchange.mounting.models import Mount
from exchange.objections import finding, judging, life, received, receivers
from exchange.objections.errors import NotYourObjection, NotYourRecord, ObjectionUnderWay
from exchange.objections.life import OPEN, ROLE_OF, SAID, TURNS, Outcome, Side, Standing, State, Step, move_of
from exchange.objections.models import Objection, ObjectionReceiver, ObjectionStep
from exchange.objections.reading import bound
from exchange.objections.received import About, Meant, Used
from exchange.objections.receivers import HEARING
from exchange.objections.wiring import Objecting
from keys.algorithms.sm3 import SM3
from keys.parties import organisations
from keys.parties.models import ACTIVE, Organisation

THING: Final = "objection"
KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
# Who notices that a record is wrong: whoever asks for data, and the counters that work with it.
OBJECTORS: Final = frozenset({"requester", "window", "operator"})
ISSUER: Final = "issuer"
BY_CLOCK: Final = Caller("system", "exchange", "exchange")


@dataclass(frozen=True)
class Evidence:
    """A piece of evidence that the objector keeps: what it is, and its digest."""

    title: str = field(repr=False)
    sm3: str


@dataclass(frozen=True)
class NewObjection:
    """What is objected to, by which use, why, and on what evidence."""

    usage: str
    meant: Meant
    text: str = field(repr=False)
    evidence: tuple[Evidence, ...]


def begin(session: Session, parts: Objecting, new: NewObjection, by: Caller, at: datetime) -> Objection:
    """Object. Raises `NotYourObjection`, `NotYourRecord`, `ObjectionUnderWay`, `NoAuthority`, `NobodyToRule`."""
    place = _require_role(session, OBJECTORS, "", "begin", by, at)
    usage = session.get(Usage, new.usage)
    used = _used(session, usage) if usage else None
    subject = received.subject_of(used, new.usage, new.meant, by.organisation)
    assert usage is not None  # noqa: S101 - what is not there was refused
    assert used is not None  # noqa: S101
    open_as = _recognised(usage, subject, new.meant, by)
    number = new_id()
    provider, role = _addressee(session, parts, number, usage, used, new.meant)
    about = _organisation(session, by.organisation), _organisation(session, provider)
    directory = session.get(Directory, usage.directory)
    told = {
        "id": number,
        "about": new.meant.about.value,
        "usage": usage.id,
        "directory": usage.directory,
        "title": directory.name if directory else parts.certificates.title(usage.directory),
        "subject": subject,
        "field": new.meant.field,
        "objector": by.organisation,
        "objector_region": about[0].region,
        "provider": provider,
        "provider_role": role,
        "provider_region": about[1].region,
        "state": State.VERIFYING.value,
        "outcome": None,
        "judge": None,
        "content": parts.keys.seal(session, canonical(_content(new)), bound(number, "content")),
        "open_as": open_as,
        "version": 0,
        "created_at": at,
        "changed_at": at,
    }
    # The database tells whether the same is under way: two clerks may object at one moment.
    made = inserting(session, Objection).values(told).on_conflict_do_nothing(index_elements=[Objection.open_as])
    if session.execute(made.returning(Objection.id)).scalar_one_or_none() is None:
        raise ObjectionUnderWay(session.scalars(select(Objection.id).where(Objection.open_as == open_as)).one())
    row = session.get_one(Objection, number)
    _give_turn(session, row, at)
    return _kept(session, parts, row, "begin", "", by, at, place)


def take(
    session: Session, parts: Objecting, row: Objection, step: Step, reason: str, by: Caller, at: datetime
) -> Objection:
    """Take a step.

    Raises `NotYourObjection`, `ObjectionStepNotAllowed`, `ReasonNeeded`, `NoAuthority`, `NobodyToRule`.
    """
    move = move_of(State(row.state), step)
    place = _require(session, row, move.side, step, by, at)
    if move.needs_reason and not reason.strip():
        raise ReasonNeeded(step.value)
    tasks.close(session, thing(row), by, at)
    if move.outcome is not None:
        _put(row, life.answered(standing(session, row), step, _told(session, row, move.outcome, by, at)))
    elif step in SAID:
        _spoken(session, row, step, {by.organisation}, by, at)
        row.judge = _judge(session, parts, row) if step is Step.DISPUTE else None
    else:
        _put(row, life.moved(standing(session, row), step))
    if State(row.state) is not State.TELLING:
        receivers.close(session, HEARING, row.id, by, at)
    _give_turn(session, row, at)
    if move.outcome is None and step is not Step.CONFIRM:
        _tell(session, row, by, at)
    return _kept(session, parts, row, step.value, reason, by, at, place)


def lapse(session: Session, parts: Objecting, row: Objection, who: Collection[str], at: datetime) -> Objection:
    """Go on without those who said nothing until their term was over. Raises `ObjectionStepNotAllowed`."""
    _spoken(session, row, Step.LAPSE, who, BY_CLOCK, at)
    _give_turn(session, row, at)
    if State(row.state) is State.SETTLED:
        _tell(session, row, BY_CLOCK, at)
    return _kept(session, parts, row, Step.LAPSE.value, "", BY_CLOCK, at, None, unconfirmed=[*sorted(who)])


def standing(session: Session, row: Objection) -> Standing:
    """Give where it stands, as the life of objections knows it."""
    outcome = Outcome(row.outcome) if row.outcome else None
    return Standing(State(row.state), outcome, receivers.heard(HEARING.of(session, row.id)))


def thing(row: Objection) -> Thing:
    """Name the objection, as audit entries and tasks do."""
    return Thing(THING, row.id)


def _used(session: Session, usage: Usage) -> Used:
    is_certificate = bool(usage.mount) and session.get(Mount, usage.mount) is None
    fields, subjects = tuple(usage.fields), tuple(usage.subjects)
    rows = usage.rows if is_certificate else 1
    return Used(usage.id, usage.organisation, usage.owner, fields, subjects, usage.outcome, is_certificate, rows)


def _put(row: Objection, now: Standing) -> None:
    row.state, row.outcome = now.state.value, now.outcome.value if now.outcome else None


def _told(session: Session, row: Objection, outcome: Outcome, by: Caller, at: datetime) -> list[str]:
    """Tell everyone who received it, and whoever objected, of an answer."""
    found = receivers.tell(session, HEARING, row.id, row.title, finding.counted(session, row, at), at)
    for each in found:
        ROOM.record(session, by, at, "objection.told", thing(row), receiver=each.organisation)
    whom = tuple(Role(each.organisation, ROLE_OF[Side.RECEIVER]) for each in found)
    notices.tell(session, Notice(KINDS[f"objection-{outcome.value}"], _named(row), whom), at)
    return [each.organisation for each in found]


def _spoken(session: Session, row: Objection, step: Step, who: Collection[str], by: Caller, at: datetime) -> None:
    """Keep what those who were told say, or that they said nothing."""
    found = HEARING.of(session, row.id)
    now = life.spoken(standing(session, row), step, who, receivers.awaited(session, found))
    for each in found:
        if each.organisation in who:
            receivers.say(session, HEARING, each, row.id, step, by, at)
    _put(row, now)


def _addressee(
    session: Session, parts: Objecting, number: str, usage: Usage, used: Used, meant: Meant
) -> tuple[str, str]:
    """Find who has to verify it, in which role; for one who has no account here, an authority that does not object.

    Raises `NotYourRecord` where several issued what was received and it is not said which, `NobodyToRule`.
    """
    if meant.about is About.USE:
        return usage.organisation, ROLE_OF[Side.OBJECTOR]
    provider = usage.owner
    if used.is_certificate and meant.certificate:
        issuer = parts.certificates.issuer(session, usage.id, used.subjects, meant.certificate)
        if issuer is None:
            raise NotYourRecord(usage.id, "not-this-certificate")
        provider = issuer
        if provider == usage.organisation:
            raise NotYourRecord(usage.id, "own-data")
    known = organisations.known(session, [provider])
    if provider in known and known[provider].state == ACTIVE:
        return provider, ISSUER if used.is_certificate else ROLE_OF[Side.PROVIDER]
    return judging.verifier_instead(session, parts, number, usage.organisation, provider), authorities.ROLE


def _organisation(session: Session, code: str) -> Organisation:
    return organisations.organisation_of(session, code)


def _give_turn(session: Session, row: Objection, at: datetime) -> None:
    """Give it to the provider or the authority, as a task with its term; receivers have tasks of their own."""
    state = State(row.state)
    row.open_as = row.open_as if state in OPEN else None
    if state is State.VERIFYING:
        whose, role = row.provider, row.provider_role
    elif state is State.RULING:
        whose, role = row.judge or "", ROLE_OF[Side.AUTHORITY]
    else:
        return
    duty = tasks.Duty(TURNS[state].duty, thing(row), row.title, whose, role)
    tasks.open_task(session, duty, at, counts=workdays.deadline_or_sooner)


def _judge(session: Session, parts: Objecting, row: Objection) -> str:
    return judging.judge_of(session, parts, row.id, (row.provider, row.objector), _parties(session, row))


def _parties(session: Session, row: Objection) -> set[str]:
    return life.parties(row.provider, row.objector, receivers.heard(HEARING.of(session, row.id)))


def _require(session: Session, row: Objection, side: Side, step: Step, by: Caller, at: datetime) -> str | None:
    """Let only those take a step whose it is; give in whose place."""
    roles: frozenset[str] | set[str] = OBJECTORS
    if side is Side.AUTHORITY:
        fits = judging.may_rule(session, row.judge, by.organisation or "", _parties(session, row))
        roles = {ROLE_OF[side]}
    elif side is Side.PROVIDER:
        fits, roles = by.organisation == row.provider, {row.provider_role}
    elif side is Side.OBJECTOR:
        fits = by.organisation == row.objector
    else:
        fits = side is Side.RECEIVER and session.get(ObjectionReceiver, (row.id, by.organisation)) is not None
    if not fits:
        raise NotYourObjection(row.id, step.value)
    return _require_role(session, roles, row.id, step.value, by, at)


def _require_role(
    session: Session, roles: frozenset[str] | set[str], objection: str, step: str, by: Caller, at: datetime
) -> str | None:
    held = substitutions.roles_of(session, by, at)
    fitting = [each for each in sorted(roles) if each in held]
    if not fitting:
        raise NotYourObjection(objection, step)
    return held[fitting[0]]


def _tell(session: Session, row: Objection, by: Caller, at: datetime) -> None:
    """Tell those who were told already, whoever objected and whoever verified, but for whoever did it."""
    whom = {row.objector: ROLE_OF[Side.OBJECTOR], row.provider: row.provider_role}
    whom |= {each.organisation: ROLE_OF[Side.RECEIVER] for each in HEARING.of(session, row.id)}
    others = tuple(Role(code, role) for code, role in sorted(whom.items()) if code != by.organisation)
    notices.tell(session, Notice(KINDS["objection-moved"], _facts(row), others), at)


def _facts(row: Objection) -> dict[str, str]:
    return {**_named(row), "state": row.state}


def _named(row: Objection) -> dict[str, str]:
    return {"title": row.title, "objection": row.id}


def _kept(
    session: Session,
    parts: Objecting,
    row: Objection,
    step: str,
    reason: str,
    by: Caller,
    at: datetime,
    place: str | None,
    **more: Json,
) -> Objection:
    row.version += 1
    row.changed_at = at
    counted = select(func.count()).select_from(ObjectionStep).where(ObjectionStep.objection == row.id)
    number = 1 + session.execute(counted).scalar_one()
    session.add(
        ObjectionStep(
            objection=row.id,
            number=number,
            step=step,
            state=row.state,
            by=actor(by),
            on_behalf_of=place,
            organisation=by.organisation or "",
            reason=parts.keys.seal(session, reason.encode(), bound(row.id, f"step:{number}")),
            at=at,
        )
    )
    session.flush()
    facts = {"state": row.state, "outcome": row.outcome, "provider": row.provider, **more}
    ROOM.changed(session, by, at, f"objection.{step}", thing(row), row.version, **facts)
    return row


def _content(new: NewObjection) -> dict[str, Json]:
    return {"text": new.text, "evidence": [{"title": each.title, "sm3": each.sm3} for each in new.evidence]}


def _recognised(usage: Usage, subject: str, meant: Meant, by: Caller) -> str:
    thing_meant = usage.id if meant.about is About.USE or not subject else usage.directory
    told: list[Json] = [by.organisation, thing_meant, subject, meant.about.value, meant.field]
    told += [meant.certificate] if meant.certificate else []
    return SM3.of(canonical(told)).hex()
