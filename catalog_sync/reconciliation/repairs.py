"""What may be done about a thing that differs, from what our outbox says of it. Pure.

What we told and the other side does not have so is told again, at a version of its own. What the other side has stored
and we count as refused or given up is taken over: it arrived. Everything else is for a person: a thing that only the
other side knows may be what we lost.
"""

import enum
from collections.abc import Sequence

from catalog_sync.deciding import Past
from catalog_sync.reconciliation.differing import Difference, Differing
from catalog_sync.record import Operation
from catalog_sync.states import STOPPED, State


class Repair(enum.StrEnum):
    """What may be done."""

    TELL_AGAIN = "tell-again"
    TAKE_OVER = "take-over"
    PERSON = "person"


TOLD_AGAIN: frozenset[Difference] = frozenset(
    {Difference.MISSING_THERE, Difference.OLDER_THERE, Difference.ALTERED},
)


def repair_of(differing: Differing, past: Sequence[Past]) -> Repair:
    """Decide from a thing's rows (newest first, without the superseded)."""
    if differing.difference in TOLD_AGAIN:
        return Repair.TELL_AGAIN
    if taken_over(differing, past) is not None:
        return Repair.TAKE_OVER
    if differing.difference is Difference.MISSING_HERE and _was_taken_back(past):
        return Repair.TELL_AGAIN
    return Repair.PERSON


def taken_over(differing: Differing, past: Sequence[Past]) -> Past | None:
    """Give the row that arrived without our knowing: refused or given up here, stored there as it was told."""
    if differing.difference not in {Difference.MISSING_HERE, Difference.OLDER_HERE} or differing.row_there is None:
        return None
    there = differing.row_there
    return next(
        (
            each
            for each in past
            if each.state in STOPPED and (each.version, each.digest) == (there.version, there.digest)
        ),
        None,
    )


def _was_taken_back(past: Sequence[Past]) -> bool:
    return bool(past) and past[0].operation is Operation.DELETE and past[0].state is State.STORED
