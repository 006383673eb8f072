"""The authority's rows as they are found: authorities, certificates, and the chains that they make."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from keys.anchors import kept
from keys.authority.errors import AuthorityNotActive, NoSuchAuthority, NoSuchIssuedCertificate
from keys.authority.models import CertificateAuthority, IssuedCertificate
from keys.authority.states import PROPOSED
from keys.certificates import Certificate
from keys.parties.acting import changed
from keys.trust import Anchor, Trust

THING: Final = "issued-certificate"


def authority_of(session: Session, authority: str, *, locked: bool = False) -> CertificateAuthority:
    """Give the authority; `locked` keeps others from changing it until the transaction ends.

    Raises `NoSuchAuthority`.
    """
    query = select(CertificateAuthority).where(CertificateAuthority.id == authority)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchAuthority(authority)
    return found


def certificate_of(session: Session, authority: str, serial: str, *, locked: bool = False) -> IssuedCertificate:
    """Give a certificate by its authority and serial number in hexadecimal. Raises `NoSuchIssuedCertificate`."""
    query = select(IssuedCertificate).where(
        IssuedCertificate.authority == authority, IssuedCertificate.serial == serial.lower()
    )
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchIssuedCertificate(authority, serial)
    return found


def own_certificate(session: Session, authority: str) -> Certificate:
    """Give an authority's own certificate, the newest that was signed. Raises `AuthorityNotActive`."""
    row = session.scalars(_own(authority).limit(1)).one_or_none()
    if row is None or row.der is None:
        raise AuthorityNotActive(authority, PROPOSED)
    return kept(row.der)


def own_certificates(session: Session) -> Iterator[tuple[CertificateAuthority, Certificate]]:
    """Give every authority that ever had a certificate, with the newest, in the order of their names."""
    query = (
        select(CertificateAuthority, IssuedCertificate.der)
        .join(IssuedCertificate, IssuedCertificate.of_authority == CertificateAuthority.id)
        .where(IssuedCertificate.der.is_not(None))
        .order_by(CertificateAuthority.id, IssuedCertificate.id.desc())
    )
    seen: set[str] = set()
    for row, data in session.execute(query).all():
        if row.id not in seen and data is not None:
            seen.add(row.id)
            yield row, kept(data)


def chain_of(session: Session, authority: str) -> tuple[Certificate, ...]:
    """Give the certificates from an authority's own up to its root's. Raises `AuthorityNotActive`."""
    found = []
    above: str | None = authority
    while above is not None:
        found.append(own_certificate(session, above))
        above = authority_of(session, above).parent
    return tuple(found)


def trust_in(session: Session, authority: str, at: datetime) -> Trust:
    """Make a trust of an authority's chain alone, to see that what it signed verifies. Raises `AuthorityNotActive`."""
    chain = chain_of(session, authority)
    return Trust(at, (Anchor(chain[-1]),), chain[:-1])


def service_certificates(template: str, at: datetime) -> Select[IssuedCertificate]:
    """Ask for the certificates of a service of the house (OCSP, time stamps) that may be used now, newest first."""
    usable = (
        IssuedCertificate.template == template,
        IssuedCertificate.der.is_not(None),
        IssuedCertificate.key_id.is_not(None),
        IssuedCertificate.revoked_at.is_(None),
        IssuedCertificate.not_before <= at,
        IssuedCertificate.not_after >= at,
    )
    return select(IssuedCertificate).where(*usable).order_by(IssuedCertificate.id.desc())


def touch(
    session: Session, row: IssuedCertificate, act: str, by: Caller, at: datetime, **facts: Json
) -> IssuedCertificate:
    """Raise a certificate's version, and keep an audit entry and an event of what was done to it."""
    row.version += 1
    changed(session, by, at, act, thing(row), row.version, **facts)
    return row


def thing(row: IssuedCertificate) -> Thing:
    """Name a certificate in the audit record: its authority and serial number."""
    return Thing(THING, f"{row.authority}:{row.serial}")


def _own(authority: str) -> Select[IssuedCertificate]:
    return (
        select(IssuedCertificate)
        .where(IssuedCertificate.of_authority == authority, IssuedCertificate.der.is_not(None))
        .order_by(IssuedCertificate.id.desc())
    )
