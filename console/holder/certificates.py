"""My certificates: told from one another at a glance, and read in full only by an act that is put on record."""

from typing import Final

from flask import Blueprint, Response

from base import clock
from base.db import Database
from base.web import caller, limited, parts
from certs import library
from certs.holders import own
from console import working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people

certificate_pages = Blueprint("holder_certificates", __name__, template_folder="templates")
# Two words and nothing else.
FORM_LIMIT: Final = 4 * 1024


@certificate_pages.get("/my")
@for_people(HOLDERS)
def mine() -> Response:
    """List the certificates of whom the person speaks for."""
    with parts(Database).reading() as session:
        cards = [telling.card(session, row) for row in telling.mine(session)]
        return working.page("holder/certificates.html", cards=cards, holders=telling.bound(session))


@certificate_pages.get("/my/certificates/<string:identifier>")
@for_people(HOLDERS)
def one(identifier: str) -> Response:
    """Show one certificate, covered."""
    with parts(Database).reading() as session:
        row = telling.one_of_mine(session, identifier)
        told, files = telling.card(session, row), library.files(session, row)
        return working.page(
            "holder/certificate.html", here="holder_certificates.mine", card=told, files=files, in_full=False
        )


@certificate_pages.post("/my/certificates/<string:identifier>")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def in_full(identifier: str) -> Response:
    """Show one certificate in full, and put that on record in the same transaction."""
    with parts(Database).transaction() as session:
        row = telling.one_of_mine(session, identifier)
        own.looked_at(session, row, caller(), clock.now())
        told, files = telling.card(session, row, in_full=True), library.files(session, row)
        return working.page(
            "holder/certificate.html", here="holder_certificates.mine", card=told, files=files, in_full=True
        )
