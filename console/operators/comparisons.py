"""Comparisons with other platforms: what was compared, what it is not, the differences, and the signed balance."""

from typing import Final

from flask import Blueprint, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import canonical, clock
from base.callers import NotAllowed
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from catalog_sync.errors import NoSuchComparison
from catalog_sync.reconciliation import repairing, telling
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.wiring import Sync
from console import working
from console.login import for_people

comparison_pages = Blueprint("comparisons", __name__, template_folder="../templates")

HANDS: Final = {"operator"}
READERS: Final = HANDS | {"auditor"}
FORM_LIMIT: Final = 16 * 1024
# A comparison a day for each of a handful of platforms: some two weeks; the API has them all.
MOST_LISTED: Final = 100
MOST_DIFFERENCES: Final = 200
MARKS: Final = {"agrees": "ok", "differs": "bad", "failed": "warn"}


@comparison_pages.get("/console/sync/comparisons")
@for_people(READERS)
def listed() -> Response:
    """Show the latest comparisons."""
    with parts(Database).reading() as session:
        rows = session.scalars(select(Comparison).order_by(Comparison.number.desc()).limit(MOST_LISTED)).all()
        told = [telling.told(each) for each in rows]
    return working.page("operators/comparisons.html", rows=told, marks=MARKS)


@comparison_pages.get("/console/sync/comparisons/<int:number>")
@for_people(READERS)
def one(number: int) -> Response:
    """Show one comparison."""
    return _one(number)


@comparison_pages.post("/console/sync/comparisons/<int:number>/repairs/<int:difference>")
@for_people(HANDS)
@limited(FORM_LIMIT)
def repair(number: int, difference: int) -> Response:
    """Have a difference repaired; the next comparison says whether that helped."""

    def repaired(session: Session) -> Response:
        if not parts(Sync).is_run_by(caller()):
            raise NotAllowed(needed="sync.organisation")
        repairing.repair(session, parts(Sync), difference, caller(), clock.now())
        return working.leads("comparisons.one", done="difference_repaired", number=number)

    return working.posted(repaired, lambda refusal: _one(number, refusal))


def _one(number: int, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = session.get(Comparison, number)
        if row is None:
            raise NoSuchComparison(number)
        named = (Difference.target == row.target, Difference.first <= number, Difference.last >= number)
        query = select(Difference).where(*named).order_by(Difference.number).limit(MOST_DIFFERENCES)
        differences = session.scalars(query).all()
        told = telling.told(row)
        balance = canonical.read(row.balance.encode()) if row.balance is not None else None
    return working.page(
        "operators/comparison.html",
        refusal,
        "comparisons.listed",
        row=told,
        differences=differences,
        balance=balance,
        marks=MARKS,
        is_hand=parts(Sync).is_run_by(caller()),
    )
