"""The life of a ticket: what a sighting does to it, which step may follow, and when it is overdue. Pure.

monitoring 监测 → alert 预警 → handling 处置 → feedback 反馈. A ticket is open until its owner takes it, and closed only
by their words, after they have told what was done. Whether those words are true is not decided here: what is seen again
makes another ticket, which names the one that was closed.

A sighting carries the moment of its newest evidence. One that shows nothing newer than what was known when a ticket was
closed is no recurrence: the refusals of yesterday, a certificate whose next warning has not come.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange.monitoring.errors import TicketStepNotAllowed, TicketWordsMissing


class State(enum.StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    CLOSED = "closed"


class Step(enum.StrEnum):
    """What an owner does with a ticket."""

    ACKNOWLEDGE = "acknowledge"
    HANDLE = "handle"
    CLOSE = "close"


class Severity(enum.StrEnum):
    """How grave it is: something will fail, or has failed."""

    WARNING = "warning"
    CRITICAL = "critical"


class Effect(enum.Enum):
    """What a sighting does."""

    OPENS = "opens"
    """There is no ticket: one is opened."""
    RECURS = "recurs"
    """The last one is closed: another is opened, which names it."""
    COUNTS = "counts"
    """One is open, and there is something new: it counts up."""
    STAYS = "stays"
    """One is open, and it is still so: seen, not counted."""
    NOTHING = "nothing"
    """All of this was known when the last one was closed."""


@dataclass(frozen=True)
class Known:
    """What is known of the last ticket about the same: its newest evidence, and when it was closed."""

    evidence_at: datetime
    closed_at: datetime | None


# Each step by where it begins and where it leads to.
STEPS: Final = {
    Step.ACKNOWLEDGE: (State.OPEN, State.ACKNOWLEDGED),
    Step.HANDLE: (State.ACKNOWLEDGED, State.HANDLED),
    Step.CLOSE: (State.HANDLED, State.CLOSED),
}
# What was done, and how it ended, are told in words; that somebody has seen it tells itself.
IN_WORDS: Final = frozenset({Step.HANDLE, Step.CLOSE})


def effect(known: Known | None, evidence_at: datetime) -> Effect:
    """Tell what a sighting does, from what is known of the last ticket about the same."""
    if known is None:
        return Effect.OPENS
    if known.closed_at is not None:
        return Effect.RECURS if evidence_at > known.closed_at else Effect.NOTHING
    return Effect.COUNTS if evidence_at > known.evidence_at else Effect.STAYS


def after(state: State, step: Step, words: str) -> State:
    """Give the state that a step leads to. Raises `TicketStepNotAllowed`, `TicketWordsMissing`."""
    begins, ends = STEPS[step]
    if state is not begins:
        raise TicketStepNotAllowed(step.value, state.value)
    if step in IN_WORDS and not words.strip():
        raise TicketWordsMissing(step.value)
    return ends


def worst(severities: Iterable[Severity]) -> Severity:
    """Give the gravest of some."""
    return Severity.CRITICAL if Severity.CRITICAL in set(severities) else Severity.WARNING


def is_overdue(state: State, due_at: datetime, at: datetime) -> bool:
    """Tell whether a ticket should be closed by now and is not."""
    return state is not State.CLOSED and at >= due_at
