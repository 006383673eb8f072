"""What another site of this platform asks of rows that are delivered to it directly: a page, and that it arrived.

Beside the addresses of the dialect `cascade`, and guarded as they are. That nothing is delivered is an answer with its
reason, not a refusal: the channel has much else to carry, and must not be paused for it.
"""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import NotAllowed
from base.errors import DomainError
from base.web import caller, gives, guarded, limited, parts, takes, writes
from catalog_sync.cascade import partners
from catalog_sync.cascade.partners import SCOPE
from catalog_sync.returns.schemas import (
    DeliveredPageSchema,
    DeliveredQuestionSchema,
    DeliveredReceiptAnswerSchema,
    DeliveredReceiptSchema,
)
from catalog_sync.routes.cascade import ALGORITHM, BODY_BYTES
from catalog_sync.targets import another_site
from catalog_sync.targets.site.settings import CascadeSettings
from exchange.direct import delivering, subscribing
from exchange.direct.errors import NoSuchDirectSubscription
from exchange.direct.models import DirectSubscription
from exchange.direct.wiring import Directs
from keys.parties.signed_requests import signature_demanded, signed_request

rows_dialect = Blueprint("cascade_rows", __name__)
MOST: Final = delivering.MOST_ROWS


def served(told: CascadeSettings) -> Iterator[tuple[Blueprint, str]]:
    """Tell whether it is served, and below which address."""
    if told.prefix:
        yield rows_dialect, told.prefix


@rows_dialect.route(another_site.ROWS, methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE)
@signature_demanded()
@writes
@takes(DeliveredQuestionSchema)
@gives(DeliveredPageSchema)
def rows(session: Session, asked: dict[str, str]) -> dict[str, Any]:
    """Give rows of the partner's region · 数据直达."""
    _require_partner(session)
    after = asked["after"]
    try:
        with session.begin_nested():
            row = _subscription(session, asked["directory"])
            page = delivering.page(session, parts(Directs), row, after, MOST, caller(), clock.now())
    except DomainError as refusal:
        reason = getattr(refusal, "reason", "") or refusal.code
        return {"items": [], "next": after, "more": False, "refused": str(reason)[:100]}
    return {"items": page.items, "next": page.next, "more": page.more, "refused": ""}


@rows_dialect.route(another_site.ROW_RECEIPTS, methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE)
@signature_demanded()
@writes
@takes(DeliveredReceiptSchema)
@gives(DeliveredReceiptAnswerSchema)
def received(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Take a receipt · 回执."""
    _require_partner(session)
    row = _subscription(session, told.pop("directory"))
    row = delivering.received(session, row, **told, by=caller(), at=clock.now())
    return {"received": str(row.received)}


def _require_partner(session: Session) -> None:
    """Let only a registered site pass that signed with SM2. Raises `NotAllowed`, `CascadeCallerRefused`."""
    if signed_request().input.alg != ALGORITHM:
        raise NotAllowed(needed=ALGORITHM)
    partners.partner_of(session, caller())


def _subscription(session: Session, directory: str) -> DirectSubscription:
    """Give the subscription of the partner's organisation that stands. Raises `NoSuchDirectSubscription`."""
    query = select(DirectSubscription.id).where(
        DirectSubscription.directory == directory,
        DirectSubscription.organisation == caller().organisation,
        DirectSubscription.open_as.is_not(None),
    )
    known = session.scalars(query).one_or_none()
    if known is None:
        raise NoSuchDirectSubscription(directory)
    return subscribing.subscription_of(session, known, locked=True)
