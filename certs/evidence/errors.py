"""What is refused about evidence packs and credentials."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoEvidenceKey(DomainError):
    """The library has no key, or no certificate of its key, to state things with."""

    reason: str
    code: ClassVar[str] = "no-evidence-key"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class EvidencePurposeNeeded(DomainError):
    """Who is neither holder nor issuer of a certificate says for what its evidence is asked for."""

    code: ClassVar[str] = "evidence-purpose-needed"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class EvidenceDenied(DomainError):
    """The evidence is not for this use; that it was asked for is on record."""

    reason: str
    usage_id: str
    code: ClassVar[str] = "evidence-denied"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class EvidenceNotSound(DomainError):
    """What was made does not verify as it has to, so it is not handed out."""

    verdict: str
    reason: str
    code: ClassVar[str] = "evidence-not-sound"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NotInLedger(DomainError):
    """The ledger has no entry of the certificate's coming to the library."""

    identifier: str
    code: ClassVar[str] = "certificate-not-in-ledger"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class UnusableHolderKey(DomainError):
    """The key that a credential is to be bound to cannot be used for that."""

    reason: str
    code: ClassVar[str] = "unusable-holder-key"
    kind: ClassVar[Kind] = Kind.MALFORMED
