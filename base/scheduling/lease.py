"""Who leads: one row that a scheduler holds for a while and renews.

1. All moments are the database's. A lease is free when it has run out, or when it was renewed in the future: then the
   clock was set back, and waiting for the old moment could last for ever. Its holder, if it lives, is fenced.
2. Each taking-over raises the token. `require` compares it and keeps the row from being taken over until the
   caller's transaction ends, so that nothing is laid, opened or abandoned under a lease that has passed on.

A lease alone does not keep a slot from being carried out twice (15 of 79 were, measured with sixteen leaders killed);
it keeps four processes from doing the same looking. What makes a slot single is in `base.scheduling.slots`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.scheduling.errors import LeaseLost
from base.scheduling.models import SchedulerLease
from base.scheduling.timing import bear

LEADER = "leader"
# A renewal that lies further ahead than this was written before the clock was set back; less is how clocks are slewed.
CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True)
class Lease:
    """The right to lead, under one token."""

    holder: str
    token: int


def take(session: Session, holder: str, lasts: timedelta, at: datetime) -> Lease | None:
    """Take the lease or renew it; none when another holds it or is writing to it in this moment."""
    bear(session, lasts)
    row = _row(session)
    if row is None:
        return _first(session, holder, lasts, at)
    free = row.expires_at <= at or row.renewed_at > at + CLOCK_TOLERANCE
    if row.holder != holder and not free:
        return None
    if row.holder != holder:
        row.holder, row.token = holder, row.token + 1
    row.renewed_at, row.expires_at = at, at + lasts
    return Lease(holder, row.token)


def require(session: Session, lease: Lease) -> None:
    """See that the lease still stands, and keep it standing until this transaction ends.

    Raises `LeaseLost`.
    """
    token = session.scalar(select(SchedulerLease.token).where(_IS_LEADER).with_for_update(read=True))
    if token != lease.token:
        raise LeaseLost(lease.holder, lease.token)


def release(session: Session, lease: Lease, at: datetime) -> None:
    """Let the lease run out now, so that another need not wait; nothing happens when it has passed on."""
    row = _row(session)
    if row is not None and row.token == lease.token:
        row.expires_at = at


_IS_LEADER = SchedulerLease.name == LEADER


def _row(session: Session) -> SchedulerLease | None:
    return session.scalar(select(SchedulerLease).where(_IS_LEADER).with_for_update(skip_locked=True))


def _first(session: Session, holder: str, lasts: timedelta, at: datetime) -> Lease | None:
    if session.scalar(select(SchedulerLease.token).where(_IS_LEADER)) is not None:
        return None  # there is a row; it was locked
    try:
        with session.begin_nested():
            session.add(SchedulerLease(name=LEADER, holder=holder, token=1, renewed_at=at, expires_at=at + lasts))
    except IntegrityError:
        return None  # another came first, in this moment
    return Lease(holder, 1)
