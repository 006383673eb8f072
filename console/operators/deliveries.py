"""Webhook subscriptions: where changes are told, each delivery with its tries, and sending one again."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts
from console import working
from console.login import for_people
from exchange.feeds import deliveries, subscriptions
from exchange.feeds.models import ChangeDelivery, Subscription

delivery_pages = Blueprint("deliveries", __name__, template_folder="../templates")

ORDERERS: Final = {"requester", "operator"}
READERS: Final = ORDERERS | {"auditor"}
FORM_LIMIT: Final = 16 * 1024
MARKS: Final = {"pending": "warn", "active": "ok", "paused": "unknown", "dead": "bad", "ended": "plain"}
DELIVERY_MARKS: Final = {"waiting": "unknown", "delivered": "ok", "dead": "bad", "withheld": "warn"}
STEPS: Final = {
    "pauses": subscriptions.pause,
    "resumptions": subscriptions.resume,
    "endings": subscriptions.end,
}


@delivery_pages.get("/console/subscriptions")
@for_people(READERS)
def listed() -> Response:
    """Show the subscriptions of one's organisation; an auditor sees all."""
    with parts(Database).reading() as session:
        asked, by = PageAsked(cursor=request.args.get("cursor")), (Subscription.created_at, Subscription.id)
        page = parts(Pager).page(session, subscriptions.seen_by(caller()), by, asked, "subscriptions-page")
        return working.page("operators/subscriptions.html", page=page, marks=MARKS)


@delivery_pages.get("/console/subscriptions/<string:subscription>")
@for_people(READERS)
def one(subscription: str) -> Response:
    """Show one subscription and its deliveries."""
    return _one(subscription)


@delivery_pages.post("/console/subscriptions/<string:subscription>/<any(pauses,resumptions,endings):step>")
@for_people(ORDERERS)
@limited(FORM_LIMIT)
def step(subscription: str, step: str) -> Response:
    """Pause a subscription, let it go on, or end it."""

    def done(session: Session) -> Response:
        STEPS[step](session, subscriptions.own(session, subscription, caller(), locked=True), caller(), clock.now())
        return working.leads("deliveries.one", done="subscription_changed", subscription=subscription)

    return working.posted(done, lambda refusal: _one(subscription, refusal))


@delivery_pages.post("/console/subscriptions/<string:subscription>/deliveries/<int:number>/resends")
@for_people(ORDERERS)
@limited(FORM_LIMIT)
def resend(subscription: str, number: int) -> Response:
    """Send a settled delivery again."""

    def sent(session: Session) -> Response:
        row = subscriptions.own(session, subscription, caller(), locked=True)
        deliveries.resend(session, row, number, caller(), clock.now())
        return working.leads("deliveries.one", done="delivery_resent", subscription=subscription)

    return working.posted(sent, lambda refusal: _one(subscription, refusal))


def _one(subscription: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = subscriptions.shown_to(session, subscription, caller())
        query, asked = select(ChangeDelivery).where(ChangeDelivery.subscription == row.id), request.args.get("cursor")
        page = parts(Pager).page(
            session, query, (ChangeDelivery.id,), PageAsked(cursor=asked), f"deliveries-page:{row.id}"
        )
        tries = deliveries.attempts_of(session, [each.id for each in page.items])
        return working.page(
            "operators/subscription.html",
            refusal,
            "deliveries.listed",
            subscription=row,
            page=page,
            tries=tries,
            marks=MARKS,
            delivery_marks=DELIVERY_MARKS,
            is_own=row.organisation == caller().organisation and bool(caller().roles & ORDERERS),
        )
