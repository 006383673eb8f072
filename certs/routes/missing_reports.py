"""Missing-reports below `/api/v1`: made by a window, answered by the issuer."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs.missing import reports
from certs.missing.models import OPEN, MissingReport
from certs.missing.reports import Reported
from certs.missing.schemas import (
    MissingReportAnswerSchema,
    MissingReportPage,
    MissingReportQuery,
    MissingReportSchema,
    NewMissingReportSchema,
)
from certs.wiring import Certs

missing_reports = Blueprint("missing-reports", __name__, description="缺证反馈 · entries that are missing")

WINDOWS = {"window"}
ISSUERS = {"issuer"}
READERS = WINDOWS | ISSUERS | {"auditor"}


@missing_reports.route("/missing-reports", methods=["POST"])
@guarded(scope="cert:read", roles=WINDOWS)
@writes
@takes(NewMissingReportSchema)
@gives(MissingReportSchema, 201)
def report(session: Session, told: Reported) -> dict[str, Any]:
    """Report that the holder has a certificate which the library does not · 缺证反馈."""
    known = parts(Certs)
    return _shown(session, reports.report(session, known.keys, known.types, told, caller(), clock.now()))


@missing_reports.route("/missing-reports", methods=["GET"])
@guarded(scope="cert:read", roles=READERS)
@reads
@takes(MissingReportQuery, location="query")
@gives(MissingReportPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[MissingReport]:
    """List the reports that were made, or that are to be answered, the oldest first · 缺证反馈列表."""
    page = asked.pop("page")
    return parts(Pager).page(session, reports.seen_by(caller(), asked), (MissingReport.id,), page, "missing-reports")


@missing_reports.route("/missing-reports/<string:report>", methods=["GET"])
@guarded(scope="cert:read", roles=READERS)
@reads
@gives(MissingReportSchema)
def one(session: Session, report: str) -> dict[str, Any]:
    """Give one report · 单条缺证反馈."""
    return _shown(session, reports.report_of(session, report, caller()))


@missing_reports.route("/missing-reports/<string:report>/answers", methods=["POST"])
@guarded(scope="cert:issue", roles=ISSUERS)
@writes
@takes(MissingReportAnswerSchema)
@gives(MissingReportSchema, 201)
def answer(session: Session, told: dict[str, str], report: str) -> dict[str, Any]:
    """Answer by the entry that was made up, or say why there is none · 补录或说明理由."""
    row, by, at = reports.report_of(session, report, caller(), locked=True), caller(), clock.now()
    if "identifier" in told:
        return _shown(session, reports.make_up(session, row, told["identifier"], by, at))
    return _shown(session, reports.refuse(session, row, told["refused"], by, at))


def _shown(session: Session, row: MissingReport) -> dict[str, Any]:
    names = ("id", "type", "organisation", "issuer", "state", "identifier", "reason", "due_at", "reported_at")
    told = {name: getattr(row, name) for name in (*names, "answered_at")}
    is_overdue = row.state == OPEN and clock.now() >= row.due_at
    return {**told, "is_overdue": is_overdue, **reports.told_of(session, parts(Certs).keys, row, caller())}
