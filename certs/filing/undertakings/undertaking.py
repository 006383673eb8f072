"""What may become of a letter of assistance, a promise and a later paper: which step may follow which. Pure.

letter   open ─reply→ answered           open, overdue ─let-come-later→ later     open ─fall-due→ overdue ─reply→ …
promise  open ─fulfil→ fulfilled         open ─break→ broken                      open ─fall-due→ overdue ─fulfil, break
later    open ─hand-in→ handed-in        open ─fall-due→ overdue ─hand-in→ handed-in
any      open, overdue ─cancel→ cancelled
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.filing.undertakings.errors import UndertakingStepNotAllowed


class Kind(enum.StrEnum):
    """What it is."""

    ASSISTANCE = "assistance"
    PROMISE = "promise"
    LATER = "later"


class State(enum.StrEnum):
    """Where it stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    TURNED_LATER = "turned-later"
    FULFILLED = "fulfilled"
    BROKEN = "broken"
    HANDED_IN = "handed-in"
    CANCELLED = "cancelled"


class Step(enum.StrEnum):
    """What can be done about it."""

    REPLY = "reply"
    LET_COME_LATER = "let-come-later"
    FULFIL = "fulfil"
    BREAK = "break"
    HAND_IN = "hand-in"
    FALL_DUE = "fall-due"
    CANCEL = "cancel"


STANDING: Final = frozenset({State.OPEN, State.OVERDUE})
MOVES: Final[Mapping[Kind, Mapping[Step, State]]] = MappingProxyType(
    {
        Kind.ASSISTANCE: {Step.REPLY: State.ANSWERED, Step.LET_COME_LATER: State.TURNED_LATER},
        Kind.PROMISE: {Step.FULFIL: State.FULFILLED, Step.BREAK: State.BROKEN},
        Kind.LATER: {Step.HAND_IN: State.HANDED_IN},
    }
)
# The duty that each is, in `certs/filing/duties.toml`.
DUTIES: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.ASSISTANCE: "assistance-reply", Kind.PROMISE: "promise-check", Kind.LATER: "later-material"}
)


def after(kind: Kind, state: State, step: Step) -> State:
    """Tell where a step leads. Raises `UndertakingStepNotAllowed`."""
    if step is Step.FALL_DUE and state is State.OPEN:
        return State.OVERDUE
    if state in STANDING and step is Step.CANCEL:
        return State.CANCELLED
    if state in STANDING and step in MOVES[kind]:
        return MOVES[kind][step]
    raise UndertakingStepNotAllowed(state.value, step.value)
