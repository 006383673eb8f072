"""The gateway below `/api/v1`: calls, and the uses that they leave. Receipts are in `exchange.routes.receipts`."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.acting import request_id
from base.api import Blueprint, page_of
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from exchange.door import gateway as verbs
from exchange.door import usages
from exchange.door.asking import Call, Query
from exchange.door.edges import attempts_recorded, judged_signature
from exchange.door.models import Usage
from exchange.door.schemas import (
    GatewayAnswerSchema,
    GatewayQuerySchema,
    UsageBindingSchema,
    UsageQuery,
    UsageSchema,
)
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts

gateway = Blueprint("gateway", __name__, description="数据网关 · the gateway")

READERS = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
BINDERS = {"requester", "window", "operator"}
CODE = "<path:code>"
# A hundred subjects with twenty conditions of a hundred values would be more; nobody asks so.
BODY_BYTES = 256 * 1024


@gateway.route(f"/data/{CODE}", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="data:read")
@attempts_recorded
@takes(GatewayQuerySchema)
@gives(GatewayAnswerSchema)
def answer(query: Query, code: str) -> Response:
    """Give rows of a directory, for a purpose that is granted · 按授权用途查询数据.

    An Idempotency-Key is not honoured: an answer that is kept would be somebody's data, kept.
    """
    call = Call(caller(), code, query, clock.now(), request_id())
    told = verbs.answer(parts(Database), parts(Gateway), parts(MountParts), call, judged_signature)
    return Response(told, content_type="application/json")


@gateway.route("/usages", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@takes(UsageQuery, location="query")
@gives(page_of(UsageSchema, "UsagePageSchema"))
def listed(session: Session, asked: dict[str, Any]) -> Page[Usage]:
    """List uses, the oldest first: our own, or those of our directories; auditors see all · 使用记录."""
    page, query = asked.pop("page"), usages.seen_by(caller(), asked)
    return parts(Pager).page(session, query, (Usage.id,), page, "usages")


@gateway.route("/usages/<string:usage>", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@gives(UsageSchema)
def one(session: Session, usage: str) -> Usage:
    """Give one use · 单条使用记录."""
    return usages.usage_of(session, usage, caller())


@gateway.route("/usages/<string:usage>/bindings", methods=["POST"])
@guarded(scope="data:read", roles=BINDERS)
@writes
@takes(UsageBindingSchema)
@gives(UsageSchema, 201)
def bind(session: Session, told: dict[str, Any], usage: str) -> Usage:
    """Tell which case came of a use that was made before it, once · 将事前使用绑定到办件."""
    days = parts(Gateway).told.binding_days
    return usages.bind(session, usage, told["case"], days, caller(), clock.now())
