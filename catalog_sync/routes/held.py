"""What other sites told or returned, below `/api/v1/sync/held`: for those who look after synchronisation."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from base.api import Blueprint
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes
from catalog_sync.cascade import contents
from catalog_sync.cascade.errors import NoSuchHeldRecord
from catalog_sync.cascade.models import Held, HeldVersion
from catalog_sync.cascade.schemas import (
    SyncHeldDetailSchema,
    SyncHeldQuery,
    SyncHeldRowSchema,
    SyncHeldSchema,
    SyncHeldVersionSchema,
)
from catalog_sync.routes.hands import READERS, SCOPE
from catalog_sync.wiring import Sync

held_routes = Blueprint("sync-held", __name__, description="级联接收 · what other sites told or returned")

# Decisions that are shown of one thing, the newest; all others can be asked for by their receipts.
MOST_VERSIONS = 200


@held_routes.route("/sync/held", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncHeldQuery, location="query")
@gives(SyncHeldSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what other sites told or returned, without what it says."""
    page: PageAsked = asked.pop("page")
    told = {name: value for name, value in asked.items() if value is not None}
    query = select(Held).where(*(getattr(Held, name) == value for name, value in told.items()))
    found = parts(Pager).page(session, query.options(defer(Held.content)), (Held.id,), page, "sync-held")
    return {"items": [_row(each) for each in found.items], "next_cursor": found.next_cursor}


@held_routes.route("/sync/held/<int:number>", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SyncHeldDetailSchema)
def one(session: Session, number: int) -> dict[str, Any]:
    """Give a thing with its decisions; what it says, to those who run synchronisation."""
    row = session.get(Held, number)
    if row is None:
        raise NoSuchHeldRecord(number)
    sync = parts(Sync)
    query = select(HeldVersion).where(
        HeldVersion.way == row.way,
        HeldVersion.partner == row.partner,
        HeldVersion.kind == row.kind,
        HeldVersion.thing == row.thing,
    )
    decided = session.scalars(query.order_by(HeldVersion.number.desc()).limit(MOST_VERSIONS)).all()
    names = SyncHeldVersionSchema().fields
    told = {**_row(row), "versions": [{name: getattr(each, name) for name in names} for each in decided]}
    return {**told, "content": contents.of_held(session, sync.keys, row)} if sync.is_run_by(caller()) else told


def _row(row: Held) -> dict[str, Any]:
    return {name: getattr(row, name) for name in SyncHeldRowSchema().fields}
