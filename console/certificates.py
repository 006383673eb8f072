"""The page behind the code on a certificate's face: how the certificate stands now. It tells nothing of the holder."""

from typing import Final

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from base import clock
from base.web import open_to_all, parts, reads
from base.workdays import local_day
from certs import library, types
from certs.types.certificate_type import NO_LAST_DAY
from certs.wiring import Certs
from console import layout
from keys.parties import organisations

certificate_pages = Blueprint("certificate_pages", __name__, template_folder="templates")
BLUEPRINTS = (certificate_pages,)
# How the page colours a standing; what is not named here is neither good nor bad yet.
MARKS: Final = {"valid": "ok", "review_due": "warn", "not_yet": "warn"}


@certificate_pages.get("/v/<string:token>")
@open_to_all
@reads
def present_status(session: Session, token: str) -> Response:
    """Show how the certificate stands whose face carries this code."""
    row, at = library.pointed_at(session, token), clock.now()
    standing = library.standing_of(row, local_day(at)).value
    return layout.page(
        "certificate.html",
        certificate=row,
        type=types.type_of(parts(Certs).types, row.type),
        issuer=organisations.organisation_of(session, row.issuer).name,
        standing=standing,
        mark=MARKS.get(standing, "bad"),
        valid_until=None if row.valid_until == NO_LAST_DAY else row.valid_until,
        at=at,
    )
