"""The signers of a signed message (GB/T 35275, CMS): what `keys.cms.verification` found, in the codes of reports.

A detached message covers what the document says is signed. One with content covers that content, which then has to be
the document's digest (as bytes, or in base64: told) or the very bytes of it; that is checked before anything else.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import algorithms
from keys.algorithms.algorithm import Digest
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.chain import VerifiedPath
from keys.cms import numbers, verification
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import Deviation
from keys.cms.signed_data import SignedData, SignerInfo
from keys.cms.verification import Covered, Digested, Outcome, SignatureFinding
from keys.errors import UnknownAlgorithm
from keys.trust import Trust
from signing.formats.format import Message, joined
from signing.policy import Compatibility, Policy
from signing.report import Check, failed, not_checked, passed, warned
from signing.signature_values import digest_of

SHA1_SIZE: Final = 20
_STANDARD_OF: Final = {each.signed_data: each.name for each in numbers.FAMILIES}


@dataclass(frozen=True)
class JudgedSigner:
    """What was found of one signer; the time is the signer's own word, inside of what was signed."""

    checks: tuple[Check, ...]
    certificate: Certificate | None
    signing_time: datetime | None
    algorithm: str | None


def standard(signed: SignedData) -> str:
    """Name the standard of a message by its content type."""
    return _STANDARD_OF[signed.kind]


def judge(
    signed: SignedData, signer: SignerInfo, message: Message, others: Iterable[Certificate], policy: Policy
) -> JudgedSigner:
    """Judge one signer by the certificate that goes by its name, in the message or among others at hand."""
    checks = [*_of_content(signed, signer, message)]
    candidates = dict.fromkeys((*signed.candidates(signer), *(each for each in others if signer.id.names(each))))
    signing_time = signer.attributes.signing_time if signer.attributes is not None else None
    if not candidates:
        return JudgedSigner((*checks, failed("SIGNER_CERT_NOT_FOUND")), None, signing_time, None)
    covered = _covered(signed, signer, message)
    found = [verification.verify(signer, each, covered) for each in candidates]
    best = next((each for each in found if each.ok), found[0])
    checks.extend(_told(best, signed, policy))
    return JudgedSigner(tuple(checks), best.certificate, signing_time, best.algorithm)


def accepted(found: JudgedSigner, policy: Policy, at: datetime) -> Iterator[Check]:
    """Tell whether the policy takes the algorithm for good at the moment of signing."""
    if found.algorithm is not None and not policy.accepts(found.algorithm, at):
        yield failed("ALG_WEAK", algorithm=found.algorithm)


def not_needed(
    signed: SignedData | None, tokens: Iterable[bytes], paths: Sequence[VerifiedPath], trust: Trust
) -> Iterator[Check]:
    """Tell of certificates beside the signatures that no path rests on: nothing signs those (RFC 5652 5.1)."""
    if not paths:
        return
    read = (*(() if signed is None else (signed,)), *_read(tokens))
    ours = (*(each.certificate for each in trust.anchors), *trust.intermediates)
    known = {each.der for each in (*ours, *(one for path in paths for one in path.certificates))}
    count = sum(each.der not in known for one in read for each in one.certificates)
    if count:
        yield not_checked("CERTIFICATES_NOT_NEEDED", count=count)


def _read(tokens: Iterable[bytes]) -> Iterator[SignedData]:
    """Read time stamps as the messages that they are; one that cannot be read so has been told by who judged it."""
    for each in tokens:
        with suppress(MalformedSignedData, NoSigner):
            yield SignedData.of(each, numbers.FIELD_WITH_RAW)


def _of_content(signed: SignedData, signer: SignerInfo, message: Message) -> Iterator[Check]:
    """Hold the content of a message that carries one against the document."""
    if signed.content is None:
        return
    if len(signed.content) == SHA1_SIZE:
        yield failed("ALG_WEAK", algorithm="sha-1")
    for digest in dict.fromkeys((_digest(signer), SM3)):
        form = verification.holds_digest(signed.content, digest_of(message, digest))
        if form is not None:
            if form != "raw":
                yield warned("NONSTANDARD_ENCODING", deviation="digest-as-base64")
            yield passed("DATAHASH_MISMATCH", digest=digest.name)
            return
    same = len(signed.content) == sum(len(each) for each in message) and signed.content == joined(message)
    yield (passed if same else failed)("DATAHASH_MISMATCH", digest="content")


def _covered(signed: SignedData, signer: SignerInfo, message: Message) -> Covered:
    """Give what the signature goes over; only without attributes the whole message has to be put together."""
    if signed.content is not None:
        return signed.content
    if signer.attributes is None:
        return joined(message)
    digest = _digest(signer)
    return Digested(digest.name, digest_of(message, digest))


def _digest(signer: SignerInfo) -> Digest:
    try:
        return algorithms.digest(signer.digest)
    except UnknownAlgorithm:
        return SM3


def _told(found: SignatureFinding, signed: SignedData, policy: Policy) -> Iterator[Check]:
    """Put a finding into the codes of reports."""
    algorithm = found.algorithm or "unknown"
    if found.intact is not None and (signed.content is None or not found.intact) and _asked_for_digest(found):
        yield (passed if found.intact else failed)("DATAHASH_MISMATCH", digest=found.digest or "")
    if found.right is not None:
        yield (passed if found.right else failed)("SIGNATURE_VALUE_INVALID", algorithm=algorithm)
        raw = Deviation.RAW_SIGNATURE in found.deviations
        if raw and Compatibility.RAW_SIGNATURE in policy.compatibility:
            yield warned("COMPATIBILITY_USED", profile=Compatibility.RAW_SIGNATURE.value)
    match found.outcome:
        case Outcome.DEVIATES | Outcome.ATTRIBUTES:
            yield failed("VALUE_MALFORMED", reason=found.reason)
        case Outcome.NO_CERTIFICATE:
            yield failed("SIGNER_CERT_NOT_FOUND")
        case Outcome.ANOTHER_CERTIFICATE:
            yield failed("SIGNER_ATTRIBUTE_MISMATCH")
        case Outcome.UNSUPPORTED | Outcome.KEY:
            yield failed("ALG_UNSUPPORTED", algorithm=found.reason)
        case Outcome.WEAK:
            yield failed("ALG_WEAK", algorithm=found.reason)
        case Outcome.UNCHECKED:
            yield not_checked("SIGNATURE_VALUE_INVALID", reason=found.reason)
        case Outcome.OK | Outcome.HASH | Outcome.CRYPTO:
            pass


def _asked_for_digest(found: SignatureFinding) -> bool:
    """Tell whether *intact* was found by a digest: a wrong signature right over the content tells nothing of it."""
    return found.intact is True or found.outcome is Outcome.HASH
