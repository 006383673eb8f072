"""The pages on which anybody checks a receipt: of a use, by its proof; of a filing document, by the number on its code.

A code leads to `/verify#receipt=…`: what stands behind the # reaches no server and no log, so the page's script leads
on here; without scripts the number is typed in.
"""

from typing import Final

from flask import Blueprint, Response, request

from base.db import Database
from base.web import limited, open_to_all, parts
from certs.filing.sheets import checking
from console import layout
from console.verification_results import private
from exchange.door import proving, receipts
from exchange.door.proving import LARGEST

receipt_pages = Blueprint("receipt_pages", __name__, template_folder="templates")
BLUEPRINTS = (receipt_pages,)
MARKS: Final = {"proven": "ok", "foreign": "warn", "refuted": "bad", "unreadable": "unknown"}
# The lines around a file in a form.
FORM_BYTES: Final = 8 * 1024


@receipt_pages.get("/verify/receipts")
@open_to_all
def form() -> Response:
    """Let a receipt be handed in, or tell what is on record under a number.

    Raises `NoSuchFilingDocument`.
    """
    number, found = request.args.get("number", "").strip(), None
    if number:
        with parts(Database).reading() as session:
            found = checking.on_record(session, number)
    return private(layout.page("receipts.html", number=number, found=found, judged=None, mark="", missing=False))


@receipt_pages.post("/verify/receipts")
@limited(LARGEST + FORM_BYTES)
@open_to_all
def check() -> Response:
    """Judge the receipt of a use, as a file or as text."""
    file = request.files.get("file")
    written = (file.read() if file else b"") or request.form.get("text", "").strip().encode("utf-8", "replace")
    judged = None
    if written:
        with parts(Database).reading() as session:
            keys = [each.text for each in receipts.keys_of(session)]
        judged = proving.judged(written, keys)
    response = layout.page(
        "receipts.html",
        here="receipt_pages.form",
        number="",
        found=None,
        judged=judged,
        mark=MARKS[judged.verdict] if judged else "",
        missing=not written,
    )
    response.status_code = 200 if written else 400
    return private(response)
