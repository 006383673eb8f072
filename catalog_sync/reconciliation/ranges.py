"""What one side holds, as a tree of ranges: by kind, department, month, day, then by the SM3 of the thing's id. Pure.

A range's root is the RFC 6962 root over what stands in it, with SM3: over its rows where they are few and the day is
reached, in the order of their places, else over its parts, each as its name, how many rows it holds and its root. Equal
rows give equal roots on both sides, in whatever order they were read; how two trees are compared is decided in
`differing`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from base.ledger import EMPTY_ROOT, leaf_hash, node_hash, sm3

# So many rows are told one by one instead of being split further: about what the sixteen parts of a split weigh.
FEW: Final = 16
PLACE_SIGNS: Final = 64
PART: Final = "\x1f"

Path = tuple[str, ...]
EVERYTHING: Final[Path] = ()


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One thing as a side holds it: whose it is, since which day, in which version, with which content (SM3, hex)."""

    kind: str
    department: str
    day: str
    thing: str
    version: int
    digest: str

    @property
    def place(self) -> str:
        """Give where it stands within its day."""
        return sm3(self.thing.encode()).hex()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a range: how many rows it holds, and their root."""

    count: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Range:
    """A range as it is told: its rows where they are few, else its parts by name."""

    count: int
    root: bytes
    parts: Mapping[str, Part] | None
    rows: tuple[Row, ...] | None


# The ranges that have names, outermost first; what follows in a path are signs of the place.
NAMES: Final[tuple[Callable[[Row], str], ...]] = (
    lambda row: row.kind,
    lambda row: row.department,
    lambda row: row.day[:7],
    lambda row: row.day[8:],
)
NAMED: Final = len(NAMES)
DEEPEST: Final = NAMED + PLACE_SIGNS


def range_of(path: Path, rows: Iterable[Row]) -> Range:
    """Tell a range that holds these rows, all of which stand in it."""
    held = list(rows)
    if len(held) <= FEW or len(path) == DEEPEST:
        return Range(len(held), root_of_rows(path, held), None, tuple(sorted(held)))
    parts = parts_of(path, held)
    return Range(len(held), root_of_parts(parts), parts, None)


def parts_of(path: Path, rows: Iterable[Row]) -> Mapping[str, Part]:
    """Give the parts of a range, however few its rows are."""
    return _parts(len(path), rows)


def root_of_rows(path: Path, rows: Iterable[Row]) -> bytes:
    """Give the root of a range from its rows."""
    return _part(len(path), list(rows)).root


def root_of_parts(parts: Mapping[str, Part]) -> bytes:
    """Give the root of a range from its parts."""
    told = (f"{name}{PART}{part.count}{PART}".encode() + part.root for name, part in sorted(parts.items()))
    return root([leaf_hash(each) for each in told])


def stands_in(path: Path, row: Row) -> bool:
    """Tell whether a row stands in a range."""
    signs = "".join(path[NAMED:])
    named = all(name(row) == said for name, said in zip(NAMES, path, strict=False))
    return named and (not signs or row.place.startswith(signs))


def leaf(row: Row) -> bytes:
    """Give the hash of a row."""
    told = (row.kind, row.department, row.day, row.thing, str(row.version), row.digest)
    return leaf_hash(PART.join(told).encode())


def root(hashes: list[bytes]) -> bytes:
    """Give the RFC 6962 root: neighbours in pairs, a last one without neighbour goes up as it is."""
    while len(hashes) > 1:
        paired = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
        hashes = paired + hashes[len(paired) * 2 :]
    return hashes[0] if hashes else EMPTY_ROOT


def _part(depth: int, held: Sequence[Row]) -> Part:
    if depth >= NAMED and (len(held) <= FEW or depth == DEEPEST):
        return Part(len(held), root([hashed for _, hashed in sorted((row.place, leaf(row)) for row in held)]))
    return Part(len(held), root_of_parts(_parts(depth, held)))


def _parts(depth: int, held: Iterable[Row]) -> dict[str, Part]:
    name = NAMES[depth] if depth < NAMED else lambda row: row.place[depth - NAMED]
    split: dict[str, list[Row]] = {}
    for row in held:
        split.setdefault(name(row), []).append(row)
    return {said: _part(depth + 1, inside) for said, inside in split.items()}
