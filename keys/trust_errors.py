"""What certificates, revocation evidence and chains are refused for; a certificate is named by its fingerprint alone.

Two families. What cannot be read is malformed, wherever it came from. A `PathFailure` says why no path was verified:
it carries the facts of the place where the search came furthest, and `indeterminate` tells *could not be checked* from
*is not so*. Moments are written as RFC 3339.
"""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedCertificate(DomainError):
    """These bytes are not a certificate of the strict profile."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-certificate"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedRevocationList(DomainError):
    """These bytes are not a certificate revocation list."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-revocation-list"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedOcspAnswer(DomainError):
    """These bytes are not an answer of an OCSP responder."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-ocsp-answer"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class OcspRefused(DomainError):
    """The OCSP responder did not answer the question."""

    status: str
    code: ClassVar[str] = "ocsp-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class UnknownCertvalidator(DomainError):
    """The installed pyhanko-certvalidator is of a version for which our corrections were not checked."""

    found: str
    known: str
    code: ClassVar[str] = "unknown-certvalidator"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class PathFailure(DomainError):
    """The root of the reasons why no path was verified; of several, the one with the highest `rank` is told."""

    certificate: str
    kind: ClassVar[Kind] = Kind.FORBIDDEN
    rank: ClassVar[int] = 0
    indeterminate: ClassVar[bool] = False


@dataclass(eq=False)
class NoPath(PathFailure):
    """No chain leads from the certificate to an authority that is trusted for this purpose."""

    purpose: str
    code: ClassVar[str] = "no-certificate-path"
    rank: ClassVar[int] = 10
    indeterminate: ClassVar[bool] = True


@dataclass(eq=False)
class SignatureUnsupported(PathFailure):
    """A certificate is signed with an algorithm or key that is not accepted."""

    algorithm: str
    code: ClassVar[str] = "certificate-signature-unsupported"
    rank: ClassVar[int] = 20
    indeterminate: ClassVar[bool] = True


@dataclass(eq=False)
class SignatureWrong(PathFailure):
    """A certificate was altered, or an authority of the same name that is not known here signed it."""

    code: ClassVar[str] = "certificate-signature-wrong"
    rank: ClassVar[int] = 30
    indeterminate: ClassVar[bool] = True


@dataclass(eq=False)
class UnusableCertificateKey(PathFailure):
    """The public key in a certificate is malformed, out of range, or of a form that is not accepted."""

    reason: str
    code: ClassVar[str] = "unusable-certificate-key"
    rank: ClassVar[int] = 35


@dataclass(eq=False)
class NotAnAuthority(PathFailure):
    """A certificate was used to sign another and is not allowed to."""

    reason: str
    code: ClassVar[str] = "not-an-authority"
    rank: ClassVar[int] = 46


@dataclass(eq=False)
class PathTooLong(PathFailure):
    """An authority allows fewer authorities below itself than the chain has."""

    limit: int
    code: ClassVar[str] = "path-too-long"
    rank: ClassVar[int] = 45


@dataclass(eq=False)
class UnknownCriticalExtension(PathFailure):
    """A certificate demands that an extension be understood which is not known here."""

    extension: str
    code: ClassVar[str] = "unknown-critical-extension"
    rank: ClassVar[int] = 50


@dataclass(eq=False)
class NameNotPermitted(PathFailure):
    """A certificate bears a name that an authority above it may not give."""

    code: ClassVar[str] = "certificate-name-not-permitted"
    rank: ClassVar[int] = 55


@dataclass(eq=False)
class PolicyNotMet(PathFailure):
    """The chain was not issued under a certificate policy that is asked for."""

    code: ClassVar[str] = "certificate-policy-not-met"
    rank: ClassVar[int] = 56


@dataclass(eq=False)
class PathRefused(PathFailure):
    """A certificate of the chain cannot be processed by the rules of path validation."""

    reason: str
    code: ClassVar[str] = "certificate-path-refused"
    rank: ClassVar[int] = 54


@dataclass(eq=False)
class WrongUsage(PathFailure):
    """The certificate was not issued for this purpose."""

    purpose: str
    needed: str
    code: ClassVar[str] = "certificate-of-other-usage"
    rank: ClassVar[int] = 60


@dataclass(eq=False)
class NotYetValid(PathFailure):
    """A certificate was not yet valid at the moment asked about."""

    at: str
    not_before: str
    code: ClassVar[str] = "certificate-not-yet-valid"
    rank: ClassVar[int] = 70


@dataclass(eq=False)
class Expired(PathFailure):
    """A certificate had expired at the moment asked about."""

    at: str
    not_after: str
    code: ClassVar[str] = "certificate-expired"
    rank: ClassVar[int] = 71


@dataclass(eq=False)
class RevocationUnknown(PathFailure):
    """Whether a certificate was revoked could not be found out."""

    reason: str
    code: ClassVar[str] = "revocation-unknown"
    rank: ClassVar[int] = 80
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    indeterminate: ClassVar[bool] = True


@dataclass(eq=False)
class RevokedCertificate(PathFailure):
    """A certificate of the chain was revoked."""

    when: str
    why: str
    code: ClassVar[str] = "certificate-revoked"
    rank: ClassVar[int] = 90


@dataclass(eq=False)
class BudgetExhausted(PathFailure):
    """The search for a path was given up because it asked for more work than one answer may cost."""

    limit: str
    allowed: int
    code: ClassVar[str] = "path-budget-exhausted"
    kind: ClassVar[Kind] = Kind.TOO_LARGE
    rank: ClassVar[int] = 100
    indeterminate: ClassVar[bool] = True


@dataclass(eq=False)
class UnusableBundle(DomainError):
    """A file of certificates holds something that cannot be taken in; nothing of it was."""

    position: int
    reason: str
    code: ClassVar[str] = "unusable-bundle"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NotAnAnchor(DomainError):
    """A certificate cannot be an anchor of trust."""

    certificate: str
    reason: str
    code: ClassVar[str] = "not-an-anchor"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class AlreadyTrusted(DomainError):
    """The certificate is in the trust store already."""

    certificate: str
    code: ClassVar[str] = "already-trusted"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ConfirmedByProposer(DomainError):
    """An anchor is confirmed by another person than the one who proposed it."""

    certificate: str
    code: ClassVar[str] = "anchor-confirmed-by-proposer"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotTrusted(DomainError):
    """The trust store holds no such certificate, or it was withdrawn."""

    certificate: str
    code: ClassVar[str] = "not-in-trust-store"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SecondPersonNeeded(DomainError):
    """A confirmed anchor is not withdrawn by one person: it is suspended first, and a second person decides."""

    fingerprint: str
    code: ClassVar[str] = "anchor-needs-second-person"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AlreadySuspended(DomainError):
    """This anchor is suspended already and waits for a second person."""

    fingerprint: str
    code: ClassVar[str] = "anchor-already-suspended"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotSuspended(DomainError):
    """This anchor is not suspended, so there is nothing to confirm or lift."""

    fingerprint: str
    code: ClassVar[str] = "anchor-not-suspended"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class EndedBySuspender(DomainError):
    """A suspension is ended by another person than began it."""

    fingerprint: str
    code: ClassVar[str] = "anchor-suspended-by-same"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnknownPurpose(DomainError):
    """Certificates are not judged for a purpose of that name."""

    name: str
    code: ClassVar[str] = "unknown-certificate-purpose"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnfitEvidence(DomainError):
    """Revocation evidence does not fit its source: another issuer signed it, or a newer one is here."""

    reason: str
    code: ClassVar[str] = "unfit-revocation-evidence"
    kind: ClassVar[Kind] = Kind.CONFLICT
