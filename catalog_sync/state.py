"""Reads how the channels stand, and what a row is stuck on: for the API, the command, the doctor and the metrics."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import events, models
from catalog_sync import candidates, changes, channels, stuck
from catalog_sync.models import PAUSED, Inbox, Outbox
from catalog_sync.plan import before_it
from catalog_sync.record import Subject
from catalog_sync.states import UNFINISHED, State
from catalog_sync.stuck import ChannelView, Reason, RowView
from catalog_sync.windows import closed_until
from catalog_sync.wiring import Sync


@dataclass(frozen=True)
class ChannelStatus:
    """How a channel stands: its rows by state, how long the oldest has waited, what it rests on."""

    target: str
    kinds: tuple[str, ...]
    state: str
    reason: str
    failure: str
    failures: int
    rests_until: datetime | None
    opens_at: datetime | None
    answered_at: datetime | None
    asked_at: datetime | None
    changed_at: datetime | None
    changed_by: str
    counts: dict[str, int]
    lag_seconds: int
    unread_events: int
    unknown_receipts: int
    version: int


def statuses(session: Session, sync: Sync, at: datetime) -> list[ChannelStatus]:
    """Give every channel, by name."""
    return [status(session, sync, name, at) for name in sorted(sync.targets)]


def status(session: Session, sync: Sync, target: str, at: datetime) -> ChannelStatus:
    """Give one channel. Raises `NoSuchChannel`."""
    told = channels.target_of(sync, target)
    channel = channels.seen(session, target)
    by_state = select(Outbox.state, func.count()).where(Outbox.target == target).group_by(Outbox.state)
    found: dict[str, int] = dict(session.execute(by_state).all())
    unknown = select(func.count()).where(Inbox.target == target, Inbox.row.is_(None))
    last = session.scalar(select(func.max(models.Event.position))) or 0
    return ChannelStatus(
        target,
        tuple(sorted(told.kinds)),
        channel.state,
        channel.reason,
        channel.failure,
        channel.failures,
        channel.rests_until,
        closed_until(sync.windows.get(target, ()), at),
        channel.answered_at,
        channel.asked_at,
        channel.changed_at,
        channel.changed_by,
        {str(state): found.get(str(state), 0) for state in State},
        lag(session, target, at),
        last - events.cursor(session, changes.reader(target)),
        session.scalar(unknown) or 0,
        channel.version,
    )


def lag(session: Session, target: str, at: datetime) -> int:
    """Tell for how many seconds the oldest row has waited to be taken."""
    waiting = [each.value for each in UNFINISHED]
    oldest = session.scalar(
        select(func.min(Outbox.written_at)).where(Outbox.target == target, Outbox.state.in_(waiting))
    )
    return 0 if oldest is None else max(0, round((at - oldest).total_seconds()))


def why(session: Session, sync: Sync, row: Outbox, at: datetime) -> tuple[Reason, ...]:
    """Tell why a row is not stored. Raises `NoSuchChannel`."""
    target = channels.target_of(sync, row.target)
    seen = candidates.candidate(row)
    standing = candidates.standing(session, target, [seen])
    view = RowView(
        Subject(row.kind, row.thing),
        State(row.state),
        row.code,
        row.tries,
        row.unsure,
        row.changed_at,
        row.next_at,
        before_it(seen, standing),
    )
    return stuck.reasons(view, view_of(session, sync, row.target, at), at)


def view_of(session: Session, sync: Sync, target: str, at: datetime) -> ChannelView:
    """Give a channel as reasons see it."""
    channel = channels.seen(session, target)
    return ChannelView(
        target,
        channel.state == PAUSED,
        channel.reason,
        channel.failure,
        channel.rests_until,
        closed_until(sync.windows.get(target, ()), at),
        sync.targets[target].knows_keys,
        sync.settings.most_tries,
    )
