"""Certificate types for the officers who issue: which there are, what each asks for, and what its face looks like."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from base import clock
from base.web import caller, parts, reads
from base.workdays import local_day
from certs import proposals, types
from certs.holder_codes import holder_codes
from certs.wiring import Certs
from console import working
from console.login import for_people
from keys.parties import organisations
from signing import kinds

officer_types = Blueprint("officer_types", __name__)
ISSUERS = {"issuer"}


@officer_types.get("/console/types")
@for_people(ISSUERS)
def listed() -> Response:
    """List every type that this site knows, those that the officer's organ may issue first."""
    known = parts(Certs).types
    organ = caller().organisation
    found = sorted(known.values(), key=lambda each: (not each.may_be_issued_by(organ), each.code))
    return working.page("officers/types.html", types=found, organ=organ)


@officer_types.get("/console/types/<string:code>")
@for_people(ISSUERS)
def one(code: str) -> Response:
    """Show one type."""
    found = types.type_of(parts(Certs).types, code)
    return working.page(
        "officers/type.html",
        here="officer_types.listed",
        type=found,
        may_issue=found.may_be_issued_by(caller().organisation),
        holder_types=[holder_codes()[each] for each in found.holders.types],
        seals=[(act, kinds.kind(kind)) for act, kind in found.seals.items()],
    )


@officer_types.get("/console/types/<string:code>/face.png")
@for_people(ISSUERS)
@reads
def face(session: Session, code: str) -> Response:
    """Draw what a face of the type looks like: each field says its own name."""
    certs, at = parts(Certs), clock.now()
    type_ = types.type_of(certs.types, code)
    organ = organisations.organisation_of(session, caller().organisation)
    draft = proposals.specimen(type_, local_day(at))
    picture = proposals.drawn(certs, type_, draft, (organ.code, organ.name), at)
    return Response(picture, mimetype="image/png", headers={"Cache-Control": "private, max-age=3600"})
