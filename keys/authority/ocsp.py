"""The OCSP responder: what the rows say of a certificate, signed by a responder that the authority named.

Every answer is the bytes of an OCSPResponse, refusals too (RFC 6960 2.3): a request that is none is *malformedRequest*;
one about an authority that is not ours, or about several, *unauthorized* (RFC 5019 2.2.3); where no responder's
certificate is in force or its key cannot be reached, *tryLater*. The authority's own key answers nothing.

A certificate that is on record but was never signed is not known, unless it was revoked: then it is revoked, since
nobody knows whether its signature got out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import DomainError
from keys.algorithms import asymmetric
from keys.anchors import kept
from keys.authority import ocsp_requests
from keys.authority.errors import AuthorityKeyDiffers, MalformedOcspRequest
from keys.authority.models import IssuedCertificate
from keys.authority.ocsp_answers import AnswerDraft, Refusal, Said, refused, whole
from keys.authority.ocsp_requests import OcspRequest
from keys.authority.records import own_certificates, service_certificates
from keys.authority.templates import OCSP_RESPONDER
from keys.authority.wiring import Authority
from keys.authority.writing import signature_for, whole_seconds
from keys.certificates import Certificate
from keys.ocsp import HASHES, CertId, OcspAnswer, key_bits
from keys.revocation_lists import Entry, Reason
from keys.signers.signer import signed

log = structlog.get_logger()

_HASHES = dict(HASHES.values())


@dataclass(frozen=True)
class Answered:
    """An OCSPResponse, and until when it may be kept by others; None for refusals and answers to one asker."""

    der: bytes
    good_for: timedelta | None = None


def answer(session: Session, parts: Authority, data: bytes, at: datetime) -> Answered:
    """Answer a request, whatever its bytes are."""
    try:
        request = ocsp_requests.read(data)
    except MalformedOcspRequest:
        return Answered(refused(Refusal.MALFORMED))
    found = _issuer(session, request)
    if found is None:
        return Answered(refused(Refusal.UNAUTHORIZED))
    authority, issuer = found
    responders = service_certificates(OCSP_RESPONDER.name, at).filter_by(authority=authority)
    responder = session.scalars(responders.limit(1)).one_or_none()
    if responder is None:
        log.warning("ocsp_responder_missing", authority=authority)
        return Answered(refused(Refusal.TRY_LATER))
    said = tuple(_said(session, authority, each) for each in request.asked)
    try:
        return _signed(session, parts, responder, request, said, issuer, at)
    except DomainError as refusal:
        log.warning("ocsp_not_signed", authority=authority, code=refusal.code)
        return Answered(refused(Refusal.TRY_LATER if refusal.retryable else Refusal.INTERNAL_ERROR))


def _signed(
    session: Session,
    parts: Authority,
    responder: IssuedCertificate,
    request: OcspRequest,
    said: tuple[Said, ...],
    issuer: Certificate,
    at: datetime,
) -> Answered:
    certificate = kept(responder.der or b"")
    signer = parts.signer_for(session, responder.key_id or "")
    if signer.public.spki != asymmetric.public_key(certificate.spki).spki:
        raise AuthorityKeyDiffers(responder.authority)
    moment = whole_seconds(at)
    draft = AnswerDraft(said, moment, moment + parts.ocsp_life, issuer.not_before, certificate.spki, request.nonce)
    algorithm = signature_for(signer.public.kind)
    found = whole(draft.tbs, algorithm, signed(signer, algorithm, draft.tbs), certificate.der)
    OcspAnswer.of(found)  # what our own reader refuses leaves no house
    return Answered(found, parts.ocsp_life if request.nonce is None else None)


def _issuer(session: Session, request: OcspRequest) -> tuple[str, Certificate] | None:
    """Find the one authority that all questions are about."""
    for row, certificate in own_certificates(session):
        if all(_is_about(each, certificate) for each in request.asked):
            return row.id, certificate
    return None


def _is_about(asked: CertId, issuer: Certificate) -> bool:
    compute = _HASHES.get(asked.hash)
    return (
        compute is not None
        and asked.issuer_name == compute(issuer.subject.der)
        and asked.issuer_key == compute(key_bits(issuer))
    )


def _said(session: Session, authority: str, asked: CertId) -> Said:
    query = select(IssuedCertificate).where(
        IssuedCertificate.authority == authority, IssuedCertificate.serial == f"{asked.serial:x}"
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        return Said(asked, known=False)
    if row.revoked_at is not None:
        return Said(asked, known=True, revoked=Entry(row.revoked_at, Reason(row.revoked_why or Reason.UNSPECIFIED)))
    return Said(asked, known=row.der is not None)
