"""The public page on which anyone verifies documents: hand in, read the verdict, keep the report, share it for a day.

It works without scripts: a plain form goes out and the result is the answer. Documents are read in memory by processes
of their own (`signing.workers`); this page only asks, and says what came out in the words of the field.
"""

from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.datastructures import FileStorage

from base import clock
from base.callers import ANONYMOUS
from base.db import Database
from base.errors import DomainError
from base.web import open_to_all, parts
from console import scanning
from console.verification_results import (
    FILE,
    FORM_BYTES,
    FORM_MEMORY,
    MOST_FILES,
    WHOLE_TIMES,
    Told,
    heading,
    page_of,
    private,
    refused,
    told,
    when,
)
from console.verify_replay import replay_pages
from console.verify_roots import root_pages
from signing import public_verification, verifications
from signing.verification_errors import DocumentTooLarge, NoDocument
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing

__all__ = ["BLUEPRINTS", "heading", "verify_pages", "when"]

verify_pages = Blueprint("verify", __name__, template_folder="templates")
BLUEPRINTS = (verify_pages, replay_pages, root_pages)


@verify_pages.get("/verify")
@open_to_all
def form() -> Response:
    """Show where documents are handed in."""
    return page_of("verify.html", error=None)


@verify_pages.post("/verify")
@open_to_all
def verify() -> Response:
    """Verify what was handed in, one document after the other, and show the results."""
    at, verifying = clock.now(), parts(Verifying)
    request.max_content_length = WHOLE_TIMES * verifying.document_bytes + FORM_BYTES
    request.max_form_memory_size = FORM_MEMORY
    handed = [each for each in request.files.getlist(FILE) if each.filename]
    if not handed or len(handed) > MOST_FILES:
        response = page_of("verify.html", error="none" if not handed else "too_many")
        response.status_code = 400
        return response
    results = [_one(each, at) for each in handed]
    return private(page_of("verify_results.html", results=results, is_fresh=True))


@verify_pages.get("/verify/<verification>")
@open_to_all
def shared(verification: str) -> Response:
    """Show a report that is still kept to whoever was given its address."""
    with parts(Database).reading() as session:
        kept = verifications.fetch(session, verification, clock.now())
    return private(page_of("verify_results.html", results=[told(kept)], is_fresh=False))


def _one(handed: FileStorage, at: datetime) -> Told:
    """Verify one document; a refusal concerns this one alone."""
    verifying = parts(Verifying)
    name = verifications.plain_name(handed.filename or "")
    try:
        document = handed.read()
        if not document:
            raise NoDocument("empty")
        if len(document) > verifying.document_bytes:
            raise DocumentTooLarge(verifying.document_bytes)
        if scanning.is_picture(document):
            return Told.of_photo(name, [(each, scanning.address(each)) for each in scanning.read(document)])
        handed_in = Handed(document, name)
        kept = public_verification.verified(parts(Database), verifying, parts(Signing), handed_in, ANONYMOUS, at)
        return told(kept)
    except DomainError as refusal:
        return refused(name, refusal)
