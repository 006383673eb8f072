"""Brings changes to subscribers: 1. read on in the feed for each, 2. claim a delivery, 3. send it, 4. record what came.

1, 2 and 4 are transactions of their own; nothing is held open while a receiver is waited for. The place in the feed and
the deliveries written for it move together, so that none is left out and none written twice. A process that dies after
2 lets its claim run out, and the event is sent again under the same id: it may arrive twice and says so.

Order is kept within a subject: what happened later to one directory waits until the earlier has arrived or was given
up. A receiver that fails rests (the table `WAITS`, or as long as it asks for), and has only the few places of those
that fail; those that are well never wait for it. After `TRIES` failures in a row, or when it says that it is gone, its
subscription is dead and keeps its place; a single event that alone is refused so often is given up, and others go on.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from base import clock
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.fetch import AnsweredWithStatus, NotAskedYet
from base.notices.delivery import CLAIM, TRIES, WAITS
from exchange.acting import ROOM
from exchange.feeds import changes, cloud_events, delivery_signatures, subscriptions
from exchange.feeds.changes import Seen
from exchange.feeds.cloud_events import Place
from exchange.feeds.delivery_signatures import Signing
from exchange.feeds.errors import NoSuchDelivery
from exchange.feeds.models import (
    ACTIVE,
    DEAD,
    DELIVERED,
    WAITING,
    WITHHELD,
    ChangeDelivery,
    DeliveryAttempt,
    Subscription,
)
from exchange.feeds.wiring import Deliveries

BY: Final = Caller("system", "exchange", "exchange")
# Deliveries written ahead for one subscription; a receiver that takes nothing costs no more rows than this.
READ_AHEAD: Final = 200
# How often new changes are looked for while some receiver is being waited for.
LOOK_SECONDS: Final = 1.0
# A run hands over to the next after this time, so that its length can be foreseen.
RUN_TIME: Final = timedelta(minutes=5)
LONGEST_REST: Final = timedelta(hours=24)
SUCCESS: Final = range(200, 300)
GONE: Final = 410
DIED: Final = "died-in-delivery"
INTERNAL_FAULT: Final = "internal-fault"
KEPT: Final = timedelta(days=90)
FORGOTTEN_AT_ONCE: Final = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process sends now."""

    id: int
    subscription: str
    url: str = field(repr=False)
    event: str
    body: str = field(repr=False)
    attempts: int
    failing: bool
    signing: Signing | None
    refusal: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a try ended: nothing in `code` means that it arrived; `counts` is false where the receiver was not called."""

    code: str = ""
    status: int | None = None
    rest: timedelta | None = None
    counts: bool = True
    gone: bool = False
    milliseconds: int = 0


@dataclass
class Tally:
    """What a run did."""

    written: int = 0
    delivered: int = 0
    put_off: int = 0


def deliver_due(
    database: Database,
    parts: Deliveries,
    at: datetime,
    stopwatch: Callable[[], float] = clock.stopwatch,
    progress: Callable[[int], object] = lambda _done: None,
) -> Tally:
    """Send what is due, to several receivers at a time, until nothing is or the run's time is over."""
    began, tally = stopwatch(), Tally()

    def moment() -> datetime:
        return at + timedelta(seconds=stopwatch() - began)

    told = parts.settings
    flying: dict[Future[Outcome], Claimed] = {}
    with ThreadPoolExecutor(told.steady + told.failing, thread_name_prefix="deliver") as together:
        while True:
            if moment() < at + RUN_TIME:
                tally.written += read_on(database, parts, moment())
                for claimed in _claimed(database, parts, flying.values(), moment()):
                    flying[together.submit(_sent, parts, claimed, moment(), stopwatch)] = claimed
            if not flying:
                return tally
            done, _ = wait(flying, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                outcome, claimed = future.result(), flying.pop(future)
                database.repeat(partial(_record, claimed=claimed, outcome=outcome, at=moment()))
                tally.delivered += not outcome.code
                tally.put_off += bool(outcome.code)
            progress(tally.delivered + tally.put_off)


def read_on(database: Database, parts: Deliveries, at: datetime) -> int:
    """Write the deliveries of what happened since, for each active subscription; tell how many."""
    with database.reading() as session:
        last = changes.last_position(session)
        query = select(Subscription.id).where(Subscription.state == ACTIVE, Subscription.position < last)
        behind = list(session.scalars(query.order_by(Subscription.position)))
    return sum(database.repeat(partial(_read_on, subscription=each, parts=parts, at=at)) for each in behind)


def resend(session: Session, row: Subscription, number: int, by: Caller, at: datetime) -> ChangeDelivery:
    """Send a settled delivery again under its event id. Raises `NoSuchDelivery`."""
    old = session.get(ChangeDelivery, number)
    if old is None or old.subscription != row.id or old.state not in {DELIVERED, DEAD}:
        raise NoSuchDelivery(number)
    same = (ChangeDelivery.subscription == row.id, ChangeDelivery.position == old.position)
    last = session.execute(select(func.max(ChangeDelivery.resend)).where(*same)).scalar_one()
    again = _written(row, old.position, old.event_id, old.type, old.subject, old.body, at)
    made = ChangeDelivery(**{**again, "resend": last + 1})
    session.add(made)
    session.flush()
    ROOM.record(session, by, at, "delivery.resent", Thing(subscriptions.THING, row.id), event=old.event_id)
    return made


def attempts_of(session: Session, numbers: Iterable[int]) -> dict[int, list[DeliveryAttempt]]:
    """Give the tries of some deliveries, in order."""
    query = select(DeliveryAttempt).where(DeliveryAttempt.delivery.in_(list(numbers)))
    found: dict[int, list[DeliveryAttempt]] = {}
    for row in session.scalars(query.order_by(DeliveryAttempt.id)):
        found.setdefault(row.delivery, []).append(row)
    return found


def forget(session: Session, at: datetime) -> None:
    """Forget deliveries that were settled long ago, some at a time."""
    old = select(ChangeDelivery.id).where(ChangeDelivery.settled_at < at - KEPT).limit(FORGOTTEN_AT_ONCE)
    numbers = list(session.scalars(old))
    session.execute(delete(DeliveryAttempt).where(DeliveryAttempt.delivery.in_(numbers)))
    session.execute(delete(ChangeDelivery).where(ChangeDelivery.id.in_(numbers)))


def _read_on(session: Session, subscription: str, parts: Deliveries, at: datetime) -> int:
    """Read a stretch of the feed for one subscription: its place and the deliveries are one transaction."""
    row = subscriptions.subscription_of(session, subscription, locked=True)
    waiting = select(func.count()).where(ChangeDelivery.subscription == row.id, ChangeDelivery.state == WAITING)
    room = READ_AHEAD - session.execute(waiting).scalar_one()
    if row.state != ACTIVE or room <= 0:
        return 0
    only = subscriptions.filter_of(row)
    feed = changes.stretch(session, row.organisation, Place(row.position), only, room)
    if feed.changes:
        session.execute(insert(ChangeDelivery), [_delivery(session, row, each, parts, at) for each in feed.changes])
    row.position = feed.cursor.position
    return len(feed.changes)


def _delivery(session: Session, row: Subscription, seen: Seen, parts: Deliveries, at: datetime) -> dict[str, Any]:
    told = cloud_events.cloud_event(seen.told, seen.directory, parts.settings.source)
    written = _written(
        row, seen.told.position, told["id"], seen.kind.type, told["subject"], cloud_events.written(told), at
    )
    if not seen.kind.of_data:
        return written
    try:
        subscriptions.require_granted(session, row, seen.directory, parts, at)
    except DomainError as refusal:
        return {**written, "state": WITHHELD, "code": refusal.code, "next_try_at": None, "settled_at": at}
    return written


def _written(
    row: Subscription, position: int, event: str, kind: str, subject: str, body: str, at: datetime
) -> dict[str, Any]:
    return {
        "subscription": row.id,
        "position": position,
        "resend": 0,
        "event_id": event,
        "type": kind,
        "subject": subject,
        "body": body,
        "state": WAITING,
        "attempts": 0,
        "written_at": at,
        "next_try_at": at,
        "first_try_at": None,
        "settled_at": None,
        "code": "",
    }


def _claimed(database: Database, parts: Deliveries, flying: Iterable[Claimed], at: datetime) -> Iterable[Claimed]:
    """Claim as many as there are places: those that are well and those that fail have places of their own."""
    busy = list(flying)
    for failing, places in ((False, parts.settings.steady), (True, parts.settings.failing)):
        for _ in range(places - sum(each.failing is failing for each in busy)):
            named = [each.subscription for each in busy]
            claimed = database.repeat(partial(_claim, parts=parts, busy=named, failing=failing, at=at))
            if claimed is None:
                break
            busy.append(claimed)
            yield claimed


def _claim(session: Session, parts: Deliveries, busy: list[str], *, failing: bool, at: datetime) -> Claimed | None:
    row, earlier = ChangeDelivery, aliased(ChangeDelivery)
    before = select(earlier.id).where(
        earlier.subscription == row.subscription,
        earlier.subject == row.subject,
        earlier.state == WAITING,
        earlier.id < row.id,
    )
    due = (
        select(row, Subscription)
        .join(Subscription, Subscription.id == row.subscription)
        .where(row.state == WAITING, row.next_try_at <= at, Subscription.state == ACTIVE)
        .where(or_(Subscription.rest_until.is_(None), Subscription.rest_until <= at))
        .where(Subscription.failures > 0 if failing else Subscription.failures == 0)
        .where(row.subscription.not_in(busy), ~before.exists())
        # Of one receiver that which was tried least comes first, so that one bad event does not hold up the others.
        .order_by(Subscription.failures, row.attempts, row.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=row)
    )
    found = session.execute(due).first()
    if found is None:
        return None
    delivery, subscription = found
    delivery.attempts += 1
    delivery.first_try_at = delivery.first_try_at or at
    delivery.next_try_at = at + CLAIM
    signing, refusal = None, ""
    try:
        signing = delivery_signatures.signing_of(session, subscription, parts)
    except DomainError as error:
        refusal = error.code
    return Claimed(
        delivery.id,
        subscription.id,
        subscription.url,
        delivery.event_id,
        delivery.body,
        delivery.attempts,
        failing,
        signing,
        refusal,
    )


def _sent(parts: Deliveries, claimed: Claimed, at: datetime, stopwatch: Callable[[], float]) -> Outcome:
    """Send one event and judge the answer; whatever happens is an outcome."""
    if claimed.attempts > TRIES or claimed.signing is None:
        # Whoever claimed it before never came back (the event itself may be what kills), or it cannot be signed.
        return Outcome(claimed.refusal or DIED)
    began = stopwatch()
    try:
        request = subscriptions.request_of(
            parts, claimed.url, claimed.subscription, claimed.signing, claimed.event, claimed.body, at
        )
        answer = parts.fetch(request).expect(*SUCCESS)
    except NotAskedYet as refusal:
        return Outcome(refusal.code, rest=timedelta(seconds=refusal.seconds), counts=False)
    except AnsweredWithStatus as refusal:
        rest = timedelta(seconds=refusal.retry_after) if refusal.retry_after else None
        gone = refusal.status == GONE
        return Outcome(refusal.code, refusal.status, rest, gone=gone, milliseconds=_since(began, stopwatch))
    except DomainError as refusal:
        return Outcome(refusal.code, milliseconds=_since(began, stopwatch))
    except Exception:
        # One receiver's fault must not end the others' deliveries; it is in the log under the delivery's number.
        logger.exception("delivery %d failed", claimed.id)
        return Outcome(INTERNAL_FAULT, milliseconds=_since(began, stopwatch))
    return Outcome(status=answer.status, milliseconds=_since(began, stopwatch))


def _since(began: float, stopwatch: Callable[[], float]) -> int:
    return round((stopwatch() - began) * 1000)


def _record(session: Session, claimed: Claimed, outcome: Outcome, at: datetime) -> None:
    """Write what came of a try; after a claim ran out and another took it, only the word of arrival still counts."""
    row = subscriptions.subscription_of(session, claimed.subscription, locked=True)
    if outcome.counts:
        tried = {"code": outcome.code, "status": outcome.status, "milliseconds": outcome.milliseconds}
        session.execute(insert(DeliveryAttempt).values(delivery=claimed.id, at=at, **tried))
    values = _settled(claimed, outcome, _rest(row, outcome), at)
    mine = [ChangeDelivery.attempts == claimed.attempts] if outcome.code else []
    session.execute(
        update(ChangeDelivery)
        .where(ChangeDelivery.id == claimed.id, ChangeDelivery.state == WAITING, *mine)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    _learn(session, row, outcome, at)


def _settled(claimed: Claimed, outcome: Outcome, rest: timedelta, at: datetime) -> dict[str, Any]:
    if not outcome.code:
        return {"state": DELIVERED, "code": "", "next_try_at": None, "settled_at": at}
    if not outcome.counts:
        return {"code": outcome.code, "next_try_at": at + rest, "attempts": claimed.attempts - 1}
    if claimed.attempts >= TRIES:
        return {"state": DEAD, "code": outcome.code, "next_try_at": None, "settled_at": at}
    return {"code": outcome.code, "next_try_at": at + max(rest, WAITS[claimed.attempts - 1])}


def _rest(row: Subscription, outcome: Outcome) -> timedelta:
    """Tell how long the receiver is left alone: by its failures in a row, or longer where it asks, up to a day."""
    asked = outcome.rest or timedelta(0)
    usual = WAITS[min(row.failures, len(WAITS) - 1)] if outcome.counts else timedelta(0)
    return min(max(usual, asked), LONGEST_REST)


def _learn(session: Session, row: Subscription, outcome: Outcome, at: datetime) -> None:
    if not outcome.code:
        row.failures, row.rest_until, row.delivered_at = 0, None, at
        return
    row.rest_until = at + _rest(row, outcome)
    if not outcome.counts:
        return
    row.failures += 1
    if row.state == ACTIVE and (outcome.gone or row.failures >= TRIES):
        subscriptions.give_up(session, row, outcome.code, BY, at)
