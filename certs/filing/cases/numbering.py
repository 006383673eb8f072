"""Case numbers (办件编号): the table of rules, each a way to write one and what it counts by. Pure.

Which rule holds is a setting: local standards differ. Every number fits into the national column of fifty characters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

REGION_DIGITS: Final = 6
IMPLEMENTATION: Final = 31


@dataclass(frozen=True)
class Numbered:
    """What a number is made for: where the case is received, of which item, on which day."""

    region: str
    item_code: str
    day: date


@dataclass(frozen=True)
class Numbering:
    """A rule: its name in the settings, what it counts by, and how many digits the serial has."""

    name: str
    head: Callable[[Numbered], str]
    digits: int

    def counter(self, told: Numbered) -> str:
        """Tell what is counted by: the head and the day."""
        return f"{self.head(told)}{told.day:%Y%m%d}"

    def number(self, told: Numbered, serial: int) -> str:
        """Write the number."""
        return f"{self.counter(told)}{serial:0{self.digits}d}"


NUMBERINGS: Final[Mapping[str, Numbering]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Numbering("region-date", lambda told: told.region[:REGION_DIGITS], 6),
            Numbering("item-date", lambda told: told.item_code[:IMPLEMENTATION], 6),
        )
    }
)
