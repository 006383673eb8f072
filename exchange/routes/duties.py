"""Tasks, terms and code tables below `/api/v1`."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, open_to_all, reads, takes, writes
from exchange import tasks as duties_due
from exchange import terms as verbs
from exchange.dictionaries import dictionaries
from exchange.models import Term
from exchange.schemas import DictionariesSchema, TasksSchema, TermChangeSchema, TermSchema, TermsSchema

duties = Blueprint("duties", __name__, description="时限与任务 · terms and tasks")

WORKERS = {"steward", "reviewer", "authority", "provider", "requester"}


@duties.route("/tasks", methods=["GET"])
@guarded(roles=WORKERS)
@reads
@gives(TasksSchema)
def tasks(session: Session) -> dict[str, Any]:
    """List what the caller has to do, the most pressing first."""
    return {"items": duties_due.mine(session, caller(), clock.now())}


@duties.route("/terms", methods=["GET"])
@open_to_all
@reads
@gives(TermsSchema)
def terms(session: Session) -> dict[str, Any]:
    """List every duty's term in working days, with its basis."""
    return {"items": session.scalars(select(Term).order_by(Term.duty)).all()}


@duties.route("/terms/<duty>", methods=["PUT"])
@guarded(roles={"authority"})
@writes
@takes(TermChangeSchema)
@gives(TermSchema)
def set_term(session: Session, told: dict[str, Any], duty: str) -> Term:
    """Give a duty another term; what already runs keeps its end."""
    return verbs.set_term(session, duty, told["days"], told["basis"], caller(), clock.now())


@duties.route("/dictionaries", methods=["GET"])
@open_to_all
@gives(DictionariesSchema)
def code_tables() -> dict[str, Any]:
    """List the code tables of directories, with source and confidence."""
    return {"items": list(dictionaries().values())}
