"""Organisations below `/api/v1`."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, require_match, tagged, takes, writes
from keys.parties import organisations as verbs
from keys.parties.models import Organisation
from keys.parties.organisations import NewOrganisation, OrganisationChange, organisation_of
from keys.parties.schemas import (
    NewOrganisationSchema,
    OrganisationChangeSchema,
    OrganisationPage,
    OrganisationQuery,
    OrganisationSchema,
    ReasonSchema,
)

organisations = Blueprint("organisations", __name__, description="机构 · organisations")

READERS = {"sysadmin", "secadmin", "auditor", "authority", "steward", "operator"}
WRITERS = {"sysadmin"}


@organisations.route("/organisations", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(OrganisationQuery, "query")
@gives(OrganisationPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Organisation]:
    """List organisations, by code."""
    query = select(Organisation)
    if asked["region"] is not None:
        query = query.where(Organisation.region.startswith(asked["region"], autoescape=True))
    for name in ("parent", "level", "state"):
        if asked[name] is not None:
            query = query.where(getattr(Organisation, name) == asked[name])
    return parts(Pager).page(session, query, (Organisation.code,), asked["page"], "organisations")


@organisations.route("/organisations", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(NewOrganisationSchema)
@gives(OrganisationSchema, 201)
def add(session: Session, new: NewOrganisation) -> Organisation:
    """Take an organisation in."""
    return _shown(verbs.add(session, new, caller(), clock.now()))


@organisations.route("/organisations/<code>", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(OrganisationSchema)
def one(session: Session, code: str) -> Organisation:
    """Give one organisation."""
    return _shown(organisation_of(session, code))


@organisations.route("/organisations/<code>", methods=["PATCH"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(OrganisationChangeSchema)
@gives(OrganisationSchema)
def change(session: Session, told: OrganisationChange, code: str) -> Organisation:
    """Change an organisation; If-Match names the version it is changed from."""
    row = organisation_of(session, code, locked=True)
    require_match(_version(row))
    return _shown(verbs.change(session, row, told, caller(), clock.now()))


@organisations.route("/organisations/<code>/suspensions", methods=["POST"])
@guarded(scope="admin", roles=WRITERS | {"secadmin"})
@writes
@takes(ReasonSchema)
@gives(OrganisationSchema)
def suspend(session: Session, told: dict[str, Any], code: str) -> Organisation:
    """Suspend an organisation: its systems and people can do nothing from now on."""
    row = organisation_of(session, code, locked=True)
    return _shown(verbs.suspend(session, row, told["reason"], caller(), clock.now()))


@organisations.route("/organisations/<code>/resumptions", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(ReasonSchema)
@gives(OrganisationSchema)
def resume(session: Session, told: dict[str, Any], code: str) -> Organisation:
    """Let a suspended organisation act again."""
    row = organisation_of(session, code, locked=True)
    return _shown(verbs.resume(session, row, told["reason"], caller(), clock.now()))


def _shown(row: Organisation) -> Organisation:
    tagged(_version(row))
    return row


def _version(row: Organisation) -> str:
    return f"organisation:{row.code}:{row.version}"
