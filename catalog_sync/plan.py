"""What may be sent now, of the rows that are due. Pure; the same rows give the same plan.

1. Order is kept within a thing: an earlier version that is not finished holds up the later ones; nothing holds up
   another thing, but for
2. prerequisites: what a row needs must have arrived, if the target takes that kind at all.
3. A batch holds as many rows as the target takes in one exchange, and no more than any of its rows bears: a row of a
   batch that failed as a whole goes in halves, until the one that fails alone is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog_sync.record import Subject


@dataclass(frozen=True)
class Candidate:
    """A row that is due."""

    number: int
    subject: Subject
    version: int
    needs: tuple[Subject, ...] = ()
    portion: int | None = None


@dataclass(frozen=True)
class Standing:
    """What the target has of the things that matter to the candidates, and which kinds it takes.

    `unfinished` gives the earliest version of a thing that is not finished.
    """

    takes: frozenset[str]
    unfinished: Mapping[Subject, int] = field(default_factory=dict)
    arrived: frozenset[Subject] = frozenset()


@dataclass(frozen=True)
class Plan:
    """Which rows go together now, and which cannot go before what."""

    batch: tuple[int, ...]
    blocked: Mapping[int, Subject]


def plan(candidates: Sequence[Candidate], standing: Standing, most: int) -> Plan:
    """Make a batch of the first candidates that may go."""
    blocked: dict[int, Subject] = {}
    batch: list[int] = []
    bears = most
    for each in candidates:
        before = before_it(each, standing)
        if before is not None:
            blocked[each.number] = before
            continue
        bearing = min(bears, each.portion or most)
        if len(batch) < bearing:
            batch.append(each.number)
            bears = bearing
    return Plan(tuple(batch), blocked)


def before_it(candidate: Candidate, standing: Standing) -> Subject | None:
    """Name what has to come before a row: its own earlier version, or the first of what it needs that is missing."""
    if standing.unfinished.get(candidate.subject, candidate.version) < candidate.version:
        return candidate.subject
    missing = (each for each in candidate.needs if each.kind in standing.takes and each not in standing.arrived)
    return next(missing, None)
