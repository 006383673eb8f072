"""Requests to use a directory's data: written, checked by the requester's own department, decided, disputed, ruled on.

Law: 政务数据共享条例 (国令第809号) articles 20 to 22 and 27; terms are rows of `exchange.terms` with their basis. What
is shared unconditionally is granted as soon as the own department has checked it; what is conditional is the provider's
to decide in time, who may narrow it and must give reasons; what is never shared is refused unless the authority rules
otherwise. Every step is a row, an audit entry and an event in one transaction, and opens or closes the task whose term
it begins or ends.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, notices, workdays
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.notices import Notice, Role
from exchange import authorities, substitutions, tasks, terms
from exchange.acting import ROOM
from exchange.agreements import clauses, granting
from exchange.agreements.clauses import Clauses
from exchange.agreements.errors import (
    AlreadyExtended,
    NoSuchShareRequest,
    NotShareable,
    NotYourShareRequest,
    OwnShareRequest,
    ReasonNeeded,
    ShareRequestStepNotAllowed,
    WiderThanAsked,
)
from exchange.agreements.life import (
    NEVER,
    ROLE_OF,
    UNCONDITIONAL,
    RequestMove,
    RequestState,
    RequestStep,
    Side,
    move_of,
)
from exchange.agreements.models import ShareRequest, ShareRequestMessage, ShareRequestStep
from exchange.directories import directory_of
from exchange.life import READABLE, State
from exchange.models import Directory, Task
from keys.parties.organisations import active_organisation

THING: Final = "share-request"
EXTENSION: Final = "request-extension"
NEVER_SHARED: Final = "目录或数据项不予共享"
_OVER: Final = frozenset({RequestState.GRANTED, RequestState.CLOSED, RequestState.WITHDRAWN})


@dataclass(frozen=True)
class NewRequest:
    """What is asked: of which directory, on which legal basis, in which scene, under which clauses."""

    directory: str
    legal_basis: str
    scene: str
    clauses: Clauses


def request_of(session: Session, known: str, *, locked: bool = False) -> ShareRequest:
    """Give the request. Raises `NoSuchShareRequest`."""
    query = select(ShareRequest).where(ShareRequest.id == known)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchShareRequest(known)
    return found


def steps(session: Session, row: ShareRequest) -> list[ShareRequestStep]:
    """Give every step, in order."""
    query = select(ShareRequestStep).where(ShareRequestStep.request == row.id)
    return list(session.scalars(query.order_by(ShareRequestStep.id)))


def messages(session: Session, row: ShareRequest) -> list[ShareRequestMessage]:
    """Give what was said, in order."""
    query = select(ShareRequestMessage).where(ShareRequestMessage.request == row.id)
    return list(session.scalars(query.order_by(ShareRequestMessage.id)))


def begin(session: Session, new: NewRequest, by: Caller, at: datetime) -> ShareRequest:
    """Begin a request as a draft of the caller's organisation.

    Raises `NoSuchDirectory`, `NotShareable`, `NotYourShareRequest`.
    """
    active_organisation(session, by.organisation)
    directory = directory_of(session, new.directory)
    _require_shareable(directory, by.organisation)
    row = ShareRequest(
        id=new_id(),
        directory=directory.code,
        title=directory.name,
        requester=by.organisation,
        provider=directory.owner,
        provider_region=directory.region,
        share_type=directory.share_type,
        state=RequestState.DRAFT.value,
        legal_basis=new.legal_basis,
        scene=new.scene,
        asked=clauses.document(new.clauses),
        offered=None,
        extended=False,
        forwarded_at=None,
        due_at=None,
        grant=None,
        author=actor(by),
        version=1,
        created_at=at,
        changed_at=at,
    )
    _require(session, row, Side.REQUESTER, "begin", by, at)
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "share-request.begun", _thing(row), row.version, directory=row.directory)
    return row


def write(session: Session, row: ShareRequest, new: NewRequest, by: Caller, at: datetime) -> ShareRequest:
    """Change a draft; the directory stays. Raises `NotYourShareRequest`, `ShareRequestStepNotAllowed`."""
    _require(session, row, Side.REQUESTER, "write", by, at)
    if row.state != RequestState.DRAFT or new.directory != row.directory:
        raise ShareRequestStepNotAllowed("write", row.state)
    row.legal_basis, row.scene, row.asked = new.legal_basis, new.scene, clauses.document(new.clauses)
    row.author, row.changed_at = actor(by), at
    row.version += 1
    session.flush()
    ROOM.record(session, by, at, "share-request.written", _thing(row))
    return row


def take(
    session: Session,
    row: ShareRequest,
    step: RequestStep,
    reason: str,
    by: Caller,
    at: datetime,
    offered: Clauses | None = None,
) -> ShareRequest:
    """Take a step; `offered` is what the provider or the authority grants instead of what was asked.

    Raises `ShareRequestStepNotAllowed`, `NotYourShareRequest`, `OwnShareRequest`, `ReasonNeeded`, `UnusableClauses`,
    `WiderThanAsked`, `AlreadyExtended`, `NotShareable`, `NoAuthority`.
    """
    move = move_of(RequestState(row.state), step)
    place = _require(session, row, move.side, step.value, by, at)
    if move.needs_reason and not reason.strip():
        raise ReasonNeeded(step.value)
    if step is RequestStep.EXTEND:
        return _extend(session, row, reason, place, by, at)
    state = _decided(session, row, step, move, offered, by, at)
    if step is RequestStep.FORWARD and state is RequestState.REFUSED:
        reason = NEVER_SHARED
    _open_next(session, row, move, state, by, at)
    return _kept(session, row, step, state, reason, place, by, at)


def sides_of(session: Session, row: ShareRequest, by: Caller, at: datetime) -> set[Side]:
    """Tell for which sides of a request a caller may act."""
    return {side for side in Side if _place(session, row, side, by, at)[0]}


def say(session: Session, row: ShareRequest, text: str, by: Caller, at: datetime) -> ShareRequestMessage:
    """Say something to the others about a request that is not over.

    Raises `ShareRequestStepNotAllowed`, `NotYourShareRequest`.
    """
    if RequestState(row.state) in _OVER:
        raise ShareRequestStepNotAllowed("say", row.state)
    if not any(_place(session, row, side, by, at)[0] for side in Side):
        raise NotYourShareRequest(row.id, "say")
    told = ShareRequestMessage(request=row.id, by=actor(by), organisation=by.organisation, text=text, at=at)
    session.add(told)
    session.flush()
    ROOM.changed(session, by, at, "share-request.said", _thing(row), row.version, message=told.id)
    return told


def _decided(
    session: Session,
    row: ShareRequest,
    step: RequestStep,
    move: RequestMove,
    offered: Clauses | None,
    by: Caller,
    at: datetime,
) -> RequestState:
    """Check what the step needs, make the grant where it grants, and tell where the request stands then."""
    directory = directory_of(session, row.directory)
    asked = clauses.read(row.asked)
    if step in {RequestStep.SUBMIT, RequestStep.FORWARD}:
        _require_shareable(directory, row.requester)
        granting.require_usable(session, directory, row.requester, asked, at)
    if step is RequestStep.FORWARD:
        return _forwarded(session, row, directory, asked, by, at)
    if step is RequestStep.OFFER or (step is RequestStep.GRANT and offered is not None):
        _require_narrower(asked, offered)
    if step is RequestStep.OFFER and offered is not None:
        granting.require_usable(session, directory, row.requester, offered, at)
        row.offered = clauses.document(offered)
    if move.target is RequestState.GRANTED:
        agreed = offered or (clauses.read(row.offered) if step is RequestStep.ACCEPT and row.offered else asked)
        granting.require_usable(session, directory, row.requester, agreed, at)
        row.grant = granting.make(session, row, agreed, by, at).code
    return move.target


def _forwarded(
    session: Session, row: ShareRequest, directory: Directory, asked: Clauses, by: Caller, at: datetime
) -> RequestState:
    """Decide what needs nobody's decision: unconditional is granted, never shared is refused."""
    row.forwarded_at = at
    row.share_type = clauses.share_type(directory.share_type, asked, granting.items_of(session, directory))
    if row.share_type == UNCONDITIONAL:
        row.grant = granting.make(session, row, asked, by, at).code
        return RequestState.GRANTED
    return RequestState.REFUSED if row.share_type == NEVER else RequestState.DECIDING


