"""What is counted and under which names; what one look-up or one use comes to. Pure.

A use is counted under how it ended, none of which is another: found, not found, not covered, source down, denied, and
pending. Materials that are spared are counted by the case that they are spared in: a look-up counts when it names its
case, or when it is bound to one, with as many materials as it found at best, so that asking again adds nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from exchange.door.outcomes import Outcome

CERTIFICATE, DATA = "certificate", "data"
DIRECTORY: Final = "directory"
OTHER: Final = "other"
OUTCOMES: Final = tuple(each.value for each in Outcome)
ROWS: Final = "data_rows"
CERTIFICATES: Final = "certificates"
SPARED: Final = "spared"
DUTIES_DUE, DUTIES_OVERDUE = "duties_due", "duties_overdue"
DEMANDS_DUE, DEMANDS_IN_TIME = "demands_due", "demands_in_time"
OBJECTIONS, OBJECTIONS_ANSWERED = "objections", "objections_answered"
LEVELS: Final = range(1, 6)
# These come from the tasks and not from the ledger, for nobody does anything when a term is over.
OF_DUTIES: Final = (DUTIES_DUE, DUTIES_OVERDUE, DEMANDS_DUE, DEMANDS_IN_TIME)

LOOKED_UP, BOUND, REUSED = "filing-lookup.made", "filing-lookup.bound", "material.reused"
FOUND: Final = Outcome.FOUND.value


@dataclass(frozen=True, order=True)
class Place:
    """Where something is counted."""

    day: date
    region: str
    organisation: str
    measure: str


@dataclass(frozen=True, order=True)
class Kind:
    """A type of certificate or a directory that a department has in a region."""

    kind: str
    region: str
    organisation: str
    code: str


@dataclass(frozen=True)
class Step:
    """An entry of a look-up or a case that materials may be spared by."""

    index: int
    act: str
    facts: dict[str, Any]


def used(kind: str, outcome: str) -> str:
    """Name the measure of a use that ended so; an ending that is none of the six is told apart from all of them."""
    return f"{kind}_{outcome if outcome in OUTCOMES else OTHER}"


def evaluated(level: int) -> str:
    """Name the measure of a level that was given."""
    return f"level_{level}"


def spared(history: Iterable[Step]) -> Iterator[tuple[int, int]]:
    """Tell which entries of one look-up or case spared materials that were not spared before, and how many."""
    found, counted, has_case, reused = 0, 0, False, set()
    for step in history:
        if step.act == REUSED:
            reused.add(str(step.facts.get("material", "")))
            now = len(reused)
        else:
            found = max(found, list(step.facts.get("outcomes", ())).count(FOUND))
            has_case = has_case or step.act == BOUND or bool(step.facts.get("basis"))
            now = found if has_case else 0
        if now > counted:
            yield step.index, now - counted
            counted = now
