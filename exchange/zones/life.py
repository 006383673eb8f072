"""The life of a version of a zone, and of a directory's place in it. Pure.

    draft ─submit→ reviewing ─publish→ published ─(a newer one is published)→ superseded
      ▲  │             │ return             └withdraw→ withdrawn
      │  └discard→ discarded
      └────────────────┘

Written by the lead, reviewed by the authority over the lead, by another person than the writer. Providers are told when
it is submitted. Until it is published a provider may object; the authority then publishes only with a reason, since a
place in a zone grants nothing: every request is still the provider's to decide. Afterwards a provider may take its
directory out at any time.

    included ─object→ objected ─(published all the same)→ objected; included or objected ─withdraw→ withdrawn
    included or objected ─(its directory no longer serves)→ broken ─(it serves again)→ included
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from exchange.zones.errors import ZoneStepNotAllowed


class State(enum.StrEnum):
    """Where a version of a zone stands."""

    DRAFT = "draft"
    REVIEWING = "reviewing"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class Standing(enum.StrEnum):
    """Where a directory stands in a version of a zone."""

    INCLUDED = "included"
    OBJECTED = "objected"
    WITHDRAWN = "withdrawn"
    BROKEN = "broken"


class Step(enum.StrEnum):
    """What can be done to a zone."""

    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    DISCARD = "discard"
    WITHDRAW = "withdraw"


class Side(enum.StrEnum):
    """Whose step it is: the lead's, or the authority's over the lead."""

    LEAD = "lead"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Move:
    """A step: from where, to where, whose it is, and whether a reason belongs to it."""

    source: State
    target: State
    side: Side
    needs_reason: bool = False


# The lead is the authority itself, or the department that leads the matter (牵头单位).
ROLES: Final[Mapping[Side, tuple[str, ...]]] = MappingProxyType(
    {Side.LEAD: ("authority", "steward"), Side.AUTHORITY: ("authority",)}
)
MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.SUBMIT: Move(State.DRAFT, State.REVIEWING, Side.LEAD),
        Step.RETURN: Move(State.REVIEWING, State.DRAFT, Side.AUTHORITY, needs_reason=True),
        Step.PUBLISH: Move(State.REVIEWING, State.PUBLISHED, Side.AUTHORITY),
        Step.DISCARD: Move(State.DRAFT, State.DISCARDED, Side.LEAD),
        Step.WITHDRAW: Move(State.PUBLISHED, State.WITHDRAWN, Side.LEAD, needs_reason=True),
    }
)
# A version that is being written or looked at; a zone has one at most.
OPEN: Final = frozenset({State.DRAFT, State.REVIEWING})
# Places that are asked when the zone is called; of the others the zone says what became of them.
ASKED: Final = frozenset({Standing.INCLUDED, Standing.OBJECTED})


def moved(state: State, step: Step) -> Move:
    """Give the step as it begins here. Raises `ZoneStepNotAllowed`."""
    move = MOVES[step]
    if state is not move.source:
        raise ZoneStepNotAllowed(step.value, state.value)
    return move
