"""Authorities below `/api/v1/authority`: proposed by one person, confirmed by another."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, parts, reads, tagged, takes, writes
from keys.authority import authorities as verbs
from keys.authority import edges
from keys.authority.authorities import NewAuthority
from keys.authority.models import CertificateAuthority, IssuedCertificate, PublishedList
from keys.authority.records import authority_of
from keys.authority.routes.two_steps import two_steps
from keys.authority.schemas import (
    AuthoritiesSchema,
    AuthoritySchema,
    CertificateSchema,
    ListSchema,
    NewAuthoritySchema,
    TemplatesSchema,
    WithdrawalSchema,
)
from keys.authority.templates import TEMPLATES
from keys.authority.wiring import Authority

authorities = Blueprint("authority", __name__, description="证书机构 · certificate authorities")

READERS = {"sysadmin", "secadmin", "auditor", "seal_maker", "operator"}
WRITERS = {"sysadmin"}
CONFIRMERS = {"sysadmin", "secadmin"}


@authorities.route("/authority/templates", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@gives(TemplatesSchema)
def templates() -> dict[str, Any]:
    """List the kinds of certificate that are issued."""
    return {"items": list(TEMPLATES.values())}


@authorities.route("/authority/authorities", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(AuthoritiesSchema)
def listed(session: Session) -> dict[str, Any]:
    """List every authority of this site."""
    return {"items": session.scalars(select(CertificateAuthority).order_by(CertificateAuthority.id)).all()}


@authorities.route("/authority/authorities", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(NewAuthoritySchema)
@gives(AuthoritySchema, 201)
def propose(session: Session, new: NewAuthority) -> CertificateAuthority:
    """Propose an authority: it goes on record with the draft of its certificate, and someone else must confirm it."""
    verbs.propose(session, parts(Authority), new, caller(), clock.now())
    return _shown(authority_of(session, new.id))


@authorities.route("/authority/authorities/<authority>", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(AuthoritySchema)
def one(session: Session, authority: str) -> CertificateAuthority:
    """Give one authority."""
    return _shown(authority_of(session, authority))


@authorities.route("/authority/authorities/<authority>/confirmations", methods=["POST"])
@guarded(scope="admin", roles=CONFIRMERS)
@two_steps
@gives(AuthoritySchema)
def confirm(database: Database, authority: str) -> CertificateAuthority:
    """Confirm an authority that someone else proposed: its certificate is signed, its first list published."""
    return edges.open_authority(database, parts(Authority), authority, caller(), clock.now())


@authorities.route("/authority/authorities/<authority>/renewals", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@gives(CertificateSchema, 201)
def renew(session: Session, authority: str) -> IssuedCertificate:
    """Propose a new certificate for an authority's key; someone else confirms it as a certificate."""
    row = authority_of(session, authority, locked=True)
    return verbs.renew(session, parts(Authority), row, caller(), clock.now())


@authorities.route("/authority/authorities/<authority>/withdrawals", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(WithdrawalSchema)
@gives(AuthoritySchema)
def propose_withdrawal(session: Session, told: dict[str, Any], authority: str) -> CertificateAuthority:
    """Propose that an authority issues nothing more; someone else must confirm it."""
    row = authority_of(session, authority, locked=True)
    return _shown(verbs.propose_withdrawal(session, row, told["reason"], told["words"], caller(), clock.now()))


@authorities.route("/authority/authorities/<authority>/withdrawal-confirmations", methods=["POST"])
@guarded(scope="admin", roles=CONFIRMERS)
@writes
@gives(AuthoritySchema)
def confirm_withdrawal(session: Session, authority: str) -> CertificateAuthority:
    """Withdraw an authority as someone else proposed; the one above revokes its certificates."""
    row = authority_of(session, authority, locked=True)
    return _shown(verbs.confirm_withdrawal(session, row, caller(), clock.now()))


@authorities.route("/authority/authorities/<authority>/revocation-lists", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@two_steps
@gives(ListSchema, 201)
def publish(database: Database, authority: str) -> PublishedList:
    """Publish an authority's next revocation list now; a job does so by itself within a minute."""
    return edges.publish(database, parts(Authority), authority, caller(), clock.now())


def _shown(row: CertificateAuthority) -> CertificateAuthority:
    tagged(f"authority:{row.id}:{row.version}")
    return row
