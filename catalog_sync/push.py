"""Tells one target what waits, exchange after exchange: 1. claim, 2. call, 3. settle.

1 and 3 are transactions, and the claim of the next exchange stands in the one that settles this; nothing is held open
while a platform is waited for. Claiming writes `sent`
before anything leaves: a process that dies, or an answer that never comes, leaves a row that is known to have perhaps
arrived. It is sent again under the same key where the platform knows keys; else the platform is asked first. A claim
runs out after `claim_seconds`, longer than any exchange; what a process says after that counts only as news.

What fails: an exchange without an answer goes against a row that stood alone in it; a batch goes in halves next time.
After `most_tries` a row goes to the dead letters, but never for a channel that answers nobody: not before the channel
has answered for others. A fault of our own in one record is treated like an exchange that failed.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.audit import Thing
from base.db import Database
from catalog_sync import candidates, channels, contents, deciding, outbox
from catalog_sync.acting import BY, ROOM
from catalog_sync.channels import channel_of
from catalog_sync.deciding import Past
from catalog_sync.models import Channel, Outbox
from catalog_sync.outbox import News
from catalog_sync.plan import plan
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import State
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome, Reply, Target
from catalog_sync.wiring import Sync

SEND: Final = "send"
FIND: Final = "find"
INTERNAL_FAULT: Final = "internal-fault"
# A platform that broke off may still be at work on what it got: it is not asked at once whether it is there.
SETTLING: Final = timedelta(seconds=10)
# A run hands over to the next after so many exchanges, so that its length can be foreseen.
MOST_EXCHANGES: Final = 5000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """What this process does next: sends some records, or asks about one; each with the number of its attempt."""

    asks: str
    attempts: Mapping[int, int]
    records: tuple[Record, ...] = field(repr=False)
    known: Mapping[Subject, str] = field(default_factory=dict, repr=False)


Fault = ChannelDown | ChannelRefused | HostileAnswer
Answer = Sequence[Reply | None] | Fault | Exception


@dataclass
class Told:
    """What a run did."""

    exchanges: int = 0
    records: int = 0
    failed: int = 0


def push(
    database: Database,
    sync: Sync,
    target: Target,
    now: Callable[[], datetime] = clock.now,
    progress: Callable[[int], object] = lambda _done: None,
    most: int = MOST_EXCHANGES,
) -> Told:
    """Tell a target until nothing is due, the channel rests, or the run is long enough."""
    told = Told()
    claimed = database.repeat(partial(claim, sync=sync, target=target, at=now()))
    while claimed is not None:
        answer = call(target, claimed, now())
        told.exchanges += 1
        told.records += len(claimed.records)
        told.failed += isinstance(answer, Exception)
        ends = partial(settle, sync=sync, target=target, claimed=claimed, answer=answer, at=now())
        claimed = _gone_on(
            database, ends, partial(claim, sync=sync, target=target, at=now()), goes_on=told.exchanges < most
        )
        progress(told.records)
    return told


def _gone_on(
    database: Database, ends: Callable[[Session], None], begins: Callable[[Session], Claimed | None], *, goes_on: bool
) -> Claimed | None:
    """Settle an exchange and claim the next in one transaction: half the commits.

    Where that fails the exchange is settled alone, so that what came of it is not lost over the record after it.
    """

    def both(session: Session) -> Claimed | None:
        ends(session)
        return begins(session) if goes_on else None

    try:
        return database.repeat(both)
    except Exception:
        database.repeat(ends)
        raise


# --- 1. claim -------------------------------------------------------------------------------------------------------


def claim(session: Session, sync: Sync, target: Target, at: datetime) -> Claimed | None:
    """Put on record what is sent or asked next; none where nothing is due, or the channel may not be used."""
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    if not channels.is_open(channel, sync, at):
        return None
    if not target.knows_keys:
        unsure = candidates.unsure(session, target.name, at)
        if unsure is not None:
            return _asking(session, sync, unsure, at)
    sending = _sending(session, sync, target, at)
    if sending is None:
        channel.asked_at = None
    return sending


def _asking(session: Session, sync: Sync, row: Outbox, at: datetime) -> Claimed:
    outbox.rest(row, at, timedelta(seconds=sync.settings.claim_seconds))
    return Claimed(FIND, {row.number: row.attempts}, (contents.record_of(session, sync.keys, row),))


def _sending(session: Session, sync: Sync, target: Target, at: datetime) -> Claimed | None:
    """Take the first rows that may go; rows that wait for others leave the queue until these let them go."""
    while True:
        due = candidates.due(session, target, at)
        if not due:
            return None
        made = plan(due, candidates.standing(session, target, due), target.most)
        outbox.hold(session, made.blocked)
        rows = outbox.rows_of(session, made.batch)
        chosen = [rows[number] for number in made.batch]
        pasts = outbox.histories(session, target.name, [_subject(row) for row in chosen if not row.attempts])
        taken = [row for row in chosen if _is_set(session, sync, row, pasts, at)]
        if taken:
            return _sent(session, sync, target, taken, at)
        outbox.let_go(session, target.name, chosen)
        session.flush()


def _is_set(session: Session, sync: Sync, row: Outbox, pasts: Mapping[Subject, Sequence[Past]], at: datetime) -> bool:
    """Settle what a row says happened, before it is first sent: all earlier versions have come to their end.

    A deletion of what never arrived has nothing left to say. What is told again was settled by a comparison.
    """
    if row.attempts or row.again:
        return True
    earlier = [each for each in pasts[_subject(row)] if each.version < row.version]
    if row.operation == Operation.DELETE.value:
        if deciding.may_be_there(earlier) is None:
            outbox.step(session, sync.keys, row, State.SUPERSEDED, at, News("nothing-to-delete"))
            return False
        return True
    operation = deciding.operation_of(earlier)
    if operation.value != row.operation:
        row.operation = operation.value
        row.key = contents.record_of(session, sync.keys, row).key
    return True


def _subject(row: Outbox) -> Subject:
    return Subject(row.kind, row.thing)


def _sent(session: Session, sync: Sync, target: Target, rows: Sequence[Outbox], at: datetime) -> Claimed:
    for row in rows:
        row.attempts += 1
        row.unsure = True
        outbox.step(session, sync.keys, row, State.SENT, at)
        outbox.rest(row, at, timedelta(seconds=sync.settings.claim_seconds))
    records = tuple(contents.record_of(session, sync.keys, row) for row in rows)
    return Claimed(
        SEND, {row.number: row.attempts for row in rows}, records, candidates.known(session, target, records)
    )


# --- 2. call --------------------------------------------------------------------------------------------------------


def call(target: Target, claimed: Claimed, at: datetime) -> Answer:
    """Call the platform, with no transaction open; whatever happens is an answer."""
    try:
        if claimed.asks == FIND:
            return [target.find(claimed.records[0], at)]
        replies = target.send(claimed.records, claimed.known, at)
        if len(replies) != len(claimed.records):
            reason = f"{len(replies)} replies for {len(claimed.records)} records"
            return HostileAnswer(target.name, reason)
    except (ChannelDown, ChannelRefused, HostileAnswer) as fault:
        return fault
    except Exception as fault:
        # A record that our own translation stumbles over must not stop the others; it is found like any other.
        logger.exception("telling %s failed", target.name)
        return fault
    return replies


# --- 3. settle ------------------------------------------------------------------------------------------------------


def settle(session: Session, sync: Sync, target: Target, claimed: Claimed, answer: Answer, at: datetime) -> None:
    """Write what came of an exchange."""
    channel = channel_of(session, target.name, locked=True)
    rows = outbox.rows_of(session, claimed.attempts, locked=True)
    ours = [rows[number] for number in claimed.attempts]
    if isinstance(answer, Exception):
        held = [row for row in ours if _is_held(row, claimed)]
        _failed(session, sync, target, channel, claimed, held, answer, at)
        outbox.let_go(session, target.name, held)
        return
    channels.answered(channel, at)
    if claimed.asks == SEND:
        told = Thing("sync-channel", target.name)
        keys = tuple(record.key for record in claimed.records)
        ROOM.record(session, BY, at, "sync.told", told, records=len(keys), keys=keys[: channels.KEYS_OF_EVIDENCE])
    for row, reply in zip(ours, answer, strict=True):
        _replied(session, sync, row, claimed, reply, at)
    outbox.let_go(session, target.name, ours)


def _is_held(row: Outbox, claimed: Claimed) -> bool:
    """Tell whether a row still is this process's: nobody took it over, and no receipt told its end."""
    if row.attempts != claimed.attempts[row.number]:
        return False
    return row.state == State.SENT.value or (claimed.asks == FIND and row.unsure)


