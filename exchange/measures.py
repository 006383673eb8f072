"""What the quality of a directory is measured with, where mounts tell it: freshness, use, and how well it is served.

Freshness is the newest of what the mounts that serve were seen to hold; use and health are what real calls left in the
counts of mounts. Of a directory that nothing serves or nobody called there is no figure. Corrections are measured where
they are kept.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from exchange.mounting.health import GOOD
from exchange.mounting.models import SERVING, Mount, MountCount
from exchange.quality import Failing, Measures, Ratio
from exchange.sources.source import Outcome

MONTHS: Final = 12
HEALTH_DAYS: Final = timedelta(days=30)


def last_update(session: Session, directory: str, _at: datetime) -> datetime | None:
    """Tell when the data was last updated, as probes saw it at the sources that serve."""
    query = select(func.max(Mount.data_updated_at)).where(Mount.directory == directory, Mount.state == SERVING)
    return session.scalar(query)


def use(session: Session, directory: str, at: datetime) -> Ratio | None:
    """Count the months of the last twelve in which somebody used it."""
    if not _is_mounted(session, directory):
        return None
    wanted = _months(at)
    first = datetime(*wanted[-1], 1, tzinfo=at.tzinfo)
    year, month = extract("year", MountCount.hour), extract("month", MountCount.hour)
    query = select(year, month).join(Mount, Mount.id == MountCount.mount)
    query = query.where(Mount.directory == directory, MountCount.hour >= first, MountCount.hour <= at).distinct()
    used = {(int(each[0]), int(each[1])) for each in session.execute(query)}
    unused = tuple(
        Failing("#", "no-use", f"{year:04}-{month:02}") for year, month in wanted if (year, month) not in used
    )
    return Ratio(MONTHS - len(unused), MONTHS, unused)


def health(session: Session, directory: str, at: datetime) -> Ratio | None:
    """Count the calls of the last 30 days that were answered; refusals of what is not offered are no failures."""
    query = select(Mount.id, Mount.name, MountCount.outcome, func.sum(MountCount.calls))
    query = query.join(Mount, Mount.id == MountCount.mount).where(
        Mount.directory == directory, MountCount.hour > at - HEALTH_DAYS, MountCount.outcome != Outcome.REFUSED.value
    )
    counted = session.execute(query.group_by(Mount.id, Mount.name, MountCount.outcome).order_by(Mount.id)).all()
    if not counted:
        return None
    good = sum(int(calls) for _, _, outcome, calls in counted if Outcome(outcome) in GOOD)
    failing = tuple(
        Failing(f"#/mounts/{mount}", outcome, f"{name}: {calls}")
        for mount, name, outcome, calls in counted
        if Outcome(outcome) not in GOOD
    )
    return Ratio(good, sum(int(calls) for *_, calls in counted), failing)


MEASURES: Final = Measures(last_update, use, health)


def _is_mounted(session: Session, directory: str) -> bool:
    return session.scalar(select(Mount.id).where(Mount.directory == directory).limit(1)) is not None


def _months(at: datetime) -> list[tuple[int, int]]:
    """Name the last twelve months, this one first."""
    months = (at.year * MONTHS + at.month - 1 - back for back in range(MONTHS))
    return [(each // MONTHS, each % MONTHS + 1) for each in months]
