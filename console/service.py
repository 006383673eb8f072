"""What the status page tells beside the checks: where data come from, what is on its way upward, and what went wrong.

It names organs and channels, never a person, a certificate or an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import problems
from base.db import Database
from catalog_sync import state
from catalog_sync.wiring import Sync
from exchange.monitoring.life import Severity
from exchange.monitoring.models import Ticket
from exchange.monitoring.wiring import Monitoring
from exchange.mounting.health import Health
from exchange.mounting.models import SERVING, Mount
from keys.parties import organisations

# What happened longer ago tells nobody how the service is.
INCIDENTS_TOLD: Final = timedelta(days=30)
MOST_INCIDENTS: Final = 20
# How each looks; the worst of a department's sources is told for it.
MARKS: Final = {Health.HEALTHY: "ok", Health.UNKNOWN: "unknown", Health.DEGRADED: "warn", Health.DOWN: "bad"}
_ORDER: Final = tuple(MARKS)


@dataclass(frozen=True)
class Source:
    """A department's sources: how many, the worst of them, since when, and when the data were last renewed."""

    name: str
    sources: int
    health: str
    mark: str
    since: datetime | None
    updated: datetime | None


@dataclass(frozen=True)
class Channel:
    """A way upward: how long its oldest record waits, and when the other side last answered."""

    name: str
    state: str
    waits_minutes: int
    answered_at: datetime | None


@dataclass(frozen=True)
class Incident:
    """Something grave that was seen: what, since when, until when."""

    title: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Service:
    """All that is told."""

    sources: Sequence[Source] = ()
    channels: Sequence[Channel] = ()
    incidents: Sequence[Incident] = ()


def service(database: Database, sync: Sync, monitoring: Monitoring, at: datetime) -> Service:
    """Gather what is told."""
    with database.reading() as session:
        channels = [
            Channel(each.target, each.state, each.lag_seconds // 60, each.answered_at)
            for each in state.statuses(session, sync, at)
        ]
        return Service(_sources(session), channels, _incidents(session, monitoring, at))


def _sources(session: Session) -> list[Source]:
    found: dict[str, list[Mount]] = {}
    for row in session.scalars(select(Mount).where(Mount.state == SERVING).order_by(Mount.owner, Mount.id)):
        found.setdefault(row.owner, []).append(row)
    known = organisations.known(session, sorted(found))
    return [_source(known[owner].name if owner in known else owner, rows) for owner, rows in found.items()]


def _source(name: str, rows: list[Mount]) -> Source:
    worst = max((Health(row.health) for row in rows), key=_ORDER.index)
    since = [row.health_since for row in rows if row.health == worst.value and row.health_since is not None]
    updated = [row.data_updated_at for row in rows if row.data_updated_at is not None]
    return Source(name, len(rows), worst.value, MARKS[worst], min(since, default=None), max(updated, default=None))


def _incidents(session: Session, monitoring: Monitoring, at: datetime) -> list[Incident]:
    grave = select(Ticket).where(Ticket.severity == Severity.CRITICAL.value, Ticket.last_seen_at > at - INCIDENTS_TOLD)
    column = "zh" if problems.language() == "zh" else "en"
    return [
        Incident(getattr(monitoring.monitor_of(row.monitor), column), row.first_seen_at, row.closed_at)
        for row in session.scalars(grave.order_by(Ticket.first_seen_at.desc()).limit(MOST_INCIDENTS))
    ]