def _replied(session: Session, sync: Sync, row: Outbox, claimed: Claimed, reply: Reply | None, at: datetime) -> None:
    if reply is not None and reply.outcome is not Outcome.LATER:
        outbox.take(session, sync.keys, row, reply, at, News(reply.code, reply.words))
        return
    if not _is_held(row, claimed):
        return
    if reply is None:
        row.unsure = False
        if row.state == State.SENT.value:
            outbox.step(session, sync.keys, row, State.WAITING, at, News("not-arrived"))
        outbox.rest(row, at, timedelta(0))
        return
    if claimed.asks == SEND:
        row.unsure = False
    _try_counts(session, sync, row, News(reply.code or "later", reply.words), at, reply.retry_after, dies=True)


def _failed(
    session: Session,
    sync: Sync,
    target: Target,
    channel: Channel,
    claimed: Claimed,
    rows: Sequence[Outbox],
    fault: Exception,
    at: datetime,
) -> None:
    """Write that an exchange failed: what that means for the channel, and for its rows."""
    if isinstance(fault, HostileAnswer):
        keys = [record.key for record in claimed.records]
        channels.not_believed(session, sync, channel, fault, claimed.asks, keys, at)
        _rest_all(rows, timedelta(0), at)
    elif isinstance(fault, ChannelRefused):
        channels.refused(session, channel, fault, at)
        for row in rows:
            if claimed.asks == SEND:
                row.unsure = False
                outbox.step(session, sync.keys, row, State.WAITING, at, News(fault.code, fault.reason))
        _rest_all(rows, timedelta(0), at)
    elif isinstance(fault, ChannelDown):
        channels.down(session, channel, fault, at)
        if fault.retry_after is not None:
            _rest_all(rows, timedelta(0), at)
        else:
            _apart(session, sync, target, channel, rows, News(fault.code, fault.reason), at)
    else:
        _apart(session, sync, target, None, rows, News(INTERNAL_FAULT), at)


