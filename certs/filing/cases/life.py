"""The life of a case: which step may follow which, whose it is then, and until when. Pure.

    received ─accept→ accepted ─grant→ granted ─deliver→ delivered
       │  ▲ supplement  │  ▲ end-special   │ issue (its certificate is there)
       │  └ supplementing  └ special       └ stays granted until the certificate is there
       ├ not-accept         ├ refuse→ refused ─deliver→ delivered
       └──── hand-over, void, withdraw (and lapse, from supplementing) close it ────┘

Every state but the closed ones has a duty, a side whose duty it is, and an end: `after` cannot make a life without.
Receiving is apart from deciding (收办分离): the receiving side takes in, supplements, withdraws for the applicant and
hands over the result; the implementing side does the rest, where both are one organ it does all.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from base.workdays import Calendar
from certs.filing.cases.errors import CaseStepNotAllowed, SupplementAskedAlready, TermStillRuns
from certs.filing.cases.terms import Term, Terms, begun


class State(enum.StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    SUPPLEMENTING = "supplementing"
    ACCEPTED = "accepted"
    SPECIAL = "special"
    GRANTED = "granted"
    REFUSED = "refused"
    DELIVERED = "delivered"
    NOT_ACCEPTED = "not-accepted"
    HANDED_OVER = "handed-over"
    VOID = "void"
    WITHDRAWN = "withdrawn"


class Act(enum.StrEnum):
    """What can be done in a case."""

    RECEIVE = "receive"
    ASK_SUPPLEMENT = "ask-supplement"
    SUPPLEMENT = "supplement"
    LAPSE = "lapse"
    ACCEPT = "accept"
    NOT_ACCEPT = "not-accept"
    PROCESS = "process"
    BEGIN_SPECIAL = "begin-special"
    END_SPECIAL = "end-special"
    EXTEND = "extend"
    GRANT = "grant"
    REFUSE = "refuse"
    HAND_OVER = "hand-over"
    VOID = "void"
    WITHDRAW = "withdraw"
    ISSUE = "issue"
    DELIVER = "deliver"


class Side(enum.StrEnum):
    """The two sides of a case."""

    RECEIVING = "receiving"
    IMPLEMENTING = "implementing"


class Duty(enum.StrEnum):
    """What is to be done next."""

    ACCEPT = "case-accept"
    SUPPLEMENT = "case-supplement"
    DECIDE = "case-decide"
    SPECIAL = "case-special"
    ISSUE = "case-issue"
    DELIVER = "case-deliver"


class Result(enum.IntEnum):
    """How a case ended, as the national result rows number it."""

    GRANTED = 1
    REFUSED = 2
    HANDED_OVER = 3
    VOID = 4
    WITHDRAWN = 5


CLOSED: Final = frozenset(
    {State.DELIVERED, State.NOT_ACCEPTED, State.HANDED_OVER, State.VOID, State.WITHDRAWN},
)


@dataclass(frozen=True)
class Move:
    """A step: from which states, to which, whose it is, and the result that it brings."""

    sources: frozenset[State]
    target: State
    sides: frozenset[Side]
    result: Result | None = None


def _move(sources: Iterable[State], target: State, *sides: Side, result: Result | None = None) -> Move:
    return Move(frozenset(sources), target, frozenset(sides or (Side.IMPLEMENTING,)), result)


# Until it is decided, an applicant may withdraw (行政许可法 has no last moment but the decision).
_UNDECIDED: Final = (State.RECEIVED, State.SUPPLEMENTING, State.ACCEPTED, State.SPECIAL)
_ONE: Final = (State.ACCEPTED,)

MOVES: Final[Mapping[Act, Move]] = MappingProxyType(
    {
        Act.ASK_SUPPLEMENT: _move([State.RECEIVED], State.SUPPLEMENTING),
        Act.SUPPLEMENT: _move([State.SUPPLEMENTING], State.RECEIVED, Side.RECEIVING),
        Act.LAPSE: _move([State.SUPPLEMENTING], State.WITHDRAWN, result=Result.WITHDRAWN),
        Act.ACCEPT: _move([State.RECEIVED], State.ACCEPTED),
        Act.NOT_ACCEPT: _move([State.RECEIVED], State.NOT_ACCEPTED),
        Act.PROCESS: _move(_ONE, State.ACCEPTED),
        Act.BEGIN_SPECIAL: _move(_ONE, State.SPECIAL),
        Act.END_SPECIAL: _move([State.SPECIAL], State.ACCEPTED),
        Act.EXTEND: _move(_ONE, State.ACCEPTED),
        Act.GRANT: _move(_ONE, State.GRANTED, result=Result.GRANTED),
        Act.REFUSE: _move(_ONE, State.REFUSED, result=Result.REFUSED),
        Act.HAND_OVER: _move([State.RECEIVED, State.ACCEPTED], State.HANDED_OVER, result=Result.HANDED_OVER),
        Act.VOID: _move(_UNDECIDED, State.VOID, result=Result.VOID),
        Act.WITHDRAW: _move(_UNDECIDED, State.WITHDRAWN, Side.RECEIVING, result=Result.WITHDRAWN),
        Act.ISSUE: _move([State.GRANTED], State.GRANTED),
        Act.DELIVER: _move([State.GRANTED, State.REFUSED], State.DELIVERED, Side.RECEIVING, Side.IMPLEMENTING),
    }
)


@dataclass(frozen=True)
class Step:
    """What was done, when; `days` where the step sets a term, and whether a certificate is still to be issued."""

    act: Act
    at: datetime
    days: int | None = None
    awaits_certificate: bool = False


@dataclass(frozen=True)
class Owed:
    """What is to be done next: the duty, whose it is, and its term."""

    duty: Duty
    side: Side
    term: Term


@dataclass(frozen=True)
class Life:
    """Where a case stands: its state, what is owed, the terms of the decision, and what cannot happen twice."""

    state: State
    owed: Owed | None
    promised: Term | None = None
    legal: Term | None = None
    supplement_asked: bool = False
    extended: bool = False
    awaits_certificate: bool = False
    result: Result | None = None

    def __post_init__(self) -> None:
        # The one rule of the bus; `after` keeps it, and nothing else may make a life that does not.
        if (self.owed is None) != (self.state in CLOSED):
            message = f"a case that is {self.state} must {'not ' if self.owed else ''}be owed"
            raise ValueError(message)


def received(terms: Terms, calendar: Calendar, at: datetime) -> Life:
    """Begin a life. Raises `CalendarYearUnknown`."""
    return Life(State.RECEIVED, Owed(Duty.ACCEPT, Side.IMPLEMENTING, begun(calendar, terms.accept, at)))


def after(life: Life, step: Step, terms: Terms, calendar: Calendar) -> Life:
    """Tell how a case stands after a step.

    Raises `CaseStepNotAllowed`, `SupplementAskedAlready`, `TermStillRuns`, `CalendarYearUnknown`, `UnusableTerm`.
    """
    move = MOVES.get(step.act)
    if move is None or life.state not in move.sources:
        raise CaseStepNotAllowed(life.state.value, step.act.value)
    _require(life, step)
    moved = _with_decision_terms(life, step, terms, calendar)
    awaits = step.awaits_certificate if step.act is Act.GRANT else False
    moved = replace(moved, awaits_certificate=awaits)
    return replace(
        moved,
        state=move.target,
        result=move.result or life.result,
        supplement_asked=life.supplement_asked or step.act is Act.ASK_SUPPLEMENT,
        extended=life.extended or step.act is Act.EXTEND,
        owed=_owed(moved, move.target, step, terms, calendar),
    )


def replay(steps: Iterable[Step], terms: Terms, calendar: Calendar) -> Life:
    """Tell how a case stands after all its steps, the first being its receipt. Raises as `after` does."""
    coming = iter(steps)
    life = received(terms, calendar, next(coming).at)
    for step in coming:
        life = after(life, step, terms, calendar)
    return life


def _require(life: Life, step: Step) -> None:
    if step.act is Act.ASK_SUPPLEMENT and life.supplement_asked:
        raise SupplementAskedAlready(step.act.value)
    if step.act is Act.EXTEND and life.extended:
        raise CaseStepNotAllowed("extended", step.act.value)
    if step.act is Act.ISSUE and not life.awaits_certificate:
        raise CaseStepNotAllowed("issued", step.act.value)
    if step.act is Act.DELIVER and life.awaits_certificate:
        raise CaseStepNotAllowed("certificate-pending", step.act.value)
    if step.act is Act.LAPSE:
        ends_at = life.owed.term.ends_at if life.owed else None
        if ends_at is None or step.at < ends_at:
            raise TermStillRuns(ends_at.isoformat() if ends_at else "")


def _with_decision_terms(life: Life, step: Step, terms: Terms, calendar: Calendar) -> Life:
    """Begin, stop, go on with or extend the terms within which the organ decides."""
    promised, legal = life.promised, life.legal
    if step.act is Act.ACCEPT:
        promised, legal = begun(calendar, terms.promised, step.at), begun(calendar, terms.legal, step.at)
    elif promised is not None and legal is not None:
        if step.act is Act.BEGIN_SPECIAL:
            promised, legal = promised.stopped(calendar, step.at), legal.stopped(calendar, step.at)
        elif step.act is Act.END_SPECIAL:
            promised, legal = promised.going_on(calendar, step.at), legal.going_on(calendar, step.at)
        elif step.act is Act.EXTEND:
            promised = promised.extended(calendar, terms.extension)
            legal = legal.extended(calendar, terms.extension)
    return replace(life, promised=promised, legal=legal)


def _owed(life: Life, state: State, step: Step, terms: Terms, calendar: Calendar) -> Owed | None:
    """Tell what is owed in a state; what goes on unchanged keeps its term."""
    if state in CLOSED:
        return None
    if state is State.ACCEPTED and life.promised is not None:
        return Owed(Duty.DECIDE, Side.IMPLEMENTING, life.promised)
    duty, side, days = _next_duty(life, state, step, terms)
    return Owed(duty, side, begun(calendar, days, step.at))


def _next_duty(life: Life, state: State, step: Step, terms: Terms) -> tuple[Duty, Side, int]:
    """Tell which duty begins now, whose it is, and its days."""
    if state is State.RECEIVED:
        return Duty.ACCEPT, Side.IMPLEMENTING, terms.accept
    if state is State.SUPPLEMENTING:
        return Duty.SUPPLEMENT, Side.RECEIVING, terms.supplement if step.days is None else step.days
    if state is State.SPECIAL:
        return Duty.SPECIAL, Side.IMPLEMENTING, step.days or 0
    if life.awaits_certificate:
        return Duty.ISSUE, Side.IMPLEMENTING, terms.issue
    return Duty.DELIVER, Side.RECEIVING, terms.deliver
