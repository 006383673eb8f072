"""Certificates: drafted, put on record, confirmed where two must, signed, verified, kept; and renewed.

Issuing takes two transactions, so that nothing ever bears a signature of ours that we do not know of:

1. `prepare` writes the draft, holds it to its rules, and puts it on record with its serial number; the edge commits.
2. `complete` signs those very bytes, verifies the outcome as a stranger would, and keeps it.

If 2 breaks off, the row stays: it can be completed again, which is the same certificate to every reader, and it can be
revoked like any other, in case a signature got out. A row that was revoked is never completed. Asking twice under one
idempotency key gives the one row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.idempotency import KeyReused, StillRunning
from keys.algorithms import asymmetric, signature
from keys.algorithms.algorithm import PublicKey
from keys.algorithms.sm3 import SM3
from keys.authority import lint
from keys.authority.drafts import SERIAL_OCTETS, Draft, assembled, serial_of
from keys.authority.errors import (
    AlreadyRevoked,
    AuthorityKeyDiffers,
    AuthorityNotActive,
    CompromisedKey,
    DraftTooOld,
    FaultyCertificate,
    NotConfirmed,
    NothingToConfirm,
    PersonNeeded,
    SecondPersonNeeded,
    SerialTaken,
    UnknownTemplate,
)
from keys.authority.models import CertificateAuthority, IssuedCertificate
from keys.authority.records import authority_of, certificate_of, own_certificate, thing, touch, trust_in
from keys.authority.requests import SigningRequest
from keys.authority.states import ACTIVE, CONFIRMED
from keys.authority.subjects import Subject
from keys.authority.templates import Template, for_orders, template
from keys.authority.wiring import Authority
from keys.authority.writing import SIGNATURES, signature_for, whole_seconds
from keys.budget import BUDGET, Spending
from keys.certificates import Certificate
from keys.chain import path
from keys.parties.acting import actor, changed
from keys.purposes import PATH_ONLY
from keys.revocation_lists import Reason
from keys.signers.signer import signed
from keys.trust import Anchor, Trust
from keys.trust_errors import PathFailure

# A draft begins to hold when it is written; what nobody signed for a week nobody waits for.
DRAFT_LIFE: Final = timedelta(days=7)


@dataclass(frozen=True)
class Asked:
    """An order that may be repeated: digests of the caller's key and of what is ordered."""

    key: str
    request: str

    @classmethod
    def of(cls, by: Caller, key: str, *request: bytes) -> "Asked":
        """Make it of the caller, its idempotency key, and the request's bytes."""
        return cls(SM3.of(actor(by).encode(), b"\0", key.encode()).hex(), SM3.of(*request).hex())


@dataclass(frozen=True)
class Order:
    """What is ordered; `key_id` names the key where the house holds it."""

    template: Template
    subject: Subject
    public: PublicKey
    life: timedelta | None = None
    alternative: tuple[bytes, ...] = ()
    key_id: str | None = None
    asked: Asked | None = None


@dataclass(frozen=True)
class Place:
    """Where a certificate stands among others: whose own it is, and which one it follows."""

    of_authority: str | None = None
    renews: int | None = None


def order_of(request: SigningRequest, name: str, subject: Subject | None = None) -> Order:
    """Make an order of a request; the subject may be another than the request wishes for.

    Raises `UnfitSubject`, `UnknownTemplate`.
    """
    wanted = for_orders(name)
    if wanted.in_custody:
        raise UnknownTemplate(name)
    names = tuple(each.der for each in request.alternative)
    return Order(wanted, subject or request.subject, request.public, alternative=names)


def order_for_service(session: Session, parts: Authority, name: str, subject: Subject, key_id: str) -> Order:
    """Make an order for a key that the house holds. Raises `UnknownTemplate`, and what custody refuses."""
    return Order(for_orders(name), subject, parts.signer_for(session, key_id).public, key_id=key_id)


def prepare(
    session: Session, parts: Authority, authority: str, order: Order, by: Caller, at: datetime
) -> IssuedCertificate:
    """Put the draft of a certificate on record; the caller commits, and then has it completed.

    Raises `NoSuchAuthority`, `AuthorityNotActive`, `CompromisedKey`, `UnfitDraft`, `KeyReused`.
    """
    if order.template.authority or order.template.in_custody != (order.key_id is not None):
        raise UnknownTemplate(order.template.name)
    return put_on_record(session, parts, active(session, authority), order, Place(), by, at)


