"""Business systems: who they belong to, what they may do, and stopping one that must not go on."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts
from console import working
from console.login import for_people
from keys.parties import systems
from keys.parties.models import System
from keys.parties.schemas import ReasonSchema
from keys.parties.systems import system_of

system_pages = Blueprint("systems_pages", __name__, template_folder="../templates")

READERS: Final = {"sysadmin", "secadmin", "auditor", "operator"}
STOPPERS: Final = {"sysadmin", "secadmin"}
FORM_LIMIT: Final = 16 * 1024
ACTS: Final = {"suspensions": systems.suspend, "resumptions": systems.resume}


@system_pages.get("/console/systems")
@for_people(READERS)
def listed() -> Response:
    """Show the business systems, by identifier."""
    with parts(Database).reading() as session:
        asked = PageAsked(cursor=request.args.get("cursor"))
        page = parts(Pager).page(session, select(System), (System.id,), asked, "systems-page")
        return working.page("operators/systems.html", page=page)


@system_pages.get("/console/systems/<string:system>")
@for_people(READERS)
def one(system: str) -> Response:
    """Show one business system."""
    return _one(system)


@system_pages.post("/console/systems/<string:system>/<any(suspensions,resumptions):act>")
@for_people(STOPPERS)
@limited(FORM_LIMIT)
def stop_or_go_on(system: str, act: str) -> Response:
    """Suspend a system and end its tokens, or let it go on."""

    def acted(session: Session) -> Response:
        told = working.loaded(ReasonSchema(), working.filled("reason"))
        ACTS[act](session, system_of(session, system, locked=True), told["reason"], caller(), clock.now())
        return working.leads("systems_pages.one", done="system_changed", system=system)

    return working.posted(acted, lambda refusal: _one(system, refusal))


def _one(system: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = system_of(session, system)
        return working.page(
            "operators/system.html", refusal, "systems_pages.listed", system=row, may_stop=caller().roles & STOPPERS
        )
