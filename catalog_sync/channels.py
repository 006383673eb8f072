"""How a channel stands: answers and failures, rests, pauses, and a run that somebody asked for.

A channel that does not answer rests, longer each time, and as long as the platform asks; one that does not let us in
rests too, and after `REFUSED_MOST` times is paused; one whose answer cannot be believed is paused at once. A pause ends
only by a person's hand. While a channel rests or is paused, nothing is sent and nobody is asked.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from catalog_sync import contents
from catalog_sync.acting import BY, ROOM
from catalog_sync.errors import ChannelStepNotAllowed, NoSuchChannel
from catalog_sync.models import PAUSED, REASON_LENGTH, RUNNING, Channel, Evidence, Outbox
from catalog_sync.outbox import LONGEST_PAUSE
from catalog_sync.states import UNFINISHED
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Target
from catalog_sync.windows import closed_until
from catalog_sync.wiring import Sync

# One exchange that fails is an accident, and others are tried; three in a row are an outage.
DOWN_AFTER: Final = 3
RESTS: Final = tuple(timedelta(seconds=each) for each in (10, 30, 60, 120, 300))
# A secret that ran out is renewed by the target itself; what refuses us so often needs a person.
REFUSED_MOST: Final = 5
# Enough to see what a page or a document was; a hostile one must not fill the database.
MOST_EVIDENCE: Final = 64 * 1024
KEYS_OF_EVIDENCE: Final = 100
REFUSED: Final = "channel-refused"
_HELD: Final = [each.value for each in UNFINISHED]
# Made once: each exchange asks them twice.
_SEEN: Final = select(Channel).where(Channel.target == bindparam("of")).execution_options(populate_existing=True)
_LOCKED: Final = _SEEN.with_for_update()
_PAUSES_AHEAD: Final = (
    select(Outbox.pause)
    .where(Outbox.target == bindparam("of"), Outbox.state.in_(_HELD), Outbox.tried_at > bindparam("at"))
    .distinct()
)


def target_of(sync: Sync, name: str) -> Target:
    """Give a target by name. Raises `NoSuchChannel`."""
    if name not in sync.targets:
        raise NoSuchChannel(name)
    return sync.targets[name]


def channel_of(session: Session, target: str, *, locked: bool = False) -> Channel:
    """Give the row of a channel, which is made when it is first asked for."""
    query, of = _LOCKED if locked else _SEEN, {"of": target}
    found = session.scalars(query, of).one_or_none()
    if found is not None:
        return found
    session.execute(inserting(session, Channel).values(target=target).on_conflict_do_nothing())
    return session.scalars(query, of).one()


def seen(session: Session, target: str) -> Channel:
    """Give the row of a channel to somebody who only reads; one that never ran is as it will be made."""
    found = session.get(Channel, target)
    empty = {"state": RUNNING, "reason": "", "changed_by": "", "receipt_mark": "", "failure": ""}
    return found or Channel(target=target, answers=0, failures=0, version=0, **empty)


def is_open(channel: Channel, sync: Sync, at: datetime) -> bool:
    """Tell whether the platform may be called now."""
    if channel.state != RUNNING or (channel.rests_until is not None and channel.rests_until > at):
        return False
    return channel.asked_at is not None or closed_until(sync.windows.get(channel.target, ()), at) is None


def set_right(session: Session, channel: Channel, at: datetime) -> None:
    """Bring rests and claims that began in the future to the present: the clock was set back.

    They keep their length, so that nothing is called sooner than was asked for, and nothing waits for the other time.
    """
    if channel.rests_since is not None and channel.rests_until is not None and channel.rests_since > at:
        channel.rests_since, channel.rests_until = at, at + (channel.rests_until - channel.rests_since)
    session.flush()
    for pause in session.scalars(_PAUSES_AHEAD, {"of": channel.target, "at": at}).all():
        held = {"tried_at": at, "next_at": at + timedelta(seconds=pause)}
        ahead = (Outbox.target == channel.target, Outbox.state.in_(_HELD), Outbox.tried_at > at, Outbox.pause == pause)
        session.execute(update(Outbox).where(*ahead).values(held))


def heard(
    session: Session,
    sync: Sync,
    channel: Channel,
    answer: object,
    asked: str,
    at: datetime,
    keys: Sequence[str] = (),
) -> bool:
    """Note what came of a call, and tell whether it was an answer.

    Nobody answered, we were not let in, and the answer is not believed are three things; a fault of our own says
    nothing of the channel.
    """
    if isinstance(answer, HostileAnswer):
        not_believed(session, sync, channel, answer, asked, keys, at)
    elif isinstance(answer, ChannelRefused):
        refused(session, channel, answer, at)
    elif isinstance(answer, ChannelDown):
        down(session, channel, answer, at)
    elif not isinstance(answer, Exception):
        answered(channel, at)
        return True
    return False


def answered(channel: Channel, at: datetime) -> None:
    """Note an answer that was believed; a rest that the platform asked another process for still holds."""
    channel.answers += 1
    channel.failures, channel.failure, channel.answered_at = 0, "", at


def down(session: Session, channel: Channel, error: ChannelDown, at: datetime) -> None:
    """Note that nobody answered; rest when that is no accident, or when the platform asks for it."""
    channel.failures += 1
    channel.failure = error.reason[:REASON_LENGTH]
    if error.retry_after is not None:
        _rests(channel, at, timedelta(seconds=max(0.0, error.retry_after)))
    elif channel.failures >= DOWN_AFTER:
        _rests(channel, at, RESTS[min(channel.failures - DOWN_AFTER, len(RESTS) - 1)])
    if channel.failures == DOWN_AFTER:
        ROOM.changed(session, BY, at, "sync.channel-down", _thing(channel.target), reason=channel.failure)


def refused(session: Session, channel: Channel, error: ChannelRefused, at: datetime) -> None:
    """Note that we were not let in; rest, and pause when it stays so."""
    channel.failures += 1
    channel.failure = error.reason[:REASON_LENGTH]
    _rests(channel, at, RESTS[min(channel.failures, len(RESTS)) - 1])
    if channel.failures == 1:
        ROOM.changed(session, BY, at, "sync.channel-refused", _thing(channel.target), reason=channel.failure)
    if channel.failures >= REFUSED_MOST and channel.state == RUNNING:
        _paused(session, channel, f"{REFUSED}: {channel.failure}", BY, at)


def not_believed(
    session: Session, sync: Sync, channel: Channel, error: HostileAnswer, asked: str, keys: Sequence[str], at: datetime
) -> None:
    """Keep the evidence and pause the channel."""
    found = Evidence(
        target=channel.target,
        at=at,
        asked=asked,
        reason=error.reason[:REASON_LENGTH],
        keys=list(keys[:KEYS_OF_EVIDENCE]),
        size=len(error.evidence),
        sm3=hashlib.new("sm3", error.evidence).hexdigest(),
        content=contents.sealed_evidence(session, sync.keys, error.evidence[:MOST_EVIDENCE]),
    )
    session.add(found)
    session.flush()
    channel.failure = error.reason[:REASON_LENGTH]
    if channel.state == RUNNING:
        _paused(session, channel, f"{error.code}: {error.reason}", BY, at, evidence=found.id)


def pause(session: Session, target: str, reason: str, by: Caller, at: datetime) -> Channel:
    """Stop a channel by hand. Raises `ChannelStepNotAllowed`."""
    channel = channel_of(session, target, locked=True)
    if channel.state != RUNNING:
        raise ChannelStepNotAllowed(target, channel.state, "pause")
    _paused(session, channel, reason, by, at)
    return channel


def resume(session: Session, target: str, by: Caller, at: datetime) -> Channel:
    """Let a channel run again, at once. Raises `ChannelStepNotAllowed`."""
    channel = channel_of(session, target, locked=True)
    if channel.state != PAUSED:
        raise ChannelStepNotAllowed(target, channel.state, "resume")
    before, channel.state, channel.reason = channel.reason, RUNNING, ""
    channel.failures, channel.rests_since, channel.rests_until = 0, None, None
    channel.changed_by, channel.changed_at, channel.version = actor(by), at, channel.version + 1
    ROOM.changed(session, by, at, "sync.channel-resumed", _thing(target), channel.version, was=before)
    return channel


def ask(session: Session, target: str, by: Caller, at: datetime) -> Channel:
    """Have a channel run now, whatever its window says; what a platform asked us to wait is still waited.

    Raises `ChannelStepNotAllowed` for one that is paused.
    """
    channel = channel_of(session, target, locked=True)
    if channel.state != RUNNING:
        raise ChannelStepNotAllowed(target, channel.state, "run")
    channel.asked_at = at
    ROOM.record(session, by, at, "sync.asked", _thing(target))
    return channel


def _rests(channel: Channel, at: datetime, span: timedelta) -> None:
    until = at + min(span, LONGEST_PAUSE)
    channel.rests_since, channel.rests_until = at, max(until, channel.rests_until or until)


def _paused(
    session: Session, channel: Channel, reason: str, by: Caller, at: datetime, evidence: int | None = None
) -> None:
    channel.state, channel.reason, channel.asked_at = PAUSED, reason[:REASON_LENGTH], None
    channel.changed_by, channel.changed_at, channel.version = actor(by), at, channel.version + 1
    told = {"reason": channel.reason} if evidence is None else {"reason": channel.reason, "evidence": evidence}
    ROOM.changed(session, by, at, "sync.channel-paused", _thing(channel.target), channel.version, **told)


def _thing(target: str) -> Thing:
    return Thing("sync-channel", target)