def renew(
    session: Session, parts: Authority, row: IssuedCertificate, order: Order, by: Caller, at: datetime
) -> IssuedCertificate:
    """Put the draft of a certificate on record that follows another: the same template and name, any key.

    The one before stays good until its end. Raises as `prepare` does, and `AlreadyRevoked`, `NotConfirmed`.
    """
    if row.revoked_at is not None:
        raise AlreadyRevoked(row.serial)
    if row.der is None:
        raise NotConfirmed(row.serial)
    issuer = active(session, row.authority)
    return put_on_record(session, parts, issuer, order, Place(row.of_authority, row.id), by, at)


def renewal_of(session: Session, parts: Authority, row: IssuedCertificate, public: PublicKey | None = None) -> Order:
    """Make the order that follows a certificate, with its own key unless another is given.

    Raises `NotConfirmed` for one that was never signed.
    """
    if row.der is None:
        raise NotConfirmed(row.serial)
    before = Certificate.of(row.der)
    if row.key_id is not None:
        public = parts.signer_for(session, row.key_id).public
    key = public or asymmetric.public_key(before.spki)
    names = tuple(each.der for each in before.extensions.alternative_names)
    return Order(template(row.template), Subject.of(before.subject), key, _life(before), names, row.key_id)


def confirm(session: Session, row: IssuedCertificate, by: Caller, at: datetime) -> IssuedCertificate:
    """Confirm, as another person, a certificate that needs two.

    Raises `NothingToConfirm`, `PersonNeeded`, `SecondPersonNeeded`, `AlreadyRevoked`.
    """
    if not row.needs_two or row.confirmed_by is not None:
        raise NothingToConfirm(row.serial)
    if row.revoked_at is not None:
        raise AlreadyRevoked(row.serial)
    require_another(row.serial, row.proposed_by, by)
    row.confirmed_by, row.confirmed_at = actor(by), at
    return touch(session, row, "keys.certificate.confirmed", by, at)


def complete(
    session: Session, parts: Authority, authority: str, serial: str, by: Caller, at: datetime
) -> IssuedCertificate:
    """Sign a certificate that is on record, verify it, and keep it; one that was signed before is given as it is.

    Raises `NoSuchIssuedCertificate`, `AlreadyRevoked`, `NotConfirmed`, `DraftTooOld`, `AuthorityNotActive`,
    `AuthorityKeyDiffers`, `UnfitDraft`, `FaultyCertificate`, and what custody and the key refuse.
    """
    row = certificate_of(session, authority, serial, locked=True)
    if row.der is not None:
        return row
    _require_signable(row, at)
    issuer = authority_of(session, authority)
    is_own = row.of_authority == issuer.id
    if not (issuer.signs or (is_own and issuer.state == CONFIRMED)):
        raise AuthorityNotActive(issuer.id, issuer.state)
    certificate = _signed(session, parts, issuer, row, at)
    row.der, row.sm3, row.issued_at = certificate.der, certificate.sm3.hex(), at
    if row.of_authority is not None:
        _activate(session, row.of_authority, by, at)
    return touch(session, row, "keys.certificate.issued", by, at, sm3=row.sm3)


def require_person(thing: str, by: Caller) -> None:
    """Insist that a person acts. Raises `PersonNeeded`."""
    if by.kind != "person":
        raise PersonNeeded(thing)


def require_another(thing: str, proposer: str | None, by: Caller) -> None:
    """Insist that a person acts, and another than who proposed. Raises `PersonNeeded`, `SecondPersonNeeded`."""
    require_person(thing, by)
    if proposer == actor(by):
        raise SecondPersonNeeded(thing)


def active(session: Session, authority: str) -> CertificateAuthority:
    """Give an authority that signs certificates. Raises `NoSuchAuthority`, `AuthorityNotActive`."""
    found = authority_of(session, authority)
    if not found.signs:
        raise AuthorityNotActive(authority, found.state)
    return found


