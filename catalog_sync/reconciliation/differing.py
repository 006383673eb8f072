"""Two sides compared range by range, until each thing that differs is named. Pure but for the sides that are asked.

1. Both sides are asked about the same ranges, many in one exchange.
2. Where the roots are equal nothing more is asked.
3. Where both tell parts, those that differ are asked about next; a side that tells its few rows instead is split here.
4. Where both tell rows, what differs is named.

For d differences among n rows this takes some log n exchanges of d ranges each.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from catalog_sync.reconciliation.ranges import EVERYTHING, Part, Path, Range, Row, parts_of
from catalog_sync.record import Subject

# A range weighs about a kilobyte when it is told: an answer stays below a quarter of a megabyte.
MOST_RANGES: Final = 256


class Difference(enum.StrEnum):
    """How a thing differs between us and the other side."""

    MISSING_THERE = "missing-there"
    MISSING_HERE = "missing-here"
    OLDER_THERE = "older-there"
    OLDER_HERE = "older-here"
    ALTERED = "altered"
    """The same version with another content, or under another department or day."""
    DOUBLED_THERE = "doubled-there"
    DOUBLED_HERE = "doubled-here"


@dataclass(frozen=True)
class Differing:
    """A thing that differs, with the version that each side has of it, and its newest row where ranges were told."""

    subject: Subject
    difference: Difference
    here: int | None
    there: int | None
    row_here: Row | None = field(default=None, compare=False)
    row_there: Row | None = field(default=None, compare=False)

    @property
    def department(self) -> str:
        """Give whose the thing is, as far as either side says."""
        row = self.row_here or self.row_there
        return row.department if row else ""


class Side(Protocol):
    """A side that can be asked about ranges."""

    def look(self, paths: Sequence[Path]) -> Sequence[Range]:
        """Tell these ranges, in this order."""
        ...


@dataclass(frozen=True)
class Compared:
    """What came of it: what both sides hold, in all and by kind, what differs, in how many exchanges."""

    here: Part
    there: Part
    differing: tuple[Differing, ...]
    exchanges: int
    kinds_here: Mapping[str, Part] = field(default_factory=dict)
    kinds_there: Mapping[str, Part] = field(default_factory=dict)

    @property
    def agree(self) -> bool:
        """Whether both sides hold the same."""
        return self.here == self.there


def compare(here: Side, there: Side, most: int = MOST_RANGES) -> Compared:
    """Find everything that differs. Raises what the sides raise."""
    whole: tuple[Range, Range] | None = None
    ours: list[Row] = []
    theirs: list[Row] = []
    waiting: list[Path] = [EVERYTHING]
    exchanges = 0
    while waiting:
        asked, waiting = waiting[:most], waiting[most:]
        exchanges += 1
        for path, mine, other in zip(asked, here.look(asked), there.look(asked), strict=True):
            whole = whole or (mine, other)
            if mine.root == other.root:
                continue
            if mine.rows is not None and other.rows is not None:
                ours.extend(mine.rows)
                theirs.extend(other.rows)
            else:
                waiting.extend(_differing_parts(path, mine, other))
    assert whole is not None  # everything was asked about  # noqa: S101
    ends = [Part(each.count, each.root) for each in whole]
    kinds = [_parts(EVERYTHING, each) for each in whole]
    named = tuple(sorted(_named(ours, theirs), key=lambda each: each.subject))
    return Compared(ends[0], ends[1], named, exchanges, kinds[0], kinds[1])


def _differing_parts(path: Path, mine: Range, other: Range) -> Iterator[Path]:
    here, there = _parts(path, mine), _parts(path, other)
    for name in sorted(here.keys() | there.keys()):
        if here.get(name) != there.get(name):
            yield (*path, name)


def _parts(path: Path, told: Range) -> Mapping[str, Part]:
    return told.parts if told.parts is not None else parts_of(path, told.rows or ())


def _named(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[Differing]:
    here, there = _by_subject(ours), _by_subject(theirs)
    for subject in here.keys() | there.keys():
        mine, other = here.get(subject, []), there.get(subject, [])
        if sorted(mine) != sorted(other):
            yield _difference(subject, mine, other)


def _difference(subject: Subject, mine: Sequence[Row], other: Sequence[Row]) -> Differing:
    newest = [max(rows, key=lambda row: row.version, default=None) for rows in (mine, other)]
    here, there = (row.version if row else None for row in newest)
    counts = (len(mine), len(other))
    return Differing(subject, difference_of(counts, here, there), here, there, newest[0], newest[1])


def difference_of(counts: tuple[int, int], here: int | None, there: int | None) -> Difference:
    """Name how a thing differs, from how often each side has it and in which version; where both are known."""
    if not counts[1]:
        return Difference.MISSING_THERE
    if not counts[0]:
        return Difference.MISSING_HERE
    if counts[1] > 1:
        return Difference.DOUBLED_THERE
    if counts[0] > 1:
        return Difference.DOUBLED_HERE
    if here is None or there is None or here == there:
        return Difference.ALTERED
    return Difference.OLDER_THERE if there < here else Difference.OLDER_HERE


def _by_subject(rows: Sequence[Row]) -> dict[Subject, list[Row]]:
    found: dict[Subject, list[Row]] = {}
    for row in rows:
        found.setdefault(Subject(row.kind, row.thing), []).append(row)
    return found
