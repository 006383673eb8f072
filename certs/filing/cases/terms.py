"""A term in working days that can be stopped, go on and be extended, and the terms that a case has. Pure.

The time of a hearing, an inspection or an expert's opinion does not count (行政许可法 45). Days are counted as in
`base.workdays`: the day on which a term is stopped still counts, the day on which it goes on does not. A term that was
missed stays missed: stopping it afterwards mends nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from base import workdays
from base.workdays import Calendar, local_day
from certs.filing.cases.errors import UnusableCaseTerms


@dataclass(frozen=True)
class Term:
    """Working days still to come when it last began to run, since when, and its end; a stopped one has no end."""

    days: int
    since: datetime
    ends_at: datetime | None

    def stopped(self, calendar: Calendar, at: datetime) -> "Term":
        """Stop it, keeping what is left. Raises `CalendarYearUnknown`."""
        if self.ends_at is None or at >= self.ends_at:
            return self
        used = calendar.count(local_day(self.since), local_day(at))
        return Term(max(0, self.days - used), at, None)

    def going_on(self, calendar: Calendar, at: datetime) -> "Term":
        """Let it go on with what is left. Raises `CalendarYearUnknown`."""
        return self if self.ends_at is not None else begun(calendar, self.days, at)

    def extended(self, calendar: Calendar, days: int) -> "Term":
        """Give it more days. Raises `CalendarYearUnknown`, `UnusableTerm`."""
        if self.ends_at is None:
            return replace(self, days=self.days + days)
        return begun(calendar, self.days + days, self.since)


def begun(calendar: Calendar, days: int, at: datetime) -> Term:
    """Begin a term. Raises `UnusableTerm`, `CalendarYearUnknown`."""
    return Term(days, at, workdays.deadline(calendar, at, days).ends_at)


@dataclass(frozen=True)
class Terms:
    """The working days that a case has: to be accepted, supplemented, decided by law and as promised, and so on."""

    accept: int
    supplement: int
    legal: int
    promised: int
    extension: int
    issue: int
    deliver: int

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0 or max(vars(self).values()) > workdays.MOST_DAYS:
            raise UnusableCaseTerms("days")
        if self.promised > self.legal:
            raise UnusableCaseTerms("promised-longer-than-legal")
