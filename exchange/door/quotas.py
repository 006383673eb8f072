"""How much of a grant is used up: counted in the database, so that every process takes from the same.

A grant's windows are the minute, the day in Beijing, and all its time. Taking is one statement that adds and tells what
stands now, so that two who take at once are both counted; who finds more than the limit has taken nothing in the end,
since whoever records the call gives it back or rolls back. How much is granted is decided in
`exchange.agreements.contracts`.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.db import Base
from exchange.agreements.contracts import Quota, Used
from exchange.door.errors import QuotaExceeded
from exchange.door.models import QuotaCount
from exchange.sources.values import BEIJING

MINUTE: Final = "minute"
DAY: Final = "day"
TOTAL: Final = "total"
# When all of a grant's time begins: a day before any grant.
ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Counts of a minute tell nothing a day later, those of days are read by who looks into last quarter's use.
MINUTES_KEPT: Final = timedelta(days=1)
DAYS_KEPT: Final = timedelta(days=120)
# What `Retry-After` tells for a quota that never fills up again: a new grant takes a day at least.
NEVER: Final = 86_400

Name = tuple[str, str, datetime]

_COUNTS: Final = Base.metadata.tables[QuotaCount.__tablename__]
# Written once, as is the statement that adds: making one anew takes longer than carrying it out.
_USED: Final = select(_COUNTS.c.grant_code, _COUNTS.c.window, _COUNTS.c.begins_at, _COUNTS.c.used).where(
    _COUNTS.c.grant_code.in_(bindparam("grants", expanding=True)),
    _COUNTS.c.begins_at.in_(bindparam("begins", expanding=True)),
)


@dataclass(frozen=True)
class Taking:
    """Calls of one grant that are to be counted."""

    grant: str
    quota: Quota
    calls: int


def windows(quota: Quota, at: datetime) -> dict[str, tuple[datetime, int]]:
    """Give the windows that a quota bounds: where each begins, and its limit."""
    day = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    bounds = {
        MINUTE: (at.replace(second=0, microsecond=0), quota.per_minute),
        DAY: (day, quota.per_day),
        TOTAL: (ALWAYS, quota.in_total),
    }
    return {name: (begins, limit) for name, (begins, limit) in bounds.items() if limit is not None}


def used(session: Session, grant: str, quota: Quota, at: datetime) -> Used:
    """Tell what is used up now, of the windows that are bounded."""
    bounded = windows(quota, at)
    if not bounded:
        return Used()
    found = _counts(session, [(grant, name, begins) for name, (begins, _) in bounded.items()])
    told = {name: found.get((grant, name, begins), 0) for name, (begins, _) in bounded.items()}
    return Used(told.get(MINUTE, 0), told.get(DAY, 0), told.get(TOTAL, 0))


def look(session: Session, takings: Iterable[Taking], at: datetime) -> None:
    """Refuse early, before a source is asked for nothing. Raises `QuotaExceeded`."""
    bounded = [
        ((each.grant, name, begins), limit, each.calls)
        for each in takings
        for name, (begins, limit) in windows(each.quota, at).items()
    ]
    if not bounded:
        return
    found = _counts(session, [name for name, _, _ in bounded])
    for (grant, name, begins), limit, calls in bounded:
        if found.get((grant, name, begins), 0) + calls > limit:
            raise exceeded(name, begins, limit, at)


def take(session: Session, takings: Iterable[Taking], at: datetime) -> dict[str, QuotaExceeded]:
    """Count calls of several grants in one statement; for a grant that has not so many left, count none and say so.

    Rows are taken in one order everywhere, so that no two transactions wait for each other.
    """
    wanted = sorted(
        (taking.grant, name, begins, limit, taking.calls)
        for taking in takings
        for name, (begins, limit) in windows(taking.quota, at).items()
    )
    if not wanted:
        return {}
    stands = _add(session, [(grant, name, begins, calls) for grant, name, begins, _, calls in wanted])
    over: dict[str, QuotaExceeded] = {}
    for grant, name, begins, limit, _ in wanted:
        if stands[grant, name] > limit:
            over.setdefault(grant, exceeded(name, begins, limit, at))
    for grant, name, begins, _, calls in wanted:
        if grant in over:
            _give_back(session, (grant, name, begins), calls)
    return over


def exceeded(window: str, begins: datetime, limit: int, at: datetime) -> QuotaExceeded:
    """Say which window is full, and when it begins anew."""
    lasts = {MINUTE: timedelta(minutes=1), DAY: timedelta(days=1)}.get(window)
    wait = NEVER if lasts is None else max(1, int((begins + lasts - at).total_seconds()) + 1)
    return QuotaExceeded(window, limit, wait)


def forget(session: Session, at: datetime) -> None:
    """Forget counts of windows that are long over."""
    for window, kept in ((MINUTE, MINUTES_KEPT), (DAY, DAYS_KEPT)):
        over = delete(QuotaCount).where(QuotaCount.window == window, QuotaCount.begins_at < at - kept)
        session.execute(over.execution_options(synchronize_session=False))


def _counts(session: Session, names: list[Name]) -> dict[Name, int]:
    asked = {"grants": sorted({name[0] for name in names}), "begins": sorted({name[2] for name in names})}
    rows = session.connection().execute(_USED, asked)
    return {(grant, window, begins): count for grant, window, begins, count in rows}


def _add(session: Session, rows: list[tuple[str, str, datetime, int]]) -> dict[tuple[str, str], int]:
    columns, connection = ("grant_code", "window", "begins_at", "used"), session.connection()
    counted = connection.execute(
        _adding(connection.dialect.name), [dict(zip(columns, row, strict=True)) for row in rows]
    )
    return {(grant, window): count for grant, window, count in counted}


@functools.cache
def _adding(dialect: str) -> Any:
    adding = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(_COUNTS)
    return adding.on_conflict_do_update(
        index_elements=["grant_code", "window", "begins_at"], set_={"used": _COUNTS.c.used + adding.excluded.used}
    ).returning(_COUNTS.c.grant_code, _COUNTS.c.window, _COUNTS.c.used)


def _give_back(session: Session, name: Name, calls: int) -> None:
    grant, window, begins = name
    row = (QuotaCount.grant_code == grant, QuotaCount.window == window, QuotaCount.begins_at == begins)
    taken = update(QuotaCount).where(*row).values(used=QuotaCount.used - calls)
    session.execute(taken.execution_options(synchronize_session=False))
