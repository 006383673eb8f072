"""Business systems: who they belong to, what they may do, and stopping one that must not go on."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import SCOPES
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import PreconditionFailed, caller, limited, parts
from console import working
from console.login import for_people
from keys.parties import system_keys, systems
from keys.parties.models import System
from keys.parties.schemas import ReasonSchema, ScopesSchema
from keys.parties.systems import system_of

system_pages = Blueprint("systems_pages", __name__, template_folder="../templates")

READERS: Final = {"sysadmin", "secadmin", "auditor", "operator"}
STOPPERS: Final = {"sysadmin", "secadmin"}
# Three duties: who runs the site takes systems in, who guards it says what they may do.
GRANTERS: Final = {"secadmin"}
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


@system_pages.post("/console/systems/<string:system>/scopes")
@for_people(GRANTERS)
@limited(FORM_LIMIT)
def set_scopes(system: str) -> Response:
    """Set the scopes that a system holds, from the version that was looked at."""

    def set_them(session: Session) -> Response:
        told = working.loaded(ScopesSchema(), {"scopes": request.form.getlist("scopes")})
        row = system_of(session, system, locked=True)
        if request.form.get("version") != str(row.version):
            raise PreconditionFailed
        systems.grant_scopes(session, row, told["scopes"], caller(), clock.now())
        return working.leads("systems_pages.one", done="scopes_set", system=system)

    return working.posted(set_them, lambda refusal: _one(system, refusal))


@system_pages.post("/console/systems/<string:system>/keys/<string:kid>/withdrawals")
@for_people(GRANTERS)
@limited(FORM_LIMIT)
def withdraw_key(system: str, kid: str) -> Response:
    """End a key and every token that the system holds."""

    def withdrawn(session: Session) -> Response:
        told = working.loaded(ReasonSchema(), working.filled("reason"))
        row = system_of(session, system, locked=True)
        system_keys.withdraw_key(session, row, kid, told["reason"], caller(), clock.now())
        return working.leads("systems_pages.one", done="key_withdrawn", system=system)

    return working.posted(withdrawn, lambda refusal: _one(system, refusal))


def _one(system: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = system_of(session, system)
        return working.page(
            "operators/system.html",
            refusal,
            "systems_pages.listed",
            system=row,
            keys=system_keys.keys_of(session, row.id),
            may_stop=caller().roles & STOPPERS,
            may_grant=bool(caller().roles & GRANTERS),
            scopes=sorted(SCOPES),
            ticked=set(request.form.getlist("scopes")) if refusal is not None else row.scope_set,
            typed_reason=request.form.get("reason", ""),
        )