def _require_narrower(asked: Clauses, offered: Clauses | None) -> None:
    if offered is None or offered == asked:
        raise WiderThanAsked("nothing-narrowed")
    wider = clauses.widened(asked, offered)
    if wider is not None:
        raise WiderThanAsked(wider)


def _open_next(
    session: Session, row: ShareRequest, move: RequestMove, state: RequestState, by: Caller, at: datetime
) -> None:
    """Close the task that a step ends, and open the one that it begins."""
    tasks.close(session, _thing(row), by, at)
    row.due_at = None
    if move.duty is not None and move.next_side is not None and state is move.target:
        whose = _organisation_of(session, row, move.next_side)
        duty = tasks.Duty(move.duty, _thing(row), row.title, whose, ROLE_OF[move.next_side])
        row.due_at = tasks.open_task(session, duty, at).due_at


def _organisation_of(session: Session, row: ShareRequest, side: Side) -> str:
    if side is Side.AUTHORITY:
        return authorities.authority_over(session, row.provider)
    return row.provider if side is Side.PROVIDER else row.requester


def _extend(
    session: Session, row: ShareRequest, reason: str, place: str | None, by: Caller, at: datetime
) -> ShareRequest:
    """Lengthen the term of the decision once (条例 article 21); the reminders follow it."""
    query = select(Task).where(Task.thing_kind == THING, Task.thing_id == row.id, Task.done_at.is_(None))
    task = session.scalars(query).one()
    if row.extended:
        raise AlreadyExtended(row.id)
    if at >= task.due_at:
        raise ShareRequestStepNotAllowed(RequestStep.EXTEND.value, "overdue")
    task.days += terms.term_of(session, EXTENSION).days
    due = workdays.deadline(calendar.calendar(session), task.opened_at, task.days)
    ahead = [number for number, each in enumerate(due.reminders) if each.at > at]
    task.due_at = due.ends_at
    task.reminded = ahead[0] if ahead else len(due.reminders)
    task.next_reminder_at = due.reminders[ahead[0]].at if ahead else due.ends_at
    row.extended, row.due_at = True, due.ends_at
    return _kept(session, row, RequestStep.EXTEND, RequestState(row.state), reason, place, by, at)


