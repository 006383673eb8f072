"""What the authority refuses; no fact here holds a name from a certificate or a key."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedSigningRequest(DomainError):
    """These bytes are not a certificate signing request of PKCS#10."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-signing-request"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class SigningRequestNotProven(DomainError):
    """The request's signature does not prove that its maker holds the key."""

    code: ClassVar[str] = "signing-request-not-proven"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedOcspRequest(DomainError):
    """These bytes are not an OCSP request that is answered here."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-ocsp-request"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class TimeStampRejected(DomainError):
    """The time-stamp request is not granted."""

    failure: str
    reason: str
    code: ClassVar[str] = "time-stamp-rejected"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnfitSubject(DomainError):
    """A certificate's name cannot be written with this attribute."""

    attribute: str
    reason: str
    code: ClassVar[str] = "unfit-certificate-subject"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnfitDraft(DomainError):
    """The certificate that was asked for breaks rules of its template or its issuer, so it is not signed."""

    template: str
    rules: str
    code: ClassVar[str] = "unfit-certificate-draft"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnknownTemplate(DomainError):
    """There is no certificate template of that name for this act."""

    template: str
    code: ClassVar[str] = "unknown-certificate-template"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchAuthority(DomainError):
    """There is no certificate authority of that name here."""

    authority: str
    code: ClassVar[str] = "no-such-authority"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class AuthorityKnown(DomainError):
    """A certificate authority of that name, or with that key, is here already."""

    authority: str
    code: ClassVar[str] = "authority-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AuthorityNotActive(DomainError):
    """The certificate authority is not in a state in which it signs this."""

    authority: str
    state: str
    code: ClassVar[str] = "authority-not-active"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AuthorityKeyDiffers(DomainError):
    """The key in custody is not the one that the record names."""

    authority: str
    code: ClassVar[str] = "authority-key-differs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchIssuedCertificate(DomainError):
    """The authority has no certificate of that serial number on record."""

    authority: str
    serial: str
    code: ClassVar[str] = "no-such-issued-certificate"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SecondPersonNeeded(DomainError):
    """Someone else than who proposed it must confirm."""

    thing: str
    code: ClassVar[str] = "second-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class PersonNeeded(DomainError):
    """What takes two persons is proposed and confirmed by people; a system is none."""

    thing: str
    code: ClassVar[str] = "authority-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NothingToConfirm(DomainError):
    """Nothing that was proposed waits for a confirmation there."""

    thing: str
    code: ClassVar[str] = "nothing-to-confirm"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotConfirmed(DomainError):
    """A second person has not confirmed it yet, so it is not signed."""

    thing: str
    code: ClassVar[str] = "not-confirmed-yet"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DraftTooOld(DomainError):
    """The draft waited too long to be signed."""

    serial: str
    days: int
    code: ClassVar[str] = "certificate-draft-too-old"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AlreadyRevoked(DomainError):
    """The certificate was revoked before."""

    serial: str
    code: ClassVar[str] = "certificate-already-revoked"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnfitRevocation(DomainError):
    """The certificate cannot be revoked in that way."""

    reason: str
    code: ClassVar[str] = "unfit-revocation"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CompromisedKey(DomainError):
    """The key was reported as compromised, so no certificate is issued for it any more."""

    code: ClassVar[str] = "compromised-key"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SerialTaken(DomainError):
    """The serial number that was drawn is in use."""

    code: ClassVar[str] = "serial-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class FaultyCertificate(DomainError):
    """What was just signed did not pass our own verification, so it was given to nobody."""

    serial: str
    reason: str
    code: ClassVar[str] = "faulty-certificate"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoRevocationList(DomainError):
    """The authority has not published a revocation list."""

    authority: str
    code: ClassVar[str] = "no-revocation-list"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableAuthoritySetting(DomainError):
    """A setting of the certificate authority cannot be worked with."""

    path: str
    expected: str
    code: ClassVar[str] = "unusable-authority-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED
