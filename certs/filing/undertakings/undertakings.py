"""Letters of assistance (行政协助函), promises (告知承诺) and later papers (容缺), as acts.

Each is about one material of a case, is somebody's duty with a term in working days and reminders at 50 %, 80 % and on
the day (`certs.filing.duties`), and tells an event with every step: the credit platform follows the promises by them.
What is missed falls into a state of its own by a job; a letter that says so then lets its paper come later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import events
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical, read
from certs.acting import ROOM
from certs.filing import duties
from certs.filing.cases import life, writing
from certs.filing.cases.models import Case
from certs.filing.cases.reading import case_of
from certs.filing.cases.told import MaterialIn
from certs.filing.cases.wiring import Cases
from certs.filing.matter import Means
from certs.filing.undertakings.errors import (
    CaseIsClosed,
    NoSuchUndertaking,
    NotForThisMaterial,
    UndertakingNotYours,
)
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import DUTIES, Kind, State, Step, after
from exchange import tasks
from keys.algorithms.sm3 import SM3
from keys.parties.models import ACTIVE, Organisation
from keys.parties.organisations import organisation_of

THING: Final = "undertaking"
AUDITOR: Final = "auditor"
# What happens to a letter that is not answered in time.
ESCALATE, LATER = "escalate", "later"
# Whose duty each is, as a role.
ROLES: Final[Mapping[Kind, str]] = {Kind.ASSISTANCE: "operator", Kind.PROMISE: "operator", Kind.LATER: "window"}
# What a letter asks where the window puts no words of its own.
QUESTION: Final = "办理“{item}”需核实“{name}”，请贵单位核实并函复。"
BY_CLOCK: Final = Caller("system", "certs", "certs")
# One run of the job; the next takes the rest.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Letter:
    """A question to another organ about a material; what is left empty is what the matter says of that material."""

    material: str
    name: str
    to: str = ""
    question: str = field(default="", repr=False)
    days: int | None = None
    if_missed: str = ESCALATE


@dataclass(frozen=True)
class Promise:
    """What an applicant promises, and what is kept of the signature below it."""

    material: str
    name: str
    text: str = field(repr=False)
    proof_kind: str
    proof_number: str
    proof_sm3: str = ""
    days: int | None = None


@dataclass(frozen=True)
class LaterPaper:
    """A material that comes later."""

    material: str
    name: str
    reason: str = field(repr=False)
    days: int | None = None


@dataclass(frozen=True)
class _New:
    kind: Kind
    material: str
    name: str
    owner: str
    days: int | None
    words: Mapping[str, Json] = field(repr=False)
    facts: Mapping[str, Json] = field(default_factory=dict)


def ask(session: Session, parts: Cases, number: str, told: Letter, by: Caller, at: datetime) -> Undertaking:
    """Ask another organ.

    Raises `NoSuchCase`, `CaseIsClosed`, `NoSuchOrganisation`, `NotForThisMaterial`, `CalendarYearUnknown`.
    """
    row = _open_case(session, number, by)
    to = told.to or _who_helps(session, parts, row, told.material, at)
    organisation_of(session, to)
    facts: dict[str, Json] = {"if_missed": told.if_missed}
    words: dict[str, Json] = {"question": told.question or QUESTION.format(name=told.name, item=row.item_name)}
    new = _New(Kind.ASSISTANCE, told.material, told.name, to, told.days, words, facts)
    return _make(session, parts, row, new, by, at)


def promise(session: Session, parts: Cases, number: str, told: Promise, by: Caller, at: datetime) -> Undertaking:
    """Take a promise that the applicant has signed; the organ checks until its term is over whether it was fulfilled.

    Raises `NoSuchCase`, `CaseIsClosed`, `NotForThisMaterial`, `CalendarYearUnknown`.
    """
    row = _open_case(session, number, by)
    _require_allowed(session, parts, row, told.material, Kind.PROMISE, at)
    facts: dict[str, Json] = {
        "text_sm3": SM3.of(told.text.encode()).hex(),
        "proof_kind": told.proof_kind,
        "proof_number": told.proof_number,
        "proof_sm3": told.proof_sm3,
    }
    new = _New(Kind.PROMISE, told.material, told.name, row.organ, told.days, {"text": told.text}, facts)
    return _make(session, parts, row, new, by, at)


def let_come_later(
    session: Session, parts: Cases, number: str, told: LaterPaper, by: Caller, at: datetime
) -> Undertaking:
    """Let a material come later; the window that received the case sees to it.

    Raises `NoSuchCase`, `CaseIsClosed`, `NotForThisMaterial`, `CalendarYearUnknown`.
    """
    row = _open_case(session, number, by)
    allowed = _require_allowed(session, parts, row, told.material, Kind.LATER, at)
    days = told.days if told.days is not None else allowed
    new = _New(Kind.LATER, told.material, told.name, row.receiving_organ, days, {"reason": told.reason})
    return _make(session, parts, row, new, by, at)


def settle(
    session: Session, parts: Cases, known: str, step: Step, words: Mapping[str, Json], by: Caller, at: datetime
) -> Undertaking:
    """Fulfil or break a promise, let a letter's paper come later, or cancel.

    Raises `NoSuchUndertaking`, `UndertakingNotYours`, `UndertakingStepNotAllowed`.
    """
    row = undertaking_of(session, known, by, locked=True)
    case = session.get_one(Case, row.case)
    _require_theirs(case, step, by)
    _settled(session, parts, row, step, words, by, at)
    if step is Step.LET_COME_LATER:
        _turn_later(session, parts, row, case, by, at)
    return row


def hand_in(session: Session, parts: Cases, known: str, material: MaterialIn, by: Caller, at: datetime) -> Undertaking:
    """Take a later paper in, in time or after. Raises as `settle` does, and `NotForThisMaterial`."""
    row = undertaking_of(session, known, by, locked=True)
    if material.key != row.material:
        raise NotForThisMaterial(material.key, Kind.LATER.value)
    case = session.get_one(Case, row.case, with_for_update=True)
    _require_theirs(case, Step.HAND_IN, by)
    _settled(session, parts, row, Step.HAND_IN, {"was_overdue": row.state == State.OVERDUE.value}, by, at)
    writing.keep_material(session, parts, case, material, at)
    return row


def fall_due(session: Session, parts: Cases, at: datetime) -> int:
    """Note what was missed, each in its own state; count it. Tasks go to the authority above by themselves."""
    query = select(Undertaking).where(Undertaking.state == State.OPEN.value, Undertaking.due_at <= at)
    missed = session.scalars(query.order_by(Undertaking.due_at).limit(MOST_AT_ONCE).with_for_update()).all()
    for row in missed:
        row.state = after(Kind(row.kind), State(row.state), Step.FALL_DUE).value
        _tell(session, row, "overdue", BY_CLOCK, at)
        if row.kind == Kind.ASSISTANCE.value and row.facts["if_missed"] == LATER:
            case = session.get_one(Case, row.case)
            _settled(session, parts, row, Step.LET_COME_LATER, {}, BY_CLOCK, at)
            _turn_later(session, parts, row, case, BY_CLOCK, at)
    return len(missed)


def undertaking_of(session: Session, known: str, by: Caller, *, locked: bool = False) -> Undertaking:
    """Give an undertaking to the sides of its case, to the organ whose duty it is, or an auditor.

    Raises `NoSuchUndertaking`.
    """
    query = select(Undertaking).where(Undertaking.id == known)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NoSuchUndertaking(known)
    case = session.get_one(Case, row.case)
    theirs = {row.owner, row.organisation, case.organ, case.receiving_organ}
    if by.organisation not in theirs and AUDITOR not in by.roles:
        raise NoSuchUndertaking(known)
    return row


def of_case(session: Session, number: str, by: Caller) -> list[Undertaking]:
    """List the undertakings of a case. Raises `NoSuchCase`."""
    case_of(session, number, by)
    return list(session.scalars(select(Undertaking).where(Undertaking.case == number).order_by(Undertaking.id)))


def owed_by(session: Session, by: Caller, kind: Kind, limit: int = 100) -> list[Undertaking]:
    """List what an organisation still owes of a kind, the most pressing first."""
    standing = (State.OPEN.value, State.OVERDUE.value)
    query = select(Undertaking).where(
        Undertaking.owner == by.organisation, Undertaking.kind == kind.value, Undertaking.state.in_(standing)
    )
    return list(session.scalars(query.order_by(Undertaking.due_at, Undertaking.id).limit(limit)))


def words_of(session: Session, parts: Cases, row: Undertaking) -> dict[str, Any]:
    """Open what an undertaking says."""
    told: Any = read(parts.keys.open(session, row.content, bound(row.id)))
    return dict(told)


def answered(
    session: Session, parts: Cases, row: Undertaking, words: Mapping[str, Json], by: Caller, at: datetime
) -> None:
    """Note the reply to a letter. Raises `UndertakingNotYours`, `UndertakingStepNotAllowed`."""
    if row.kind != Kind.ASSISTANCE.value or by.organisation != row.owner:
        raise UndertakingNotYours(Step.REPLY.value)
    _settled(session, parts, row, Step.REPLY, words, by, at)


def bound(known: str, what: str = "content") -> bytes:
    """Name the place that a sealed value is bound to."""
    return f"certs_undertakings:{known}:{what}".encode()


def _open_case(session: Session, number: str, by: Caller) -> Case:
    row = case_of(session, number, by, locked=True)
    if by.organisation not in {row.organ, row.receiving_organ} or life.State(row.state) in life.CLOSED:
        raise CaseIsClosed(number)
    return row


def _who_helps(session: Session, parts: Cases, row: Case, material: str, at: datetime) -> str:
    """Give the organ that the matter names for a material: by its code, or by the name under which it is registered.

    Raises `NotForThisMaterial` where it names none, or one that is not registered or not the only one of its name.
    """
    matter = parts.matter_of(session, row.item_code, at, row.region)
    found = next((each for each in matter.materials if each.key == material), None)
    named = [each for each in (found.replacements if found else ()) if each.means is Means.ASSISTANCE]
    for each in named:
        by = or_(Organisation.code == each.target, Organisation.name.in_((each.name, each.target)))
        codes = session.scalars(select(Organisation.code).where(by, Organisation.state == ACTIVE).limit(2)).all()
        if len(codes) == 1:
            return codes[0]
    raise NotForThisMaterial(material, Kind.ASSISTANCE.value)


def _require_allowed(session: Session, parts: Cases, row: Case, material: str, kind: Kind, at: datetime) -> int | None:
    """Let the matter say whether a material may be promised or come later, and in how many days.

    A matter that does not name the material says nothing against it. Raises `NotForThisMaterial`.
    """
    matter = parts.matter_of(session, row.item_code, at, row.region)
    found = next((each for each in matter.materials if each.key == material), None)
    if found is None:
        return None
    if kind is Kind.PROMISE and not found.may_be_promised:
        raise NotForThisMaterial(material, kind.value)
    if kind is Kind.LATER and found.later_working_days is None:
        raise NotForThisMaterial(material, kind.value)
    return found.later_working_days if kind is Kind.LATER else None


def _require_theirs(case: Case, step: Step, by: Caller) -> None:
    """Let promises be judged by the organ, the rest be done by either side. Raises `UndertakingNotYours`."""
    judged = {Step.FULFIL, Step.BREAK}
    whose = {case.organ} if step in judged else {case.organ, case.receiving_organ}
    if by.organisation not in whose or step in {Step.REPLY, Step.FALL_DUE}:
        raise UndertakingNotYours(step.value)


def _make(session: Session, parts: Cases, case: Case, new: _New, by: Caller, at: datetime) -> Undertaking:
    known, duty = new_id(), DUTIES[new.kind]
    days = duties.days_of(session, duty) if new.days is None else new.days
    title = f"{new.name}：办件 {case.number}"
    owed = duties.Owed(duty, Thing(THING, known), title, new.owner, ROLES[new.kind], days, at)
    row = Undertaking(
        id=known,
        kind=new.kind.value,
        case=case.number,
        material=new.material,
        name=new.name,
        organisation=by.organisation or case.organ,
        owner=new.owner,
        state=State.OPEN.value,
        days=days,
        due_at=duties.open_duty(session, owed).due_at,
        facts=dict(new.facts),
        content=parts.keys.seal(session, canonical(dict(new.words)), bound(known)),
        file=None,
        made_by=actor(by),
        made_at=at,
        settled_by=None,
        settled_at=None,
        version=0,
    )
    session.add(row)
    _tell(session, row, "made", by, at)
    return row


def _settled(
    session: Session, parts: Cases, row: Undertaking, step: Step, words: Mapping[str, Json], by: Caller, at: datetime
) -> None:
    row.state = after(Kind(row.kind), State(row.state), step).value
    said = {**words_of(session, parts, row), **words}
    row.content = parts.keys.seal(session, canonical(said), bound(row.id))
    row.settled_by, row.settled_at = actor(by), at
    tasks.close(session, Thing(THING, row.id), by, at)
    _tell(session, row, row.state, by, at)


def _turn_later(session: Session, parts: Cases, row: Undertaking, case: Case, by: Caller, at: datetime) -> None:
    words: dict[str, Json] = {"reason": "行政协助未答复"}
    new = _New(Kind.LATER, row.material, row.name, case.receiving_organ, None, words, {"letter": row.id})
    _make(session, parts, case, new, by, at)


def _tell(session: Session, row: Undertaking, what: str, by: Caller, at: datetime) -> None:
    row.version += 1
    session.flush()
    case, thing, act = session.get_one(Case, row.case), Thing(THING, row.id), f"{row.kind}.{what}"
    facts: dict[str, Json] = {
        "case": row.case,
        "item_code": case.item_code,
        "material": row.material,
        "name": row.name,
        "organ": case.organ,
        "owner": row.owner,
        "state": row.state,
        "due_at": row.due_at.isoformat(),
        "proof": row.facts.get("text_sm3", ""),
    }
    ROOM.record(session, by, at, act, thing, case=row.case, state=row.state)
    events.tell(session, events.Event(act, ROOM.name, thing, row.version, at, facts))
