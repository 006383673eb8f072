"""Entries that a window reported missing: what the organ is to answer and by when, and the answer."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, parts, reads
from certs import types
from certs.holder_codes import holder_codes
from certs.missing import reports
from certs.missing.models import OPEN, STATES, MissingReport
from certs.missing.schemas import MissingReportAnswerSchema
from certs.wiring import Certs
from console import working
from console.login import for_people
from keys.parties import organisations

officer_missing = Blueprint("officer_missing", __name__)
ISSUERS: Final = {"issuer"}
# Who may look: those who answer, and those who asked.
READERS: Final = {"issuer", "window"}
MARKS: Final = {"open": "warn", "made-up": "ok", "refused": "plain"}


@officer_missing.get("/console/missing-reports")
@for_people(ISSUERS)
@reads
def listed(session: Session) -> Response:
    """List the reports that the organ is to answer, the oldest first."""
    return _listed(session, "issuer")


@officer_missing.get("/console/missing-reports/own")
@for_people({"window"})
@reads
def own(session: Session) -> Response:
    """List the reports that the window made."""
    return _listed(session, "own")


@officer_missing.get("/console/missing-reports/<string:report>")
@for_people(READERS)
def one(report: str) -> Response:
    """Show a report; whom it is about, to both sides alone."""
    return _one(report)


@officer_missing.post("/console/missing-reports/<string:report>")
@for_people(ISSUERS)
def answer(report: str) -> Response:
    """Answer by the entry that was made up, or say why there is none."""

    def answered(session: Session) -> Response:
        how = "identifier" if request.form.get("go") == "made_up" else "refused"
        told = working.loaded(MissingReportAnswerSchema(), {how: working.filled(how).get(how, "")})
        row, by, at = reports.report_of(session, report, caller(), locked=True), caller(), clock.now()
        if "identifier" in told:
            reports.make_up(session, row, told["identifier"], by, at)
        else:
            reports.refuse(session, row, told["refused"], by, at)
        return working.leads("officer_missing.one", done="report_answered", report=report)

    return working.posted(answered, lambda refusal: _one(report, refusal))


def _listed(session: Session, side: str) -> Response:
    state = request.args.get("state", OPEN if side == "issuer" else "")
    wanted = {"of": side, "state": state if state in STATES else None}
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, reports.seen_by(caller(), wanted), (MissingReport.id,), asked, "missing-pages")
    codes = {code for each in page.items for code in (each.organisation, each.issuer)}
    organs = organisations.known(session, sorted(codes))
    rows = [
        {"report": each, "type": parts(Certs).types.get(each.type), "overdue": _is_overdue(each)} for each in page.items
    ]
    return working.page(
        "officers/missing.html",
        rows=rows,
        organs=organs,
        side=side,
        state=state,
        states=STATES,
        marks=MARKS,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


def _one(report: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = reports.report_of(session, report, caller())
        told = reports.told_of(session, parts(Certs).keys, row, caller())
        organs = organisations.known(session, [row.organisation, row.issuer])
    is_ours = caller().organisation == row.issuer and "issuer" in caller().roles
    return working.page(
        "officers/missing_one.html",
        refusal,
        here="officer_missing.listed" if is_ours else "officer_missing.own",
        report=row,
        told=told,
        type=types.type_of(parts(Certs).types, row.type),
        organs=organs,
        holder_codes=holder_codes(),
        overdue=_is_overdue(row),
        marks=MARKS,
        may_answer=is_ours and row.state == OPEN,
        is_ours=is_ours,
        typed={name: request.form.get(name, "") for name in ("identifier", "refused")},
    )


def _is_overdue(row: MissingReport) -> bool:
    return row.state == OPEN and clock.now() >= row.due_at
