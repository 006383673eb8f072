"""Filing documents below `/api/v1`: the sealed receipt of a look-up, and the one-time notice of a case or a plan."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.db import Database
from base.web import caller, gives, guarded, parts, takes, writes
from certs.copies.wiring import Copying
from certs.filing.cases.wiring import Cases
from certs.filing.plans.planning import Asked
from certs.filing.sheets import making, sheets
from certs.filing.sheets.edges import SheetSealer
from certs.filing.sheets.making import NoticeAsked
from certs.filing.sheets.models import FilingSheet
from certs.filing.sheets.schemas import CaseNoticeAskedSchema, OneTimeNoticeSchema, PlanNoticeAskedSchema
from certs.queries.wiring import Queries
from certs.wiring import Certs
from keys.authority.wiring import Authority
from signing.edges import Sealer
from signing.wiring import Signing

filing_documents = Blueprint("filing-documents", __name__, description="办件文书 · receipts and one-time notices")

CLERKS: Final = {"window", "operator"}
NOTICES: Final = "/api/v1/filing/notices"
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_FILE: Final[Any] = {"type": "string", "format": "binary"}


@filing_documents.route("/filing/lookups/<string:lookup>/receipt.<any(pdf, ofd):form>", methods=["GET"])
@guarded(scope="filing:write", roles=CLERKS)
@gives(_FILE, content_type="application/octet-stream")
def receipt(lookup: str, form: str) -> Response:
    """Give the sealed receipt of a look-up to the office that asked; the same bytes each time · 调取凭证."""
    database = parts(Database)
    with database.transaction() as session:
        number = making.receipt_of(session, parts(Certs), lookup, caller(), clock.now()).id
    return _handed_out(database, number, form)


@filing_documents.route("/cases/<string:number>/notices", methods=["POST"])
@guarded(scope="case:write", roles=CLERKS)
@writes
@takes(CaseNoticeAskedSchema)
@gives(OneTimeNoticeSchema, 201)
def notice_of_case(session: Session, asked: NoticeAsked, number: str) -> dict[str, Any]:
    """Tell the applicant of a case once and completely what is still to be done · 一次告知."""
    told = making.notice_of_case(session, parts(Queries), parts(Cases), number, asked, caller(), clock.now())
    return _shown(*told)


@filing_documents.route("/filing/notices", methods=["POST"])
@guarded(scope="filing:write", roles=CLERKS)
@writes
@takes(PlanNoticeAskedSchema)
@gives(OneTimeNoticeSchema, 201)
def notice_of_plan(session: Session, told: tuple[Asked, Mapping[str, str]]) -> dict[str, Any]:
    """Tell the same before there is a case, from the plan alone · 咨询阶段的一次告知."""
    asked, forms = told
    return _shown(*making.notice_of_plan(session, parts(Queries), asked, forms, caller(), clock.now()))


@filing_documents.route("/filing/notices/<string:number>.<any(pdf, ofd):form>", methods=["GET"])
@guarded(scope="filing:write", roles=CLERKS)
@gives(_FILE, content_type="application/octet-stream")
def notice(number: str, form: str) -> Response:
    """Give the sealed notice to who made it, or to a side of its case · 一次告知单."""
    database = parts(Database)
    with database.reading() as session:
        making.document_of(session, number, caller())
    return _handed_out(database, number, form)


def sheet_sealer(database: Database, by: Caller) -> SheetSealer:
    """Make who seals documents for somebody."""

    def sealer(platform: Caller) -> Sealer:
        return Sealer(database, parts(Signing), parts(Authority), platform, clock.now)

    return SheetSealer(database, parts(Certs), parts(Copying), sealer, by, clock.now)


def _handed_out(database: Database, number: str, form: str) -> Response:
    made = sheet_sealer(database, caller()).file(number, form)
    response = Response(made.content, mimetype=sheets.MEDIA_TYPES[made.format], headers=PRIVATE)
    response.headers.set("Content-Disposition", "attachment", filename=made.name)
    return response


def _shown(row: FilingSheet, told: Mapping[str, Any], is_new: bool) -> dict[str, Any]:  # noqa: FBT001 - as it is given
    documents = {form: f"{NOTICES}/{row.id}.{form}" for form in sheets.MEDIA_TYPES}
    kept = {"id": row.id, "case": row.about, "made_at": row.made_at, "is_new": is_new}
    return {**kept, **told, "documents": documents}
