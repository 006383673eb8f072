"""The time-stamping authority (RFC 3161): an SM3 imprint gets a token of SM2, a SHA-2 one of ECDSA or RSA.

`recorded` puts the token's serial number, imprint and time on record, and the edge commits; `granted` signs what is on
record. Two refusals protect the time: a moment further behind the last token than the clock may be off is not stamped
(the clock was set back), and what is said is the second that has begun, with an accuracy that covers the rest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import Digest, KeyKind
from keys.algorithms.international import SHA256, SHA384, SHA512
from keys.algorithms.sm3 import SM3
from keys.anchors import kept
from keys.authority import time_stamp_requests as requests
from keys.authority.drafts import SERIAL_OCTETS, serial_of
from keys.authority.errors import AuthorityKeyDiffers, FaultyCertificate, TimeStampRejected
from keys.authority.models import CertificateAuthority, IssuedCertificate, RecordedTimeStamp
from keys.authority.records import service_certificates
from keys.authority.states import ACTIVE
from keys.authority.templates import KINDS, TIME_STAMP_AUTHORITY
from keys.authority.time_stamp_requests import TimeStampRequest
from keys.authority.time_stamp_writing import TokenDraft, token
from keys.authority.wiring import Authority
from keys.authority.writing import signature_for, whole_seconds
from keys.certificates import Certificate
from keys.parties.acting import record
from keys.signers.signer import signed
from keys.timestamps import proven_signer, require_imprint
from keys.timestamps import token as read_token

# Machines that share a time server differ by less than a second (base.health's own limit); past two the clock is wrong.
CLOCK_BACK_LIMIT: Final = timedelta(seconds=2)
# Which keys stamp which digests.
_FAMILIES: Final[dict[Digest, frozenset[KeyKind]]] = {
    SM3: frozenset({KeyKind.SM2}),
    SHA256: KINDS - {KeyKind.SM2},
    SHA384: KINDS - {KeyKind.SM2},
    SHA512: KINDS - {KeyKind.SM2},
}


@dataclass(frozen=True)
class OnRecord:
    """A time stamp that is on record and waits for its signature."""

    request: TimeStampRequest
    serial: int
    at: datetime
    policy: str
    certificate: Certificate
    key_id: str


def recorded(session: Session, parts: Authority, data: bytes, by: Caller, at: datetime) -> OnRecord:
    """Put a time stamp on record; the caller commits, and then has it granted. Raises `TimeStampRejected`."""
    request = requests.read(data)
    kinds = _kinds(request)
    if request.policy not in (None, parts.policy):
        raise TimeStampRejected(requests.UNACCEPTED_POLICY, parts.policy)
    _require_clock(session, at)
    row = _service(session, kinds, at)
    serial = serial_of(parts.random(SERIAL_OCTETS))
    session.add(
        RecordedTimeStamp(
            serial=f"{serial:x}",
            certificate=row.id,
            imprint_oid=request.imprint.oid,
            imprint=request.imprint.value.hex(),
            policy=parts.policy,
            at=at,
        )
    )
    session.flush()
    imprint = request.imprint.value.hex()
    record(session, by, at, "keys.time-stamp.recorded", Thing("time-stamp", f"{serial:x}"), imprint=imprint)
    moment = whole_seconds(at)
    return OnRecord(request, serial, moment, parts.policy, kept(row.der or b""), row.key_id or "")


def granted(session: Session, parts: Authority, waiting: OnRecord) -> bytes:
    """Sign a time stamp that is on record, verify it, and give the TimeStampResp.

    Raises `AuthorityKeyDiffers`, `FaultyCertificate`, and what custody and the key refuse.
    """
    signer = parts.signer_for(session, waiting.key_id)
    if signer.public.spki != asymmetric.public_key(waiting.certificate.spki).spki:
        raise AuthorityKeyDiffers(waiting.key_id)
    request = waiting.request
    draft = TokenDraft(
        request.imprint,
        waiting.policy,
        waiting.serial,
        waiting.at,
        parts.accuracy,
        request.nonce,
        waiting.certificate,
        signature_for(signer.public.kind),
        request.certificate,
    )
    made = token(draft, signed(signer, draft.algorithm, draft.attributes))
    found = read_token(made)
    require_imprint(found, request.imprint.value)
    proven_signer(found, (waiting.certificate,))
    if found.info.serial != waiting.serial:
        raise FaultyCertificate(f"{waiting.serial:x}", "token-reads-otherwise")
    return requests.granted(made)


def _kinds(request: TimeStampRequest) -> frozenset[KeyKind]:
    algorithm = request.imprint.algorithm
    kinds = None if algorithm is None else _FAMILIES.get(algorithm)
    if kinds is None:
        raise TimeStampRejected(requests.BAD_ALGORITHM, "sm3 | sha-256 | sha-384 | sha-512")
    return kinds


def _service(session: Session, kinds: frozenset[KeyKind], at: datetime) -> IssuedCertificate:
    """Find the newest certificate for time stamps of an active authority whose key is of one of the kinds."""
    living = select(CertificateAuthority.id).where(CertificateAuthority.state == ACTIVE)
    found = service_certificates(TIME_STAMP_AUTHORITY.name, at).where(IssuedCertificate.authority.in_(living))
    for row in session.scalars(found):
        if asymmetric.public_key(kept(row.der or b"").spki).kind in kinds:
            return row
    raise TimeStampRejected(requests.SYSTEM_FAILURE, "no-authority-for-this-algorithm")


def _require_clock(session: Session, at: datetime) -> None:
    newest = select(RecordedTimeStamp.at).order_by(RecordedTimeStamp.at.desc()).limit(1)
    last = session.scalars(newest).one_or_none()
    if last is not None and at < last - CLOCK_BACK_LIMIT:
        raise TimeStampRejected(requests.TIME_NOT_AVAILABLE, "clock-set-back")
