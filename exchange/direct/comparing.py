"""What a reading of a directory's rows changes in what is kept of them. Pure.

A row is kept under its key and its region. One whose region changed is gone from the one and new in the other, so that
whoever had it is told to take it out. What was seen before in the same reading under the same key is a double: the
first one counts, so that a source that says a thing twice does not change it back and forth.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Name = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A row as it was read: its key (hashed) and region, the digest of what it says, and that itself."""

    key: str
    region: str
    digest: str
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """What is kept of a row: its digest, whether it is gone, and by which reading it was seen last."""

    digest: str
    is_gone: bool
    seen: int


@dataclass(frozen=True)
class Changes:
    """What to do: rows to keep anew, rows that are gone from a region, rows that are as they were, and doubles."""

    told: tuple[Found, ...]
    gone: tuple[Name, ...]
    same: tuple[Name, ...]
    doubles: int


def changes(kept: Mapping[Name, Kept], found: Iterable[Found], reading: int) -> Changes:
    """Compare a page of rows with what is kept under the same keys."""
    regions: dict[str, list[str]] = {}
    for key, region in kept:
        regions.setdefault(key, []).append(region)
    seen = {key for (key, _), each in kept.items() if each.seen == reading and not each.is_gone}
    told: list[Found] = []
    gone: list[Name] = []
    same: list[Name] = []
    doubles = 0
    for row in found:
        if row.key in seen:
            doubles += 1
            continue
        seen.add(row.key)
        before = kept.get((row.key, row.region))
        if before is not None and not before.is_gone and before.digest == row.digest:
            same.append((row.key, row.region))
        else:
            told.append(row)
        others = (each for each in regions.get(row.key, ()) if each != row.region)
        gone.extend((row.key, each) for each in others if not kept[row.key, each].is_gone)
    return Changes(tuple(told), tuple(gone), tuple(same), doubles)


def share(part: int, whole: int) -> int:
    """Give a part in hundredths of a whole, rounded up; of nothing, nothing."""
    return -(-100 * part // whole) if whole else 0


def names(rows: Sequence[Found]) -> list[str]:
    """Give the keys of rows, each once."""
    return list(dict.fromkeys(each.key for each in rows))
