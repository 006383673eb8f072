"""The only reader of the time. Routes, jobs and commands ask it once and hand the answer down as `at`."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Tell the present moment in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Tell seconds on a clock that never steps back: for durations and deadlines inside one process."""
    return time.monotonic()


def rfc3339(at: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with microseconds cut to what is there."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
