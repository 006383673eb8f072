"""When a job is due: every so many seconds, or by a cron expression in Beijing time.

Due times depend on nothing but the schedule, so that every process on every machine names the same slots. Cron
expressions are APScheduler's; seconds are counted from a fixed moment with whole numbers, exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

BEIJING = ZoneInfo("Asia/Shanghai")
# Seconds are counted from here: a midnight in Beijing, so that a daily interval falls on midnight there.
ANCHOR = datetime(2000, 1, 1, tzinfo=BEIJING).astimezone(UTC)
STEP = timedelta(microseconds=1)
# The last due time before a moment is looked for in ever longer stretches: most schedules are found in the first, and
# no stretch makes a schedule of its kind count more than some thousand times. Eight years reach the 29 February of
# 2096 from 2104, the longest gap there is.
STRETCHES = tuple(timedelta(minutes=n) for n in (2, 60, 24 * 60, 32 * 24 * 60, 367 * 24 * 60, 8 * 366 * 24 * 60))


class Schedule(Protocol):
    """Names due times."""

    def next_after(self, at: datetime) -> datetime:
        """Give the first due time later than a moment."""
        ...

    def last_until(self, at: datetime, after: datetime) -> datetime | None:
        """Give the last due time not later than a moment, if it is later than `after`."""
        ...


@dataclass(frozen=True)
class Every:
    """Due every so many seconds, counted from midnight in Beijing."""

    seconds: int

    def __post_init__(self) -> None:
        """Refuse what never or always falls due: a fault of the code."""
        if self.seconds < 1:
            message = f"a schedule of every {self.seconds} seconds"
            raise ValueError(message)

    def next_after(self, at: datetime) -> datetime:
        """Give the first due time later than a moment."""
        step = timedelta(seconds=self.seconds)
        return ANCHOR + ((at - ANCHOR) // step + 1) * step

    def last_until(self, at: datetime, after: datetime) -> datetime | None:
        """Give the last due time not later than a moment, if it is later than `after`."""
        last = self.next_after(at) - timedelta(seconds=self.seconds)
        return last if last > after else None

    def __str__(self) -> str:
        return f"every {self.seconds} s"


@dataclass(frozen=True)
class Cron:
    """Due by minute, hour, day, month and weekday in Beijing; weekdays are named: their numbers differ by tool."""

    expression: str
    _trigger: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse an expression that cannot be read or never falls due: a fault of the code."""
        if any(sign.isdigit() for sign in self.expression.split()[-1]):
            # 0 is Sunday in cron and Monday in APScheduler 3.
            message = f"name the weekdays (mon, tue …) in {self.expression!r}"
            raise ValueError(message)
        object.__setattr__(self, "_trigger", CronTrigger.from_crontab(self.expression, timezone=BEIJING))
        self.next_after(ANCHOR)

    def next_after(self, at: datetime) -> datetime:
        """Give the first due time later than a moment."""
        due: datetime | None = self._trigger.get_next_fire_time(None, at.astimezone(BEIJING) + STEP)
        if due is None:
            message = f"{self.expression!r} never falls due"
            raise ValueError(message)
        return due.astimezone(UTC)

    def last_until(self, at: datetime, after: datetime) -> datetime | None:
        """Give the last due time not later than a moment, if it is later than `after`."""
        for stretch in STRETCHES:
            start = max(after, at - stretch)
            last = None
            for last in due_between(self, start, at):  # noqa: B007 — the last one is wanted
                pass
            if last is not None or start == after:
                return last
        return None

    def __str__(self) -> str:
        return self.expression


def due_between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Name the due times later than `after` and not later than `until`, in order."""
    due = schedule.next_after(after)
    while due <= until:
        yield due
        due = schedule.next_after(due)
