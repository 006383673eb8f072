"""Blank papers below `/api/v1`: received in ranges, printed on, voided, lost."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs import library
from certs.errors import NoSuchCertificate
from certs.models import Certificate
from certs.papers import keeping
from certs.papers.keeping import NewRange, Stock
from certs.papers.models import Paper
from certs.papers.schemas import (
    BlankRangeSchema,
    BlankRangesSchema,
    NewBlankRangeSchema,
    NextBlanksQuery,
    NextBlanksSchema,
    PaperEndSchema,
    PaperPrintSchema,
    PaperSchema,
    PapersSchema,
)
from certs.wiring import Certs

papers = Blueprint("papers", __name__, description="纸质证照 · papers of certificates")

SCOPE = "cert:issue"
ISSUERS = {"issuer"}
PLACE = "/certificates/<string:identifier>/papers"


@papers.route("/blank-papers", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@takes(NewBlankRangeSchema)
@gives(BlankRangeSchema, 201)
def receive(session: Session, new: NewRange) -> dict[str, Any]:
    """Put blank papers on record that the organ received."""
    row = keeping.receive(session, parts(Certs).types, new, caller(), clock.now())
    return _shown(Stock(row, {}))


@papers.route("/blank-papers", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@gives(BlankRangesSchema)
def stock(session: Session) -> dict[str, Any]:
    """List the ranges of the caller's organ, with what became of their papers."""
    return {"items": [_shown(each) for each in keeping.stock(session, caller())]}


@papers.route("/blank-papers/next", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@takes(NextBlanksQuery, "query")
@gives(NextBlanksSchema)
def next_blanks(session: Session, asked: dict[str, str]) -> dict[str, Any]:
    """Name the next blanks of a type."""
    return {"items": keeping.next_blanks(session, asked["type"], caller())}


@papers.route("/blank-papers/ends", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@takes(PaperEndSchema)
@gives(PaperSchema)
def end(session: Session, told: dict[str, str]) -> Paper:
    """Void a paper, or tell that it is lost, whether it was printed on or not."""
    return keeping.end(session, told["type"], told["number"], told["state"], told["reason"], caller(), clock.now())


@papers.route(PLACE, methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@takes(PaperPrintSchema)
@gives(PaperSchema, 201)
def print_on(session: Session, told: dict[str, Any], identifier: str) -> Paper:
    """Print a certificate on a blank; `again` voids the paper before."""
    row, by, at = _own(session, identifier, locked=True), caller(), clock.now()
    if told["again"]:
        return keeping.reprint(session, row, told["number"], told["reason"], by, at)
    return keeping.print_on(session, row, told["number"], by, at)


@papers.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@gives(PapersSchema)
def every_paper(session: Session, identifier: str) -> dict[str, Any]:
    """List every paper that a certificate was printed on."""
    return {"items": keeping.papers_of(session, _own(session, identifier).identifier)}


def _own(session: Session, identifier: str, *, locked: bool = False) -> Certificate:
    row = library.certificate_of(session, identifier, locked=locked)
    if row.issuer != caller().organisation:
        raise NoSuchCertificate(identifier)
    return row


def _shown(told: Stock) -> dict[str, Any]:
    row = told.range
    return {
        "id": row.id,
        "type": row.type,
        "first": keeping.written(row, row.first),
        "last": keeping.written(row, row.last),
        "basis": row.basis,
        "at": row.at,
        **{state: told.counts.get(state, 0) for state in ("used", "void", "lost")},
        "left": told.left,
    }
