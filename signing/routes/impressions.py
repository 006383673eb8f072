"""Impressions of real seals below `/api/v1`: packages in, what is kept, and what is withdrawn."""

from typing import Any

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, MalformedRequest
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from signing.impressions import keeping, packages
from signing.impressions.models import SealImpression
from signing.impressions.packages import FAULTS, LARGEST_PACKAGE, Fault
from signing.impressions.schemas import (
    SealImpressionPage,
    SealImpressionQuery,
    SealImpressionSchema,
    SealImpressionsImportedSchema,
    SealImpressionsQuery,
)
from signing.making import PNG
from signing.schemas import SealReasonSchema

impressions = Blueprint("seal-impressions", __name__, description="印模 · impressions of seals")

# The office that watches over seals takes impressions in, by its people or by the system that is theirs.
KEEPERS = {"authority"}
SCOPE = "admin"
READERS = {"authority", "auditor", "seal_maker"}
MULTIPART = "multipart/form-data"
# The package, with the lines around it that multipart adds.
BODY_LIMIT = LARGEST_PACKAGE + 16 * 1024
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_PART = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
FILE = {"required": True, "content": {"application/zip": _BYTES, MULTIPART: _PART}}
_PICTURE: Any = {"type": "string", "format": "binary"}


@impressions.route("/seal-impressions", methods=["POST"])
@guarded(scope=SCOPE, roles=KEEPERS)
@limited(BODY_LIMIT)
@transacts
@takes(SealImpressionsQuery, "query")
@gives(SealImpressionsImportedSchema)
@impressions.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def take_in(database: Database, asked: dict[str, str]) -> dict[str, Any]:
    """Take a package of impressions in: the good rows are kept, what is wrong with the others is told."""
    package = packages.read(_sent())
    with database.transaction() as session:
        found = keeping.take_in(session, package, asked["source"], caller(), clock.now())
    return {"added": found.added, "unchanged": found.unchanged, "refused": [told(each) for each in found.faults]}


@impressions.route("/seal-impressions", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SealImpressionQuery, "query")
@gives(SealImpressionPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[SealImpression]:
    """List impressions, by filing number."""
    query = select(SealImpression)
    if asked["organisation"] is not None:
        query = query.where(SealImpression.organisation == asked["organisation"])
    return parts(Pager).page(session, query, (SealImpression.filing,), asked["page"], "seal-impressions")


@impressions.route("/seal-impressions/<filing>", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SealImpressionSchema)
def one(session: Session, filing: str) -> SealImpression:
    """Give one impression without its picture."""
    return keeping.impression_of(session, filing)


@impressions.route("/seal-impressions/<filing>/picture", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(_PICTURE, content_type=PNG)
def picture(session: Session, filing: str) -> Response:
    """Give the picture of an impression."""
    return Response(keeping.impression_of(session, filing).picture, content_type=PNG)


@impressions.route("/seal-impressions/<filing>/withdrawals", methods=["POST"])
@guarded(scope=SCOPE, roles=KEEPERS)
@writes
@takes(SealReasonSchema)
@gives(SealImpressionSchema)
def withdraw(session: Session, asked: dict[str, str], filing: str) -> SealImpression:
    """Let nothing be made from an impression any more."""
    return keeping.withdraw(session, keeping.impression_of(session, filing), asked["reason"], caller(), clock.now())


def told(fault: Fault) -> dict[str, Any]:
    """Say what is wrong with a row."""
    zh, en = FAULTS[fault.code]
    return {"row": fault.row, "member": fault.member, "code": fault.code, "reason": fault.reason, "zh": zh, "en": en}


def _sent() -> bytes:
    sent = request.files.get("file") if request.mimetype == MULTIPART else None
    content = sent.read() if sent is not None else request.get_data()
    if not content or (request.mimetype == MULTIPART and sent is None):
        raise MalformedRequest("no file was sent")
    return content
