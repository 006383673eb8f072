"""Deadlines in working days over a calendar that says which days are worked.

How days are counted (民法典 201 and 203; 行政许可法 82): the day of the act itself does not count, nor do days off, and
the last day ends at 24:00 in Asia/Shanghai. A deadline that reaches into a year whose arrangement is not known is
refused, never guessed from weekdays: 调休 moves some twenty days a year.

Not decided here: how many days a duty has. That is a row with its legal basis, kept by those who know the duty.
"""

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import ClassVar

from base.errors import DomainError, Kind

# A fixed offset, so that no time-zone database is needed: China has kept no summer time since 1991.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
SATURDAY = 5
# The longest duty known is counted in months; ten years of working days mean a slip of the pen.
MOST_DAYS = 2500
# Reminders arrive when offices open.
NOTICE_TIME = time(9, 0)
ONE_DAY = timedelta(days=1)


@dataclass(eq=False)
class CalendarYearUnknown(DomainError):
    """The working days of a year are not known yet."""

    year: int
    code: ClassVar[str] = "calendar-year-unknown"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class UnusableTerm(DomainError):
    """A term is not a number of working days that can be counted."""

    days: int
    most: int
    code: ClassVar[str] = "unusable-term"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: the exceptions to the week of five days, and the years for which they are complete."""

    days_off: frozenset[date]
    extra_days: frozenset[date]
    years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Tell whether a day is worked. Raises `CalendarYearUnknown`."""
        if day.year not in self.years:
            raise CalendarYearUnknown(day.year)
        return day in self.extra_days or (day.weekday() < SATURDAY and day not in self.days_off)

    def workdays_after(self, day: date) -> Iterator[date]:
        """Give the working days after a day, one by one, without end. Raises `CalendarYearUnknown`."""
        while True:
            day += ONE_DAY
            if self.is_workday(day):
                yield day

    def count(self, after: date, until: date) -> int:
        """Count the working days after one day up to and with another. Raises `CalendarYearUnknown`."""
        days = range(1, (until - after).days + 1)
        return sum(self.is_workday(after + timedelta(days=ahead)) for ahead in days)


class Stage(enum.StrEnum):
    """How far a term has run when someone should be reminded."""

    HALF = "half"
    MOST = "most"
    DUE = "due"


# The parts of a term after which those concerned are reminded.
SHARES = {Stage.HALF: 0.5, Stage.MOST: 0.8, Stage.DUE: 1.0}


@dataclass(frozen=True)
class Reminder:
    """A moment at which someone should be told that a term runs."""

    stage: Stage
    at: datetime


@dataclass(frozen=True)
class Deadline:
    """A term that runs: from when, how many working days, the last day, and the moment after which it is missed."""

    start: datetime
    days: int
    last_day: date
    ends_at: datetime
    reminders: tuple[Reminder, ...]

    def is_missed(self, at: datetime) -> bool:
        """Whether the term is over at that moment; it runs until the last day's midnight."""
        return at >= self.ends_at


@dataclass(frozen=True)
class Remaining:
    """How a term stands on a day: working days still to come after today, or working days since it was missed."""

    days: int
    missed: bool


def local_day(at: datetime) -> date:
    """Tell the calendar day in China."""
    return at.astimezone(SHANGHAI).date()


def deadline(calendar: Calendar, start: datetime, days: int) -> Deadline:
    """Count a term of working days from the moment it starts.

    A term of no days ends on the day itself, or on the next working day when that day is off.
    Raises `UnusableTerm` and `CalendarYearUnknown`.
    """
    if not 0 <= days <= MOST_DAYS:
        raise UnusableTerm(days, MOST_DAYS)
    counted = _counted(calendar, local_day(start), days)
    ends_at = datetime.combine(counted[-1] + ONE_DAY, time(0), SHANGHAI).astimezone(UTC)
    return Deadline(start, days, counted[-1], ends_at, _reminders(counted, start))


def deadline_or_sooner(calendar: Calendar, start: datetime, days: int) -> Deadline:
    """Count a term; where it reaches past the known years every day counts, so that it ends early and never late.

    For what must begin whether or not next year's arrangement is out; it is reminded of on its last morning alone.
    Raises `UnusableTerm`.
    """
    try:
        return deadline(calendar, start, days)
    except CalendarYearUnknown:
        last_day = local_day(start) + timedelta(days=days)
        ends_at = datetime.combine(last_day + ONE_DAY, time(0), SHANGHAI).astimezone(UTC)
        return Deadline(start, days, last_day, ends_at, _reminders([last_day], start))


def remaining(calendar: Calendar, due: Deadline, at: datetime) -> Remaining:
    """Tell how many working days are left, or for how many it has been missed.

    On the last day none is left and nothing is missed yet. Raises `CalendarYearUnknown`.
    """
    today = local_day(at)
    if due.is_missed(at):
        return Remaining(calendar.count(due.last_day, today), missed=True)
    return Remaining(calendar.count(today, due.last_day), missed=False)


def _counted(calendar: Calendar, start: date, days: int) -> list[date]:
    """List the days that count; at least the one on which the term ends."""
    coming = calendar.workdays_after(start if days else start - ONE_DAY)
    return [next(coming) for _ in range(max(days, 1))]


def _reminders(counted: list[date], start: datetime) -> tuple[Reminder, ...]:
    """Remind on the morning of the day with which the share is used up; on one morning only the latest stage."""
    mornings: dict[date, Stage] = {}
    for stage, share in SHARES.items():
        mornings[counted[math.ceil(len(counted) * share) - 1]] = stage
    return tuple(
        Reminder(stage, max(start.astimezone(UTC), datetime.combine(day, NOTICE_TIME, SHANGHAI).astimezone(UTC)))
        for day, stage in mornings.items()
    )
