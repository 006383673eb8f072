"""How near something is to its end: which warning is due, how grave it is, and since when. Pure.

There are three: so many days before, fewer days before, and the end itself. A ticket that was closed after one of them
is opened again by the next, and by nothing in between.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.monitoring.life import Severity

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ending:
    """A warning that is due: since when, how grave, and how many whole days are left (0 where it is over)."""

    since: datetime
    severity: Severity
    days: int


def ending(ends_at: datetime, early: int, late: int, at: datetime) -> Ending | None:
    """Tell the last warning that is due, so many days before the end; none where it is far away."""
    left = max(0, (ends_at - at) // DAY)
    if at >= ends_at:
        return Ending(ends_at, Severity.CRITICAL, 0)
    if at >= ends_at - late * DAY:
        return Ending(ends_at - late * DAY, Severity.CRITICAL, left)
    if at >= ends_at - early * DAY:
        return Ending(ends_at - early * DAY, Severity.WARNING, left)
    return None