def _kept(
    session: Session,
    row: ShareRequest,
    step: RequestStep,
    state: RequestState,
    reason: str,
    place: str | None,
    by: Caller,
    at: datetime,
) -> ShareRequest:
    row.state, row.changed_at = state.value, at
    row.version += 1
    session.add(
        ShareRequestStep(
            request=row.id,
            step=step.value,
            state=row.state,
            by=actor(by),
            on_behalf_of=place,
            organisation=by.organisation,
            reason=reason,
            at=at,
        )
    )
    session.flush()
    _tell_other(session, row, step, at)
    facts = {"directory": row.directory, "state": row.state, "grant": row.grant}
    ROOM.changed(session, by, at, f"share-request.{step.value}", _thing(row), row.version, **facts)
    return row


def _tell_other(session: Session, row: ShareRequest, step: RequestStep, at: datetime) -> None:
    """Tell the requester what others decided and the provider what was answered; grants tell of themselves."""
    if row.grant is not None or step is RequestStep.SUBMIT or row.forwarded_at is None:
        return
    by_requester = step in {RequestStep.DECLINE, RequestStep.OBJECT, RequestStep.WITHDRAW}
    side = Side.PROVIDER if by_requester else Side.REQUESTER
    whom = (Role(row.provider if by_requester else row.requester, ROLE_OF[side]),)
    facts = {"title": row.title, "request": row.id, "state": row.state}
    notices.tell(session, Notice(granting.KINDS["share-answered"], facts, whom), at)


def _require(session: Session, row: ShareRequest, side: Side, step: str, by: Caller, at: datetime) -> str | None:
    """Let only those take a step whose it is; gives the person in whose place it is taken, if not in one's own."""
    fits, place = _place(session, row, side, by, at)
    if not fits:
        raise NotYourShareRequest(row.id, step)
    if side is Side.CHECKER and row.author in {actor(by), f"person:{place}"}:
        raise OwnShareRequest(step)
    return place


def _place(session: Session, row: ShareRequest, side: Side, by: Caller, at: datetime) -> tuple[bool, str | None]:
    """Tell whether a caller acts for a side, and in whose place."""
    held = substitutions.roles_of(session, by, at)
    by_system = by.kind == "system" and side is Side.REQUESTER and granting.SYSTEM_SCOPE in by.scopes
    if ROLE_OF[side] not in held and not by_system:
        return False, None
    if side is Side.AUTHORITY:
        fits = authorities.has_authority_over(session, by.organisation, row.provider)
    else:
        fits = by.organisation == (row.provider if side is Side.PROVIDER else row.requester)
    return fits, held.get(ROLE_OF[side])


def _require_shareable(directory: Directory, requester: str) -> None:
    if directory.published is None or State(directory.state) not in READABLE:
        raise NotShareable(directory.code, "not-published")
    if directory.owner == requester:
        raise NotShareable(directory.code, "your-own")


def _thing(row: ShareRequest) -> Thing:
    return Thing(THING, row.id)
