"""Making a seal, letting systems use it, and the log of its uses (用印登记)."""

from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, parts, reads
from certs.choosing import ACTS
from certs.wiring import Certs
from console import working
from console.login import for_people
from console.officers import seals
from keys.parties import organisations
from keys.parties.models import ACTIVE, System
from signing import authorisations as leaves
from signing import life, making, register
from signing.errors import NoSuchAuthorisation
from signing.life import Step
from signing.models import ANY, SealUse
from signing.schemas import SealLeaveSchema, SealMakingSchema
from signing.wiring import Signing

officer_seal_use = Blueprint("officer_seal_use", __name__)
PLACE: Final = seals.PLACE
TYPED: Final = ("system", "document_type", "act", "region", "valid_from", "valid_until", "ceiling", "basis")


@officer_seal_use.get(f"{PLACE}/making")
@for_people(life.ROLES[Step.MAKE])
def material(seal_id: str) -> Response:
    """Show the form that names what signs with the seal: a key in custody, and its certificate."""
    return _making(seal_id)


@officer_seal_use.post(f"{PLACE}/making")
@for_people(life.ROLES[Step.MAKE])
def make(seal_id: str) -> Response:
    """Make a seal that was agreed on: the draft goes on record, is signed by the maker and verified."""

    def made(database: Database) -> Response:
        told = working.loaded(SealMakingSchema(), working.filled("key_id", "certificate"))
        signing, by, at = parts(Signing), caller(), clock.now()
        with database.transaction() as session:
            seal = register.seal_of(session, seal_id, locked=True)
            making.draw(session, seal, told, signing.maker(session), by, at)
        with database.transaction() as session:
            seal = register.seal_of(session, seal_id, locked=True)
            making.make(session, seal, signing.maker(session), by, at)
        return working.leads("officer_seals.one", done="seal_made", seal_id=seal_id)

    return working.transacted(made, lambda refusal: _making(seal_id, refusal))


@officer_seal_use.get(f"{PLACE}/authorisations")
@for_people(seals.OWNERS)
def allow(seal_id: str) -> Response:
    """Show the form of a leave: seal, type, act, region, period, ceiling a day."""
    return _leave(seal_id)


@officer_seal_use.post(f"{PLACE}/authorisations")
@for_people(seals.OWNERS)
def propose(seal_id: str) -> Response:
    """Propose that a system may use the seal; a second person of the owner confirms it."""

    def proposed(session: Session) -> Response:
        told: dict[str, Any] = {**working.filled(*TYPED), **seals.period()}
        leave = working.loaded(SealLeaveSchema(), told)
        leaves.propose(session, register.seal_of(session, seal_id), leave, caller(), clock.now())
        return working.leads("officer_seals.one", done="leave_proposed", seal_id=seal_id)

    return working.posted(proposed, lambda refusal: _leave(seal_id, refusal))


@officer_seal_use.post(f"{PLACE}/authorisations/<string:authorisation>/<any(confirm, withdraw):how>")
@for_people(seals.OWNERS)
def settle(seal_id: str, authorisation: str, how: str) -> Response:
    """Confirm a proposed leave as a second person, or take a leave back at once."""

    def settled(session: Session) -> Response:
        row = leaves.authorisation_of(session, authorisation, locked=True)
        if row.seal != seal_id:
            raise NoSuchAuthorisation(authorisation)
        act = leaves.confirm if how == "confirm" else leaves.withdraw
        act(session, row, caller(), clock.now())
        return working.leads("officer_seals.one", done="leave_settled", seal_id=seal_id)

    return working.posted(settled, lambda refusal: seals.shown(seal_id, refusal))


@officer_seal_use.get(f"{PLACE}/uses")
@for_people(seals.READERS)
@reads
def uses(session: Session, seal_id: str) -> Response:
    """List the uses of a seal, in order."""
    seal = register.seal_of(session, seal_id)
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    query = select(SealUse).where(SealUse.seal == seal.id)
    page = parts(Pager).page(session, query, (SealUse.at, SealUse.id), asked, "seal-use-pages")
    organs = organisations.known(session, sorted({each.organisation for each in page.items}))
    return working.page(
        "officers/seal_uses.html",
        here="officer_seals.listed",
        seal=seal,
        uses=page.items,
        organs=organs,
        types=parts(Certs).types,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


def _making(seal_id: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        seal = register.seal_of(session, seal_id)
    typed = {name: request.form.get(name, "") for name in ("key_id", "certificate")}
    return working.page("officers/seal_making.html", refusal, here="officer_seals.listed", seal=seal, typed=typed)


def _leave(seal_id: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        seal = register.seal_of(session, seal_id)
        query = select(System).where(System.state == ACTIVE, System.scopes.contains("seal:use"))
        systems = session.scalars(query.order_by(System.id)).all()
    return working.page(
        "officers/seal_leave.html",
        refusal,
        here="officer_seals.listed",
        seal=seal,
        systems=[(each.id, each.name) for each in systems],
        types=sorted(parts(Certs).types.values(), key=lambda each: each.code),
        acts=list(ACTS.values()),
        any=ANY,
        typed={name: request.form.get(name, "") for name in TYPED},
    )
