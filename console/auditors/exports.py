"""Exports of the ledger: asked for by one, agreed to by another, taken as a file that proves itself."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import audit, clock
from base.acting import actor
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from console import working
from console.login import for_people
from keys.auditing import exports
from keys.auditing.schemas import LedgerExportAskedSchema, LedgerExportDecisionSchema

export_pages = Blueprint("audit_exports", __name__, template_folder="../templates")

AUDITORS: Final = {"auditor"}
SECONDS: Final = {"auditor", "secadmin"}
FORM_LIMIT: Final = 16 * 1024
STATES: Final = {"asked": "warn", "agreed": "ok", "refused": "bad"}


@export_pages.get("/console/audit/exports")
@for_people(SECONDS)
def listed() -> Response:
    """Show the exports, and the form to ask for one."""
    return _page()


@export_pages.post("/console/audit/exports")
@for_people(AUDITORS)
@limited(FORM_LIMIT)
def ask() -> Response:
    """Ask for an export."""

    def asked(session: Session) -> Response:
        told = working.loaded(LedgerExportAskedSchema(), _numbers(working.filled("first", "last", "reason")))
        exports.ask(session, told["first"], told["last"], told["reason"], caller(), clock.now())
        return working.leads("audit_exports.listed", done="export_asked")

    return working.posted(asked, _page)


@export_pages.post("/console/audit/exports/<int:number>/decision")
@for_people(SECONDS)
@limited(FORM_LIMIT)
def decide(number: int) -> Response:
    """Agree to an export of another person's, or refuse it."""
    agrees = request.form.get("agrees") == "yes"

    def decided(session: Session) -> Response:
        told = working.loaded(LedgerExportDecisionSchema(), {**working.filled("reason"), "agrees": agrees})
        exports.decide(session, number, told["reason"], caller(), clock.now(), agrees=agrees)
        return working.leads("audit_exports.listed", done="export_decided")

    return working.posted(decided, _page)


@export_pages.post("/console/audit/exports/<int:number>/file")
@for_people(AUDITORS)
@limited(FORM_LIMIT)
def take(number: int) -> Response:
    """Take the file; each time is on record."""
    database = parts(Database)
    try:
        with database.transaction() as session:
            row = exports.take(session, number, caller(), clock.now())
            first, last = row.first, row.last
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return _page(refusal)
    response = Response(exports.lines(database, first, last), mimetype="application/jsonl")
    response.headers["Content-Disposition"] = f'attachment; filename="ledger-{first}-{last}.jsonl"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        return working.page(
            "auditors/exports.html",
            refusal,
            "audit_exports.listed",
            rows=exports.listed(session),
            size=audit.tree_size(session),
            most=exports.MOST_ENTRIES,
            me=actor(caller()),
            filled=working.filled("first", "last", "reason"),
            states=STATES,
        )


def _numbers(told: dict[str, str]) -> dict[str, str | int]:
    """Give digits as the numbers that they are; anything else as it stands, for the schema to refuse."""
    return {
        name: int(value) if name != "reason" and value.isascii() and value.isdigit() else value
        for name, value in told.items()
    }
