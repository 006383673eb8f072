"""The panel for windows, below `/api/v1`: an intake system makes one, reads what came of it, and closes it.

The address knows no Idempotency-Key: keeping its answer would keep the ticket. A system whose answer was lost makes
another panel; the ticket that nobody used is over within minutes.
"""

from typing import Any

from sqlalchemy.orm import Session

from base import callers, clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from certs.filing.lookups.lookups import Looking
from certs.filing.panels import origins, panels
from certs.filing.panels.models import FilingPanel
from certs.filing.panels.schemas import (
    FilingPanelAskedSchema,
    FilingPanelSchema,
    FilingPanelTicketSchema,
    PanelOriginsSchema,
)
from certs.routes.filing import BODY_BYTES, CLERKS
from certs.wiring import Certs
from exchange.door.edges import attempts_recorded, judged_signature
from exchange.door.gateway import RECEIPTS
from exchange.door.wiring import Gateway

panel_routes = Blueprint("panels", __name__, description="窗口面板 · the panel for windows")

PLACE = "/filing/panels/<string:panel>"
ORIGINS = "/systems/<string:system>/panel-origins"
# Of the page that a ticket opens; `console.panel` serves it.
LINK = "/panel/"
ADMINISTRATORS = {"sysadmin"}


@panel_routes.route("/filing/panels", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="filing:write")
@attempts_recorded
@takes(FilingPanelAskedSchema)
@gives(FilingPanelTicketSchema, 201)
def make(looking: Looking) -> dict[str, Any]:
    """Make a panel for a window, and a link that opens it once, within five minutes · 生成窗口面板."""
    by, database, at = caller(), parts(Database), clock.now()
    callers.require(by, scope="cert:read")
    parts(Gateway).open(database)
    with database.transaction() as session:
        # Where every call must be signed beyond denial, this one is; what the panel then asks rests on it.
        judged_signature(session)
        row, ticket = panels.make(session, parts(Certs).keys, looking, by, at)
        return {
            "id": row.id,
            "link": f"{LINK}{ticket}",
            "link_ends_at": row.ends_at,
            "session_minutes": int(panels.SESSION_LASTS.total_seconds() // 60),
            "origins": origins.of(session, row.system),
        }


@panel_routes.route(PLACE, methods=["GET"])
@guarded(scope="filing:write", roles=CLERKS)
@reads
@gives(FilingPanelSchema)
def one(session: Session, panel: str) -> dict[str, Any]:
    """Tell what came of a panel: how each material ended, without what was found · 窗口面板结果."""
    return _shown(panels.panel_of(session, panel, caller()))


@panel_routes.route(f"{PLACE}/closure", methods=["POST"])
@guarded(scope="filing:write", roles=CLERKS)
@writes
@gives(FilingPanelSchema)
def close(session: Session, panel: str) -> dict[str, Any]:
    """Close a panel, or a link that was not used · 关闭窗口面板."""
    row = panels.panel_of(session, panel, caller(), locked=True)
    return _shown(panels.close(session, row, caller(), clock.now()))


@panel_routes.route(ORIGINS, methods=["GET"])
@guarded(roles=ADMINISTRATORS | {"secadmin", "auditor"})
@reads
@gives(PanelOriginsSchema)
def framed_by(session: Session, system: str) -> dict[str, Any]:
    """List the origins in whose pages a system's panels may stand · 面板允许嵌入的来源."""
    return {"origins": origins.of(session, system)}


@panel_routes.route(ORIGINS, methods=["PUT"])
@guarded(roles=ADMINISTRATORS)
@writes
@takes(PanelOriginsSchema)
@gives(PanelOriginsSchema)
def let_frame(session: Session, told: dict[str, Any], system: str) -> dict[str, Any]:
    """Let a system's panels stand in pages of exactly these origins · 登记面板允许嵌入的来源."""
    return {"origins": origins.register(session, system, told["origins"], caller(), clock.now())}


def _shown(row: FilingPanel) -> dict[str, Any]:
    names = ("id", "item_code", "item_name", "basis", "situation", "lookup")
    times = ("made_at", "opened_at", "ends_at", "looked_up_at", "closed_at")
    result = row.result
    place = f"/api/v1/filing/lookups/{row.lookup}"
    return {
        **{name: getattr(row, name) for name in (*names, *times)},
        "state": panels.state(row, clock.now()),
        "receipt": place if row.lookup else None,
        "documents": {form: f"{place}/receipt.{form}" for form in ("pdf", "ofd")} if row.lookup else {},
        "complete": bool(result.get("complete")),
        "refused": result.get("refused"),
        **{name: result.get(name, []) for name in ("items", "mismatches", "notice")},
        "to_submit": result.get("to_submit", 0),
        "uses": [f"{RECEIPTS}{each}" for each in result.get("uses", ())],
    }
