"""Share requests below `/api/v1`: written, checked, decided, answered, disputed, ruled on, talked about."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, require_match, tagged, takes, writes
from exchange.agreements import sharing as verbs
from exchange.agreements.clauses import Clauses
from exchange.agreements.life import RequestStep
from exchange.agreements.models import ShareRequest, ShareRequestMessage
from exchange.agreements.schemas import (
    AnswerSchema,
    DecisionSchema,
    NewMessageSchema,
    NewShareRequestSchema,
    OwnCheckSchema,
    RulingSchema,
    ShareHistorySchema,
    ShareMessageSchema,
    ShareMessagesSchema,
    ShareReasonSchema,
    ShareRequestPage,
    ShareRequestQuery,
    ShareRequestSchema,
)
from exchange.agreements.seeing import requests_seen_by, seen_request
from exchange.agreements.sharing import NewRequest

sharing = Blueprint("share-requests", __name__, description="共享申请 · share requests")

SCOPE = "share:write"
READERS = {"requester", "reviewer", "provider", "authority", "auditor"}
SPEAKERS = {"requester", "reviewer", "provider", "authority"}
PLACE = "/share-requests/<request_id>"


@sharing.route("/share-requests", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(ShareRequestQuery, "query")
@gives(ShareRequestPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[ShareRequest]:
    """List the requests that the caller's organisation wrote, has to decide, or rules on."""
    query = requests_seen_by(session, caller())
    for name in ("state", "directory"):
        if asked[name] is not None:
            query = query.where(getattr(ShareRequest, name) == asked[name])
    if asked["side"] is not None:
        query = query.where(getattr(ShareRequest, asked["side"]) == caller().organisation)
    return parts(Pager).page(
        session, query, (ShareRequest.created_at, ShareRequest.id), asked["page"], "share-requests"
    )


@sharing.route("/share-requests", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(NewShareRequestSchema)
@gives(ShareRequestSchema, 201)
def begin(session: Session, new: NewRequest) -> ShareRequest:
    """Begin a request as a draft."""
    return _shown(verbs.begin(session, new, caller(), clock.now()))


@sharing.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ShareRequestSchema)
def one(session: Session, request_id: str) -> ShareRequest:
    """Give one request."""
    return _shown(seen_request(session, request_id, caller()))


@sharing.route(PLACE, methods=["PUT"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(NewShareRequestSchema)
@gives(ShareRequestSchema)
def write(session: Session, new: NewRequest, request_id: str) -> ShareRequest:
    """Change a draft; made from the version that `If-Match` names."""
    row = seen_request(session, request_id, caller(), locked=True)
    require_match(_tag(row))
    return _shown(verbs.write(session, row, new, caller(), clock.now()))


@sharing.route(f"{PLACE}/submissions", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(ShareReasonSchema)
@gives(ShareRequestSchema)
def submit(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Hand a draft to one's own department for its check."""
    return _taken(session, request_id, RequestStep.SUBMIT, told["reason"])


@sharing.route(f"{PLACE}/checks", methods=["POST"])
@guarded(roles={"reviewer"})
@writes
@takes(OwnCheckSchema)
@gives(ShareRequestSchema)
def check(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Forward a request of one's own department, or return it; what is shared unconditionally is granted by it."""
    return _taken(session, request_id, RequestStep(told["decision"]), told["reason"])


@sharing.route(f"{PLACE}/extensions", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(ShareReasonSchema)
@gives(ShareRequestSchema)
def extend(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Lengthen the term of the decision, once."""
    return _taken(session, request_id, RequestStep.EXTEND, told["reason"])


@sharing.route(f"{PLACE}/decisions", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(DecisionSchema)
@gives(ShareRequestSchema)
def decide(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Approve a request, offer less, or refuse it with reasons."""
    return _taken(session, request_id, RequestStep(told["decision"]), told["reason"], told["clauses"])


@sharing.route(f"{PLACE}/answers", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(AnswerSchema)
@gives(ShareRequestSchema)
def answer(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Accept what was offered, or decline it and negotiate on."""
    return _taken(session, request_id, RequestStep(told["decision"]), told["reason"])


@sharing.route(f"{PLACE}/objections", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(ShareReasonSchema)
@gives(ShareRequestSchema)
def object_to(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Ask the authority to rule on a refusal."""
    return _taken(session, request_id, RequestStep.OBJECT, told["reason"])


@sharing.route(f"{PLACE}/rulings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(RulingSchema)
@gives(ShareRequestSchema)
def rule(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Grant what was refused, as asked or narrower, or uphold the refusal."""
    return _taken(session, request_id, RequestStep(told["decision"]), told["reason"], told["clauses"])


@sharing.route(f"{PLACE}/withdrawals", methods=["POST"])
@guarded(scope=SCOPE, roles={"requester"})
@writes
@takes(ShareReasonSchema)
@gives(ShareRequestSchema)
def withdraw(session: Session, told: dict[str, Any], request_id: str) -> ShareRequest:
    """Withdraw a request that is not over; its record stays."""
    return _taken(session, request_id, RequestStep.WITHDRAW, told["reason"])


@sharing.route(f"{PLACE}/messages", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ShareMessagesSchema)
def messages(session: Session, request_id: str) -> dict[str, Any]:
    """Give what was said about a request, in order."""
    return {"items": verbs.messages(session, seen_request(session, request_id, caller()))}


@sharing.route(f"{PLACE}/messages", methods=["POST"])
@guarded(scope=SCOPE, roles=SPEAKERS)
@writes
@takes(NewMessageSchema)
@gives(ShareMessageSchema, 201)
def say(session: Session, told: dict[str, Any], request_id: str) -> ShareRequestMessage:
    """Say something to the other side."""
    return verbs.say(session, seen_request(session, request_id, caller()), told["text"], caller(), clock.now())


@sharing.route(f"{PLACE}/history", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ShareHistorySchema)
def history(session: Session, request_id: str) -> dict[str, Any]:
    """Tell what happened to a request, step by step."""
    return {"items": verbs.steps(session, seen_request(session, request_id, caller()))}


def _taken(
    session: Session, request_id: str, step: RequestStep, reason: str, offered: Clauses | None = None
) -> ShareRequest:
    row = seen_request(session, request_id, caller(), locked=True)
    return _shown(verbs.take(session, row, step, reason, caller(), clock.now(), offered))


def _shown(row: ShareRequest) -> ShareRequest:
    tagged(_tag(row))
    return row


def _tag(row: ShareRequest) -> str:
    return f"share-request:{row.id}:{row.version}"
