"""Material-free filing below `/api/v1`: plans, what would change them, the gaps that they meet."""

from dataclasses import replace
from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session

from base import callers, clock
from base.acting import request_id
from base.api import Blueprint, MalformedRequest
from base.db import Database
from base.idempotency import KEY_LENGTH_LIMIT
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from certs.filing.lookups import lookups
from certs.filing.lookups import telling as lookup_telling
from certs.filing.lookups.lookups import Desk, Looking
from certs.filing.lookups.models import FilingLookup
from certs.filing.lookups.schemas import (
    FilingLookupAskedSchema,
    FilingLookupSchema,
    KeptLookupSchema,
    LookupBindingSchema,
)
from certs.filing.plans import planning, prefill, telling
from certs.filing.plans.plan import Plan
from certs.filing.plans.planning import Asked
from certs.filing.plans.schemas import (
    FilingGapQuery,
    FilingGapsSchema,
    FilingPlanSchema,
    PlanAskedSchema,
    PlanTrialsAskedSchema,
    PlanTrialsSchema,
)
from certs.queries.wiring import Queries
from exchange.door.edges import attempts_recorded, judged_signature
from exchange.door.gateway import RECEIPTS
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts

filing = Blueprint("filing", __name__, description="免证办 · material-free filing")

CLERKS = {"window", "operator"}
# Twenty persons, each with sixty answers, are far less.
BODY_BYTES: Final = 128 * 1024
PLANNERS = {"window", "operator", "steward", "authority", "requester"}


@filing.route("/filing/plans", methods=["POST"])
@guarded(scope="filing:write", roles=CLERKS)
@takes(PlanAskedSchema)
@gives(FilingPlanSchema)
def planned(asked: Asked) -> dict[str, Any]:
    """Plan how a matter is filed with the least burden, with a reason for each material · 免证办方案.

    With holders the form is filled in from what is granted, which takes the scope cert:read as any look-up does.
    """
    with parts(Database).reading() as session:
        found = planning.planned(session, parts(Queries), asked, caller(), clock.now())
    if not asked.holders:
        return telling.plan(found, {})
    callers.require(caller(), scope="cert:read", roles=frozenset(CLERKS))
    return telling.plan(found, prefill.prefilled(_desk(), found, asked, judged_signature))


@filing.route("/filing/plan-trials", methods=["POST"])
@guarded(scope="filing:write", roles=PLANNERS)
@reads
@takes(PlanTrialsAskedSchema)
@gives(PlanTrialsSchema)
def tried(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Tell what another county, a grant or a type would change in a plan · 方案试算."""
    asked = Asked(told["matter"], told["situation"], told["region"])
    base, found = planning.tried(session, parts(Queries), asked, told["trials"], caller(), clock.now())
    trials = [
        {
            **vars(each.trial),
            **_counted(each.plan),
            "differences": [telling.difference(one) for one in each.differences],
        }
        for each in found
    ]
    whole = {"matter": telling.matter(base), "region": base.region}
    return {**whole, **_counted(base), "trials": trials}


@filing.route("/filing/gaps", methods=["GET"])
@guarded(scope="filing:write", roles=PLANNERS)
@reads
@takes(FilingGapQuery, location="query")
@gives(FilingGapsSchema)
def gaps(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what would free the most materials of a region's matters, by the cases that it touches · 免证缺口."""
    count, found = planning.listed_gaps(session, parts(Queries), asked["region"], caller(), clock.now())
    return {"matters": count, "items": [telling.gap(each) for each in found]}


@filing.route("/filing/lookups", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="filing:write", roles=CLERKS)
@attempts_recorded
@takes(FilingLookupAskedSchema)
@gives(FilingLookupSchema)
def look_up(looking: Looking) -> dict[str, Any]:
    """Look up everything that a case needs about all its persons, in one call · 免证办调取.

    With an Idempotency-Key a repetition has the same number; the sources are asked again, since an answer that is kept
    would be somebody's data, kept.
    """
    callers.require(caller(), scope="cert:read", roles=frozenset(CLERKS))
    key = request.headers.get("Idempotency-Key") or None
    if key is not None and (len(key) > KEY_LENGTH_LIMIT or not key.isprintable() or not key.isascii()):
        raise MalformedRequest("the Idempotency-Key is too long or not printable ASCII")
    row, answer = lookups.look_up(_desk(), replace(looking, key=key), judged_signature)
    return {
        "usage_id": row.id,
        "runs": row.runs,
        "complete": answer.is_complete,
        "questions": telling.questions(answer.plan),
        "items": answer.items,
        "mismatches": answer.hints,
        "notice": {"items": answer.notice, "to_submit": lookup_telling.to_bring(answer.notice)},
        "receipt": {
            "id": row.id,
            "url": f"/api/v1/filing/lookups/{row.id}",
            "documents": {form: f"/api/v1/filing/lookups/{row.id}/receipt.{form}" for form in ("pdf", "ofd")},
            "uses": [f"{RECEIPTS}{each}" for each in answer.usages],
        },
    }


@filing.route("/filing/lookups/<string:lookup>", methods=["GET"])
@guarded(scope="filing:write", roles=CLERKS)
@reads
@gives(KeptLookupSchema)
def kept(session: Session, lookup: str) -> FilingLookup:
    """Give a look-up as it is on record: how each material ended, without what was found · 调取记录."""
    return lookups.lookup_of(session, lookup, caller())


@filing.route("/filing/lookups/<string:lookup>/bindings", methods=["POST"])
@guarded(scope="filing:write", roles=CLERKS)
@writes
@takes(LookupBindingSchema)
@gives(KeptLookupSchema, 201)
def bind(session: Session, told: dict[str, Any], lookup: str) -> FilingLookup:
    """Tell which case came of a look-up that was made before it · 将事前调取绑定到办件."""
    days = parts(Gateway).told.binding_days
    return lookups.bind(session, lookup, told["case"], days, caller(), clock.now())


def _counted(plan: Plan) -> dict[str, int]:
    told = telling.counts(plan)
    return {name: told[name] for name in ("spared", "spared_at_most", "to_submit", "to_submit_at_most")}


def _desk() -> Desk:
    return Desk(parts(Database), parts(Queries), parts(MountParts), caller(), clock.now(), request_id())
