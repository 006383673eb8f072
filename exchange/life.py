"""The life of a version of a directory: who may take which step from where.

    draft ─submit→ checking ─forward→ reviewing ─publish→ published ─(a newer one is published)→ superseded
      ▲               │ return        │ return            │ ask to withdraw
      └───────────────┴───────────────┘                   ▼
    draft ─discard→ discarded                         withdrawing ─withdraw→ withdrawn
                                                          │ keep → published

Checking is the department's own, by another person than the writer; reviewing and withdrawing are the authority's.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from exchange.errors import DirectoryStepNotAllowed


class State(enum.StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    REVIEWING = "reviewing"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class Step(enum.StrEnum):
    """What can be done to a version."""

    SUBMIT = "submit"
    FORWARD = "forward"
    RETURN = "return"
    PUBLISH = "publish"
    SUPERSEDE = "supersede"
    DISCARD = "discard"
    ASK_TO_WITHDRAW = "ask-to-withdraw"
    WITHDRAW = "withdraw"
    KEEP = "keep"


class Whose(enum.StrEnum):
    """Whose step it is: the owner's writers, the owner's checkers, or the authority's."""

    WRITER = "writer"
    CHECKER = "checker"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Move:
    """A step: from where, to where, and whose it is there; `duty` is the term that begins with it."""

    sources: Mapping[State, Whose]
    target: State
    duty: str | None = None


ROLES: Final[Mapping[Whose, frozenset[str]]] = MappingProxyType(
    {
        Whose.WRITER: frozenset({"steward"}),
        Whose.CHECKER: frozenset({"reviewer"}),
        Whose.AUTHORITY: frozenset({"authority"}),
    }
)
MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.SUBMIT: Move({State.DRAFT: Whose.WRITER}, State.CHECKING, "department-check"),
        Step.FORWARD: Move({State.CHECKING: Whose.CHECKER}, State.REVIEWING, "authority-review"),
        Step.RETURN: Move({State.CHECKING: Whose.CHECKER, State.REVIEWING: Whose.AUTHORITY}, State.DRAFT),
        Step.PUBLISH: Move({State.REVIEWING: Whose.AUTHORITY}, State.PUBLISHED),
        Step.DISCARD: Move({State.DRAFT: Whose.WRITER}, State.DISCARDED),
        Step.ASK_TO_WITHDRAW: Move({State.PUBLISHED: Whose.WRITER}, State.WITHDRAWING, "withdrawal-review"),
        Step.WITHDRAW: Move({State.WITHDRAWING: Whose.AUTHORITY}, State.WITHDRAWN),
        Step.KEEP: Move({State.WITHDRAWING: Whose.AUTHORITY}, State.PUBLISHED),
        Step.SUPERSEDE: Move({State.PUBLISHED: Whose.AUTHORITY}, State.SUPERSEDED),
    }
)
# A version that is being written or looked at; a directory has one at most.
OPEN: Final = frozenset({State.DRAFT, State.CHECKING, State.REVIEWING})
# A version that others can read; a directory has one at most.
READABLE: Final = frozenset({State.PUBLISHED, State.WITHDRAWING})


def whose(state: State, step: Step) -> Whose:
    """Tell whose step it is from here. Raises `DirectoryStepNotAllowed`."""
    found = MOVES[step].sources.get(state)
    if found is None:
        raise DirectoryStepNotAllowed(step.value, state.value)
    return found


def next_whose(state: State) -> Whose:
    """Tell who is to act on a version that stands here for review."""
    return _WAITING[state]


_WAITING: Final = MappingProxyType(
    {
        State.CHECKING: Whose.CHECKER,
        State.REVIEWING: Whose.AUTHORITY,
        State.WITHDRAWING: Whose.AUTHORITY,
    }
)


def roles_of(step: Step) -> frozenset[str]:
    """Give the roles that may take a step from anywhere."""
    return frozenset().union(*(ROLES[each] for each in MOVES[step].sources.values()))
