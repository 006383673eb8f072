"""When a key may be used, and what may become of it: decided from its record alone.

States go one way: proposed → active → retired → withdrawn, and from each straight to withdrawn. A retired key signs no
more but opens and verifies; a withdrawn one does nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PROPOSED: Final = "proposed"
ACTIVE: Final = "active"
RETIRED: Final = "retired"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (PROPOSED, ACTIVE, RETIRED, WITHDRAWN)

USES: Final = ("token", "checkpoint", "ca", "ocsp", "tsa", "seal-maker", "seal", "service", "kek", "backup")
# What these sign binds others, so nobody lets such a key in alone.
TWO_PERSON_USES: Final = ("ca", "seal-maker", "seal")
# What was encrypted to these must be opened after they are retired.
OPENING_USES: Final = ("kek", "backup", "service")

# Act → the states from which it may be done.
ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "confirm": frozenset({PROPOSED}),
        "rotate": frozenset({ACTIVE}),
        "retire": frozenset({ACTIVE}),
        "withdraw": frozenset({PROPOSED, ACTIVE, RETIRED}),
        "certify": frozenset({PROPOSED, ACTIVE}),
    }
)


@dataclass(frozen=True)
class Standing:
    """What decides whether a key may be used."""

    use: str
    state: str
    proposed_by: str
    confirmed_by: str | None


def needs_two(use: str) -> bool:
    """Tell whether two different people must let a key of that use in."""
    return use in TWO_PERSON_USES


def was_let_in(standing: Standing) -> bool:
    """Tell whether as many different people as its use asks for have let the key in."""
    two = standing.confirmed_by is not None and standing.confirmed_by != standing.proposed_by
    return bool(standing.proposed_by) and (two or not needs_two(standing.use))


def may_sign(standing: Standing) -> bool:
    """Tell whether the key may sign now."""
    return standing.state == ACTIVE and was_let_in(standing)


def may_open(standing: Standing) -> bool:
    """Tell whether the key may open what was encrypted to it."""
    return standing.state in {ACTIVE, RETIRED} and was_let_in(standing) and standing.use in OPENING_USES


def may(act: str, state: str) -> bool:
    """Tell whether an act can be done to a key in that state."""
    return state in ALLOWED[act]