def put_on_record(
    session: Session,
    parts: Authority,
    issuer: CertificateAuthority,
    order: Order,
    place: Place,
    by: Caller,
    at: datetime,
) -> IssuedCertificate:
    """Draft a certificate, hold it to its rules, and write its row.

    Raises `PersonNeeded`, `CompromisedKey`, `UnfitDraft`, `KeyReused`, `StillRunning`, `SerialTaken`.
    """
    known = _asked_before(session, order.asked)
    if known is not None:
        return known
    if order.template.two_persons:
        require_person(order.template.name, by)
    above = None if place.of_authority == issuer.id else own_certificate(session, issuer.id)
    _require_unburnt(session, order.public)
    draft = _draft(parts, issuer, above, order, at)
    lint.require(draft.tbs, draft.algorithm, order.template, above)
    row = IssuedCertificate(
        authority=issuer.id,
        serial=f"{draft.serial:x}",
        template=order.template.name,
        subject=order.subject.name.text,
        spki_sm3=SM3.of(order.public.spki).hex(),
        algorithm=draft.algorithm.name,
        not_before=draft.not_before,
        not_after=draft.not_after,
        tbs=draft.tbs,
        key_id=order.key_id,
        of_authority=place.of_authority,
        renews=place.renews,
        needs_two=order.template.two_persons,
        version=1,
        proposed_by=actor(by),
        proposed_at=at,
        asked=order.asked.key if order.asked else None,
        asked_for=order.asked.request if order.asked else None,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise (StillRunning() if order.asked else SerialTaken()) from error
    changed(session, by, at, "keys.certificate.drafted", thing(row), 1, template=row.template, authority=issuer.id)
    return row


def _draft(
    parts: Authority, issuer: CertificateAuthority, above: Certificate | None, order: Order, at: datetime
) -> Draft:
    not_before = whole_seconds(at)
    not_after = not_before + (order.template.usual if order.life is None else order.life)
    if above is not None and order.life is None:
        not_after = min(not_after, above.not_after)  # nobody chose the end, so the issuer's own is the natural one
    signer_kind = asymmetric.public_key(issuer.spki).kind
    return Draft(
        order.template,
        serial_of(parts.random(SERIAL_OCTETS)),
        issuer.subject if above is None else above.subject.der,
        order.subject.der,
        not_before,
        not_after,
        order.public.spki,
        issuer.spki,
        SIGNATURES.get(signer_kind) or signature_for(signer_kind),
        None if above is None else parts.places(issuer.id),
        order.alternative,
    )


def _signed(
    session: Session, parts: Authority, issuer: CertificateAuthority, row: IssuedCertificate, at: datetime
) -> Certificate:
    """Sign the bytes on record, and verify what came out with nothing but the chain."""
    is_own = row.of_authority == issuer.id
    algorithm = signature(row.algorithm)
    above = None if is_own else own_certificate(session, issuer.id)
    lint.require(row.tbs, algorithm, template(row.template), above)
    signer = parts.signer_for(session, issuer.key_id)
    if signer.public.spki != issuer.spki:
        raise AuthorityKeyDiffers(issuer.id)
    certificate = Certificate.of(assembled(row.tbs, algorithm, signed(signer, algorithm, row.tbs)))
    trust = Trust(at, (Anchor(certificate),)) if is_own else trust_in(session, issuer.id, at)
    try:
        path(certificate, trust, PATH_ONLY, at)
        right = Spending(BUDGET, certificate).verify(
            above or certificate, certificate.tbs, certificate.signature, certificate.algorithm
        )
    except PathFailure as failure:
        raise FaultyCertificate(row.serial, failure.code) from failure
    if not right:
        raise FaultyCertificate(row.serial, "signature-wrong")
    return certificate


def _require_signable(row: IssuedCertificate, at: datetime) -> None:
    if row.revoked_at is not None:
        raise AlreadyRevoked(row.serial)
    if row.needs_two and row.confirmed_by is None:
        raise NotConfirmed(row.serial)
    if at - row.proposed_at > DRAFT_LIFE:
        raise DraftTooOld(row.serial, DRAFT_LIFE.days)


def _require_unburnt(session: Session, public: PublicKey) -> None:
    burnt = select(IssuedCertificate.id).where(
        IssuedCertificate.spki_sm3 == SM3.of(public.spki).hex(),
        IssuedCertificate.revoked_why.in_((Reason.KEY_COMPROMISE.value, Reason.CA_COMPROMISE.value)),
    )
    if session.scalars(burnt.limit(1)).first() is not None:
        raise CompromisedKey


def _asked_before(session: Session, asked: Asked | None) -> IssuedCertificate | None:
    if asked is None:
        return None
    found = session.scalars(select(IssuedCertificate).where(IssuedCertificate.asked == asked.key)).one_or_none()
    if found is not None and found.asked_for != asked.request:
        raise KeyReused
    return found


def _life(before: Certificate) -> timedelta:
    return before.not_after - before.not_before


def _activate(session: Session, authority: str, by: Caller, at: datetime) -> None:
    row = authority_of(session, authority, locked=True)
    if row.state == CONFIRMED:
        row.state = ACTIVE
        row.version += 1
        changed(session, by, at, "keys.authority.opened", Thing("authority", row.id), row.version)
