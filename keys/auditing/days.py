"""The ledger day by day: how many entries each day has, how many a signed head covers, and which alarms were raised.

A day is *alarmed* when an alarm of that day is still open, *waiting* while a part of it is under no signed head,
*whole* when all of it is, and *quiet* when nothing happened. Whole says that a signature binds the entries, not that
somebody compared the stored rows with it: `yinxin ledger verify` does that.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit
from base.models import AuditEntry
from base.workdays import SHANGHAI, local_day
from keys.checkpoints import alarms, heads

ALARMED: Final = "alarmed"
WAITING: Final = "waiting"
WHOLE: Final = "whole"
QUIET: Final = "quiet"
# Three months and a bit: what fits a line of cells, and each day costs one step into an index.
MOST_DAYS: Final = 100
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class LedgerDay:
    """One day: its first entry, how many it has, how many of them a signed head covers, and its open alarms."""

    day: date
    first: int
    entries: int
    covered: int
    alarms: int

    @property
    def state(self) -> str:
        """Say how the day stands, the worst first."""
        if self.alarms:
            return ALARMED
        if self.covered < self.entries:
            return WAITING
        return WHOLE if self.entries else QUIET


def days(session: Session, at: datetime, count: int) -> list[LedgerDay]:
    """Tell how the last days stand, the oldest first; today is the last."""
    today = local_day(at)
    wanted = [today - ONE_DAY * back for back in reversed(range(min(count, MOST_DAYS)))]
    begun = [_begun(session, day) for day in [*wanted, today + ONE_DAY]]
    size, covered = audit.tree_size(session), _covered(session)
    bounds = _filled(begun, size)
    raised = Counter(local_day(each.found_at) for each in alarms.standing(session))
    return [
        LedgerDay(day, first, last - first, max(0, min(last, covered) - first), raised[day])
        for day, (first, last) in zip(wanted, pairwise(bounds), strict=True)
    ]


def _begun(session: Session, day: date) -> int | None:
    """Give the first entry of a day or of what came after it.

    Entries stand in commit order and carry the moment of their act, so that one of a moment before midnight may stand
    behind one of a moment after it: each day then counts from the first entry that is its own.
    """
    midnight = datetime.combine(day, time(0), SHANGHAI)
    query = select(AuditEntry.leaf_index).where(AuditEntry.at >= midnight, AuditEntry.at < midnight + ONE_DAY)
    return session.scalar(query.order_by(AuditEntry.at, AuditEntry.leaf_index).limit(1))


def _filled(begun: Sequence[int | None], size: int) -> list[int]:
    """Let a day without entries begin where the next one does; the day after the last one bounds it."""
    bounds = [size if begun[-1] is None else begun[-1]]
    for first in reversed(begun[:-1]):
        bounds.append(bounds[-1] if first is None else min(first, bounds[-1]))
    return bounds[::-1]


def _covered(session: Session) -> int:
    """Tell how many entries the newest signed head of the present log covers."""
    log = heads.present_log(session)
    kept = heads.latest(session, log.origin) if log else None
    return kept.signed.head.size if kept else 0
