"""Subscriptions below `/api/v1`: ordered, proven by a challenge, paused, ended; and the log of what was sent."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.db import Database
from base.paging import Pager
from base.web import caller, gives, guarded, parts, reads, tagged, takes, transacts, writes
from exchange.feeds import deliveries, subscriptions
from exchange.feeds.models import ChangeDelivery, Subscription
from exchange.feeds.schemas import (
    DeliveriesQuery,
    DeliveriesSchema,
    DeliverySchema,
    NewSubscriptionSchema,
    SubscriptionSchema,
    SubscriptionsSchema,
    told,
)
from exchange.feeds.subscriptions import NewSubscription
from exchange.feeds.wiring import Deliveries

subscribed = Blueprint("subscriptions", __name__, description="变更订阅 · subscriptions")

SCOPE = "share:write"
ORDERERS = {"requester", "operator"}
READERS = ORDERERS | {"auditor"}
ID = "<string:subscription_id>"


@subscribed.route("/subscriptions", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(SubscriptionsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List one's organisation's subscriptions; an auditor sees all."""
    query, page = subscriptions.seen_by(caller()), asked["page"]
    found = parts(Pager).page(session, query, (Subscription.created_at, Subscription.id), page, "subscriptions")
    return {"items": [_told(each) for each in found.items], "next_cursor": found.next_cursor}


@subscribed.route("/subscriptions", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@takes(NewSubscriptionSchema)
@gives(SubscriptionSchema, 201)
def add(session: Session, new: NewSubscription) -> Any:
    """Order a subscription; nothing is sent before its address has answered a challenge."""
    return _told(subscriptions.add(session, new, parts(Deliveries), caller(), clock.now()))


@subscribed.route(f"/subscriptions/{ID}", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SubscriptionSchema)
def one(session: Session, subscription_id: str) -> Any:
    """Give one subscription."""
    row = subscriptions.shown_to(session, subscription_id, caller())
    tagged(f"subscription:{row.id}:{row.version}")
    return _told(row)


@subscribed.route(f"/subscriptions/{ID}/verifications", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@transacts
@gives(SubscriptionSchema)
def verify(database: Database, subscription_id: str) -> Any:
    """Send a challenge to the address; it is told from now on if the right text comes back."""
    by, at = caller(), clock.now()
    with database.reading() as session:
        question = subscriptions.asking(
            session, subscriptions.own(session, subscription_id, caller()), parts(Deliveries), at
        )
    subscriptions.ask(parts(Deliveries), question)
    with database.transaction() as session:
        return _told(subscriptions.proven(session, question, by, clock.now()))


@subscribed.route(f"/subscriptions/{ID}/pauses", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(SubscriptionSchema)
def pause(session: Session, subscription_id: str) -> Any:
    """Send nothing for the time being; what happens meanwhile is sent afterwards."""
    return _told(
        subscriptions.pause(
            session, subscriptions.own(session, subscription_id, caller(), locked=True), caller(), clock.now()
        )
    )


@subscribed.route(f"/subscriptions/{ID}/resumptions", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(SubscriptionSchema)
def resume(session: Session, subscription_id: str) -> Any:
    """Send again, beginning with what was left."""
    return _told(
        subscriptions.resume(
            session, subscriptions.own(session, subscription_id, caller(), locked=True), caller(), clock.now()
        )
    )


@subscribed.route(f"/subscriptions/{ID}/endings", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(SubscriptionSchema)
def end(session: Session, subscription_id: str) -> Any:
    """End a subscription for good."""
    return _told(
        subscriptions.end(
            session, subscriptions.own(session, subscription_id, caller(), locked=True), caller(), clock.now()
        )
    )


@subscribed.route(f"/subscriptions/{ID}/deliveries", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(DeliveriesQuery, location="query")
@gives(DeliveriesSchema)
def log(session: Session, asked: dict[str, Any], subscription_id: str) -> dict[str, Any]:
    """List what was sent or is to be sent, with every try."""
    row = subscriptions.shown_to(session, subscription_id, caller())
    query = select(ChangeDelivery).where(ChangeDelivery.subscription == row.id)
    if asked["state"] is not None:
        query = query.where(ChangeDelivery.state == asked["state"])
    found = parts(Pager).page(session, query, (ChangeDelivery.id,), asked["page"], f"deliveries:{row.id}")
    tries = deliveries.attempts_of(session, [each.id for each in found.items])
    items = [told(each, DeliverySchema, tries=tries.get(each.id, [])) for each in found.items]
    return {"items": items, "next_cursor": found.next_cursor}


@subscribed.route(f"/subscriptions/{ID}/deliveries/<int:number>/resends", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(DeliverySchema, 201)
def resend(session: Session, subscription_id: str, number: int) -> Any:
    """Send a settled delivery again under its event id."""
    row = subscriptions.own(session, subscription_id, caller(), locked=True)
    return told(deliveries.resend(session, row, number, caller(), clock.now()), DeliverySchema, tries=[])


def _told(row: Subscription) -> Any:
    return told(row, SubscriptionSchema)
