"""Subscriptions: who wants to be told of which changes, at which address.

    pending ─(the address answers a challenge)→ active ⇄ paused
                                                  │ given up: nothing arrived within all tries, or the address is gone
                                                  ▼
                                                 dead ─(challenge)→ active          any ─end→ ended

While it is paused or dead its place in the feed stays: what happened meanwhile is sent afterwards. A subscription to
pushed data needs a grant of the mode `subscribe` for each directory it names, asked again with every change.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from base import strict_json
from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.clock import rfc3339
from base.errors import DomainError
from base.fetch import Outgoing, require_allowed
from base.fetch.urls import parse
from exchange.acting import ROOM
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.purposes import Purpose
from exchange.feeds import changes, cloud_events, delivery_signatures
from exchange.feeds.changes import Filter
from exchange.feeds.cloud_events import TYPES
from exchange.feeds.delivery_signatures import HMAC, SM2, Signing
from exchange.feeds.errors import (
    CallbackNotProven,
    NoSuchSubscription,
    SubscriptionStepNotAllowed,
    TooManySubscriptions,
    UnusableSubscription,
)
from exchange.feeds.models import ACTIVE, DEAD, ENDED, PAUSED, PENDING, WAITING, ChangeDelivery, Subscription
from exchange.feeds.pushes import gate
from exchange.feeds.wiring import Deliveries
from keys.parties.organisations import active_organisation

THING: Final = "subscription"
AUDITOR: Final = "auditor"
# One for each system of a large department.
MOST_SUBSCRIPTIONS: Final = 20
MOST_DIRECTORIES: Final = 200
# Standard Webhooks: 24 to 64 bytes of secret.
SECRET_BYTES: Final = range(24, 65)
CHALLENGE_BYTES: Final = 32
ANSWER_SECONDS: Final = 10.0
# An answer to a challenge is some eighty bytes.
ANSWER_BYTES: Final = 4096
OK: Final = 200


@dataclass(frozen=True)
class NewSubscription:
    """A subscription as it is asked for; the secret is the subscriber's own and is never shown again."""

    name: str
    url: str = field(repr=False)
    types: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    signature: str = HMAC
    secret: str | None = field(default=None, repr=False)
    purpose: Purpose | None = None


@dataclass(frozen=True)
class Asking:
    """A challenge that is to be sent: the request, and the text that must come back."""

    subscription: str
    version: int
    text: str
    request: Outgoing


def add(session: Session, new: NewSubscription, parts: Deliveries, by: Caller, at: datetime) -> Subscription:
    """Keep a subscription; nothing is sent before its address has answered a challenge.

    Raises `UnusableSubscription`, `UnknownChangeType`, `TooManySubscriptions`, `UrlRefused`, `AddressRefused`,
    `DeliveryKeyMissing`, `NotGranted`.
    """
    organisation = active_organisation(session, by.organisation)
    # The row's lock makes two requests take turns, so that the limit holds.
    mine = select(func.count()).where(Subscription.organisation == organisation.code, Subscription.state != ENDED)
    if session.execute(mine).scalar_one() >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(MOST_SUBSCRIPTIONS)
    _require_usable(session, new, parts, by, at)
    row = Subscription(
        id=new_id(),
        organisation=organisation.code,
        name=new.name,
        types=list(new.types),
        directories=list(new.directories),
        purpose=None if new.purpose is None else gate.written(new.purpose),
        url=new.url,
        signature=new.signature,
        secret=None,
        state=PENDING,
        position=changes.last_position(session),
        failures=0,
        rest_until=None,
        delivered_at=None,
        created_by=gate.told_of(by),
        created_at=at,
        changed_at=at,
        version=1,
    )
    if new.secret is not None:
        row.secret = parts.data_keys.seal(session, new.secret.encode(), delivery_signatures.bound(row.id))
    session.add(row)
    session.flush()
    ROOM.record(session, by, at, "subscription.added", _thing(row), host=parse(new.url).host, types=list(new.types))
    return row


def subscription_of(session: Session, subscription: str, *, locked: bool = False) -> Subscription:
    """Give the subscription. Raises `NoSuchSubscription`."""
    query = select(Subscription).where(Subscription.id == subscription)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchSubscription(subscription)
    return found


