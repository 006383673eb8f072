"""What a platform lists, counted and compared with what we told it: for those that cannot be asked about ranges. Pure.

How deep that goes is the platform's choice, and is told with what came of it. A version or content that it does not
tell is not compared; a thing that it lists twice is named. A platform that lists nothing is compared by its counts.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from base.canonical import Json
from catalog_sync.reconciliation.differing import Differing, difference_of
from catalog_sync.reconciliation.ranges import Row
from catalog_sync.record import Subject
from catalog_sync.targets.target import Held


class Depth(enum.StrEnum):
    """What could be compared of each thing, the most first."""

    CONTENT = "content"
    VERSIONS = "versions"
    IDENTIFIERS = "identifiers"
    COUNTS = "counts"
    """How many there are, by kind; no thing can be named."""
    NOTHING = "nothing"


class Limit(enum.StrEnum):
    """What could not be compared, or what a comparison is not."""

    OWN_NOTES = "own-notes"
    """What is listed is our own note in the exchange library, not the platform's word."""
    NO_CONTENT = "no-content"
    NO_VERSIONS = "no-versions"
    NO_LISTING = "no-listing"
    NO_COUNTS = "no-counts"
    SOME_KINDS = "some-kinds"
    """Some kinds are neither listed nor counted."""
    NOT_COUNTERSIGNED = "not-countersigned"
    """The other side signs nothing: what it holds is told by us alone."""
    NOT_SIGNED = "not-signed"
    """This site has no key to sign balances with."""
    MORE_THAN_NAMED = "more-than-named"
    """So many things differ that not all are kept by name."""


# What a depth leaves out.
LIMITS: Final[Mapping[Depth, tuple[Limit, ...]]] = {
    Depth.CONTENT: (),
    Depth.VERSIONS: (Limit.NO_CONTENT,),
    Depth.IDENTIFIERS: (Limit.NO_CONTENT, Limit.NO_VERSIONS),
    Depth.COUNTS: (Limit.NO_LISTING,),
    Depth.NOTHING: (Limit.NO_LISTING, Limit.NO_COUNTS),
}


@dataclass(frozen=True)
class Listed:
    """What came of it: how deep it went, how many there are of each kind on both sides, what differs."""

    depth: Depth
    here: Mapping[str, int]
    there: Mapping[str, int | None]
    differing: tuple[Differing, ...] = ()


def by_listing(own: Iterable[Row], listed: Iterable[Held], kinds: Iterable[str]) -> Listed:
    """Compare our rows with what is listed of these kinds."""
    here = {Subject(row.kind, row.thing): row for row in own}
    there: dict[Subject, list[Held]] = {}
    depths = {Depth.CONTENT}
    for each in listed:
        there.setdefault(each.subject, []).append(each)
        depths.add(_depth(each))
    differing = [
        _differing(subject, here.get(subject), there.get(subject, [])) for subject in here.keys() | there.keys()
    ]
    counts_here = Counter(subject.kind for subject in here)
    counts_there = Counter(subject.kind for subject, held in there.items() for _ in held)
    return Listed(
        max(depths, key=list(Depth).index),
        {kind: counts_here[kind] for kind in kinds},
        {kind: counts_there[kind] for kind in kinds},
        tuple(sorted((each for each in differing if each), key=lambda each: each.subject)),
    )


def by_counts(here: Mapping[str, int], told: Mapping[str, Json]) -> Listed:
    """Compare how many there are of each kind, as far as the platform counts by the names of our kinds."""
    there = {kind: _count(told.get(kind)) for kind in here}
    is_counted = any(count is not None for count in there.values())
    return Listed(Depth.COUNTS if is_counted else Depth.NOTHING, here, there)


def _depth(each: Held) -> Depth:
    if each.digest is not None:
        return Depth.CONTENT
    return Depth.IDENTIFIERS if each.version is None else Depth.VERSIONS


def _differing(subject: Subject, mine: Row | None, held: list[Held]) -> Differing | None:
    if mine is not None and len(held) == 1 and _agree(mine, held[0]):
        return None
    here = mine.version if mine else None
    there = max((each.version for each in held if each.version is not None), default=None)
    difference = difference_of((int(mine is not None), len(held)), here, there)
    return Differing(subject, difference, here, there, mine, _row(held[0]) if len(held) == 1 else None)


def _agree(mine: Row, held: Held) -> bool:
    return held.version in {None, mine.version} and held.digest in {None, mine.digest}


def _row(held: Held) -> Row | None:
    """Make the row of a thing that is listed with its version and content; whose it is, a listing does not tell."""
    if held.version is None or held.digest is None:
        return None
    return Row(held.subject.kind, "", "", held.subject.id, held.version, held.digest)


def _count(told: Json) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) else None
