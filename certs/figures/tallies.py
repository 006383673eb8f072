"""What is counted and under which names; what one look-up or one use comes to. Pure.

A use is counted under how it ended, none of which is another: found, not found, not covered, source down, denied, and
pending. Materials that are spared are counted by the case that they are spared in, each once: a look-up counts when it
names its case or is bound to one; asked again, or by another look-up of the same case, a material adds nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from exchange.agreements.purposes import BasisKind
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
    """An entry of a look-up or a case that materials may be spared by: `thing` is which, `organisation` who did it."""

    index: int
    act: str
    facts: Mapping[str, Any]
    thing: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class CaseName:
    """What a case is known by: its number, or an office's own number before there is a case."""

    number: str
    office: str = ""


def used(kind: str, outcome: str) -> str:
    """Name the measure of a use that ended so; an ending that is none of the six is told apart from all of them."""
    return f"{kind}_{outcome if outcome in OUTCOMES else OTHER}"


def evaluated(level: int) -> str:
    """Name the measure of a level that was given."""
    return f"level_{level}"


def case_named(step: Step) -> CaseName | None:
    """Tell which case an entry names; inspections and agreements are none.

    An entry that does not tell what carries its number is of a look-up by itself, as all were once.
    """
    if step.act == REUSED:
        return CaseName(step.thing)
    if step.act == BOUND:
        return CaseName(str(step.facts["case"]))
    number, kind = str(step.facts.get("basis") or ""), step.facts.get("basis_kind")
    if kind == BasisKind.INTAKE:
        return CaseName(number, step.organisation)
    if kind is None and number:
        return CaseName(step.thing, step.thing)
    return CaseName(number) if kind == BasisKind.CASE else None


def spared(history: Iterable[Step]) -> Iterator[tuple[int, int]]:
    """Tell which entries of one case spared materials that were not spared in it before, and how many.

    `history` has all entries of the case's look-ups, also those from before it was known whose they are.
    """
    found: dict[str, Counter[tuple[str, str]]] = {}
    named: set[str] = set()
    reused: set[str] = set()
    counted = 0
    for step in history:
        if step.act == REUSED:
            reused.add(str(step.facts.get("material", "")))
        elif step.act == LOOKED_UP:
            found[step.thing] = found.get(step.thing, Counter()) | _materials(step)
        if case_named(step) is not None:
            named.add(step.thing)
        best: Counter[tuple[str, str]] = Counter()
        for thing in named:
            best |= found.get(thing, Counter())
        now = best.total() + len(reused - {key for key, _ in best})
        if now > counted:
            yield step.index, now - counted
            counted = now


def _materials(step: Step) -> Counter[tuple[str, str]]:
    """Give what a look-up found: by material and role, how many persons' papers."""
    told = step.facts.get("found")
    if told is None:
        return Counter({(step.thing, ""): list(step.facts.get("outcomes", ())).count(FOUND)})
    return Counter((str(key), str(role)) for key, role in told)
