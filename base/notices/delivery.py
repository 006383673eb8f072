"""Delivers what was told, one letter at a time: 1. claim it, 2. send it, 3. record what came of it.

1 and 3 are transactions of their own, and nothing is held open in between. A process that dies after 1 lets its claim
run out, and another sends the letter again under the same message id: a letter may arrive twice and says so, but none
is lost. What is not decided here: how a channel sends, and what a refusal means to whoever reads the log.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError, Fact
from base.fetch import AddressRefused, AnsweredWithStatus, NotAskedYet, UnsendableRequest, UrlRefused
from base.notices.errors import ChannelNotConfigured, MailRefused, UnknownNoticeKind, UnusableRecipient
from base.notices.kinds import Kinds
from base.notices.models import DELIVERED, FAILED, WAITING, Delivery

# The waits that Standard Webhooks recommends: ten tries in three days, past a weekend's outage of a partner.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
TRIES = len(WAITS) + 1
# Longer than any channel takes for one letter, so that a claim runs out only when its process is gone.
CLAIM = timedelta(minutes=5)
# One run ends after so many letters, so that its job has a foreseeable length; the next run goes on.
MOST_A_RUN = 500
# These will be refused again in three days as they are now.
FINAL = (UrlRefused, AddressRefused, UnsendableRequest, UnusableRecipient, UnknownNoticeKind)
GONE = 410
FINAL_MAIL_STATUS = 500
INTERNAL_FAULT = "internal-fault"
DIED = "died-in-delivery"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """What a channel sends: the words in the recipient's language, and the facts for a machine."""

    message_id: str
    recipient: str = field(repr=False)
    secret: str
    language: str
    kind: str
    title: str
    body: str
    facts: Mapping[str, Fact]
    written_at: datetime


class Channel(Protocol):
    """A way to send a letter; it either has arrived when this returns, or a refusal says why not."""

    def __call__(self, letter: Letter, at: datetime) -> None:
        """Send one letter; raises below `DomainError`."""
        ...


@dataclass(frozen=True)
class Channels:
    """The channels that this site has set up, by name, and the kinds of notices with their words."""

    kinds: Kinds
    table: Mapping[str, Channel]


@dataclass(frozen=True)
class Tally:
    """What a run did: letters delivered, put off, and given up."""

    delivered: int = 0
    put_off: int = 0
    given_up: int = 0


@dataclass(frozen=True)
class _Outcome:
    state: str
    code: str = ""
    wait: timedelta = timedelta(0)
    counts: bool = True


def deliver_due(
    database: Database,
    channels: Channels,
    at: datetime,
    stopwatch: Callable[[], float] = clock.stopwatch,
    progress: Callable[[int], object] = lambda _done: None,
) -> Tally:
    """Send everything that is due, each letter in steps of its own; several processes may do so at once.

    `progress` is told how many letters are done, between two of them; what it raises ends the run there.
    """
    started, tally = stopwatch(), {DELIVERED: 0, WAITING: 0, FAILED: 0}

    def moment() -> datetime:
        """Tell the time of a step: a run may last for minutes, and a claim must lie ahead of the real time."""
        return at + timedelta(seconds=stopwatch() - started)

    for _ in range(MOST_A_RUN):
        claimed = database.repeat(partial(_claim, at=moment()))
        if claimed is None:
            break
        outcome = _sent(channels, claimed, moment())
        database.repeat(partial(_record, claimed=claimed, outcome=outcome, at=moment()))
        tally[outcome.state] += 1
        progress(sum(tally.values()))
    return Tally(tally[DELIVERED], tally[WAITING], tally[FAILED])


def _claim(session: Session, at: datetime) -> Delivery | None:
    due = (
        select(Delivery)
        .where(Delivery.state == WAITING, Delivery.next_try_at <= at)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    found = session.scalars(due).first()
    if found is None:
        return None
    found.attempts += 1
    found.last_try_at = at
    found.next_try_at = at + CLAIM
    return found


def _sent(channels: Channels, claimed: Delivery, at: datetime) -> _Outcome:
    if claimed.attempts > TRIES:
        # Whoever claimed it before never came back to say why: the letter itself may be what kills.
        return _Outcome(FAILED, DIED)
    try:
        channel = channels.table.get(claimed.channel)
        if channel is None:
            raise ChannelNotConfigured(claimed.channel)  # noqa: TRY301 judged like any refusal
        channel(_letter(channels.kinds, claimed), at)
    except DomainError as refusal:
        return _judged(refusal, claimed.attempts)
    except Exception:
        # One letter must not hold up the others; its fault is in the log under the delivery's number.
        logger.exception("delivery %d failed", claimed.id)
        return _put_off(INTERNAL_FAULT, claimed.attempts)
    return _Outcome(DELIVERED)


def _letter(kinds: Kinds, claimed: Delivery) -> Letter:
    words = kinds[claimed.notice.kind].told(claimed.notice.facts, claimed.language)
    return Letter(
        claimed.message_id,
        claimed.recipient,
        claimed.secret,
        claimed.language,
        claimed.notice.kind,
        words.title,
        words.body,
        claimed.notice.facts,
        claimed.notice.written_at,
    )


def _judged(refusal: DomainError, attempts: int) -> _Outcome:
    if isinstance(refusal, NotAskedYet):
        # The partner was not called, so this was no try.
        return _Outcome(WAITING, refusal.code, timedelta(seconds=refusal.seconds), counts=False)
    gone = isinstance(refusal, AnsweredWithStatus) and refusal.status == GONE
    returned = isinstance(refusal, MailRefused) and refusal.status >= FINAL_MAIL_STATUS
    if isinstance(refusal, FINAL) or gone or returned:
        return _Outcome(FAILED, refusal.code)
    asked = refusal.retry_after if isinstance(refusal, AnsweredWithStatus) else None
    return _put_off(refusal.code, attempts, timedelta(seconds=asked or 0))


def _put_off(code: str, attempts: int, at_least: timedelta = timedelta(0)) -> _Outcome:
    if attempts >= TRIES:
        return _Outcome(FAILED, code)
    return _Outcome(WAITING, code, max(WAITS[attempts - 1], at_least))


def _record(session: Session, claimed: Delivery, outcome: _Outcome, at: datetime) -> None:
    """Write the outcome; after a claim ran out and another took the letter, only the word of arrival still counts."""
    mine = [] if outcome.state == DELIVERED else [Delivery.attempts == claimed.attempts]
    settled = outcome.state != WAITING
    session.execute(
        update(Delivery)
        .where(Delivery.id == claimed.id, Delivery.state == WAITING, *mine)
        .values(
            state=outcome.state,
            code=outcome.code,
            attempts=Delivery.attempts - (0 if outcome.counts else 1),
            next_try_at=None if settled else at + outcome.wait,
            settled_at=at if settled else None,
        )
    )
