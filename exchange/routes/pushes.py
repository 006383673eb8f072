"""Pushes below `/api/v1`: ordered, run, paused and ended; their runs, and the rows that were not taken."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.db import Database
from base.paging import PageAsked, Pager
from base.sheets import csv_line
from base.web import caller, gives, guarded, parts, reads, tagged, takes, writes
from exchange.feeds.errors import NoSuchPush
from exchange.feeds.models import Push, PushReject, PushRun
from exchange.feeds.pushes import registry, running
from exchange.feeds.pushes.registry import NewPush
from exchange.feeds.schemas import (
    NewPushSchema,
    PushesSchema,
    PushRejectSchema,
    PushRejectsSchema,
    PushRunSchema,
    PushRunsSchema,
    PushSchema,
    told,
)
from exchange.feeds.wiring import Pushes
from exchange.models import Directory

pushed = Blueprint("pushes", __name__, description="数据推送 · pushes")

SCOPE = "share:write"
ORDERERS = {"requester", "operator"}
READERS = ORDERERS | {"auditor", "provider", "steward"}
ID = "<string:push_id>"
RUN = "<string:run_id>"
INSIDE = ("fields", "key", "version_item", "destination")
HEADER = ("row", "item", "reason")
ROWS_AT_ONCE = 5000
_TEXT: Any = {"type": "string"}


@pushed.route("/pushes", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(PushesSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List the pushes to one's organisation and those of its own directories; an auditor sees all."""
    by, query = caller(), select(Push)
    if "auditor" not in by.roles:
        owned = select(Directory.code).where(Directory.owner == by.organisation)
        query = query.where(or_(Push.organisation == by.organisation, Push.directory.in_(owned)))
    page: PageAsked = asked["page"]
    found = parts(Pager).page(session, query, (Push.created_at, Push.id), page, "pushes")
    return {"items": [_told(each) for each in found.items], "next_cursor": found.next_cursor}


@pushed.route("/pushes", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@takes(NewPushSchema)
@gives(PushSchema, 201)
def add(session: Session, new: NewPush) -> Any:
    """Order a push; it needs a grant of the mode `push`."""
    return _told(registry.add(session, new, parts(Pushes), caller(), clock.now()))


@pushed.route(f"/pushes/{ID}", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(PushSchema)
def one(session: Session, push_id: str) -> Any:
    """Give one push."""
    row = _seen(session, push_id)
    tagged(f"push:{row.id}:{row.version}:{row.next_run_at}")
    return _told(row)


@pushed.route(f"/pushes/{ID}/pauses", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(PushSchema)
def pause(session: Session, push_id: str) -> Any:
    """Start no run, and let one that is under way end with its next chunk."""
    return _told(registry.pause(session, _own(session, push_id), caller(), clock.now()))


@pushed.route(f"/pushes/{ID}/resumptions", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(PushSchema)
def resume(session: Session, push_id: str) -> Any:
    """Start runs again."""
    return _told(registry.resume(session, _own(session, push_id), caller(), clock.now()))


@pushed.route(f"/pushes/{ID}/endings", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(PushSchema)
def end(session: Session, push_id: str) -> Any:
    """End a push for good; what it brought stays."""
    return _told(registry.end(session, _own(session, push_id), caller(), clock.now()))


@pushed.route(f"/pushes/{ID}/runs", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(PushRunsSchema)
def runs(session: Session, asked: dict[str, Any], push_id: str) -> dict[str, Any]:
    """List the runs of a push, the oldest first."""
    row = _seen(session, push_id)
    query = select(PushRun).where(PushRun.push == row.id)
    found = parts(Pager).page(session, query, (PushRun.started_at, PushRun.id), asked["page"], f"runs:{row.id}")
    return {"items": [told(each, PushRunSchema) for each in found.items], "next_cursor": found.next_cursor}


@pushed.route(f"/pushes/{ID}/runs", methods=["POST"])
@guarded(scope=SCOPE, roles=ORDERERS)
@writes
@gives(PushRunSchema, 202)
def run(session: Session, push_id: str) -> Any:
    """Begin a run now; it goes on in the background."""
    begun = running.start(session, _own(session, push_id), parts(Pushes), caller(), clock.now())
    session.flush()
    return told(begun, PushRunSchema)


@pushed.route(f"/pushes/{ID}/runs/{RUN}", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(PushRunSchema)
def one_run(session: Session, push_id: str, run_id: str) -> Any:
    """Give one run with its counts so far."""
    return told(running.run_of(session, _seen(session, push_id), run_id), PushRunSchema)


@pushed.route(f"/pushes/{ID}/runs/{RUN}/rejects", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(PushRejectsSchema)
def rejects(session: Session, asked: dict[str, Any], push_id: str, run_id: str) -> dict[str, Any]:
    """List the rows that were not taken, by row, item and reason."""
    row = running.run_of(session, _seen(session, push_id), run_id)
    query = select(PushReject).where(PushReject.run == row.id)
    page: PageAsked = asked["page"]
    found = parts(Pager).page(session, query, (PushReject.row, PushReject.item), page, f"rejects:{row.id}")
    return {"items": [told(each, PushRejectSchema) for each in found.items], "next_cursor": found.next_cursor}


@pushed.route(f"/pushes/{ID}/runs/{RUN}/rejects.csv", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(_TEXT, content_type="text/csv")
def reject_file(session: Session, push_id: str, run_id: str) -> Response:
    """Download the rows that were not taken."""
    row = running.run_of(session, _seen(session, push_id), run_id)
    headers = {"Content-Disposition": f'attachment; filename="rejects-{row.id}.csv"'}
    return Response(_lines(parts(Database), row.id), 200, headers, content_type="text/csv; charset=utf-8")


def _lines(database: Database, run_id: str) -> Iterator[str]:
    """Write the reject file some rows at a time, each in a transaction of its own: however long, it holds nothing."""
    yield csv_line(HEADER)
    last = 0
    while True:
        with database.reading() as session:
            query = select(PushReject).where(PushReject.run == run_id, PushReject.id > last)
            found = list(session.scalars(query.order_by(PushReject.id).limit(ROWS_AT_ONCE)))
        if not found:
            return
        yield "".join(csv_line((each.row, each.item, each.reason)) for each in found)
        last = found[-1].id


def _told(row: Push) -> Any:
    shown = dict(told(row, PushSchema))
    if row.organisation != caller().organisation:
        for name in INSIDE:
            shown.pop(name)
    return shown


def _seen(session: Session, push: str) -> Push:
    """Give a push to the caller's organisation, or of its data, or any for an auditor. Raises `NoSuchPush`."""
    row, by = registry.push_of(session, push), caller()
    if by.organisation == row.organisation or "auditor" in by.roles:
        return row
    owner = session.execute(select(Directory.owner).where(Directory.code == row.directory)).scalar_one_or_none()
    if owner != by.organisation:
        raise NoSuchPush(push)
    return row


def _own(session: Session, push: str) -> Push:
    """Give a push to the caller's organisation, to be changed. Raises `NoSuchPush`."""
    row = registry.push_of(session, push, locked=True)
    if row.organisation != caller().organisation:
        raise NoSuchPush(push)
    return row
