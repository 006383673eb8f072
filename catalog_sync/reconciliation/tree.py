"""The ranges of everything that a side holds, grown in one pass over its rows, so that a million are compared at once.

Pure. It gives the very roots of `ranges`, but keeps no row: only how many there are and the root of what is asked about
first, which is every named range, and below a day the large ones. What is small is told from its rows, which whoever
keeps them reads again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from base.ledger import LEAF, sm3
from catalog_sync.reconciliation.ranges import (
    DEEPEST,
    EVERYTHING,
    FEW,
    NAMED,
    PART,
    Part,
    Path,
    Range,
    root,
    root_of_parts,
)

# Below this, reading the rows of a range again costs less than keeping its parts.
KEPT: Final = 1024
SIGNS: Final = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Day:
    """What stands under a kind, a department and a day: each thing with its version and the SM3 of its content."""

    kind: str
    department: str
    day: str
    held: Sequence[tuple[str, int, str]] = field(repr=False)

    @property
    def path(self) -> Path:
        """Give the range that this is."""
        return (self.kind, self.department, self.day[:7], self.day[8:])

    @property
    def weight(self) -> int:
        """Tell how many bytes its rows are in an answer: names, quotation marks and commas of each."""
        names = len(f'["{self.kind}","{self.department}","{self.day}","",,""],'.encode())
        told = "".join(f"{thing}{version}{digest}" for thing, version, digest in self.held)
        return len(self.held) * names + len(told.encode())


@dataclass(frozen=True)
class Tree:
    """The ranges of everything that a side holds, as far as they are kept."""

    kept: Mapping[Path, Mapping[str, Part]] = field(repr=False)
    weight: int = 0
    """How many bytes its rows would be, were they all told."""

    def look(self, path: Path) -> Range | None:
        """Tell a range; none where it has to be told from its rows."""
        parts = self.kept.get(path)
        if parts is None:
            return None
        count = sum(each.count for each in parts.values())
        return Range(count, root_of_parts(parts), parts, None) if count > FEW else None


def grown(days: Iterable[Day]) -> Tree:
    """Grow a tree from what stands under each day; each is told once, in any order."""
    kept: dict[Path, dict[str, Part]] = {EVERYTHING: {}}
    weight = 0
    for day in days:
        path = day.path
        entries = sorted(_entries(day))
        weight += day.weight
        kept.setdefault(path[:-1], {})[path[-1]] = _part(path, entries, 0, len(entries), kept)
    for depth in reversed(range(1, NAMED)):
        for path in [each for each in kept if len(each) == depth]:
            parts = kept[path]
            count = sum(each.count for each in parts.values())
            kept.setdefault(path[:-1], {})[path[-1]] = Part(count, root_of_parts(parts))
    return Tree(kept, weight)


def _entries(day: Day) -> Iterator[tuple[str, bytes]]:
    """Give the place and the leaf of each row: what `ranges` hashes, put together once for the whole day."""
    before = LEAF + PART.join((day.kind, day.department, day.day, "")).encode()
    for thing, version, digest in day.held:
        told = f"{thing}{PART}{version}{PART}{digest}"
        yield sm3(thing.encode()).hex(), sm3(before + told.encode())


def _part(
    path: Path, entries: Sequence[tuple[str, bytes]], start: int, end: int, kept: dict[Path, dict[str, Part]]
) -> Part:
    count = end - start
    if count <= FEW or len(path) == DEEPEST:
        return Part(count, root([leaf for _, leaf in entries[start:end]]))
    begins = "".join(path[NAMED:])
    ends = (*(bisect_left(entries, (begins + sign,), start, end) for sign in SIGNS), end)
    parts = {
        sign: _part((*path, sign), entries, low, high, kept)
        for sign, (low, high) in zip(SIGNS, pairwise(ends), strict=True)
        if low < high
    }
    if count > KEPT:
        kept[path] = parts
    return Part(count, root_of_parts(parts))
