"""Mounted sources that are ill: judged down or degraded by probes and calls (`exchange.mounting.health`) for a while.

A flap of a minute is no ticket: a mount's health is judged every half minute.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting
from exchange.mounting.health import Health
from exchange.mounting.models import SERVING, Mount

PROVIDER: Final = "provider"
GRAVE: Final = {Health.DOWN.value: Severity.CRITICAL, Health.DEGRADED.value: Severity.WARNING}


def _ill(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    since = at - timedelta(minutes=looking.told.source_minutes)
    query = select(Mount.id, Mount.directory, Mount.owner, Mount.health, Mount.health_since).where(
        Mount.state == SERVING, Mount.health.in_(sorted(GRAVE)), Mount.health_since <= since
    )
    for mount, directory, owner, health, began in session.execute(query.order_by(Mount.id)):
        ill_since = began or since
        facts: Facts = {"mount": mount, "directory": directory, "health": health, "since": ill_since.isoformat()}
        yield Sighting(mount, GRAVE[health], ill_since, facts, owner, PROVIDER)


SOURCES: Final = Monitor(
    "source-health",
    "挂接资源异常",
    "A mounted source is ill",
    "目录 {directory} 的资源 {mount} 自 {since} 起状态为 {health}。",
    "The mount {mount} of the directory {directory} has been {health} since {since}.",
    days=1,
    look=_ill,
)
