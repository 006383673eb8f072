"""Supervision after approval below `/api/v1`: rules, what supervisors are told, and what they answer."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs.supervision import answering, rules
from certs.supervision.answering import NewFeedback
from certs.supervision.models import WAITING, SupervisionNotice, SupervisionRule
from certs.supervision.rules import NewRule
from certs.supervision.schemas import (
    NewSupervisionFeedbackSchema,
    NewSupervisionRuleSchema,
    SupervisionNoticePage,
    SupervisionNoticeQuery,
    SupervisionNoticeSchema,
    SupervisionReceiptSchema,
    SupervisionRuleSchema,
    SupervisionRulesSchema,
)
from certs.wiring import Certs

supervision = Blueprint("supervision", __name__, description="审管衔接 · supervision after approval")

SCOPE = "case:write"
CLERKS = {"operator"}
READERS = CLERKS | {"issuer", "auditor"}
NOTICE = "/supervision-notices/<string:notice>"
_COLUMNS = (
    *("id", "identifier", "act", "type", "issuer", "supervisor", "rule", "state"),
    *("acted_at", "told_at", "due_at", "receipt", "received_at"),
)


@supervision.route("/supervision-notices", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SupervisionNoticeQuery, location="query")
@gives(SupervisionNoticePage)
def listed(session: Session, asked: dict[str, Any]) -> Page[SupervisionNotice]:
    """List what we were told, or what was told of our certificates, the oldest first · 审管衔接推送列表."""
    page = asked.pop("page")
    query = answering.seen_by(caller(), asked)
    order = (SupervisionNotice.told_at, SupervisionNotice.id)
    return parts(Pager).page(session, query, order, page, "supervision-notices")


@supervision.route(NOTICE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@writes
@gives(SupervisionNoticeSchema)
def one(session: Session, notice: str) -> dict[str, Any]:
    """Give a notice with its certificate as it stands now; the reading is on record · 单条推送及其证照."""
    return _shown(session, answering.notice_of(session, notice, caller()))


@supervision.route(f"{NOTICE}/receipts", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(SupervisionReceiptSchema)
@gives(SupervisionNoticeSchema, 201)
def receive(session: Session, told: dict[str, str], notice: str) -> dict[str, Any]:
    """Acknowledge a notice · 签收回执."""
    return _shown(session, answering.receive(session, notice, told["receipt"], caller(), clock.now()))


@supervision.route(f"{NOTICE}/feedback", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewSupervisionFeedbackSchema)
@gives(SupervisionNoticeSchema, 201)
def answer(session: Session, told: NewFeedback, notice: str) -> dict[str, Any]:
    """Tell what supervising has found · 监管反馈."""
    return _shown(session, answering.answer(session, parts(Certs).keys, notice, told, caller(), clock.now()))


@supervision.route("/supervision-rules", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS | {"authority"})
@reads
@gives(SupervisionRulesSchema)
def rules_listed(session: Session) -> dict[str, Any]:
    """List who supervises what, on which basis · 审管衔接规则."""
    return {"items": rules.every(session)}


@supervision.route("/supervision-rules", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(NewSupervisionRuleSchema)
@gives(SupervisionRuleSchema, 201)
def lay_down(session: Session, told: NewRule) -> SupervisionRule:
    """Lay down who supervises certificates of a type · 设定监管部门."""
    return rules.lay_down(session, parts(Certs).types, told, caller(), clock.now())


@supervision.route("/supervision-rules/<int:rule>/endings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@gives(SupervisionRuleSchema, 201)
def end(session: Session, rule: int) -> SupervisionRule:
    """End a rule; what was told stays · 终止规则."""
    return rules.end(session, rule, caller(), clock.now())


def _shown(session: Session, row: SupervisionNotice) -> dict[str, Any]:
    by, at, certs = caller(), clock.now(), parts(Certs)
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "is_overdue": row.state == WAITING and row.due_at is not None and at >= row.due_at,
        "certificate": answering.certificate(session, certs, row, by, at),
        "feedback": answering.feedback(session, certs.keys, row, by),
    }
