"""How many materials are spared, promised and brought while questions are still open: at least and at most. Pure.

What an open question would add is not in the plan's lines, so counting these alone says too little. Whether a material
is free, promised or brought is decided by what can stand in for it and by no other material: `burden` puts papers,
later papers and promises before everything that materials share. So each material is classed once, as if it were asked
for, and every way to answer the open questions is gone through with what it asks for. Where there are too many ways,
the bounds are wider and still true: at least what is asked for anyway, at most that and all that might be.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import Material, Matter
from certs.filing.matters import situations

# A window puts two or three questions of a handful of answers; beyond this the bounds may be wider than need be.
MOST_WAYS: Final = 256
# The three things a material can be: free, promised, or brought now or later.
SPARED, PROMISED, TO_SUBMIT = "spared", "promised", "to_submit"
ClassOf = Callable[[Material], str]


@dataclass(frozen=True)
class Span:
    """A count that is not settled yet."""

    least: int
    most: int


def spans(matter: Matter, situation: Mapping[str, str], class_of: ClassOf) -> Mapping[str, Span]:
    """Give for each class how many materials there are at least and at most. Raises `UnfitSituation`."""
    certain = [each.key for each in situations.asked(matter, situation)]
    classes = {each.key: class_of(each) for each in matter.materials}
    ways = _few(_ways(matter, situation))
    if ways is None:
        every = [certain, [each.key for each in matter.materials]]
        return {name: _span(name, every, classes) for name in (SPARED, PROMISED, TO_SUBMIT)}
    asked = [[each.key for each in situations.asked(matter, way)] for way in ways]
    return {name: _span(name, asked, classes) for name in (SPARED, PROMISED, TO_SUBMIT)}


def _span(name: str, asked: Sequence[Collection[str]], classes: Mapping[str, str]) -> Span:
    counts = [Counter(classes[key] for key in keys)[name] for keys in asked]
    return Span(min(counts), max(counts))


def _few(ways: Iterator[Mapping[str, str]]) -> list[Mapping[str, str]] | None:
    found: list[Mapping[str, str]] = []
    for each in ways:
        if len(found) == MOST_WAYS:
            return None
        found.append(each)
    return found


def _ways(matter: Matter, situation: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Answer what is open, one question after the other, in every way."""
    still_open = situations.still_open(matter, situation)
    if not still_open:
        yield situation
        return
    question = still_open[0]
    for answer in question.answers:
        yield from _ways(matter, {**situation, question.key: answer})
