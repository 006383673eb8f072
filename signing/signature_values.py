"""Whether a signature value fits the bytes under it and the certificate beside it, and how a message is digested.

Not decided: whose certificate it is and whether anybody trusts it. What cannot be computed here is *not checked*.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import algorithms
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import DEFAULT_DISTID, Digest, KeyKind, SignatureAlgorithm
from keys.algorithms.sm2_signature import RAW_SIZE, Signature
from keys.algorithms.sm3 import SM3
from keys.cms import numbers
from keys.errors import (
    ComputationFailed,
    KeyDoesNotFit,
    MalformedSignature,
    UnknownAlgorithm,
    UnusableKey,
    VerifyingUnavailable,
)
from signing.formats.format import Message
from signing.policy import Compatibility, Policy
from signing.report import Check, failed, not_checked, passed, warned
from signing.seals.seal import Deviation, SignedPart


@dataclass(frozen=True)
class Codes:
    """The codes under which a signature value is told: a signer's or a seal maker's."""

    value: str
    certificate: str


SIGNER: Final = Codes("SIGNATURE_VALUE_INVALID", "SIGNER_CERT_MALFORMED")
MAKER: Final = Codes("SEAL_SIGNATURE_INVALID", "SEAL_MAKER_CERT_MALFORMED")


def digest_of(message: Message, digest: Digest) -> bytes:
    """Digest a message part by part, without joining it."""
    running = digest.start()
    for each in message:
        running.update(each)  # type: ignore[arg-type]  # any buffer is digested
    return running.finish()


def digest_for(algorithm: str) -> Digest:
    """Give the digest that goes with a signature algorithm's number; SM3 where it is not known."""
    try:
        name = algorithms.signature(algorithm).digest
    except UnknownAlgorithm:
        return SM3
    return SM3 if name is None else algorithms.digest(name)


def same(found: bytes, wanted: bytes) -> bool:
    """Compare digests."""
    return hmac.compare_digest(found, wanted)


def of_part(part: SignedPart, codes: Codes, policy: Policy, at: datetime) -> tuple[Check, ...]:
    """Judge the signature of a sealed value or of a seal; `at` is when it was made, as far as that is known."""
    weak = numbers.WEAK.get(part.algorithm)
    if weak is not None:
        return (failed("ALG_WEAK", algorithm=weak),)
    try:
        algorithm = algorithms.signature(part.algorithm)
    except UnknownAlgorithm:
        return (failed("ALG_UNSUPPORTED", algorithm=part.algorithm),)
    found = _judged(part, algorithm, codes, policy)
    if not policy.accepts(algorithm.name, at):
        return (*found, failed("ALG_WEAK", algorithm=algorithm.name))
    return found


def _judged(part: SignedPart, algorithm: SignatureAlgorithm, codes: Codes, policy: Policy) -> tuple[Check, ...]:
    if part.certificate is None:
        return (failed(codes.certificate, reason="malformed-certificate"),)
    value, noted = _value(part.value, algorithm, policy)
    if value is None:
        return noted
    try:
        public = asymmetric.public_key(part.certificate.spki)
        right = algorithm.verify(public, value, part.signed_bytes, distid=DEFAULT_DISTID)
    except UnusableKey as error:
        short = error.form == "rsa" and error.reason == "modulus-length-out-of-range"
        return (*noted, failed("ALG_WEAK" if short else "ALG_UNSUPPORTED", algorithm=f"{error.form}: {error.reason}"))
    except KeyDoesNotFit:
        right = False
    except (VerifyingUnavailable, ComputationFailed) as error:
        return (*noted, not_checked(codes.value, reason=error.code))
    made = passed if right else failed
    return (*noted, made(codes.value, algorithm=algorithm.name))


def _value(value: bytes, algorithm: SignatureAlgorithm, policy: Policy) -> tuple[bytes | None, tuple[Check, ...]]:
    """Give the value to verify; r ‖ s of 64 bytes only where the policy tolerates it, and told then."""
    if KeyKind.SM2 not in algorithm.kinds or len(value) != RAW_SIZE or _is_der(value):
        return value, ()
    if Compatibility.RAW_SIGNATURE not in policy.compatibility:
        return None, (failed("VALUE_MALFORMED", reason=Deviation.RAW_SIGNATURE.value),)
    told = warned("COMPATIBILITY_USED", profile=Compatibility.RAW_SIGNATURE.value)
    try:
        return Signature.from_raw(value).der, (told,)
    except MalformedSignature:
        return value, (told,)


def _is_der(value: bytes) -> bool:
    try:
        Signature.from_der(value)
    except MalformedSignature:
        return False
    return True
