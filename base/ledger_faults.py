"""Finds which part of a ledger is wrong, out of what its parts say about each other. Pure; `ledger_verification` reads.

Entries, nodes and the tail hold the same tree several times over, so a single fault can be named rather than only
noticed. From below, every node has *candidates*: hashes it may rightly have, each with the faults that would have to
be true. A leaf whose entry and stored node differ has two: the entry was changed, or the node was. A parent's stored
hash decides between its children's candidates; where it fits none, either it was changed itself or something below
was rewritten together with its nodes, and its own parent decides. The tail's copy of the peaks decides last.

What was rewritten consistently up to the tail contradicts nothing inside: only a tree head kept elsewhere shows it.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from base.ledger import leaf_hash, node_hash

# One fault leaves two candidates at a node, two faults close together four; more are not told apart.
MOST_CANDIDATES = 4
UNKNOWN = b""


class Fault(enum.Enum):
    """What can be wrong with a part of the ledger."""

    MISSING = "missing"
    SURPLUS = "surplus"
    CHANGED = "changed"
    MOVED = "moved"
    COLUMNS = "columns-differ"
    UNREADABLE = "unreadable"
    REWRITTEN = "rewritten"
    CUT = "cut"
    FORKED = "forked"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A part of the ledger: entries first … last-1, a node by level and index, or the tail."""

    part: str
    level: int
    first: int
    last: int

    def __str__(self) -> str:
        if self.part == "entries":
            return f"entry {self.first}" if self.last - self.first == 1 else f"entries {self.first}-{self.last - 1}"
        return f"node {self.level}/{self.first}" if self.part == "node" else self.part


TAIL = Place("tail", 0, 0, 0)


def entries(first: int, last: int) -> Place:
    """Name the entries first … last-1."""
    return Place("entries", 0, first, last)


def entry(index: int) -> Place:
    """Name one entry."""
    return entries(index, index + 1)


def node(level: int, index: int) -> Place:
    """Name one node."""
    return Place("node", level, index, index + 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and its place; `detail` says more in plain words, `expected` is a node's right hash where it is known."""

    fault: Fault
    place: Place
    detail: str = ""
    expected: bytes = UNKNOWN

    def __str__(self) -> str:
        return f"{self.place}: {self.fault.value}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hash that a node may rightly have, and the findings that would then be true here and below."""

    hash: bytes
    faults: int = 0
    here: tuple[Finding, ...] = ()
    below: tuple["Candidate", ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Give all findings of this candidate."""
        waiting = [self]
        while waiting:
            candidate = waiting.pop()
            yield from candidate.here
            waiting.extend(each for each in candidate.below if each.faults)


Candidates = tuple[Candidate, ...]


def leaf(index: int, content: bytes | None, stored: bytes | None) -> Candidates:
    """Judge a leaf by its entry and its stored node."""
    if content is None:
        told: tuple[Finding, ...] = (Finding(Fault.MISSING, entry(index)),)
        if stored is None:
            told = (*told, Finding(Fault.MISSING, node(0, index)))
        return (Candidate(stored or UNKNOWN, len(told), told),)
    made = leaf_hash(content)
    if made == stored:
        return (Candidate(made),)
    if stored is None:
        return (Candidate(made, 1, (Finding(Fault.MISSING, node(0, index), expected=made),)),)
    return (
        Candidate(stored, 1, (Finding(Fault.CHANGED, entry(index)),)),
        Candidate(made, 1, (Finding(Fault.CHANGED, node(0, index), expected=made),)),
    )


def as_stored(level: int, index: int, stored: bytes | None) -> Candidates:
    """Take a node as it is stored, where what is below it is not looked at."""
    if stored is None:
        return (Candidate(UNKNOWN, 1, (Finding(Fault.MISSING, node(level, index)),)),)
    return (Candidate(stored),)


def parent(level: int, index: int, left: Candidates, right: Candidates, stored: bytes | None) -> Candidates:
    """Judge a node by its children's candidates and its stored hash."""
    pairs = sorted(product(left, right), key=lambda pair: pair[0].faults + pair[1].faults)
    made = [_hash(one, two) for one, two in pairs]
    if stored is not None and stored in made:
        one, two = pairs[made.index(stored)]
        return (Candidate(stored, one.faults + two.faults, (), _below(one, two)),)
    fault = Fault.MISSING if stored is None else Fault.CHANGED
    candidates = [
        _with((Finding(fault, node(level, index), expected=value),), value, pair)
        for value, pair in zip(made, pairs, strict=True)
    ]
    if stored is not None:
        known = UNKNOWN not in (pairs[0][0].hash, pairs[0][1].hash)
        below = entries(index << level, index + 1 << level)
        candidates.insert(0, _with((Finding(Fault.REWRITTEN, below),) if known else (), stored, pairs[0]))
    return tuple(sorted(candidates, key=lambda each: each.faults)[:MOST_CANDIDATES])


def chosen(candidates: Candidates, peak: bytes | None) -> tuple[Candidate, bool]:
    """Let the tail's copy of a peak decide; tell whether it fits any candidate. Without a copy, the fewest faults."""
    if peak is None:
        return candidates[0], True
    fitting = [each for each in candidates if each.hash == peak]
    unknown = candidates[0].hash == UNKNOWN
    return (fitting or candidates)[0], bool(fitting) or unknown


def _hash(left: Candidate, right: Candidate) -> bytes:
    return UNKNOWN if UNKNOWN in (left.hash, right.hash) else node_hash(left.hash, right.hash)


def _with(here: tuple[Finding, ...], value: bytes, pair: tuple[Candidate, Candidate]) -> Candidate:
    return Candidate(value, len(here) + pair[0].faults + pair[1].faults, here, _below(*pair))


def _below(one: Candidate, two: Candidate) -> Candidates:
    return (one, two) if one.faults or two.faults else ()