def seen_by(by: Caller) -> Select[Subscription]:
    """Choose the subscriptions that somebody may see: one's organisation's, and all for an auditor."""
    query = select(Subscription)
    return query if AUDITOR in by.roles else query.where(Subscription.organisation == by.organisation)


def shown_to(session: Session, subscription: str, by: Caller) -> Subscription:
    """Give a subscription that somebody may see. Raises `NoSuchSubscription`."""
    found = session.scalars(seen_by(by).where(Subscription.id == subscription)).one_or_none()
    if found is None:
        raise NoSuchSubscription(subscription)
    return found


def own(session: Session, subscription: str, by: Caller, *, locked: bool = False) -> Subscription:
    """Give a subscription of somebody's own organisation. Raises `NoSuchSubscription`."""
    row = subscription_of(session, subscription, locked=locked)
    if row.organisation != by.organisation:
        raise NoSuchSubscription(subscription)
    return row


def asking(session: Session, row: Subscription, parts: Deliveries, at: datetime) -> Asking:
    """Prepare a challenge. Raises `SubscriptionStepNotAllowed`, and what signing raises."""
    if row.state not in {PENDING, DEAD}:
        raise SubscriptionStepNotAllowed("verify", row.state)
    text = secrets.token_urlsafe(CHALLENGE_BYTES)
    told = cloud_events.challenge(row.id, text, parts.settings.source, rfc3339(at))
    body = cloud_events.written(told)
    signing = delivery_signatures.signing_of(session, row, parts)
    return Asking(row.id, row.version, text, request_of(parts, row.url, row.id, signing, told["id"], body, at))


def request_of(
    parts: Deliveries, url: str, lane: str, signing: Signing, event: str, body: str, at: datetime
) -> Outgoing:
    """Write the request that tells an event: to this one partner, without redirects, the answer hardly read."""
    headers = delivery_signatures.headers(signing, event, body, at)
    destination = parts.destination(url, lane)
    return Outgoing(
        "POST",
        url,
        (destination,),
        headers,
        body.encode(),
        max_bytes=ANSWER_BYTES,
        total_seconds=ANSWER_SECONDS,
    )


def ask(parts: Deliveries, question: Asking) -> None:
    """Send a challenge, outside of any transaction. Raises `CallbackNotProven` unless the text came back."""
    try:
        answer = parts.fetch(question.request)
    except DomainError as refusal:
        raise CallbackNotProven(refusal.code) from refusal
    if answer.status != OK:
        raise CallbackNotProven(f"status-{answer.status}")
    try:
        told = strict_json.parse(answer.body)
    except DomainError as refusal:
        raise CallbackNotProven("no-json") from refusal
    given = told.get("challenge") if isinstance(told, dict) else None
    # An address that merely repeats what it gets does not answer with this one member.
    if not isinstance(given, str) or not secrets.compare_digest(given.encode(), question.text.encode()):
        raise CallbackNotProven("wrong-answer")


def proven(session: Session, question: Asking, by: Caller, at: datetime) -> Subscription:
    """Begin to tell, since the address wants it. Raises `SubscriptionStepNotAllowed` when it was changed meanwhile."""
    row = subscription_of(session, question.subscription, locked=True)
    if row.version != question.version:
        raise SubscriptionStepNotAllowed("verify", row.state)
    row.failures, row.rest_until = 0, None
    _revive(session, row, at)
    return _turn(session, row, ACTIVE, "subscription.verified", by, at)


def pause(session: Session, row: Subscription, by: Caller, at: datetime) -> Subscription:
    """Send nothing for the time being. Raises `SubscriptionStepNotAllowed`."""
    _require(row, "pause", ACTIVE)
    return _turn(session, row, PAUSED, "subscription.paused", by, at)


def resume(session: Session, row: Subscription, by: Caller, at: datetime) -> Subscription:
    """Send again, beginning with what was left. Raises `SubscriptionStepNotAllowed`."""
    _require(row, "resume", PAUSED)
    row.failures, row.rest_until = 0, None
    return _turn(session, row, ACTIVE, "subscription.resumed", by, at)


