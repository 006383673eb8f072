"""Whom we trust: certificates taken in, confirmed, withdrawn; and the `Trust` that they make at a moment.

An anchor is trusted when a second person has confirmed it, from then until it is withdrawn, but for the time of
suspensions (`keys.withdrawals`: the way out for a confirmed anchor, which needs two). Certificates between are material
and count at once. A file is taken in whole or not at all. What is refused as an anchor: a certificate that is no
authority's and names no purpose, one that may not sign certificates, one whose time is over, and one whose key is not
usable.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms import asymmetric
from keys.certificates import NATIONAL, STRICT, Certificate, Profile, bundle
from keys.errors import UnusableKey
from keys.extensions import Usage
from keys.kept import Kept
from keys.models import ANCHOR, CRL, INTERMEDIATE, OCSP, RevocationSource, TrustedCertificate, TrustSuspension
from keys.ocsp import OcspAnswer
from keys.parties.acting import actor, record
from keys.purposes import purpose
from keys.revocation_lists import RevocationList
from keys.trust import Anchor, Trust
from keys.trust_errors import AlreadyTrusted, ConfirmedByProposer, NotAnAnchor, NotTrusted, SecondPersonNeeded

# A process meets the same certificates and lists with every question; reading them once saves most of its time.
# 4,096 certificates are 10 MB; lists may have megabytes each, so few are kept.
CERTIFICATES_KEPT: Final = 4096
LISTS_KEPT: Final = 64
ANSWERS_KEPT: Final = 1024

T = TypeVar("T")
_LISTS: Final[Kept[RevocationList]] = Kept(LISTS_KEPT)
_ANSWERS: Final[Kept[OcspAnswer]] = Kept(ANSWERS_KEPT)


def propose(
    session: Session,
    data: bytes,
    by: Caller,
    at: datetime,
    *,
    purposes: Iterable[str] = (),
    is_test: bool = False,
    profile: Profile = STRICT,
) -> list[TrustedCertificate]:
    """Take in a file of anchors, PEM or DER, for these purposes or for all; someone else must confirm each.

    Raises `UnusableBundle`, `NotAnAnchor`, `AlreadyTrusted`, `UnknownPurpose`; then nothing of the file is taken in.
    """
    named = sorted({purpose(each).name for each in purposes})
    found = bundle(data, profile)
    for certificate in found:
        _require_anchor(certificate, at, for_all=not named)
    rows = [_added(session, each, ANCHOR, by, at, purposes=" ".join(named), is_test=is_test) for each in found]
    _write(session, found)
    for row in rows:
        record(session, by, at, "keys.anchor.proposed", _thing(row), purposes=" ".join(named), test=is_test)
    return rows


def confirm(session: Session, fingerprint: str, by: Caller, at: datetime) -> TrustedCertificate:
    """Confirm an anchor that someone else proposed; from now on it is trusted.

    Raises `NotTrusted`, `ConfirmedByProposer`, `AlreadyTrusted`.
    """
    row = in_use(session, fingerprint)
    if row.role != ANCHOR or row.confirmed_at is not None:
        raise AlreadyTrusted(fingerprint)
    if row.added_by == actor(by):
        raise ConfirmedByProposer(fingerprint)
    row.confirmed_by, row.confirmed_at = actor(by), at
    record(session, by, at, "keys.anchor.confirmed", _thing(row))
    return row


def add_intermediates(session: Session, data: bytes, by: Caller, at: datetime) -> list[TrustedCertificate]:
    """Take in a file of certificates between, which prove nothing by themselves; known ones are passed over.

    Raises `UnusableBundle`.
    """
    new = [each for each in bundle(data) if _found(session, each.sm3.hex()) is None]
    rows = [_added(session, each, INTERMEDIATE, by, at, purposes="", is_test=False) for each in new]
    _write(session, new)
    for row in rows:
        record(session, by, at, "keys.intermediate.added", _thing(row))
    return rows


def withdraw(session: Session, fingerprint: str, why: str, by: Caller, at: datetime) -> TrustedCertificate:
    """Take a certificate between, or an anchor that nobody has confirmed, out of the trust store from now on.

    Raises `NotTrusted`, and `SecondPersonNeeded` for a confirmed anchor.
    """
    row = in_use(session, fingerprint)
    if row.role == ANCHOR and row.confirmed_at is not None:
        raise SecondPersonNeeded(fingerprint)
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = actor(by), at, why
    record(session, by, at, f"keys.{row.role}.withdrawn", _thing(row), why=why)
    return row


def trust_at(session: Session, at: datetime) -> Trust:
    """Read what is trusted at a moment, with the revocation evidence that was there by then."""
    rows = session.scalars(
        select(TrustedCertificate)
        .where(TrustedCertificate.added_at <= at)
        .where(or_(TrustedCertificate.withdrawn_at.is_(None), TrustedCertificate.withdrawn_at > at))
        .order_by(TrustedCertificate.id)
    ).all()
    suspended = set(session.scalars(_suspended_at(at)))
    configured = select(RevocationSource.issuer_key).where(RevocationSource.configured).distinct()
    return Trust(
        at,
        tuple(_anchor(each) for each in rows if _was_confirmed(each, at) and each.id not in suspended),
        tuple(kept(each.der) for each in rows if each.role == INTERMEDIATE),
        _evidence(session, CRL, at, RevocationList.of, _LISTS),
        _evidence(session, OCSP, at, OcspAnswer.of, _ANSWERS),
        frozenset(bytes.fromhex(each) for each in session.scalars(configured)),
    )


@functools.lru_cache(maxsize=CERTIFICATES_KEPT)
def kept(data: bytes) -> Certificate:
    """Read a certificate that was taken in; it was held to its profile then."""
    return Certificate.of(data, NATIONAL)


def _suspended_at(at: datetime) -> Select[int]:
    not_ended = or_(TrustSuspension.ended_at.is_(None), TrustSuspension.ended_at > at)
    return select(TrustSuspension.certificate_id).where(TrustSuspension.begun_at <= at, not_ended)


def _was_confirmed(row: TrustedCertificate, at: datetime) -> bool:
    return row.role == ANCHOR and row.confirmed_at is not None and row.confirmed_at <= at


def _anchor(row: TrustedCertificate) -> Anchor:
    return Anchor(kept(row.der), frozenset(row.purposes.split()), row.is_test)


def _evidence(session: Session, kind: str, at: datetime, read: Callable[[bytes], T], memory: Kept[T]) -> tuple[T, ...]:
    """Give the evidence of a kind that was there at a moment; what this process has read before is not read again."""
    of_kind = select(RevocationSource.evidence_sm3).where(RevocationSource.kind == kind)
    there = of_kind.where(RevocationSource.fetched_at <= at).distinct().order_by(RevocationSource.evidence_sm3)
    found = []
    for fingerprint in session.scalars(there).all():
        if fingerprint is None:
            continue
        thing = memory.of(fingerprint)
        if thing is None:
            same = select(RevocationSource.evidence).where(RevocationSource.evidence_sm3 == fingerprint).limit(1)
            thing = memory.keep(fingerprint, read(session.scalars(same).one() or b""))
        found.append(thing)
    return tuple(found)


def _require_anchor(certificate: Certificate, at: datetime, *, for_all: bool) -> None:
    if for_all and not certificate.is_authority:
        raise NotAnAnchor(certificate.label, "not-an-authority")
    usage = certificate.extensions.key_usage
    if certificate.is_authority and usage is not None and Usage.CERT_SIGN not in usage:
        raise NotAnAnchor(certificate.label, "may-not-sign-certificates")
    if certificate.not_after < at:
        raise NotAnAnchor(certificate.label, "expired")
    if certificate.extensions.unknown_critical:
        raise NotAnAnchor(certificate.label, "unknown-critical-extension")
    try:
        asymmetric.public_key(certificate.spki)
    except UnusableKey as error:
        raise NotAnAnchor(certificate.label, error.reason) from error


def _added(
    session: Session, certificate: Certificate, role: str, by: Caller, at: datetime, *, purposes: str, is_test: bool
) -> TrustedCertificate:
    known = _found(session, certificate.sm3.hex())
    if known is not None and known.role == ANCHOR:
        raise AlreadyTrusted(certificate.label)
    if known is not None:
        # A certificate between that is now to be an anchor stops being one between.
        known.withdrawn_by, known.withdrawn_at, known.withdrawn_why = actor(by), at, "proposed-as-anchor"
        session.flush()
    row = TrustedCertificate(
        role=role,
        sm3=certificate.sm3.hex(),
        der=certificate.der,
        subject=certificate.subject.text,
        not_after=certificate.not_after,
        purposes=purposes,
        is_test=is_test,
        added_by=actor(by),
        added_at=at,
    )
    session.add(row)
    return row


def _write(session: Session, certificates: Sequence[Certificate]) -> None:
    """Write the rows now, so that someone who was faster is told apart from a fault."""
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyTrusted(certificates[0].label if certificates else "") from error


def in_use(session: Session, fingerprint: str) -> TrustedCertificate:
    """Give the certificate of that fingerprint (SM3) that was not withdrawn. Raises `NotTrusted`."""
    row = _found(session, fingerprint)
    if row is None:
        raise NotTrusted(fingerprint)
    return row


def _found(session: Session, fingerprint: str) -> TrustedCertificate | None:
    query = select(TrustedCertificate).where(
        TrustedCertificate.sm3 == fingerprint, TrustedCertificate.withdrawn_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def _thing(row: TrustedCertificate) -> Thing:
    return Thing("certificate", row.sm3)
