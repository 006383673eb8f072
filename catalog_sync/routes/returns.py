"""Returns below `/api/v1/returns`: the list, what arrived, each load with its rejects, and what is held."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.db import Database
from base.paging import PageAsked, Pager
from base.sheets import csv_line
from base.web import caller, gives, guarded, parts, reads, takes, writes
from catalog_sync.arrivals.models import Arrival
from catalog_sync.returns import applying, declaring
from catalog_sync.returns.declaring import NewReturn
from catalog_sync.returns.models import Return, ReturnLoad, ReturnReject
from catalog_sync.returns.schemas import (
    ArrivalQuery,
    ArrivalsSchema,
    NewReturnSchema,
    ReturnDecisionSchema,
    ReturnLoadQuery,
    ReturnLoadSchema,
    ReturnLoadsSchema,
    ReturnReasonSchema,
    ReturnRejectsSchema,
    ReturnSchema,
    ReturnsSchema,
)
from catalog_sync.routes.hands import HANDS, READERS, SCOPE, require_hands
from catalog_sync.wiring import Sync

return_routes = Blueprint("returns", __name__, description="数据回流 · returned data")

ID: Final = "<string:known>"
HEADER: Final = ("row", "item", "reason")
ROWS_AT_ONCE: Final = 5000
_TEXT: Any = {"type": "string"}


@return_routes.route("/returns", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(ReturnsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what is declared to come back, the oldest first."""
    page: PageAsked = asked["page"]
    found = parts(Pager).page(session, select(Return), (Return.created_at, Return.id), page, "returns")
    return {"items": found.items, "next_cursor": found.next_cursor}


@return_routes.route("/returns", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(NewReturnSchema)
@gives(ReturnSchema, 201)
def declare(session: Session, new: NewReturn) -> Return:
    """Put a return on the list."""
    require_hands()
    return declaring.declare(session, parts(Sync), new, caller(), clock.now())


@return_routes.route(f"/returns/{ID}", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ReturnSchema)
def one(session: Session, known: str) -> Return:
    """Give a return."""
    return declaring.return_of(session, known)


@return_routes.route(f"/returns/{ID}/pauses", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(ReturnReasonSchema)
@gives(ReturnSchema)
def pause(session: Session, told: dict[str, Any], known: str) -> Return:
    """Bring nothing more in for now."""
    require_hands()
    row = declaring.return_of(session, known, locked=True)
    return declaring.pause(session, row, told["reason"], caller(), clock.now())


@return_routes.route(f"/returns/{ID}/resumptions", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@gives(ReturnSchema)
def resume(session: Session, known: str) -> Return:
    """Go on with what arrived meanwhile."""
    require_hands()
    return declaring.resume(session, declaring.return_of(session, known, locked=True), caller(), clock.now())


@return_routes.route(f"/returns/{ID}/endings", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(ReturnReasonSchema)
@gives(ReturnSchema)
def end(session: Session, told: dict[str, Any], known: str) -> Return:
    """Take a return off the list; what it brought stays."""
    require_hands()
    row = declaring.return_of(session, known, locked=True)
    return declaring.end(session, row, told["reason"], caller(), clock.now())


@return_routes.route("/returns/arrivals", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(ArrivalQuery, location="query")
@gives(ArrivalsSchema)
def arrivals(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what came down, the oldest first."""
    query = select(Arrival)
    if asked["target"] is not None:
        query = query.where(Arrival.target == asked["target"])
    if asked["table"] is not None:
        query = query.where(Arrival.table_name == asked["table"])
    found = parts(Pager).page(session, query, (Arrival.id,), asked["page"], "arrivals")
    return {"items": found.items, "next_cursor": found.next_cursor}


@return_routes.route("/returns/loads", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(ReturnLoadQuery, location="query")
@gives(ReturnLoadsSchema)
def loads(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List the loads, the oldest first."""
    page: PageAsked = asked.pop("page")
    chosen = (getattr(ReturnLoad, name) == value for name, value in asked.items() if value is not None)
    query = select(ReturnLoad).where(*chosen)
    found = parts(Pager).page(session, query, (ReturnLoad.begun_at, ReturnLoad.id), page, "return-loads")
    return {"items": found.items, "next_cursor": found.next_cursor}


@return_routes.route(f"/returns/loads/{ID}/decisions", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(ReturnDecisionSchema)
@gives(ReturnLoadSchema)
def decide(session: Session, told: dict[str, Any], known: str) -> ReturnLoad:
    """Let a load that is held go on, or drop it."""
    require_hands()
    return applying.decide(session, known, told["reason"], caller(), clock.now(), applies=told["applies"])


@return_routes.route(f"/returns/loads/{ID}/rejects", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(ReturnRejectsSchema)
def rejects(session: Session, asked: dict[str, Any], known: str) -> dict[str, Any]:
    """List the rows of a load that were not taken."""
    row = applying.load_of(session, known)
    query = select(ReturnReject).where(ReturnReject.load == row.id)
    found = parts(Pager).page(session, query, (ReturnReject.id,), asked["page"], f"return-rejects:{row.id}")
    return {"items": found.items, "next_cursor": found.next_cursor}


@return_routes.route(f"/returns/loads/{ID}/rejects.csv", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(_TEXT, content_type="text/csv")
def reject_file(session: Session, known: str) -> Response:
    """Download the rows of a load that were not taken."""
    row = applying.load_of(session, known)
    headers = {"Content-Disposition": f'attachment; filename="rejects-{row.id}.csv"'}
    return Response(_lines(parts(Database), row.id), 200, headers, content_type="text/csv; charset=utf-8")


def _lines(database: Database, load: str) -> Iterator[str]:
    """Write the reject file some rows at a time, each in a transaction of its own: however long, it holds nothing."""
    yield csv_line(HEADER)
    last = 0
    while True:
        with database.reading() as session:
            query = select(ReturnReject).where(ReturnReject.load == load, ReturnReject.id > last)
            found = list(session.scalars(query.order_by(ReturnReject.id).limit(ROWS_AT_ONCE)))
        if not found:
            return
        yield "".join(csv_line((each.row, each.item, each.reason)) for each in found)
        last = found[-1].id
