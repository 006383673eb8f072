"""Tasks and who does them in whose place, terms and code tables below `/api/v1`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, open_to_all, reads, takes, writes
from exchange import substitutions as substitutes
from exchange import tasks as duties_due
from exchange import terms as verbs
from exchange.dictionaries import dictionaries
from exchange.models import Substitution, Task, Term
from exchange.schemas import (
    DictionariesSchema,
    NewSubstitutionSchema,
    SubstitutionSchema,
    SubstitutionsSchema,
    TaskSchema,
    TasksSchema,
    TermChangeSchema,
    TermSchema,
    TermsSchema,
)

duties = Blueprint("duties", __name__, description="时限与任务 · terms and tasks")

WORKERS = {"steward", "reviewer", "authority", "provider", "requester"}
# Rooms above give duties to these as well: papers that are missing, cases, letters of assistance.
DUTY_BOUND = WORKERS | {"issuer", "window", "operator"}
SUBSTITUTES = WORKERS | {"secadmin"}


@duties.route("/tasks", methods=["GET"])
@guarded(roles=DUTY_BOUND)
@reads
@gives(TasksSchema)
def tasks(session: Session) -> dict[str, Any]:
    """List what the caller has to do, the most pressing first, and in whose place where it is not their own."""
    by, at = caller(), clock.now()
    held = substitutes.roles_of(session, by, at)
    return {"items": [_told(each, held) for each in duties_due.mine(session, by, at)]}


@duties.route("/substitutions", methods=["GET"])
@guarded(roles=SUBSTITUTES)
@reads
@gives(SubstitutionsSchema)
def substitutions(session: Session) -> dict[str, Any]:
    """List the substitutions that the caller gave or takes; a security administrator's are the organisation's."""
    return {"items": substitutes.substitutions_of(session, caller())}


@duties.route("/substitutions", methods=["POST"])
@guarded(roles=SUBSTITUTES)
@writes
@takes(NewSubstitutionSchema)
@gives(SubstitutionSchema, 201)
def appoint(session: Session, told: dict[str, Any]) -> Substitution:
    """Let someone of the same organisation take one's place, or as security administrator another's."""
    by, at = caller(), clock.now()
    since, until = told["valid_from"], told["valid_until"]
    return substitutes.appoint(session, told["person"] or by.id, told["substitute"], since, until, by, at)


@duties.route("/substitutions/<int:number>/endings", methods=["POST"])
@guarded(roles=SUBSTITUTES)
@writes
@gives(SubstitutionSchema)
def end(session: Session, number: int) -> Substitution:
    """End a substitution before its time."""
    by = caller()
    return substitutes.end(session, substitutes.substitution_of(session, number, by), by, clock.now())


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
    return verbs.set_term(session, duty, told["days"], told["basis"], caller(), clock.now(), told["hours"])


@duties.route("/dictionaries", methods=["GET"])
@open_to_all
@gives(DictionariesSchema)
def code_tables() -> dict[str, Any]:
    """List the code tables of directories, with source and confidence."""
    return {"items": list(dictionaries().values())}


def _told(task: Task, held: Mapping[str, str | None]) -> dict[str, Any]:
    members = {name: getattr(task, name) for name in TaskSchema().fields if name != "in_place_of"}
    return {**members, "in_place_of": held[task.role]}
