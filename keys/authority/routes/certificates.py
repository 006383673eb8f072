"""Certificates of an authority below `/api/v1/authority`: ordered, confirmed where two must, renewed, revoked."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, tagged, takes, writes
from keys.authority import edges, issuing, revoking
from keys.authority.models import IssuedCertificate
from keys.authority.ordering import order, renewal
from keys.authority.records import authority_of, certificate_of
from keys.authority.revoking import Revocation
from keys.authority.routes.two_steps import asked, ordering, two_steps
from keys.authority.schemas import (
    CertificatePage,
    CertificateSchema,
    IssuedCertificatesQuery,
    OrderSchema,
    RenewalSchema,
    RevocationSchema,
)
from keys.authority.wiring import Authority

certificates = Blueprint("authority-certificates", __name__, description="签发的证书 · certificates issued here")

READERS = {"sysadmin", "secadmin", "auditor", "seal_maker", "operator"}
WRITERS = {"sysadmin"}
CONFIRMERS = {"sysadmin", "secadmin"}
REVOKERS = {"sysadmin", "secadmin"}
ALL = "/authority/authorities/<authority>/certificates"
ONE = f"{ALL}/<serial>"


@certificates.route(ALL, methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(IssuedCertificatesQuery, "query")
@gives(CertificatePage)
def listed(session: Session, told: dict[str, Any], authority: str) -> Page[IssuedCertificate]:
    """List an authority's certificates, in the order in which they were put on record."""
    query = select(IssuedCertificate).where(IssuedCertificate.authority == authority_of(session, authority).id)
    if told["template"] is not None:
        query = query.where(IssuedCertificate.template == told["template"])
    if told["revoked"] is not None:
        revoked = IssuedCertificate.revoked_at.is_not(None)
        query = query.where(revoked if told["revoked"] else ~revoked)
    return parts(Pager).page(session, query, (IssuedCertificate.id,), told["page"], f"certificates:{authority}")


@certificates.route(ALL, methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@ordering
@takes(OrderSchema)
@gives(CertificateSchema, 201)
def issue(database: Database, told: dict[str, Any], authority: str) -> IssuedCertificate:
    """Issue a certificate; one that needs a second person waits for the confirmation."""
    house, by, at = parts(Authority), caller(), clock.now()

    def draft(session: Session) -> IssuedCertificate:
        ordered = replace(order(session, house, told), asked=asked())
        return issuing.prepare(session, house, authority, ordered, by, at)

    return _shown(edges.issue(database, house, draft, by, at))


@certificates.route(ONE, methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(CertificateSchema)
def one(session: Session, authority: str, serial: str) -> IssuedCertificate:
    """Give one certificate with its state."""
    return _shown(certificate_of(session, authority, serial))


@certificates.route(f"{ONE}/confirmations", methods=["POST"])
@guarded(scope="admin", roles=CONFIRMERS)
@two_steps
@gives(CertificateSchema)
def confirm(database: Database, authority: str, serial: str) -> IssuedCertificate:
    """Confirm a certificate that someone else proposed, and have it signed."""
    by, at = caller(), clock.now()

    def confirmed(session: Session) -> IssuedCertificate:
        return issuing.confirm(session, certificate_of(session, authority, serial, locked=True), by, at)

    return _shown(edges.issue(database, parts(Authority), confirmed, by, at))


@certificates.route(f"{ONE}/completions", methods=["POST"])
@guarded(scope="admin", roles=CONFIRMERS)
@two_steps
@gives(CertificateSchema)
def complete(database: Database, authority: str, serial: str) -> IssuedCertificate:
    """Sign a certificate that is on record and was not signed, after a crash or while its key was out of reach."""
    return _shown(edges.complete(database, parts(Authority), authority, serial, caller(), clock.now()))


@certificates.route(f"{ONE}/renewals", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@ordering
@takes(RenewalSchema)
@gives(CertificateSchema, 201)
def renew(database: Database, told: dict[str, Any], authority: str, serial: str) -> IssuedCertificate:
    """Issue the certificate that follows this one, for its key or for that of a new request."""
    house, by, at = parts(Authority), caller(), clock.now()

    def draft(session: Session) -> IssuedCertificate:
        row = certificate_of(session, authority, serial)
        ordered = replace(renewal(session, house, row, told), asked=asked())
        return issuing.renew(session, house, row, ordered, by, at)

    return _shown(edges.issue(database, house, draft, by, at))


@certificates.route(f"{ONE}/revocations", methods=["POST"])
@guarded(scope="admin", roles=REVOKERS)
@writes
@takes(RevocationSchema)
@gives(CertificateSchema)
def revoke(session: Session, told: Revocation, authority: str, serial: str) -> IssuedCertificate:
    """Revoke a certificate, signed or not; OCSP tells it at once, the next list within a minute."""
    return _shown(revoking.revoke(session, authority, serial, told, caller(), clock.now()))


def _shown(row: IssuedCertificate) -> IssuedCertificate:
    tagged(f"certificate:{row.authority}:{row.serial}:{row.version}")
    return row
