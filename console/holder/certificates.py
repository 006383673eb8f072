"""My certificates: told from one another at a glance, and read in full only by an act that is put on record."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs import library
from certs.holders import objections, own, using
from certs.holders.schemas import CertificateObjectionSchema
from certs.wiring import Certs
from console import working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people

certificate_pages = Blueprint("holder_certificates", __name__, template_folder="templates")
# Two words and nothing else.
FORM_LIMIT: Final = 4 * 1024
# A reason of two thousand characters, and a few words.
OBJECTION_LIMIT: Final = 32 * 1024


@certificate_pages.get("/my")
@for_people(HOLDERS)
def mine() -> Response:
    """List the certificates of whom the person speaks for."""
    with parts(Database).reading() as session:
        return working.page("holder/certificates.html", cards=telling.cards(session), holders=telling.bound(session))


@certificate_pages.get("/my/certificates/<string:identifier>")
@for_people(HOLDERS)
def one(identifier: str) -> Response:
    """Show one certificate, covered."""
    return _covered(identifier)


@certificate_pages.post("/my/certificates/<string:identifier>/objections")
@limited(OBJECTION_LIMIT)
@for_people(HOLDERS)
def object_to(identifier: str) -> Response:
    """Object to what a certificate says, or to one of its fields, whether anybody used it or not."""

    def begun(session: Session) -> Response:
        told = working.loaded(CertificateObjectionSchema(), working.filled("field", "text"))
        row, theirs = telling.one_of_mine(session, identifier), set(telling.hashes(session))
        holder = next(each for each in using.holders_of(session, row) if each in theirs)
        item, text = told["field"], told["text"]
        objections.begin_on(session, parts(Certs), row, holder, item, text, caller(), clock.now())
        return working.leads("holder_uses.objected", done="objection_begun")

    return working.posted(begun, lambda refusal: _covered(identifier, refusal))


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
            "holder/certificate.html",
            here="holder_certificates.mine",
            card=told,
            files=files,
            in_full=True,
            asked=request.form,
        )


def _covered(identifier: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = telling.one_of_mine(session, identifier)
        told, files = telling.card(session, row), library.files(session, row)
        return working.page(
            "holder/certificate.html",
            refusal,
            here="holder_certificates.mine",
            card=told,
            files=files,
            in_full=False,
            asked=request.form,
        )
