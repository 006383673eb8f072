"""What other sites of this platform ask and tell, below the prefix that the site gives the dialect `cascade`.

Every request carries a token and an SM2 signature over its method, address and body, whose nonce counts once
(`keys.parties.signed_requests`); then the system must be a registered partner. Refusals are problem documents.
"""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from catalog_sync.cascade import answering, holding, partners, returning
from catalog_sync.cascade.answering import MOST_BYTES, MOST_RECORDS, Asked
from catalog_sync.cascade.errors import CascadeCallerRefused
from catalog_sync.cascade.holding import Source
from catalog_sync.cascade.models import TOLD, CascadePartner, HeldVersion
from catalog_sync.cascade.partners import SCOPE
from catalog_sync.cascade.schemas import (
    CascadeBatchSchema,
    CascadeFindSchema,
    CascadeFoundSchema,
    CascadeListingQuery,
    CascadeListingSchema,
    CascadeMarkQuery,
    CascadeReceiptsSchema,
    CascadeRepliesSchema,
    CascadeReturnsSchema,
    CascadeStatisticsSchema,
)
from catalog_sync.reconciliation import answering as comparing
from catalog_sync.reconciliation.answering import Trees
from catalog_sync.reconciliation.balance_document import MOST_BYTES as MOST_BALANCE
from catalog_sync.reconciliation.other_side import MOST_QUESTION_BYTES
from catalog_sync.targets import another_site
from catalog_sync.targets.site import words
from catalog_sync.targets.site.settings import CascadeSettings
from catalog_sync.wiring import Sync
from keys.algorithms.algorithm import KeyKind
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.signed_requests import signature_demanded, signed_request

cascade_dialect = Blueprint("cascade_dialect", __name__)

# Questions are small; only batches are not.
BODY_BYTES: Final = 64 * 1024
ALGORITHM: Final = KEY_SIGNATURES[KeyKind.SM2].http


def served(told: CascadeSettings) -> Iterator[tuple[Blueprint, str]]:
    """Tell whether the dialect is served, and below which address."""
    if told.prefix:
        yield cascade_dialect, told.prefix


@cascade_dialect.route(another_site.RECORDS, methods=["POST"])
@limited(MOST_BYTES)
@guarded(scope=SCOPE)
@signature_demanded()
@writes
@takes(CascadeBatchSchema)
@gives(CascadeRepliesSchema)
def tell(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Take records in · 报送."""
    partner = partners.locked(session, _partner(session).name)
    handed, keys = told["records"], parts(Sync).keys
    replies = holding.take_in(session, keys, _source(partner), handed, caller(), clock.now())
    answers = [
        {
            "key": each.key,
            "outcome": reply.outcome.value,
            "receipt": reply.receipt,
            "code": reply.code,
            "words": reply.words,
        }
        for each, reply in zip(handed, replies, strict=True)
    ]
    return {"replies": answers}


@cascade_dialect.route(another_site.RECEIPTS, methods=["GET"])
@guarded(scope=SCOPE)
@signature_demanded()
@reads
@takes(CascadeMarkQuery, location="query")
@gives(CascadeReceiptsSchema)
def receipts(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Give the decisions since a mark · 回执."""
    rows, mark = answering.receipts(session, _source(_partner(session)), asked["mark"])
    return {"receipts": [_decided(each) for each in rows], "mark": mark}


@cascade_dialect.route(another_site.FINDS, methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE)
@signature_demanded()
@reads
@takes(CascadeFindSchema)
@gives(CascadeFoundSchema)
def find(session: Session, asked: Asked) -> dict[str, Any]:
    """Tell what was decided about one version · 查询."""
    row = answering.find(session, _source(_partner(session)), asked)
    return {"reply": None if row is None else _decided(row)}


@cascade_dialect.route(another_site.LISTING, methods=["GET"])
@guarded(scope=SCOPE)
@signature_demanded()
@reads
@takes(CascadeListingQuery, location="query")
@gives(CascadeListingSchema)
def listing(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what is held of the partner's · 清单."""
    rows, mark = answering.listing(session, _source(_partner(session)), asked["kind"], asked["mark"])
    return {"held": rows, "mark": mark}


@cascade_dialect.route(another_site.STATISTICS, methods=["GET"])
@guarded(scope=SCOPE)
@signature_demanded()
@reads
@gives(CascadeStatisticsSchema)
def statistics(session: Session) -> dict[str, Any]:
    """Count what is held and what was refused of the partner's · 统计."""
    partner = _partner(session)
    counts = answering.counts(session, _source(partner))
    limits = {"most_records": MOST_RECORDS, "most_bytes": MOST_BYTES}
    return {"partner": partner.name, "region": partner.region, **counts, **limits}


@cascade_dialect.route(another_site.RETURNS, methods=["GET"])
@guarded(scope=SCOPE)
@signature_demanded()
@reads
@takes(CascadeMarkQuery, location="query")
@gives(CascadeReturnsSchema)
def returns(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Give what this site has of the partner's region · 数据回流."""
    records, mark, more = returning.page(session, parts(Sync), _partner(session), asked["mark"])
    return {"returns": [words.written(each) for each in records], "mark": mark, "more": more}


@cascade_dialect.route(another_site.COMPARISONS, methods=["POST"])
@limited(MOST_QUESTION_BYTES)
@guarded(scope=SCOPE)
@signature_demanded()
@reads
def compare(session: Session) -> Response:
    """Answer a question about what is held of the partner's · 对账."""
    partner = _partner(session)
    answer = comparing.answer(session, parts(Trees), partner.name, request.get_data(), clock.now())
    return Response(answer, content_type="application/json")


@cascade_dialect.route(another_site.BALANCES, methods=["POST"])
@limited(MOST_BALANCE)
@guarded(scope=SCOPE)
@signature_demanded()
@writes
def countersign(session: Session) -> Response:
    """Sign a balance beside the partner; null where what is held is something else by now · 对账单会签."""
    partner, sync = _partner(session), parts(Sync)
    content, at = request.get_data(), clock.now()
    signed = comparing.countersign(session, parts(Trees), partner.name, content, sync.balance_key, at)
    return Response(another_site.NOTHING if signed is None else signed, content_type="application/json")


def _partner(session: Session) -> CascadePartner:
    """Give the partner that asks. Raises `CascadeCallerRefused`."""
    if signed_request().input.alg != ALGORITHM:
        raise CascadeCallerRefused(ALGORITHM)
    return partners.partner_of(session, caller())


def _source(partner: CascadePartner) -> Source:
    return Source(TOLD, partner.name, partner.region)


def _decided(row: HeldVersion) -> dict[str, Any]:
    return {
        "key": row.key,
        "outcome": row.outcome,
        "receipt": str(row.number),
        "code": row.code,
        "words": row.place,
    }
