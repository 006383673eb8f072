"""Demands below `/api/v1`: asked, matched, assigned, answered, disputed, ruled on, joined; and the negative list."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from exchange.demands import asking, lists, negative, offered, steps
from exchange.demands.demand import NewDemand, Wanted
from exchange.demands.life import Step
from exchange.demands.models import Demand, NegativeEntry
from exchange.demands.negative import NewEntry
from exchange.demands.schemas import (
    DemandAnswerSchema,
    DemandAssignmentSchema,
    DemandDecisionSchema,
    DemandHistorySchema,
    DemandMatchesSchema,
    DemandMergerSchema,
    DemandPage,
    DemandQuery,
    DemandReasonSchema,
    DemandRowSchema,
    DemandRulingSchema,
    DemandSchema,
    NegativePage,
    NegativeQuery,
    NegativeSchema,
    NewDemandSchema,
    NewNegativeSchema,
    WantedSchema,
)
from exchange.demands.steps import Said

demands = Blueprint("demands", __name__, description="供需对接 · demands for data")

SCOPE = "share:write"
ASKERS = {"requester"}
READERS = {"requester", "reviewer", "steward", "provider", "authority", "auditor"}
PLACE = "/demands/<demand_id>"


@demands.route("/demands", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(DemandQuery, "query")
@gives(DemandPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Demand]:
    """List demands: those asked, the responsibilities, or all that the caller may see · 需求清单、责任清单."""
    query = lists.listed(session, asked, caller())
    return parts(Pager).page(session, query, (Demand.created_at, Demand.id), asked["page"], "demands")


@demands.route("/demands", methods=["POST"])
@guarded(scope=SCOPE, roles=ASKERS)
@writes
@takes(NewDemandSchema)
@gives(DemandSchema, 201)
def begin(session: Session, new: NewDemand) -> dict[str, Any]:
    """Ask for data; what others ask for already is joined · 提出数据需求."""
    return _shown(session, asking.begin(session, new, caller(), clock.now()))


@demands.route("/demand-matches", methods=["POST"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(WantedSchema)
@gives(DemandMatchesSchema)
def matched(session: Session, wanted: Wanted) -> dict[str, Any]:
    """Tell which directories would meet a demand, without asking for anything · 需求匹配目录."""
    return {"items": offered.near(session, wanted)}


@demands.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(DemandSchema)
def one(session: Session, demand_id: str) -> dict[str, Any]:
    """Give one demand with those who ask · 单条数据需求."""
    return _shown(session, lists.seen(session, demand_id, caller()))


@demands.route(f"{PLACE}/matches", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(DemandMatchesSchema)
def matches(session: Session, demand_id: str) -> dict[str, Any]:
    """Tell which directories come near a demand now · 需求的匹配目录."""
    row = lists.seen(session, demand_id, caller())
    return {"items": offered.near(session, steps.wanted_of(row))}


@demands.route(f"{PLACE}/history", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(DemandHistorySchema)
def history(session: Session, demand_id: str) -> dict[str, Any]:
    """Tell what happened to a demand, step by step · 需求办理过程."""
    return {"items": steps.history(session, lists.seen(session, demand_id, caller()))}


@demands.route(f"{PLACE}/answers", methods=["POST"])
@guarded(scope=SCOPE, roles=ASKERS)
@writes
@takes(DemandAnswerSchema)
@gives(DemandSchema)
def answer(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Accept the directory that was found, or say why it does not serve · 确认匹配结果."""
    return _taken(session, demand_id, told)


@demands.route(f"{PLACE}/assignments", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(DemandAssignmentSchema)
@gives(DemandSchema)
def assign(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Name the department that is to provide it, or say why none can · 确定提供部门."""
    return _taken(session, demand_id, told)


@demands.route(f"{PLACE}/decisions", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(DemandDecisionSchema)
@gives(DemandSchema)
def decide(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Promise it, name the directory that meets it, refuse it by a rule, or hand it back · 答复数据需求."""
    return _taken(session, demand_id, told)


@demands.route(f"{PLACE}/disputes", methods=["POST"])
@guarded(scope=SCOPE, roles=ASKERS)
@writes
@takes(DemandReasonSchema)
@gives(DemandSchema)
def dispute(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Ask the authority to rule on a refusal · 申请裁定."""
    return _taken(session, demand_id, {"decision": Step.DISPUTE.value, **told})


@demands.route(f"{PLACE}/rulings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(DemandRulingSchema)
@gives(DemandSchema)
def rule(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Oblige the provider, or uphold its refusal · 裁定."""
    return _taken(session, demand_id, told)


@demands.route(f"{PLACE}/mergers", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(DemandMergerSchema)
@gives(DemandSchema)
def merge(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Join a demand to another that is the same under another name · 合并需求."""
    row = lists.seen(session, demand_id, caller(), locked=True)
    into = lists.seen(session, told["into"], caller())
    return _shown(session, asking.merge(session, row, into.id, told["reason"], caller(), clock.now()))


@demands.route(f"{PLACE}/departures", methods=["POST"])
@guarded(scope=SCOPE, roles=ASKERS)
@writes
@takes(DemandReasonSchema)
@gives(DemandSchema)
def leave(session: Session, told: dict[str, Any], demand_id: str) -> dict[str, Any]:
    """Ask no more; the last who leaves withdraws the demand · 撤回需求."""
    row = lists.seen(session, demand_id, caller(), locked=True)
    return _shown(session, asking.leave(session, row, told["reason"], caller(), clock.now()))


@demands.route("/negative-entries", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(NegativeQuery, "query")
@gives(NegativePage)
def negatives(session: Session, asked: dict[str, Any]) -> Page[NegativeEntry]:
    """List what may not be demanded, and by what rule · 负面清单."""
    query, order = negative.listed(asked["provider"]), (NegativeEntry.since, NegativeEntry.id)
    return parts(Pager).page(session, query, order, asked["page"], "negative-entries")


@demands.route("/negative-entries", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(NewNegativeSchema)
@gives(NegativeSchema, 201)
def enter(session: Session, new: NewEntry) -> NegativeEntry:
    """Put an entry on the negative list · 增加负面清单条目."""
    return negative.enter(session, new, caller(), clock.now())


@demands.route("/negative-entries/<entry_id>/endings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(DemandReasonSchema)
@gives(NegativeSchema)
def end(session: Session, told: dict[str, Any], entry_id: str) -> NegativeEntry:
    """Take an entry off the negative list; its record stays · 撤出负面清单."""
    return negative.end(session, entry_id, told["reason"], caller(), clock.now())


def _taken(session: Session, demand_id: str, told: dict[str, Any]) -> dict[str, Any]:
    row = lists.seen(session, demand_id, caller(), locked=True)
    step, said = Step(told.pop("decision")), Said(**told)
    return _shown(session, steps.take(session, row, step, said, caller(), clock.now()))


def _shown(session: Session, row: Demand) -> dict[str, Any]:
    members = {name: getattr(row, name) for name in DemandRowSchema().fields}
    return {**members, "askers": steps.askers(session, row)}
