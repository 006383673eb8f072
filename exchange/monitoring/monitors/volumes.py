"""Systems that ask one department's data for much more than they used to, held against their own last weeks.

Who goes through a register subject by subject is noticed within minutes by `exchange.door.alarms`; here a day is
counted. Only systems: what one clerk does in a day is no volume, and a ticket names no person.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from exchange.door import usages
from exchange.door.models import Usage
from exchange.monitoring import volume
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting
from exchange.monitoring.monitors.sources import PROVIDER
from exchange.monitoring.volume import Bounds

DAY: Final = timedelta(days=1)
SYSTEMS: Final = "system:%"


def _unusual(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    told = looking.told
    bounds, since = Bounds(told.volume_least, told.volume_factor), at - DAY
    calls, last = func.count(), func.max(Usage.at)
    query = (
        select(Usage.caller, Usage.organisation, Usage.owner, calls, last)
        .where(Usage.id >= usages.first_id(since), Usage.caller.like(SYSTEMS))
        .group_by(Usage.caller, Usage.organisation, Usage.owner)
        .having(calls >= bounds.least)
        .order_by(Usage.caller, Usage.owner)
    )
    for caller, organisation, owner, count, newest in session.execute(query).all():
        past = _days(session, caller, owner, since - timedelta(weeks=told.volume_weeks), since)
        if volume.is_unusual(count, past, bounds):
            facts: Facts = {"caller": caller, "organisation": organisation, "calls": count, "usual": volume.usual(past)}
            yield Sighting(f"{caller} {owner}", Severity.WARNING, newest, facts, owner, PROVIDER)


def _days(session: Session, caller: str, owner: str, since: datetime, until: datetime) -> list[int]:
    """Count the calls of each day on which there were any."""
    day = [extract(part, Usage.at) for part in ("year", "month", "day")]
    query = select(func.count()).where(
        Usage.id >= usages.first_id(since),
        Usage.id < usages.first_id(until),
        Usage.caller == caller,
        Usage.owner == owner,
    )
    return list(session.scalars(query.group_by(*day)))


VOLUMES: Final = Monitor(
    "unusual-volume",
    "调用量异常",
    "A system calls unusually often",
    "{organisation} 的 {caller} 一天内调用本部门数据 {calls} 次，平常每天约 {usual} 次。",
    "{caller} of {organisation} used this department's data {calls} times within a day; {usual} is usual.",
    days=1,
    look=_unusual,
)
