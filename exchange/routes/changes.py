"""The change feed below `/api/v1`: what happened, in commit order, by a cursor that also is each change's id."""

from typing import Any

from sqlalchemy.orm import Session

from base.api import Blueprint
from base.callers import ROLES
from base.web import caller, gives, guarded, parts, reads, takes
from exchange.feeds import changes, cloud_events
from exchange.feeds.cloud_events import TYPES
from exchange.feeds.schemas import ChangesQuery, ChangesSchema, ChangeTypesSchema
from exchange.feeds.wiring import Deliveries

feed = Blueprint("changes", __name__, description="变更流 · change feed")


@feed.route("/changes", methods=["GET"])
@guarded(scope="data:read", roles=ROLES)
@reads
@takes(ChangesQuery, location="query")
@gives(ChangesSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Read on in the feed; keep `next_cursor` and ask again with it, at once while `more` is true."""
    only = changes.wanted(asked["types"], asked["directories"])
    found = changes.page(session, caller(), asked["after"], only, asked["limit"])
    source = parts(Deliveries).settings.source
    items = [cloud_events.cloud_event(each.told, each.directory, source) for each in found.changes]
    return {"items": items, "next_cursor": str(found.cursor), "more": found.more}


@feed.route("/changes/types", methods=["GET"])
@guarded(scope="data:read", roles=ROLES)
@reads
@gives(ChangeTypesSchema)
def types(_session: Session) -> dict[str, Any]:
    """List the types of changes."""
    return {"items": list(TYPES.values())}


@feed.route("/changes/now", methods=["GET"])
@guarded(scope="data:read", roles=ROLES)
@reads
@gives(ChangesSchema)
def now(session: Session) -> dict[str, Any]:
    """Give the cursor of this moment, for whoever wants nothing of the past."""
    return {"items": [], "next_cursor": str(changes.now(session)), "more": False}