def end(session: Session, row: Subscription, by: Caller, at: datetime) -> Subscription:
    """End it for good: nothing more is sent and the secret is forgotten. Raises `SubscriptionStepNotAllowed`."""
    if row.state == ENDED:
        raise SubscriptionStepNotAllowed("end", row.state)
    row.secret = None
    return _turn(session, row, ENDED, "subscription.ended", by, at)


def give_up(session: Session, row: Subscription, code: str, by: Caller, at: datetime) -> None:
    """Leave an address alone that took nothing in all tries, or said that it is gone."""
    _turn(session, row, DEAD, "subscription.given-up", by, at, reason=code)


def filter_of(row: Subscription) -> Filter:
    """Give which changes it wants; what of data it hears, its grant says."""
    return Filter(tuple(row.types or _without_data()), tuple(row.directories))


def require_granted(session: Session, row: Subscription, directory: str, parts: Deliveries, at: datetime) -> None:
    """Have a grant to hear of a directory's data. Raises `UnusableSubscription`, and what the gate raises."""
    if row.purpose is None:
        raise UnusableSubscription("#/purpose", "needed for data")
    by = gate.caller_of(session, row.created_by)
    parts.gate(session, by, directory, gate.purpose_of(row.purpose), (), Mode.SUBSCRIBE, at)


def _require_usable(session: Session, new: NewSubscription, parts: Deliveries, by: Caller, at: datetime) -> None:
    only = changes.wanted(new.types, new.directories)
    of_data = [each for each in only.types if TYPES[each].of_data]
    if len(new.directories) > MOST_DIRECTORIES:
        raise UnusableSubscription("#/directories", f"at most {MOST_DIRECTORIES}")
    if of_data and (new.purpose is None or not new.directories):
        raise UnusableSubscription("#/purpose" if new.directories else "#/directories", "needed for data")
    destination = parts.destination(new.url)
    if parts.settings.hosts and f"{destination.host}:{destination.port}" not in parts.settings.hosts:
        raise UnusableSubscription("#/url", "host-not-listed")
    require_allowed(destination, parts.networks)
    if (new.signature == HMAC) != (new.secret is not None):
        raise UnusableSubscription("#/secret", "with hmac, and only there")
    if new.secret is not None:
        _require_secret(new.secret)
    if new.signature == SM2:
        delivery_signatures.require_key(session, parts)
    if of_data and new.purpose is not None:
        for directory in new.directories:
            parts.gate(session, by, directory, new.purpose, (), Mode.SUBSCRIBE, at)


def _require_secret(secret: str) -> None:
    if not secret.startswith("whsec_") or not secret.isascii():
        raise UnusableSubscription("#/secret", "whsec_ and base64")
    try:
        key = Webhook(secret)._whsecret  # noqa: SLF001 - the only place where the library says what it read
    except (ValueError, EmptyWebhookSecretError) as error:
        raise UnusableSubscription("#/secret", "whsec_ and base64") from error
    if len(key) not in SECRET_BYTES:
        raise UnusableSubscription("#/secret", f"{SECRET_BYTES.start} to {SECRET_BYTES.stop - 1} bytes")


def _revive(session: Session, row: Subscription, at: datetime) -> None:
    """Let what was given up while the address was dead be sent again, under the same ids and in the old order."""
    dead = (ChangeDelivery.subscription == row.id, ChangeDelivery.state == DEAD)
    again = {"state": WAITING, "attempts": 0, "next_try_at": at, "settled_at": None, "code": ""}
    session.execute(update(ChangeDelivery).where(*dead).values(again).execution_options(synchronize_session=False))


def _without_data() -> list[str]:
    return [name for name, kind in TYPES.items() if not kind.of_data]


def _require(row: Subscription, step: str, *states: str) -> None:
    if row.state not in states:
        raise SubscriptionStepNotAllowed(step, row.state)


def _turn(
    session: Session, row: Subscription, state: str, act: str, by: Caller, at: datetime, **facts: Any
) -> Subscription:
    row.state, row.changed_at = state, at
    row.version += 1
    session.flush()
    ROOM.record(session, by, at, act, _thing(row), **facts)
    return row


def _thing(row: Subscription) -> Thing:
    return Thing(THING, row.id)
