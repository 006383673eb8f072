"""The life of an objection (校核, 国令第809号 articles 26, 27): where it stands and whose turn it is. Pure.

    verifying ─correct, keep→ telling ─(all have spoken)→ settled
        ▲   │                    │ dispute
        │   └ withdraw           ▼
        │      → withdrawn    ruling ─uphold→ settled
        └────────redo────────────┘

An answer (corrected or kept) is told to whoever objected and to everyone who received what was objected to; each of
them confirms or disputes, and whoever says nothing until the term is over is *unconfirmed*, which keeps nobody else
waiting (`lapse`). A dispute goes to an authority that is no party to it, which upholds the answer or has it verified
again; then all are asked anew. Departments' objections (`exchange.objections`) and holders' (`certs.holders`) have this
one life.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from exchange.objections.errors import ObjectionStepNotAllowed


class State(enum.StrEnum):
    """Where an objection stands."""

    VERIFYING = "verifying"
    TELLING = "telling"
    RULING = "ruling"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class Outcome(enum.StrEnum):
    """What the provider found: it was wrong and is corrected, or it is kept, with the reason."""

    CORRECTED = "corrected"
    KEPT = "kept"


class Step(enum.StrEnum):
    """What can be done to an objection."""

    CORRECT = "correct"
    KEEP = "keep"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    REDO = "redo"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


class Side(enum.StrEnum):
    """Whose step it is: whoever objected, whoever has to verify, those who are told, the authority, or the clock's."""

    OBJECTOR = "objector"
    PROVIDER = "provider"
    RECEIVER = "receiver"
    AUTHORITY = "authority"
    CLOCK = "clock"


class Heard(enum.StrEnum):
    """What one who was told has said to the answer."""

    TOLD = "told"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class Move:
    """A step: from where, to where, whose it is, what it finds, and whether a reason belongs to it."""

    source: State
    target: State
    side: Side
    outcome: Outcome | None = None
    needs_reason: bool = True


@dataclass(frozen=True)
class Turn:
    """Whose turn it is in a state, and under which duty's term."""

    side: Side
    duty: str


ROLE_OF: Final[Mapping[Side, str]] = MappingProxyType(
    {Side.OBJECTOR: "requester", Side.PROVIDER: "provider", Side.RECEIVER: "requester", Side.AUTHORITY: "authority"}
)
TURNS: Final[Mapping[State, Turn]] = MappingProxyType(
    {
        State.VERIFYING: Turn(Side.PROVIDER, "correction"),
        State.TELLING: Turn(Side.RECEIVER, "objection-confirmation"),
        State.RULING: Turn(Side.AUTHORITY, "objection-ruling"),
    }
)
OPEN: Final = frozenset(TURNS)
_S = State
MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.CORRECT: Move(_S.VERIFYING, _S.TELLING, Side.PROVIDER, Outcome.CORRECTED),
        Step.KEEP: Move(_S.VERIFYING, _S.TELLING, Side.PROVIDER, Outcome.KEPT),
        Step.CONFIRM: Move(_S.TELLING, _S.TELLING, Side.RECEIVER, needs_reason=False),
        Step.DISPUTE: Move(_S.TELLING, _S.RULING, Side.RECEIVER),
        Step.UPHOLD: Move(_S.RULING, _S.SETTLED, Side.AUTHORITY),
        Step.REDO: Move(_S.RULING, _S.VERIFYING, Side.AUTHORITY),
        Step.WITHDRAW: Move(_S.VERIFYING, _S.WITHDRAWN, Side.OBJECTOR, needs_reason=False),
        Step.LAPSE: Move(_S.TELLING, _S.TELLING, Side.CLOCK, needs_reason=False),
    }
)


# What one who was told says with a step.
SAID: Final[Mapping[Step, Heard]] = MappingProxyType(
    {Step.CONFIRM: Heard.CONFIRMED, Step.DISPUTE: Heard.DISPUTED, Step.LAPSE: Heard.UNCONFIRMED}
)


@dataclass(frozen=True)
class Standing:
    """Where an objection stands: its state, what was found, and what each who was told has said to it."""

    state: State = State.VERIFYING
    outcome: Outcome | None = None
    heard: Mapping[str, Heard] = field(default_factory=dict)


def move_of(state: State, step: Step) -> Move:
    """Give the step as it begins here. Raises `ObjectionStepNotAllowed`."""
    move = MOVES[step]
    if state is not move.source:
        raise ObjectionStepNotAllowed(step.value, state.value)
    return move


def answered(now: Standing, step: Step, told: Iterable[str]) -> Standing:
    """Tell where it stands once an answer is told; where nobody is left who could speak, the answer is the end.

    Raises `ObjectionStepNotAllowed`.
    """
    heard = dict.fromkeys(told, Heard.TOLD)
    return Standing(State.TELLING if heard else State.SETTLED, move_of(now.state, step).outcome, heard)


def spoken(now: Standing, step: Step, who: Collection[str], awaited: Collection[str]) -> Standing:
    """Tell where it stands after a word of those who were told, or their silence; each answer is spoken to once.

    Only the words of those who are awaited count: a department that may no longer act keeps nobody waiting.
    Raises `ObjectionStepNotAllowed`.
    """
    move_of(now.state, step)
    for each in who:
        if now.heard[each] is not Heard.TOLD:
            raise ObjectionStepNotAllowed(step.value, now.heard[each].value)
    heard = {**now.heard, **dict.fromkeys(who, SAID[step])}
    if step is Step.DISPUTE:
        return replace(now, state=State.RULING, heard=heard)
    is_over = all(heard[each] is not Heard.TOLD for each in awaited)
    return replace(now, state=State.SETTLED if is_over else State.TELLING, heard=heard)


def moved(now: Standing, step: Step) -> Standing:
    """Tell where it stands after a step of whoever objected, or of the authority. Raises `ObjectionStepNotAllowed`."""
    target = move_of(now.state, step).target
    return replace(now, state=target, outcome=None if target is State.VERIFYING else now.outcome)


def parties(provider: str, objector: str, heard: Mapping[str, Heard]) -> set[str]:
    """Name those who may not rule: who was judged, who objected, and whoever disputes."""
    return {provider, objector, *(each for each, said in heard.items() if said is Heard.DISPUTED)} - {""}


def judge(candidates: Sequence[str], kept_out: Collection[str]) -> str | None:
    """Choose who rules: the nearest that is no party, if there is one."""
    return next((each for each in candidates if each and each not in kept_out), None)
