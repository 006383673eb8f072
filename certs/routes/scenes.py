"""Scenes below `/api/v1`: the list, the agreements under it, and each organisation's own count by month."""

from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, open_to_all, reads, takes, writes
from certs.scenes import scenes
from certs.scenes.scene import scenes as known
from certs.scenes.scenes import Agreement
from certs.scenes.schemas import SceneAgreementSchema, SceneMonthQuery, ScenesSchema, SceneStatisticsSchema

scene_routes = Blueprint("scenes", __name__, description="社会化应用场景 · scenes")

AUTHORITIES: Final = frozenset({"authority"})
USERS: Final = frozenset({"window", "requester"})


@scene_routes.route("/scenes", methods=["GET"])
@open_to_all
@gives(ScenesSchema)
def listed() -> dict[str, Any]:
    """List the scenes outside government, and what is approved for each."""
    return {"items": list(known().values())}


@scene_routes.route("/scene-agreements", methods=["POST"])
@guarded(roles=AUTHORITIES)
@writes
@takes(SceneAgreementSchema)
@gives(None, 204)
def register(session: Session, told: Agreement) -> None:
    """Register the agreement under which an organisation acts in a scene."""
    scenes.register(session, told, caller(), clock.now())


@scene_routes.route("/scenes/statistics", methods=["GET"])
@guarded(scope="cert:read", roles=USERS)
@reads
@takes(SceneMonthQuery, location="query")
@gives(SceneStatisticsSchema)
def statistics(session: Session, told: dict[str, str]) -> dict[str, Any]:
    """Count one's own uses under agreements in a month."""
    year, month = map(int, told["month"].split("-"))
    return {"month": told["month"], "items": scenes.statistics(session, caller().organisation, year, month)}
