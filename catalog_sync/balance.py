"""The conservation law of the outbox: what was to be told stands in exactly one state, and is neither lost nor doubled.

Pure. Each row is in exactly one state, which its transitions lead to without a gap; told beside what the other side
has, nothing that counts as arrived is missing there, and nothing is there twice. `faults` names each row that breaks
the law; how the two sides are brought together again is not decided here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from catalog_sync import states
from catalog_sync.states import ARRIVED, State


@dataclass(frozen=True)
class Step:
    """A transition of a row."""

    before: str | None
    after: str


@dataclass(frozen=True)
class Counted:
    """A row, as the balance sees it."""

    number: int
    target: str
    kind: str
    day: date
    key: str
    state: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with a row, or with a key that only the other side knows."""

    code: str
    number: int | None
    key: str = ""


@dataclass(frozen=True)
class Balance:
    """One line: of a target, a kind and a day, how many rows there are, in which states."""

    target: str
    kind: str
    day: date
    told: int
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether all that was to be told is accounted for."""
        return self.told == sum(self.states.values())


def lines(rows: Iterable[tuple[str, str, date, str, int]]) -> tuple[Balance, ...]:
    """Make the lines from counts by target, kind, day and state, in this order."""
    found: dict[tuple[str, str, date], dict[str, int]] = {}
    for target, kind, day, state, count in rows:
        found.setdefault((target, kind, day), dict.fromkeys(State, 0))[State(state)] += count
    return tuple(
        Balance(*name, sum(counts.values()), {str(state): count for state, count in counts.items()})
        for name, counts in sorted(found.items())
    )


def broken(rows: Iterable[Counted]) -> tuple[Fault, ...]:
    """Name the rows whose state and transitions do not agree."""
    found = [(row, _break(row)) for row in rows]
    return tuple(Fault(code, row.number, row.key) for row, code in found if code)


def _break(row: Counted) -> str:
    if not row.steps:
        return "no-transition"
    before: str | None = None
    for step in row.steps:
        if step.before != before:
            return "gap-in-transitions"
        if not states.follows(None if before is None else State(before), State(step.after)):
            return "transition-not-allowed"
        before = step.after
    return "" if before == row.state else "state-not-of-last-transition"


def beside(rows: Sequence[Counted], arrivals: Iterable[str]) -> tuple[Fault, ...]:
    """Compare with what arrived on the other side, a key for each time that a record took effect there.

    `lost`: a row that counts as arrived is not there. `doubled`: it is there more than once. `unknown`: nobody told it.
    """
    there = Counter(arrivals)
    known = {row.key: row for row in rows}
    lost = [Fault("lost", row.number, row.key) for row in rows if State(row.state) in ARRIVED and not there[row.key]]
    doubled = [Fault("doubled", known[key].number, key) for key, count in there.items() if count > 1 and key in known]
    strange = [Fault("unknown", None, key) for key in there if key not in known]
    return tuple(sorted([*lost, *doubled, *strange], key=lambda each: (each.code, each.key)))
