"""Months of the country's calendar: where one begins and ends, and which one was before. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time

from base.workdays import SHANGHAI

YEAR_MONTHS = 12


@dataclass(frozen=True, order=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> "Month":
        """Read `2026-11`."""
        year, month = map(int, text.split("-"))
        return cls(year, month)

    @classmethod
    def of(cls, day: date) -> "Month":
        """Give the month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        """Give its first day."""
        return date(self.year, self.month, 1)

    @property
    def begins(self) -> datetime:
        """Give the moment of its midnight."""
        return midnight(self.first)

    def after(self, months: int) -> "Month":
        """Give the month so many later; fewer than none are earlier."""
        number = self.year * YEAR_MONTHS + self.month - 1 + months
        return Month(number // YEAR_MONTHS, number % YEAR_MONTHS + 1)


def midnight(day: date) -> datetime:
    """Give the moment at which a day begins."""
    return datetime.combine(day, time(0), SHANGHAI)
