"""Batches of documents to seal below `/api/v1`: taken in at once, sealed by a task, fetched one by one."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, problems
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from keys.custody.wiring import CustodyParts
from signing.batches import keeping, work
from signing.batches.keeping import NewBatch, NewDocument
from signing.batches.models import SealBatch, SealBatchDocument
from signing.batches.schemas import (
    SealBatchDocumentPage,
    SealBatchDocumentQuery,
    SealBatchDocumentSchema,
    SealBatchOrderSchema,
    SealBatchResumptionSchema,
    SealBatchSchema,
)

batches = Blueprint("signature-batches", __name__, description="批量签章 · batches of signatures")

SCOPE = keeping.SCOPE
PLACE = "/signature-batches/<batch_id>"
# Five hundred e-certificates of 90 kB in base64, and the members around them.
ORDER_BYTES = 64 * 1024 * 1024
_FILE: Any = {"type": "string", "format": "binary"}
_MEDIA_TYPES = {b"%PDF": "application/pdf", b"PK\x03\x04": "application/ofd"}


@batches.route("/signature-batches", methods=["POST"])
@limited(ORDER_BYTES)
@guarded(scope=SCOPE)
@writes
@takes(SealBatchOrderSchema)
@gives(SealBatchSchema, 202)
def order(session: Session, told: tuple[NewBatch, list[NewDocument]]) -> dict[str, Any]:
    """Take documents in and leave a task that seals them one by one; one that fails does not stop the rest."""
    new, documents = told
    by, at = caller(), clock.now()
    batch = keeping.open_batch(session, new, by, at)
    keeping.add(session, parts(CustodyParts).data_keys, batch, documents, at)
    work.start(session, batch, by, at)
    return _shown(session, batch)


@batches.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE)
@reads
@gives(SealBatchSchema)
def one(session: Session, batch_id: str) -> dict[str, Any]:
    """Tell how far a batch is."""
    return _shown(session, keeping.batch_of(session, batch_id, caller()))


@batches.route(f"{PLACE}/documents", methods=["GET"])
@guarded(scope=SCOPE)
@reads
@takes(SealBatchDocumentQuery, "query")
@gives(SealBatchDocumentPage)
def documents(session: Session, asked: dict[str, Any], batch_id: str) -> Page[dict[str, Any]]:
    """List the documents of a batch with the outcome of each."""
    batch = keeping.batch_of(session, batch_id, caller())
    query = select(SealBatchDocument).where(SealBatchDocument.batch == batch.id)
    if asked["state"] is not None:
        query = query.where(SealBatchDocument.state == asked["state"])
    page = parts(Pager).page(session, query, (SealBatchDocument.number,), asked["page"], f"batch:{batch.id}")
    return Page([_told(each) for each in page.items], page.next_cursor)


@batches.route(f"{PLACE}/documents/<int:number>/file", methods=["GET"])
@guarded(scope=SCOPE)
@reads
@gives(_FILE, content_type="application/octet-stream")
def file(session: Session, batch_id: str, number: int) -> Response:
    """Give a document as it was sealed."""
    batch = keeping.batch_of(session, batch_id, caller())
    content = keeping.fetched(session, parts(CustodyParts).data_keys, batch, number)
    return Response(content, content_type=_MEDIA_TYPES.get(content[:4], "application/octet-stream"))


@batches.route(f"{PLACE}/resumptions", methods=["POST"])
@guarded(scope=SCOPE)
@writes
@takes(SealBatchResumptionSchema)
@gives(SealBatchSchema, 202)
def resume(session: Session, asked: dict[str, bool], batch_id: str) -> dict[str, Any]:
    """Go on with a batch that stopped, and on wish try once more what failed."""
    batch = keeping.batch_of(session, batch_id, caller(), locked=True)
    work.start(session, batch, caller(), clock.now(), failed_too=asked["failed_too"])
    return _shown(session, batch)


@batches.route(f"{PLACE}/cancellations", methods=["POST"])
@guarded(scope=SCOPE)
@writes
@gives(SealBatchSchema)
def cancel(session: Session, batch_id: str) -> dict[str, Any]:
    """End the work on a batch; what is sealed stays."""
    batch = keeping.batch_of(session, batch_id, caller(), locked=True)
    keeping.cancel(session, batch, caller(), clock.now())
    return _shown(session, batch)


def _shown(session: Session, batch: SealBatch) -> dict[str, Any]:
    session.flush()
    session.expire_all()  # a task is changed by statements, not through its row
    found = keeping.standing(session, batch)
    told = {"state": found.state, "documents": found.counts, "problem": _worded(found.problem)}
    members = {name: getattr(batch, name) for name in SealBatchSchema().fields if name not in told}
    return {**members, **told}


def _told(row: SealBatchDocument) -> dict[str, Any]:
    members = {name: getattr(row, name) for name in SealBatchDocumentSchema().fields if name != "problem"}
    return {**members, "problem": _worded((row.code, row.facts) if row.code else None)}


def _worded(problem: tuple[str, Mapping[str, Any]] | None) -> dict[str, str] | None:
    """Say a refusal that was kept, as it would have been answered."""
    if problem is None:
        return None
    code, facts = problem
    said = problems.words()[code]
    return {"code": code, **{each: _filled(said[each], facts) for each in problems.LANGUAGES}}


def _filled(said: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    """Say in one line what happened and what can be done."""
    text = f"{said['detail']} {said['fix']}"
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text
