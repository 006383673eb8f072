"""A verdict kept and replayed: its evidence is handed out for a day, and judged again with its document at any time."""

from flask import Blueprint, Response, request

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import open_to_all, parts
from console.verification_results import FILE, FORM_BYTES, FORM_MEMORY, STATE_OF, heading, page_of, private, refused
from signing import replaying, verifications
from signing.replaying import LARGEST
from signing.verification_errors import NoSuchVerification
from signing.verification_wiring import Verifying

replay_pages = Blueprint("verify_replay", __name__, template_folder="templates")


@replay_pages.get("/verify/<verification>/evidence")
@open_to_all
def evidence(verification: str) -> Response:
    """Hand out what a verdict rests on.

    Raises `NoSuchVerification`, also where nothing was kept because nothing was judged.
    """
    with parts(Database).reading() as session:
        found = verifications.evidence(session, verification, clock.now())
    if found is None:
        raise NoSuchVerification
    response = Response(found, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"evidence-{verification}.json")
    return private(response)


@replay_pages.get("/verify/replay")
@open_to_all
def form() -> Response:
    """Show where evidence and its document are handed in."""
    return page_of("verify_replay.html", replayed=None, problem=None, heading="", mark="")


@replay_pages.post("/verify/replay")
@open_to_all
def replay() -> Response:
    """Judge a document again by the evidence of a verdict."""
    verifying = parts(Verifying)
    request.max_content_length = verifying.document_bytes + LARGEST + FORM_BYTES
    request.max_form_memory_size = FORM_MEMORY
    document, kept = ((request.files[name].read() if name in request.files else b"") for name in (FILE, "evidence"))
    try:
        found = replaying.replayed(verifying.workers, kept, document, verifying.document_bytes)
    except DomainError as refusal:
        problem = refused("", refusal).problem
        response = page_of("verify_replay.html", replayed=None, problem=problem, heading="", mark="")
        response.status_code = problem.status if problem else 422
        return private(response)
    told = heading(found.report)
    mark = STATE_OF[found.report["verdict"]]
    return private(page_of("verify_replay.html", replayed=found, problem=None, heading=told, mark=mark))
