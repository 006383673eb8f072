"""How the ledger's days stand, and entries looked for: every search names its reason and stands on record.

A search is a form that is posted, also for its next page, since it is an act; its result has no address of its own.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from base import clock
from base.audit import Search
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from base.workdays import SHANGHAI
from console import things, working
from console.login import for_people
from keys.auditing import days, searching
from keys.auditing.schemas import LedgerSearchSchema, entry_told

audit_pages = Blueprint("audit", __name__, template_folder="../templates")

AUDITORS: Final = {"auditor"}
FORM_LIMIT: Final = 16 * 1024
# In the order of the form.
FIELDS: Final = ("thing_kind", "thing_id", "actor", "organisation", "act", "purpose", "outcome", "request_id")
DAYS: Final = ("since", "until")
TITLES: Final = {"alarmed": "bad", "waiting": "warn", "whole": "ok", "quiet": "unknown"}


@audit_pages.get("/console/audit")
@for_people(AUDITORS)
def form() -> Response:
    """Show the ledger's days, and the form to search with; an address may fill it in, but searches nothing."""
    filled = {name: request.args.get(name, "") for name in (*FIELDS, *DAYS)}
    return _page(filled)


@audit_pages.post("/console/audit")
@for_people(AUDITORS)
@limited(FORM_LIMIT)
def search() -> Response:
    """Search, on record."""
    filled = {name: request.form.get(name, "").strip() for name in (*FIELDS, *DAYS, "reason")}

    def searched() -> Response:
        asked = working.loaded(LedgerSearchSchema(), _asked(filled))
        reason, before, limit = asked.pop("reason"), asked.pop("before"), asked.pop("limit")
        with parts(Database).transaction() as session:
            found = searching.search(session, Search(**asked), reason, caller(), clock.now(), before, limit)
        following = found[-1].index if len(found) == limit else None
        return _page(filled, found=[_shown(entry_told(each)) for each in found], following=following)

    try:
        return searched()
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return _page(filled, refusal)


def _page(filled: dict[str, str], refusal: DomainError | None = None, **told: Any) -> Response:
    with parts(Database).reading() as session:
        strip = days.days(session, clock.now(), days.MOST_DAYS)
    facts = {"found": None, "following": None, **told}
    return working.page(
        "auditors/audit.html", refusal, "audit.form", strip=strip, filled=filled, names=FIELDS, marks=TITLES, **facts
    )


def _asked(filled: dict[str, str]) -> dict[str, Any]:
    """Give what was filled in to the API's schema; a day means all of it, in China."""
    told: dict[str, Any] = {name: value for name, value in filled.items() if value}
    for name, more in (("since", 0), ("until", 1)):
        if name in told:
            told[name] = _midnight(told[name], more)
    if request.form.get("before"):
        told["before"] = request.form["before"]
    return told


def _midnight(day: str, more: int) -> str:
    try:
        begun = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
        return (begun + timedelta(days=more)).isoformat()
    except (ValueError, OverflowError):
        return day


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    thing = told["entry"]["thing"]
    return {**told, "address": things.address(thing["kind"], thing["id"])}
