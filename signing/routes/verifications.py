"""Verifying documents from outside below `/api/v1`: anyone, any bytes; what is answered is a report.

The document stays in memory and is gone with the answer. Only the report is kept, and this route knows no
Idempotency-Key: keeping an answer with its pictures would keep the document after all.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import marshmallow as ma
from flask import Response, request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, InvalidInput, invalid
from base.db import Database
from base.web import View, caller, gives, open_to_all, parts, reads
from signing import public_verification, verification_schemas, verifications
from signing.verification_errors import DocumentTooLarge, NoDocument
from signing.verification_schemas import KeptVerificationSchema, VerificationSchema
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing

verification_routes = Blueprint("verifications", __name__, description="核验 · verification")

MULTIPART: Final = "multipart/form-data"
# The lines around a file in a form, its fields among them.
FORM_BYTES: Final = 64 * 1024
# What a form may hold beside files. Files pass through it in pieces of 64 KiB, each behind what the last one left.
FORM_MEMORY: Final = 2 * FORM_BYTES
FORM_PARTS: Final = 20
FILE: Final = "file"
# How a report may be kept on the way: by nobody, since its address is all that opens it.
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


def _gives_file(media_type: str) -> Callable[[View], View]:
    """Document that a view gives a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}

    def wear(view: View) -> View:
        told: View = verification_routes.doc(responses={200: {"description": "OK", "content": content}})(view)
        return told

    return wear


@verification_routes.route("/verifications", methods=["POST"])
@open_to_all
@verification_routes.doc(  # type: ignore[untyped-decorator]
    requestBody={
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {
                        FILE: {"type": "string", "format": "binary"},
                        "name": {"type": "string"},
                        "policy": {"type": "string"},
                        "at": {"type": "string", "format": "date-time"},
                    },
                }
            },
        },
    }
)
@gives(VerificationSchema)
def verify() -> dict[str, Any]:
    """Verify a PDF or OFD: the bytes as they are, or the part `file` of a form."""
    at = clock.now()
    verifying, database = parts(Verifying), parts(Database)
    handed = _handed(verifying.document_bytes)
    return public_verification.shown(
        public_verification.verified(database, verifying, parts(Signing), handed, caller(), at)
    )


@verification_routes.route("/verifications/<verification>", methods=["GET"])
@open_to_all
@reads
@gives(KeptVerificationSchema)
def fetch(session: Session, verification: str) -> dict[str, Any]:
    """Give a report again, while it is kept."""
    kept = verifications.fetch(session, verification, clock.now())
    return public_verification.shown_again(kept)


@verification_routes.route("/verifications/<verification>/report.xml", methods=["GET"])
@open_to_all
@reads
@_gives_file("application/xml")
def as_xml(session: Session, verification: str) -> Response:
    """Give a report as ETSI TS 119 102-2 has it."""
    content = verifications.xml(session, verification, clock.now())
    return _file(content, "application/xml", f"verification-{verification}.xml")


@verification_routes.route("/verifications/<verification>/report.pdf", methods=["GET"])
@open_to_all
@_gives_file("application/pdf")
def as_pdf(verification: str) -> Response:
    """Give a report as PDF/A-3 with the evidence inside, signed where this site has a key for it."""
    content = public_verification.as_pdf(parts(Database), parts(Verifying), verification, clock.now())
    return _file(content, "application/pdf", f"verification-{verification}.pdf")


def _handed(limit: int) -> Handed:
    """Take the document out of the request. Raises `NoDocument`, `DocumentTooLarge`, `InvalidInput`."""
    request.max_content_length = limit + FORM_BYTES
    request.max_form_memory_size = FORM_MEMORY
    request.max_form_parts = FORM_PARTS
    if (request.content_length or 0) > limit + FORM_BYTES:
        raise DocumentTooLarge(limit)
    if request.mimetype == MULTIPART:
        return _of_form(limit)
    return _of(request.get_data(), "", {}, limit)


def _of_form(limit: int) -> Handed:
    found = request.files.getlist(FILE)
    if len(found) != 1 or len(request.files) != 1:
        raise NoDocument("one-part-named-file")
    form = {name: values[-1] for name, values in request.form.lists()}
    return _of(found[0].read(), found[0].filename or "", form, limit)


def _of(document: bytes, name: str, form: Mapping[str, str], limit: int) -> Handed:
    if not document:
        raise NoDocument("empty")
    if len(document) > limit:
        raise DocumentTooLarge(limit)
    told = _told(form)
    return Handed(document, told["name"] or name or "document", told["policy"], told["at"])


def _told(form: Mapping[str, str]) -> dict[str, Any]:
    try:
        return verification_schemas.told(request.args.to_dict(), dict(form))
    except ma.ValidationError as error:
        refusal: InvalidInput = invalid({"query": error.messages})
        raise refusal from error


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type, headers=PRIVATE)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
