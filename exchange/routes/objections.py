"""Objections below `/api/v1`: raised on one's own receipt, answered, confirmed or disputed by who is told, ruled on."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from exchange.objections import objections as verbs
from exchange.objections import reading
from exchange.objections.life import Step
from exchange.objections.models import Objection
from exchange.objections.objections import NewObjection
from exchange.objections.receivers import HEARING
from exchange.objections.schemas import (
    NewObjectionSchema,
    ObjectionAnswerSchema,
    ObjectionHistorySchema,
    ObjectionPage,
    ObjectionQuery,
    ObjectionReasonSchema,
    ObjectionRowSchema,
    ObjectionRulingSchema,
    ObjectionSchema,
)
from exchange.objections.wiring import Objecting

objections = Blueprint("objections", __name__, description="异议与校核 · objections to data")

OBJECTORS = set(verbs.OBJECTORS)
VERIFIERS = {"provider", "issuer", "requester", "authority"}
READERS = OBJECTORS | VERIFIERS | {"auditor"}
PLACE = "/objections/<objection_id>"


@objections.route("/objections", methods=["GET"])
@guarded(roles=READERS)
@reads
@takes(ObjectionQuery, "query")
@gives(ObjectionPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Objection]:
    """List the objections that one made, has to verify, was told of, or rules on · 异议列表."""
    query = reading.seen_by(session, caller())
    if asked["state"] is not None:
        query = query.where(Objection.state == asked["state"])
    return parts(Pager).page(session, query, (Objection.created_at, Objection.id), asked["page"], "objections")


@objections.route("/objections", methods=["POST"])
@guarded(roles=OBJECTORS)
@writes
@takes(NewObjectionSchema)
@gives(ObjectionSchema, 201)
def begin(session: Session, new: NewObjection) -> dict[str, Any]:
    """Object to a record, a field, a certificate that one received, or to a use of one's data · 提出异议."""
    return _shown(session, verbs.begin(session, parts(Objecting), new, caller(), clock.now()))


@objections.route(PLACE, methods=["GET"])
@guarded(roles=READERS)
@reads
@gives(ObjectionSchema)
def one(session: Session, objection_id: str) -> dict[str, Any]:
    """Give one objection with its evidence and everyone who was told · 单条异议."""
    return _shown(session, reading.seen(session, objection_id, caller()))


@objections.route(f"{PLACE}/history", methods=["GET"])
@guarded(roles=READERS)
@reads
@gives(ObjectionHistorySchema)
def history(session: Session, objection_id: str) -> dict[str, Any]:
    """Tell what happened to an objection, step by step · 异议办理过程."""
    row = reading.seen(session, objection_id, caller())
    return {"items": reading.history(session, parts(Objecting).keys, row)}


@objections.route(f"{PLACE}/answers", methods=["POST"])
@guarded(roles=VERIFIERS)
@writes
@takes(ObjectionAnswerSchema)
@gives(ObjectionSchema)
def answer(session: Session, told: dict[str, Any], objection_id: str) -> dict[str, Any]:
    """Correct it, or keep it with the reason; all who received it are told · 校核答复."""
    return _taken(session, objection_id, Step(told["decision"]), told["reason"])


@objections.route(f"{PLACE}/confirmations", methods=["POST"])
@guarded(roles=OBJECTORS)
@writes
@takes(ObjectionReasonSchema)
@gives(ObjectionSchema)
def confirm(session: Session, told: dict[str, Any], objection_id: str) -> dict[str, Any]:
    """Confirm the answer, as one who was told of it · 确认校核结果."""
    return _taken(session, objection_id, Step.CONFIRM, told["reason"])


@objections.route(f"{PLACE}/disputes", methods=["POST"])
@guarded(roles=OBJECTORS)
@writes
@takes(ObjectionReasonSchema)
@gives(ObjectionSchema)
def dispute(session: Session, told: dict[str, Any], objection_id: str) -> dict[str, Any]:
    """Dispute the answer before the authority · 对校核结果提出争议."""
    return _taken(session, objection_id, Step.DISPUTE, told["reason"])


@objections.route(f"{PLACE}/rulings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(ObjectionRulingSchema)
@gives(ObjectionSchema)
def rule(session: Session, told: dict[str, Any], objection_id: str) -> dict[str, Any]:
    """Uphold the answer, or have it verified again · 裁定校核争议."""
    return _taken(session, objection_id, Step(told["decision"]), told["reason"])


@objections.route(f"{PLACE}/withdrawals", methods=["POST"])
@guarded(roles=OBJECTORS)
@writes
@takes(ObjectionReasonSchema)
@gives(ObjectionSchema)
def withdraw(session: Session, told: dict[str, Any], objection_id: str) -> dict[str, Any]:
    """Take an objection back before it is answered · 撤回异议."""
    return _taken(session, objection_id, Step.WITHDRAW, told["reason"])


def _taken(session: Session, objection_id: str, step: Step, reason: str) -> dict[str, Any]:
    row = reading.seen(session, objection_id, caller(), locked=True)
    return _shown(session, verbs.take(session, parts(Objecting), row, step, reason, caller(), clock.now()))


def _shown(session: Session, row: Objection) -> dict[str, Any]:
    members = {name: getattr(row, name) for name in ObjectionRowSchema().fields if name != "usage_id"}
    said = reading.told(session, parts(Objecting).keys, row)
    return {**members, "usage": row.usage, **said, "receivers": HEARING.of(session, row.id)}
