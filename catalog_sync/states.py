"""The states of a row of the outbox, which follows which, and which news counts. Pure.

`waiting` → `sent` → `accepted` → `stored` is the way of a record that arrives. `sent` means: on record as sent, before
anything left the house; what came of it may not be known. `refused` is the platform's word, `dead` is ours after so
many tries. `superseded` has nothing left to say: a later version took its place before it was sent, or after it was
lost.

News may come late, twice and in any order. It counts when it says more than is known, in the order of `_SAYS`; so the
state that all news together make is the same in whichever order it came.
"""

import enum
from collections.abc import Mapping
from typing import Final

from catalog_sync.targets.target import Outcome


class State(enum.StrEnum):
    """Where a row stands."""

    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    STORED = "stored"
    REFUSED = "refused"
    DEAD = "dead"
    SUPERSEDED = "superseded"


# What still holds up later versions of the same thing.
UNFINISHED: Final = frozenset({State.WAITING, State.SENT})
# What the platform has got, as far as we know; whatever needs the thing may be told.
ARRIVED: Final = frozenset({State.ACCEPTED, State.STORED})
# What somebody may decide about.
STOPPED: Final = frozenset({State.REFUSED, State.DEAD})
# A state that nothing leaves.
FINAL: Final = frozenset({State.STORED, State.SUPERSEDED})

FOLLOWING: Final[Mapping[State | None, frozenset[State]]] = {
    None: frozenset({State.WAITING}),
    State.WAITING: frozenset({State.SENT, State.SUPERSEDED, State.ACCEPTED, State.STORED, State.REFUSED, State.DEAD}),
    State.SENT: frozenset({State.SENT, State.WAITING, State.ACCEPTED, State.STORED, State.REFUSED, State.DEAD}),
    # The platform took it in and then knows nothing of it: it is told again, unless a later version was told since.
    State.ACCEPTED: frozenset({State.STORED, State.REFUSED, State.WAITING, State.SUPERSEDED}),
    State.REFUSED: frozenset({State.WAITING, State.STORED}),
    State.DEAD: frozenset({State.WAITING, State.ACCEPTED, State.REFUSED, State.STORED}),
    State.STORED: frozenset(),
    State.SUPERSEDED: frozenset(),
}

_SAYS: Final = {
    State.WAITING: 0,
    State.SENT: 0,
    State.DEAD: 0,
    State.ACCEPTED: 1,
    State.REFUSED: 2,
    State.STORED: 3,
    State.SUPERSEDED: 4,
}
_MEANS: Final = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.STORED: State.STORED,
    Outcome.REFUSED: State.REFUSED,
}


def follows(before: State | None, after: State) -> bool:
    """Tell whether a row may go from one state to the other."""
    return after in FOLLOWING[before]


def after_news(state: State, outcome: Outcome) -> State | None:
    """Tell where news brings a row, whenever it comes; none where it says nothing that is not known."""
    means = _MEANS.get(outcome)
    if means is None or _SAYS[means] <= _SAYS[state]:
        return None
    return means