def _apart(
    session: Session,
    sync: Sync,
    target: Target,
    channel: Channel | None,
    rows: Sequence[Outbox],
    news: News,
    at: datetime,
) -> None:
    """Count a failure against a row that stood alone, and take a batch apart. Without a channel the fault is ours."""
    if len(rows) > 1:
        for row in rows:
            row.portion = max(1, len(rows) // 2)
        _rest_all(rows, timedelta(0) if target.knows_keys else SETTLING, at)
        return
    for row in rows:
        if channel is not None and row.answers is None:
            row.answers = channel.answers
        dies = channel is None or channel.answers > (row.answers or 0)
        _try_counts(session, sync, row, news, at, None, dies=dies)


def _try_counts(
    session: Session, sync: Sync, row: Outbox, news: News, at: datetime, asked: float | None, *, dies: bool
) -> None:
    """Count a try against a row; it waits, longer each time and as long as is asked for, or dies."""
    row.tries = min(row.tries + 1, sync.settings.most_tries)
    if dies and row.tries >= sync.settings.most_tries:
        outbox.step(session, sync.keys, row, State.DEAD, at, news)
        return
    if row.state == State.SENT.value and not row.unsure:
        outbox.step(session, sync.keys, row, State.WAITING, at, news)
    else:
        row.code = news.code
    outbox.rest(row, at, max(outbox.wait_after(row.tries), timedelta(seconds=asked or 0)))


def _rest_all(rows: Sequence[Outbox], span: timedelta, at: datetime) -> None:
    for row in rows:
        outbox.rest(row, at, span)
