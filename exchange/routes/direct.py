"""Direct delivery below `/api/v1/direct`: what departments offer, who subscribes, a region's rows, receipts."""

from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from exchange.direct import delivering, offering, subscribing
from exchange.direct.delivering import Page
from exchange.direct.errors import NoSuchDirectSubscription
from exchange.direct.models import DirectOffer, DirectSubscription
from exchange.direct.offering import NewOffer
from exchange.direct.schemas import (
    DirectAskedSchema,
    DirectOfferSchema,
    DirectOffersSchema,
    DirectPageSchema,
    DirectReasonSchema,
    DirectReceiptSchema,
    DirectSubscriptionSchema,
    DirectSubscriptionsQuery,
    DirectSubscriptionsSchema,
    NewDirectOfferSchema,
    NewDirectSubscriptionSchema,
)
from exchange.direct.subscribing import NewDirect
from exchange.direct.wiring import Directs
from exchange.models import Directory

directly = Blueprint("direct", __name__, description="数据直达 · direct delivery")

SCOPE: Final = "share:write"
READS_DATA: Final = "data:read"
READERS: Final = {"requester", "provider", "steward", "operator", "auditor", "authority", "reviewer"}
ID: Final = "<string:known>"
CODE: Final = "<path:directory>"


@directly.route("/direct/offers", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(DirectOffersSchema)
def offers(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what is delivered directly."""
    page: PageAsked = asked["page"]
    found = parts(Pager).page(session, select(DirectOffer), (DirectOffer.directory,), page, "direct-offers")
    return {"items": found.items, "next_cursor": found.next_cursor}


@directly.route("/direct/offers", methods=["POST"])
@guarded(scope=None, roles={"provider"})
@writes
@takes(NewDirectOfferSchema)
@gives(DirectOfferSchema, 201)
def offer(session: Session, new: NewOffer) -> DirectOffer:
    """Declare that a directory of one's department is delivered directly."""
    return offering.offer(session, new, caller(), clock.now())


@directly.route(f"/direct/withdrawals/{CODE}", methods=["POST"])
@guarded(scope=None, roles={"provider"})
@writes
@takes(DirectReasonSchema)
@gives(DirectOfferSchema)
def withdraw(session: Session, told: dict[str, Any], directory: str) -> DirectOffer:
    """Deliver a directory directly no more."""
    row = offering.offer_of(session, directory, locked=True)
    return offering.withdraw(session, row, told["reason"], caller(), clock.now())


@directly.route(f"/direct/releases/{CODE}", methods=["POST"])
@guarded(scope=None, roles={"provider"})
@writes
@takes(DirectReasonSchema)
@gives(DirectOfferSchema)
def release(session: Session, told: dict[str, Any], directory: str) -> DirectOffer:
    """Let an offer that is held go on."""
    row = offering.offer_of(session, directory, locked=True)
    return offering.release(session, parts(Directs), row, told["reason"], caller(), clock.now())


@directly.route("/direct/subscriptions", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(DirectSubscriptionsQuery, location="query")
@gives(DirectSubscriptionsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List one's organisation's subscriptions and those to its own directories; an auditor sees all."""
    by, query = caller(), select(DirectSubscription)
    page: PageAsked = asked.pop("page")
    if "auditor" not in by.roles:
        owned = select(Directory.code).where(Directory.owner == by.organisation)
        mine = DirectSubscription.organisation == by.organisation
        query = query.where(or_(mine, DirectSubscription.directory.in_(owned)))
    for name, value in asked.items():
        query = query.where(getattr(DirectSubscription, name) == value) if value is not None else query
    by_time = (DirectSubscription.created_at, DirectSubscription.id)
    found = parts(Pager).page(session, query, by_time, page, "direct-subscriptions")
    return {"items": found.items, "next_cursor": found.next_cursor}


@directly.route("/direct/subscriptions", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(NewDirectSubscriptionSchema)
@gives(DirectSubscriptionSchema, 201)
def subscribe(session: Session, new: NewDirect) -> DirectSubscription:
    """Ask for the rows of one's own region; it is a share request, which the own department checks first."""
    return subscribing.subscribe(session, new, caller(), clock.now())


@directly.route(f"/direct/subscriptions/{ID}", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(DirectSubscriptionSchema)
def one(session: Session, known: str) -> DirectSubscription:
    """Give a subscription."""
    row, by = subscribing.subscription_of(session, known), caller()
    owner = session.scalar(select(Directory.owner).where(Directory.code == row.directory))
    if by.organisation not in {row.organisation, owner} and "auditor" not in by.roles:
        raise NoSuchDirectSubscription(known)
    return row


@directly.route(f"/direct/subscriptions/{ID}/endings", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(DirectReasonSchema)
@gives(DirectSubscriptionSchema)
def end(session: Session, told: dict[str, Any], known: str) -> DirectSubscription:
    """Give a subscription up."""
    return subscribing.end(session, _own(session, known), told["reason"], caller(), clock.now())


@directly.route(f"/direct/subscriptions/{ID}/pages", methods=["POST"])
@guarded(scope=READS_DATA, roles={"requester"})
@writes
@takes(DirectAskedSchema)
@gives(DirectPageSchema)
def page(session: Session, asked: dict[str, Any], known: str) -> Page:
    """Give the region's rows that changed after a mark; each page is a use of the grant on record."""
    row = _own(session, known)
    return delivering.page(session, parts(Directs), row, asked["after"], asked["limit"], caller(), clock.now())


@directly.route(f"/direct/subscriptions/{ID}/receipts", methods=["POST"])
@guarded(scope=READS_DATA, roles={"requester"})
@writes
@takes(DirectReceiptSchema)
@gives(DirectSubscriptionSchema)
def receive(session: Session, told: dict[str, Any], known: str) -> DirectSubscription:
    """Confirm that everything up to a mark has arrived."""
    return delivering.received(session, _own(session, known), **told, by=caller(), at=clock.now())


def _own(session: Session, known: str) -> DirectSubscription:
    """Give a subscription to the caller's organisation, to be changed. Raises `NoSuchDirectSubscription`."""
    row = subscribing.subscription_of(session, known, locked=True)
    if row.organisation != caller().organisation:
        raise NoSuchDirectSubscription(known)
    return row
