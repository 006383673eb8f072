"""Whether a caller asks for much more than it used to: today's calls against its own last weeks. Pure.

The usual day is the median of the days on which it called at all, so that neither weekends nor one busy day shift it.
A caller without a past has no usual day; then only the least number counts, below which nothing is ever told: the
first day of a new window is no accident, ten thousand calls on it may be one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Bounds:
    """How many calls a day are ever told of, and how many times a usual day they have to be."""

    least: int
    factor: int


def usual(days: Sequence[int]) -> int:
    """Give the calls of a usual day, rounded down; 0 where there was none."""
    called = [each for each in days if each > 0]
    return int(median(called)) if called else 0


def is_unusual(calls: int, days: Sequence[int], bounds: Bounds) -> bool:
    """Tell whether the last day's calls are out of the usual."""
    return calls >= bounds.least and calls > bounds.factor * usual(days)
