"""How others' seals stand, as it is kept, at `/api/v1/sync/outside-seals`: for those who look after synchronisation."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import PageAsked, Pager
from base.web import gives, guarded, parts, reads, takes
from catalog_sync.outside_seals.models import OutsideSeal
from catalog_sync.outside_seals.schemas import (
    SyncOutsideSealSchema,
    SyncOutsideSealsQuery,
    SyncOutsideSealsSchema,
)
from catalog_sync.routes.hands import READERS, SCOPE

outside_seal_routes = Blueprint("sync-outside-seals", __name__, description="外单位印章 · how others' seals stand")

_KEPT = tuple(name for name in SyncOutsideSealSchema().fields if name != "counts")


@outside_seal_routes.route("/sync/outside-seals", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncOutsideSealsQuery, location="query")
@gives(SyncOutsideSealsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what is kept of others' seals: how each stands, who says so, when, and until when that is relied on."""
    page: PageAsked = asked.pop("page")
    told = {name: value for name, value in asked.items() if value is not None}
    query = select(OutsideSeal).where(*(getattr(OutsideSeal, name) == value for name, value in told.items()))
    found = parts(Pager).page(session, query, (OutsideSeal.source, OutsideSeal.code), page, "sync-outside-seals")
    at = clock.now()
    items = [
        {
            **{name: getattr(each, name) for name in _KEPT},
            "counts": each.expires_at is not None and each.expires_at > at,
        }
        for each in found.items
    ]
    return {"items": items, "next_cursor": found.next_cursor}
