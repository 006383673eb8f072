"""Auditing below `/api/v1/ledger`: entries looked for on record, days, and exports by two people."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.audit import Search
from base.db import Database
from base.web import View, caller, gives, guarded, parts, reads, takes, writes
from keys.auditing import days, exports, searching
from keys.auditing.models import LedgerExport
from keys.auditing.schemas import (
    LedgerDaysQuery,
    LedgerDaysSchema,
    LedgerEntriesSchema,
    LedgerExportAskedSchema,
    LedgerExportDecisionSchema,
    LedgerExportSchema,
    LedgerExportsSchema,
    LedgerSearchSchema,
    day_told,
    entry_told,
)

AUDITORS = {"auditor"}
# Who may agree to what an auditor asks for.
SECONDS = {"auditor", "secadmin"}
LINES = "application/jsonl"
EXPORTS = "/ledger/exports"

auditing = Blueprint("auditing", __name__, description="审计 · auditing")


def _gives_lines(view: View) -> View:
    """Document that the view gives lines of JSON."""
    told: View = auditing.doc(responses={200: {"content": {LINES: {"schema": {"type": "string"}}}}})(view)
    return told


@auditing.route("/ledger/searches", methods=["POST"])
@guarded(roles=AUDITORS)
@writes
@takes(LedgerSearchSchema)
@gives(LedgerEntriesSchema)
def search(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Look for entries; that it was done is an entry itself · 检索台账，检索本身入账."""
    reason, before, limit = asked.pop("reason"), asked.pop("before"), asked.pop("limit")
    found = searching.search(session, Search(**asked), reason, caller(), clock.now(), before, limit)
    return {"items": [*map(entry_told, found)], "before": found[-1].index if len(found) == limit else None}


@auditing.route("/ledger/days", methods=["GET"])
@guarded(roles=SECONDS)
@reads
@takes(LedgerDaysQuery, location="query")
@gives(LedgerDaysSchema)
def strip(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell how each of the last days of the ledger stands · 台账完整性，一天一格."""
    return {"items": [day_told(each) for each in days.days(session, clock.now(), asked["count"])]}


@auditing.route(EXPORTS, methods=["GET"])
@guarded(roles=SECONDS)
@reads
@gives(LedgerExportsSchema)
def listed(session: Session) -> dict[str, Sequence[LedgerExport]]:
    """List the exports, newest first · 导出清单."""
    return {"items": exports.listed(session)}


@auditing.route(EXPORTS, methods=["POST"])
@guarded(roles=AUDITORS)
@writes
@takes(LedgerExportAskedSchema)
@gives(LedgerExportSchema, 201)
def ask(session: Session, asked: dict[str, Any]) -> LedgerExport:
    """Ask for an export; another person has to agree · 申请导出."""
    return exports.ask(session, asked["first"], asked["last"], asked["reason"], caller(), clock.now())


@auditing.route(f"{EXPORTS}/<int:number>/decisions", methods=["POST"])
@guarded(roles=SECONDS)
@writes
@takes(LedgerExportDecisionSchema)
@gives(LedgerExportSchema)
def decide(session: Session, asked: dict[str, Any], number: int) -> LedgerExport:
    """Agree to an export, or refuse it · 同意或拒绝导出."""
    return exports.decide(session, number, asked["reason"], caller(), clock.now(), agrees=asked["agrees"])


@auditing.route(f"{EXPORTS}/<int:number>/files", methods=["POST"])
@guarded(roles=AUDITORS)
@_gives_lines
def take(number: int) -> Response:
    """Take the file, a line an entry and a proof at the end; that it was taken is an entry itself · 取导出文件.

    No answer is kept for an Idempotency-Key: taking it again hands the same entries out again, on record.
    """
    database = parts(Database)
    with database.transaction() as session:
        row = exports.take(session, number, caller(), clock.now())
        first, last = row.first, row.last
    response = Response(exports.lines(database, first, last), mimetype=LINES)
    response.headers["Content-Disposition"] = f'attachment; filename="ledger-{first}-{last}.jsonl"'
    response.headers["Cache-Control"] = "no-store"
    return response
