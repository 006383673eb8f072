"""Grants below `/api/v1`: what is granted, its versions and trials, and the steps that end or change it."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, tagged, takes, writes
from exchange.agreements import contract_trials, granting, refusals
from exchange.agreements import grants as questions
from exchange.agreements.callers import registered
from exchange.agreements.contract_trials import Site
from exchange.agreements.contracts import Call, Refusal, Standing, judge
from exchange.agreements.matters import by_code
from exchange.agreements.models import Grant
from exchange.agreements.schemas import (
    GrantPage,
    GrantQuery,
    GrantRenewalSchema,
    GrantSchema,
    GrantTrialsSchema,
    GrantVersionsSchema,
    JudgementSchema,
    NarrowedSchema,
    ShareHistorySchema,
    ShareReasonSchema,
    TrialCallSchema,
)
from exchange.agreements.seeing import grants_seen_by, seen_grant
from exchange.models import Directory

granted = Blueprint("grants", __name__, description="授权 · grants")

READING = "data:read"
READERS = {"requester", "reviewer", "provider", "authority", "auditor", "operator"}
OVER_IT = {"provider", "authority"}
PLACE = "/grants/<code>"


@granted.route("/grants", methods=["GET"])
@guarded(scope=READING, roles=READERS)
@reads
@takes(GrantQuery, "query")
@gives(GrantPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Grant]:
    """List the grants that the caller's organisation has, gave, or watches over."""
    query = grants_seen_by(session, caller())
    for name in ("state", "directory"):
        if asked[name] is not None:
            query = query.where(getattr(Grant, name) == asked[name])
    if asked["side"] is not None:
        query = query.where(getattr(Grant, asked["side"]) == caller().organisation)
    return parts(Pager).page(session, query, (Grant.created_at, Grant.code), asked["page"], "grants")


@granted.route(PLACE, methods=["GET"])
@guarded(scope=READING, roles=READERS)
@reads
@gives(GrantSchema)
def one(session: Session, code: str) -> Grant:
    """Give one grant."""
    return _shown(seen_grant(session, code, caller()))


@granted.route(f"{PLACE}/versions", methods=["GET"])
@guarded(scope=READING, roles=READERS)
@reads
@gives(GrantVersionsSchema)
def versions(session: Session, code: str) -> dict[str, Any]:
    """List what a grant said, the newest first."""
    return {"items": granting.versions(session, seen_grant(session, code, caller()))}


@granted.route(f"{PLACE}/versions", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(NarrowedSchema)
@gives(GrantSchema, 201)
def narrow(session: Session, told: dict[str, Any], code: str) -> Grant:
    """Let a grant give less from the next call on."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.narrow(session, row, told["clauses"], told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/renewals", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(GrantRenewalSchema)
@gives(GrantSchema)
def renew(session: Session, told: dict[str, Any], code: str) -> Grant:
    """Let a grant go on for longer."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.renew(session, row, told["ends"], told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/suspensions", methods=["POST"])
@guarded(roles=OVER_IT)
@writes
@takes(ShareReasonSchema)
@gives(GrantSchema)
def suspend(session: Session, told: dict[str, Any], code: str) -> Grant:
    """Stop a grant for a while; the next call is refused."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.suspend(session, row, told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/resumptions", methods=["POST"])
@guarded(roles=OVER_IT)
@writes
@takes(ShareReasonSchema)
@gives(GrantSchema)
def resume(session: Session, told: dict[str, Any], code: str) -> Grant:
    """Let a suspended grant go on."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.resume(session, row, told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/revocations", methods=["POST"])
@guarded(roles=OVER_IT)
@writes
@takes(ShareReasonSchema)
@gives(GrantSchema)
def revoke(session: Session, told: dict[str, Any], code: str) -> Grant:
    """End a grant for good; the next call is refused."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.revoke(session, row, told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/returns", methods=["POST"])
@guarded(scope="share:write", roles={"requester"})
@writes
@takes(ShareReasonSchema)
@gives(GrantSchema)
def give_back(session: Session, told: dict[str, Any], code: str) -> Grant:
    """Give a grant back that is needed no more."""
    row = seen_grant(session, code, caller(), locked=True)
    return _shown(granting.give_back(session, row, told["reason"], caller(), clock.now()))


@granted.route(f"{PLACE}/history", methods=["GET"])
@guarded(scope=READING, roles=READERS)
@reads
@gives(ShareHistorySchema)
def history(session: Session, code: str) -> dict[str, Any]:
    """Tell what happened to a grant, step by step."""
    return {"items": granting.steps(session, seen_grant(session, code, caller()))}


@granted.route(f"{PLACE}/judgements", methods=["POST"])
@guarded(scope=READING, roles=READERS)
@reads
@takes(TrialCallSchema)
@gives(JudgementSchema)
def judgement(session: Session, told: dict[str, Any], code: str) -> dict[str, Any]:
    """Judge a call of the grantee under this grant without making it: nothing is counted, nothing is recorded."""
    row = seen_grant(session, code, caller())
    at = clock.now()
    standing = registered(session, row.grantee, at)
    call = Call(
        row.grantee,
        told["system"],
        standing.kind,
        row.directory,
        told["purpose"],
        at,
        tuple(told["fields"]),
        told["mode"],
        told["rows"],
        standing.mandate,
    )
    answer = judge(_contract(session, row), call)
    if isinstance(answer, Refusal):
        because = refusals.not_granted(row.directory, answer).members["because"]
        nothing = {"fields": [], "masks": {}, "encrypted": False, "consent": False}
        return {"allowed": False, "reason": answer.reason.value, "because": because, **nothing}
    shown = {"fields": answer.fields, "masks": answer.masks, "encrypted": answer.encrypted, "consent": answer.consent}
    return {"allowed": True, "reason": None, "because": {}, **shown}


@granted.route(f"{PLACE}/trials", methods=["GET"])
@guarded(scope=READING, roles=READERS)
@reads
@gives(GrantTrialsSchema)
def trials(session: Session, code: str) -> dict[str, Any]:
    """Run the trials that are generated from a grant's clauses, as if it stood: what it lets through, where it ends."""
    row = seen_grant(session, code, caller())
    contract = questions.contract_of(row, "")
    standing = {**vars(contract), "standing": Standing.ACTIVE}
    promised = type(contract)(**standing)
    items = granting.items_of(session, session.get_one(Directory, row.directory))
    site = Site(tuple(items), tuple(sorted(by_code())), (row.provider,))
    found = [
        {
            "name": each.name,
            "expected": each.reason.value if each.reason else "allowed",
            "holds": contract_trials.holds(each, promised, judge(promised, each.call)),
        }
        for each in contract_trials.trials(promised, site)
    ]
    return {"holds": all(each["holds"] for each in found), "items": found}


def _contract(session: Session, row: Grant) -> Any:
    return questions.contract_of(row, session.get_one(Directory, row.directory).state)


def _shown(row: Grant) -> Grant:
    tagged(f"grant:{row.code}:{row.version}")
    return row
