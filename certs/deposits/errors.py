"""What is refused of finished files: each reason its own, so that whoever sent it knows what to mend."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class DepositTypeNotCollected(DomainError):
    """The library takes no finished files of this type."""

    type: str
    holding: str
    code: ClassVar[str] = "deposit-type-not-collected"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DepositUnreadable(DomainError):
    """The file can be read neither as OFD nor as PDF."""

    reason: str
    code: ClassVar[str] = "deposit-unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositUnsigned(DomainError):
    """The file bears no seal and no signature."""

    code: ClassVar[str] = "deposit-unsigned"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositForged(DomainError):
    """A seal of the file is not right: forged, or the file was changed after it was sealed."""

    sub_indication: str
    check: str
    code: ClassVar[str] = "deposit-forged"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositHalfCovered(DomainError):
    """Parts of the file are not protected by its seal, and may have been changed since."""

    parts: int
    first: str
    code: ClassVar[str] = "deposit-half-covered"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositUndecided(DomainError):
    """Whether the seal is right cannot be decided here, for example because its authority's root is not imported."""

    sub_indication: str
    check: str
    code: ClassVar[str] = "deposit-undecided"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DepositSealedByAnother(DomainError):
    """The seal is right, but it is not that of the organ which is said to have issued the certificate."""

    issuer: str
    sealer: str
    code: ClassVar[str] = "deposit-sealed-by-another"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositOfAnotherType(DomainError):
    """The file says that it is a certificate of another type than the one it was sent as."""

    type: str
    found: str
    code: ClassVar[str] = "deposit-of-another-type"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositMetadataMissing(DomainError):
    """Neither the file nor its sender tells something that the library must know."""

    elements: str
    code: ClassVar[str] = "deposit-metadata-missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositMetadataDiffers(DomainError):
    """The file says something else than its sender."""

    elements: str
    code: ClassVar[str] = "deposit-metadata-differs"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DepositIdentifierTaken(DomainError):
    """The library holds another file under the identifier that this one bears."""

    identifier: str
    code: ClassVar[str] = "deposit-identifier-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT
