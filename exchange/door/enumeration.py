"""Whether a caller goes through a register instead of looking things up: what it asked for lately, against two limits.

Whoever handles cases asks for the holders in front of them: few within minutes, and nearly all of them are known, since
they come with their papers. Whoever goes through numbers asks for many, or for many that do not exist. Both are told of
one caller and one department's data, however many of its directories were asked. Pure; nobody is refused here: a quota
bounds what a caller gets (`exchange.door.quotas`), an alarm calls people (`exchange.door.alarms`).
"""

import enum
from dataclasses import dataclass
from datetime import timedelta


class Sign(enum.StrEnum):
    """By what a caller was noticed."""

    MANY_SUBJECTS = "many-subjects"
    MANY_UNKNOWN = "many-unknown"


@dataclass(frozen=True)
class Limits:
    """How many different subjects are usual within the window, and which share of them may be unknown.

    A share says something of `fewest` subjects and more: of three that are looked up, two may well be misspelt.
    """

    window: timedelta
    subjects: int
    unknown_percent: int
    fewest: int

    @property
    def least(self) -> int:
        """Of fewer subjects than this nothing is ever told."""
        return min(self.subjects, self.fewest)


@dataclass(frozen=True)
class Seen:
    """What one caller asked of one department's data within the window: different subjects, and those not found."""

    caller: str
    organisation: str
    owner: str
    subjects: int
    unknown: int


def signs(seen: Seen, limits: Limits) -> tuple[Sign, ...]:
    """Tell by what a caller is noticed; by nothing, if it is like others."""
    told: list[Sign] = []
    if seen.subjects >= limits.subjects:
        told.append(Sign.MANY_SUBJECTS)
    if seen.subjects >= limits.fewest and seen.unknown * 100 >= seen.subjects * limits.unknown_percent:
        told.append(Sign.MANY_UNKNOWN)
    return tuple(told)
