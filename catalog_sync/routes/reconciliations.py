"""Comparisons with other platforms below `/api/v1/sync`: what was found and is repaired, the day's balance."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import canonical, clock
from base.api import Blueprint
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from catalog_sync.errors import NoSuchComparison
from catalog_sync.reconciliation import repairing, telling
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.reconciliation.schemas import (
    SyncComparisonDetailSchema,
    SyncComparisonsQuery,
    SyncComparisonsSchema,
    SyncDifferenceSchema,
    SyncDifferencesQuery,
    SyncDifferencesSchema,
)
from catalog_sync.routes.hands import HANDS, READERS, SCOPE, require_hands
from catalog_sync.wiring import Sync

reconciliation_routes = Blueprint(
    "sync-reconciliations", __name__, description="对账 · comparisons with other platforms"
)

ALL = "/sync/reconciliations"
ONE = f"{ALL}/<int:number>"


@reconciliation_routes.route(ALL, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncComparisonsQuery, location="query")
@gives(SyncComparisonsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List comparisons, the oldest first."""
    page: PageAsked = asked.pop("page")
    chosen = [getattr(Comparison, name) == value for name, value in asked.items() if value is not None]
    query = select(Comparison).where(*chosen)
    found = parts(Pager).page(session, query, (Comparison.number,), page, "sync-comparisons")
    return {"items": [telling.told(each) for each in found.items], "next_cursor": found.next_cursor}


@reconciliation_routes.route(ONE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SyncComparisonDetailSchema)
def one(session: Session, number: int) -> dict[str, Any]:
    """Give a comparison: how deep it went, what crossed, what it is not, and the signed balance of the day."""
    row = _row(session, number)
    balance = canonical.read(row.balance.encode()) if row.balance is not None else None
    return {**telling.told(row), "balance": balance}


@reconciliation_routes.route(f"{ONE}/differences", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncDifferencesQuery, location="query")
@gives(SyncDifferencesSchema)
def differences(session: Session, asked: dict[str, Any], number: int) -> dict[str, Any]:
    """List what a comparison named, also what was settled since."""
    row = _row(session, number)
    query = select(Difference).where(
        Difference.target == row.target, Difference.first <= row.number, Difference.last >= row.number
    )
    if asked["open"]:
        query = query.where(Difference.settled_at.is_(None))
    found = parts(Pager).page(session, query, (Difference.number,), asked["page"], "sync-differences")
    return {"items": found.items, "next_cursor": found.next_cursor}


@reconciliation_routes.route("/sync/differences/<int:number>/repairs", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@gives(SyncDifferenceSchema)
def repair(session: Session, number: int) -> Difference:
    """Have a difference repaired: told again, or taken over; the next comparison says whether that helped."""
    require_hands()
    return repairing.repair(session, parts(Sync), number, caller(), clock.now())


def _row(session: Session, number: int) -> Comparison:
    row = session.get(Comparison, number)
    if row is None:
        raise NoSuchComparison(number)
    return row
