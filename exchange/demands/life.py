"""The life of a demand: where it stands, whose turn it is there, and which steps lead where. Pure.

    (begun) ─ a directory meets it → matched ─accept→ satisfied
       │                                │ reject
       │                                ▼
       ├ provider known ─────────→ answering ─promise→ promised ─satisfy→ satisfied
       │                             │   │ refuse → refused ─dispute→ ruling ─oblige→ promised
       │                   hand back │   └ satisfy → satisfied           └ uphold → closed
       │                             ▼
       └ provider unknown ──────→ assigning ─assign→ answering
                                     └ close → closed

As long as it is not over, a directory that meets it, once published, satisfies it (cover); a wider demand takes its
place (supersede); and it is withdrawn when nobody asks any more. A refused demand is over, and may still be disputed.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from exchange.demands.errors import DemandStepNotAllowed


class State(enum.StrEnum):
    """Where a demand stands."""

    MATCHED = "matched"
    ASSIGNING = "assigning"
    ANSWERING = "answering"
    PROMISED = "promised"
    REFUSED = "refused"
    RULING = "ruling"
    SATISFIED = "satisfied"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Step(enum.StrEnum):
    """What can be done to a demand."""

    ACCEPT = "accept"
    REJECT = "reject"
    ASSIGN = "assign"
    CLOSE = "close"
    PROMISE = "promise"
    HAND_BACK = "hand-back"
    REFUSE = "refuse"
    SATISFY = "satisfy"
    DISPUTE = "dispute"
    OBLIGE = "oblige"
    UPHOLD = "uphold"
    COVER = "cover"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


class Side(enum.StrEnum):
    """Whose step it is: that of those who ask, of the provider, of the authority, or of the platform itself."""

    ASKER = "asker"
    PROVIDER = "provider"
    AUTHORITY = "authority"
    PLATFORM = "platform"


class Ground(enum.StrEnum):
    """On which ground a demand is refused; the rule itself is named beside it."""

    NOT_HELD = "not-held"
    NO_BASIS = "no-basis"
    NEVER_SHARED = "never-shared"
    EXCESSIVE = "excessive"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Move:
    """A step: from where, to where, whose it is, and whether a reason belongs to it."""

    sources: frozenset[State]
    target: State
    side: Side
    needs_reason: bool = False


@dataclass(frozen=True)
class Turn:
    """Whose turn it is in a state, and under which duty's term."""

    side: Side
    duty: str


ROLE_OF: Final[Mapping[Side, str]] = MappingProxyType(
    {Side.ASKER: "requester", Side.PROVIDER: "provider", Side.AUTHORITY: "authority"}
)
_S = State
TURNS: Final[Mapping[State, Turn]] = MappingProxyType(
    {
        _S.MATCHED: Turn(Side.ASKER, "demand-match"),
        _S.ASSIGNING: Turn(Side.AUTHORITY, "demand-assignment"),
        _S.ANSWERING: Turn(Side.PROVIDER, "demand-answer"),
        _S.PROMISED: Turn(Side.PROVIDER, "supply"),
        _S.RULING: Turn(Side.AUTHORITY, "sharing-ruling"),
    }
)
# Not over: it is somebody's turn. Of what is over, only a refusal can still be disputed.
OPEN: Final = frozenset(TURNS)
# In these nobody has begun to provide it, so that a wider demand may take its place without anything being lost.
UNBEGUN: Final = frozenset({_S.MATCHED, _S.ASSIGNING, _S.ANSWERING})
_A, _P, _R, _H = Side.ASKER, Side.PROVIDER, Side.AUTHORITY, Side.PLATFORM
MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.ACCEPT: Move(frozenset({_S.MATCHED}), _S.SATISFIED, _A),
        Step.REJECT: Move(frozenset({_S.MATCHED}), _S.ANSWERING, _A, needs_reason=True),
        Step.ASSIGN: Move(frozenset({_S.ASSIGNING}), _S.ANSWERING, _R),
        Step.CLOSE: Move(frozenset({_S.ASSIGNING}), _S.CLOSED, _R, needs_reason=True),
        Step.PROMISE: Move(frozenset({_S.ANSWERING}), _S.PROMISED, _P),
        Step.HAND_BACK: Move(frozenset({_S.ANSWERING}), _S.ASSIGNING, _P, needs_reason=True),
        Step.REFUSE: Move(frozenset({_S.ANSWERING}), _S.REFUSED, _P, needs_reason=True),
        Step.SATISFY: Move(frozenset({_S.ANSWERING, _S.PROMISED}), _S.SATISFIED, _P),
        Step.DISPUTE: Move(frozenset({_S.REFUSED}), _S.RULING, _A, needs_reason=True),
        Step.OBLIGE: Move(frozenset({_S.RULING}), _S.PROMISED, _R, needs_reason=True),
        Step.UPHOLD: Move(frozenset({_S.RULING}), _S.CLOSED, _R, needs_reason=True),
        Step.COVER: Move(OPEN - {_S.MATCHED}, _S.SATISFIED, _H),
        Step.SUPERSEDE: Move(UNBEGUN, _S.SUPERSEDED, _H),
        Step.WITHDRAW: Move(OPEN, _S.WITHDRAWN, _H),
    }
)


def begins(*, is_met: bool, has_provider: bool) -> State:
    """Tell where a new demand stands."""
    if is_met:
        return State.MATCHED
    return State.ANSWERING if has_provider else State.ASSIGNING


def moved(state: State, step: Step, *, has_provider: bool) -> State:
    """Tell where a step leads; a demand of no provider goes to whoever names one. Raises `DemandStepNotAllowed`."""
    move = MOVES[step]
    if state not in move.sources:
        raise DemandStepNotAllowed(step.value, state.value)
    if move.target is State.ANSWERING and step is not Step.ASSIGN and not has_provider:
        return State.ASSIGNING
    return move.target
