"""Tells notices in the act's own transaction, and reads them: on a person's page and in the log.

Nothing is sent here. What is told is either committed with the act it speaks of or gone with it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import inserting
from base.errors import Fact
from base.notices.errors import DeliveryMissing, NothingToResend, NoticeMissing
from base.notices.kinds import LANGUAGES, Mail, Notice, Person, Recipient, Role, Webhook
from base.notices.models import DELIVERED, WAITING, Delivery, Reading, StoredNotice

MAIL, WEBHOOK, PAGE = "mail", "webhook", "page"
# Random enough never to be met twice (RFC 9562 takes 122 bits).
MESSAGE_ID_BYTES = 16


@dataclass(frozen=True)
class PageNotice:
    """A notice as a page shows it; the words come from its kind, in the reader's language."""

    id: int
    kind: str
    facts: Mapping[str, Fact]
    written_at: datetime


@dataclass(frozen=True)
class LoggedDelivery:
    """One line of the delivery log."""

    id: int
    notice: int
    kind: str
    channel: str
    recipient: str
    state: str
    attempts: int
    code: str
    next_try_at: datetime | None
    last_try_at: datetime | None
    settled_at: datetime | None
    resent_from: int | None


def tell(session: Session, notice: Notice, at: datetime) -> int:
    """Write a notice and its deliveries; give its number."""
    stored = StoredNotice(kind=notice.kind.name, facts=dict(notice.facts), written_at=at)
    session.add(stored)
    session.flush()
    session.add_all(_delivery(stored, recipient, at) for recipient in dict.fromkeys(notice.recipients))
    session.flush()
    return stored.id


def unread(session: Session, who: Caller, limit: int = 50) -> list[PageNotice]:
    """List what a person has not read yet, newest first: told to them or to a role they hold."""
    mine = exists().where(
        Delivery.notice_id == StoredNotice.id, Delivery.channel == PAGE, Delivery.recipient.in_(_names(who))
    )
    seen = exists().where(Reading.notice_id == StoredNotice.id, Reading.person == who.id)
    found = select(StoredNotice).where(mine, ~seen).order_by(StoredNotice.id.desc()).limit(limit)
    return [PageNotice(each.id, each.kind, each.facts, each.written_at) for each in session.scalars(found)]


def mark_read(session: Session, notice: int, who: Caller, at: datetime) -> None:
    """Note that a person has read a notice; a second time changes nothing.

    Raises `NoticeMissing` when it was not told to this person, as if it did not exist.
    """
    mine = select(Delivery.id).where(
        Delivery.notice_id == notice, Delivery.channel == PAGE, Delivery.recipient.in_(_names(who))
    )
    if session.scalars(mine.limit(1)).first() is None:
        raise NoticeMissing(notice)
    row = {"notice_id": notice, "person": who.id, "read_at": at}
    session.execute(inserting(session, Reading).values(row).on_conflict_do_nothing())


def resend(session: Session, delivery: int, at: datetime) -> int:
    """Send a delivery again; give its number in the log.

    One that is waiting is only made due. One that is settled stays in the log as it is, and a new one follows it under
    the same message id. Raises `DeliveryMissing`, `NothingToResend`.
    """
    old = session.get(Delivery, delivery, with_for_update={"of": Delivery})
    if old is None:
        raise DeliveryMissing(delivery)
    if old.channel == PAGE:
        raise NothingToResend(delivery)
    if old.state == WAITING:
        old.next_try_at = at
        return old.id
    names = ("notice_id", "channel", "recipient", "secret", "language", "message_id")
    new = Delivery(
        **{name: getattr(old, name) for name in names}, state=WAITING, next_try_at=at, attempts=0, resent_from=old.id
    )
    session.add(new)
    session.flush()
    return new.id


def delivery_log(
    session: Session, *, notice: int | None = None, state: str | None = None, before: int | None = None, limit: int = 50
) -> list[LoggedDelivery]:
    """List deliveries, newest first: of one notice, in one state, and `before` a number already seen."""
    found = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if notice is not None:
        found = found.where(Delivery.notice_id == notice)
    if state is not None:
        found = found.where(Delivery.state == state)
    if before is not None:
        found = found.where(Delivery.id < before)
    return [_logged(each) for each in session.scalars(found)]


def _delivery(stored: StoredNotice, recipient: Recipient, at: datetime) -> Delivery:
    written = Delivery(
        notice_id=stored.id,
        language=LANGUAGES[0],
        message_id=f"msg_{secrets.token_hex(MESSAGE_ID_BYTES)}",
        state=WAITING,
        next_try_at=at,
    )
    match recipient:
        case Mail(address, language):
            written.channel, written.recipient, written.language = MAIL, address, language
        case Webhook(url, secret):
            written.channel, written.recipient, written.secret = WEBHOOK, url, secret
        case Person() | Role():
            written.channel, written.recipient = PAGE, _name(recipient)
            written.state, written.next_try_at, written.settled_at = DELIVERED, None, at
    return written


def _name(recipient: Person | Role) -> str:
    if isinstance(recipient, Person):
        return f"person:{recipient.id}"
    return f"role:{recipient.organisation}/{recipient.role}"


def _names(who: Caller) -> list[str]:
    """Name everything a person is told as; a system and nobody have no page."""
    if who.kind != "person" or not who.id:
        return []
    roles = [_name(Role(who.organisation, role)) for role in sorted(who.roles) if who.organisation]
    return [_name(Person(who.id)), *roles]


def _logged(delivery: Delivery) -> LoggedDelivery:
    return LoggedDelivery(
        delivery.id,
        delivery.notice_id,
        delivery.notice.kind,
        delivery.channel,
        delivery.recipient,
        delivery.state,
        delivery.attempts,
        delivery.code,
        delivery.next_try_at,
        delivery.last_try_at,
        delivery.settled_at,
        delivery.resent_from,
    )
