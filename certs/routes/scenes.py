"""Scenes below `/api/v1`: the list, the agreements under it, and each organisation's own count by month."""

from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, open_to_all, parts, reads, takes, writes
from certs.scenes import scenes
from certs.scenes.scenes import Agreement
from certs.scenes.schemas import (
    SceneAgreementSchema,
    SceneEndingSchema,
    SceneMonthQuery,
    ScenesSchema,
    SceneStatisticsSchema,
    SceneUsesSchema,
)
from certs.scenes.wiring import Scening

scene_routes = Blueprint("scenes", __name__, description="社会化应用场景 · scenes")

AUTHORITIES: Final = frozenset({"authority"})
USERS: Final = frozenset({"window", "requester"})


@scene_routes.route("/scenes", methods=["GET"])
@open_to_all
@gives(ScenesSchema)
def listed() -> dict[str, Any]:
    """List the scenes outside government, and what is approved for each."""
    return {"items": list(parts(Scening).scenes.values())}


@scene_routes.route("/scene-agreements", methods=["POST"])
@guarded(roles=AUTHORITIES)
@writes
@takes(SceneAgreementSchema)
@gives(None, 204)
def register(session: Session, told: Agreement) -> None:
    """Register the agreement under which an organisation acts in a scene."""
    scenes.register(session, parts(Scening).scenes, told, caller(), clock.now())


@scene_routes.route("/scene-agreements/endings", methods=["POST"])
@guarded(roles=AUTHORITIES)
@writes
@takes(SceneEndingSchema)
@gives(None, 204)
def end(session: Session, told: dict[str, str]) -> None:
    """End an agreement before its time; the next use under it is refused."""
    scenes.end(session, told["organisation"], told["number"], caller(), clock.now())


@scene_routes.route("/scenes/<string:scene>/statistics", methods=["GET"])
@guarded(roles=AUTHORITIES)
@reads
@takes(SceneMonthQuery, location="query")
@gives(SceneUsesSchema)
def scene_statistics(session: Session, told: dict[str, str], scene: str) -> dict[str, Any]:
    """Count what was used in a scene in a month, by whoever acts in it."""
    year, month = map(int, told["month"].split("-"))
    scenes.scene_of(parts(Scening).scenes, scene)
    items = scenes.scene_statistics(session, scene, year, month)
    return {"scene": scene, "month": told["month"], "items": items}


@scene_routes.route("/scenes/statistics", methods=["GET"])
@guarded(scope="cert:read", roles=USERS)
@reads
@takes(SceneMonthQuery, location="query")
@gives(SceneStatisticsSchema)
def statistics(session: Session, told: dict[str, str]) -> dict[str, Any]:
    """Count one's own uses under agreements in a month."""
    year, month = map(int, told["month"].split("-"))
    return {"month": told["month"], "items": scenes.statistics(session, caller().organisation, year, month)}
