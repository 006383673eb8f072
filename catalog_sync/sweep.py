"""Looks after what got stuck: receipts that never came are asked for, and rows are let go that nothing holds any more.

A row that was taken in and then is not there was lost by the platform: it is told again, unless a later version of its
thing was told since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session, aliased

from base import clock
from base.db import Database
from catalog_sync import channels, contents, outbox, push, receipts
from catalog_sync.channels import channel_of
from catalog_sync.models import Outbox
from catalog_sync.outbox import News
from catalog_sync.push import FIND, Answer, Claimed
from catalog_sync.states import ARRIVED, UNFINISHED, State
from catalog_sync.targets.target import Outcome, Target
from catalog_sync.wiring import Sync

NOT_THERE = "not-there"
# Questions of one run, each one call; what is left is asked by the next.
MOST_ASKED = 500


@dataclass
class Swept:
    """What a run did: rows asked about, of which settled, of which told again; receipts matched; rows let go."""

    asked: int = 0
    settled: int = 0
    again: int = 0
    matched: int = 0
    let_go: int = 0


def sweep(
    database: Database,
    sync: Sync,
    target: Target,
    now: Callable[[], datetime] = clock.now,
    progress: Callable[[int], object] = lambda _done: None,
) -> Swept:
    """Match receipts, let rows go, and ask for what was taken in long ago and never told of."""
    swept = Swept()
    swept.matched = database.repeat(partial(_matched, sync=sync, target=target.name, at=now()))
    swept.let_go = database.repeat(partial(let_go, target=target.name))
    for _ in range(MOST_ASKED):
        claimed = database.repeat(partial(_claim, sync=sync, target=target, at=now()))
        if claimed is None:
            break
        answer = push.call(target, claimed, now())
        after = database.repeat(partial(_settle, sync=sync, target=target, claimed=claimed, answer=answer, at=now()))
        swept.asked += 1
        swept.settled += after is not None and after != State.WAITING.value
        swept.again += after == State.WAITING.value
        progress(swept.asked)
    return swept


def let_go(session: Session, target: str) -> int:
    """Let rows go whose obstacle is gone: between two processes the word of that can pass unheard."""
    other = aliased(Outbox)
    same = and_(other.target == target, other.kind == Outbox.waiting_kind, other.thing == Outbox.waiting_thing)
    is_own = and_(Outbox.waiting_kind == Outbox.kind, Outbox.waiting_thing == Outbox.thing)
    earlier = exists().where(same, other.version < Outbox.version, other.state.in_([each.value for each in UNFINISHED]))
    there = exists().where(same, other.state.in_([each.value for each in ARRIVED]))
    free = (is_own & ~earlier) | (~is_own & there)
    held = update(Outbox).where(Outbox.target == target, Outbox.waiting_kind.is_not(None), free)
    freed = session.execute(
        held.values(waiting_kind=None, waiting_thing=None).returning(Outbox.number),
        execution_options={"synchronize_session": False},
    )
    return len(freed.all())


def _matched(session: Session, sync: Sync, target: str, at: datetime) -> int:
    return receipts.catch_up(session, sync, target, at)


def _claim(session: Session, sync: Sync, target: Target, at: datetime) -> Claimed | None:
    """Take hold of the row that was taken in longest ago, and is not to be asked about later."""
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    if not channels.is_open(channel, sync, at):
        return None
    old = at - timedelta(hours=sync.settings.receipt_hours)
    query = (
        select(Outbox)
        .where(Outbox.target == target.name, Outbox.state == State.ACCEPTED.value)
        .where(Outbox.changed_at <= old, Outbox.next_at <= at)
        .order_by(Outbox.changed_at, Outbox.number)
        .limit(1)
    )
    row = session.scalars(query.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    # Asked again after as long, if nothing comes of it.
    outbox.rest(row, at, timedelta(hours=sync.settings.receipt_hours))
    return Claimed(FIND, {row.number: row.attempts}, (contents.record_of(session, sync.keys, row),))


def _settle(session: Session, sync: Sync, target: Target, claimed: Claimed, answer: Answer, at: datetime) -> str | None:
    """Write what the platform says; give the state that this brought the row to, if any."""
    channel = channel_of(session, target.name, locked=True)
    row = outbox.row_of(session, next(iter(claimed.attempts)), locked=True)
    if not channels.heard(session, sync, channel, answer, FIND, at, [row.key]) or isinstance(answer, Exception):
        return None
    reply = answer[0]
    if reply is not None and reply.outcome is not Outcome.LATER:
        taken = outbox.take(session, sync.keys, row, reply, at, News(reply.code, reply.words))
        outbox.let_go(session, target.name, [row])
        return row.state if taken else None
    if reply is not None or row.state != State.ACCEPTED.value:
        return None
    after = State.SUPERSEDED if _is_overtaken(session, row) else State.WAITING
    outbox.step(session, sync.keys, row, after, at, News(NOT_THERE))
    outbox.rest(row, at, timedelta(0))
    outbox.let_go(session, target.name, [row])
    return after.value


def _is_overtaken(session: Session, row: Outbox) -> bool:
    later = select(Outbox.number).where(
        Outbox.target == row.target,
        Outbox.kind == row.kind,
        Outbox.thing == row.thing,
        Outbox.version > row.version,
        Outbox.attempts > 0,
    )
    return session.scalars(later.limit(1)).first() is not None
