"""What signing and verifying refuse to do. A verdict is not among them: a bad signature is an answer, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnreadableDocument(DomainError):
    """The bytes are not a document that can be read within the limits."""

    format: str
    reason: str
    subject: str
    code: ClassVar[str] = "unreadable-document"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedSeal(DomainError):
    """The bytes are no seal and no sealed value of a standard that is known here."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-seal"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CannotSign(DomainError):
    """The document cannot take this signature."""

    format: str
    reason: str
    code: ClassVar[str] = "cannot-sign"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ValueDoesNotFit(DomainError):
    """The signature value is larger than the room that was made for it."""

    size: int
    reserve: int
    code: ClassVar[str] = "value-does-not-fit"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchSealKind(DomainError):
    """There is no kind of seal by that name."""

    name: str
    code: ClassVar[str] = "no-such-seal-kind"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchSeal(DomainError):
    """The register has no seal under that number."""

    id: str
    code: ClassVar[str] = "no-such-seal"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SealStepNotAllowed(DomainError):
    """The seal does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "seal-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SamePerson(DomainError):
    """One person must not do both steps."""

    step: str
    other: str
    code: ClassVar[str] = "same-person"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotTheOwners(DomainError):
    """The caller does not belong to the organisation that owns the seal."""

    id: str
    code: ClassVar[str] = "not-the-owners"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class PersonNeeded(DomainError):
    """This step is taken by a person, never by a system."""

    step: str
    code: ClassVar[str] = "person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableSealPicture(DomainError):
    """The picture cannot become a seal."""

    reason: str
    code: ClassVar[str] = "unusable-seal-picture"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableSealSize(DomainError):
    """The size is not one of this kind of seal."""

    width_mm: int
    height_mm: int
    smallest_mm: int
    largest_mm: int
    code: ClassVar[str] = "unusable-seal-size"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableSealPeriod(DomainError):
    """The period of the seal is empty, over, too long, or not within its certificate's."""

    reason: str
    code: ClassVar[str] = "unusable-seal-period"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnfitSealCertificate(DomainError):
    """The certificate cannot stand in this seal."""

    reason: str
    code: ClassVar[str] = "unfit-seal-certificate"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnfitSeal(DomainError):
    """What the maker made is not the seal that was agreed on."""

    reason: str
    code: ClassVar[str] = "unfit-seal"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RenewalUnderWay(DomainError):
    """An edition of this seal is already on its way."""

    id: str
    code: ClassVar[str] = "renewal-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchAuthorisation(DomainError):
    """There is no authorisation under that number."""

    id: str
    code: ClassVar[str] = "no-such-authorisation"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableAuthorisation(DomainError):
    """The authorisation says something that cannot be kept."""

    reason: str
    code: ClassVar[str] = "unusable-authorisation"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class SealNotUsable(DomainError):
    """The seal cannot be used now."""

    id: str
    state: str
    code: ClassVar[str] = "seal-not-usable"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UseNotAuthorised(DomainError):
    """No authorisation of the seal's owner covers this use."""

    id: str
    reason: str
    code: ClassVar[str] = "use-not-authorised"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class CeilingReached(DomainError):
    """The authorisation's ceiling of uses for today is reached."""

    id: str
    ceiling: int
    code: ClassVar[str] = "seal-ceiling-reached"
    kind: ClassVar[Kind] = Kind.TOO_MANY


@dataclass(eq=False)
class DraftNotSound(DomainError):
    """The document is already damaged or wrongly signed, so nothing is put on top of it."""

    verdict: str
    sub_indication: str
    check: str
    code: ClassVar[str] = "draft-not-sound"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotValidAfterSigning(DomainError):
    """What was just signed does not verify as valid, so it is not handed out."""

    verdict: str
    sub_indication: str
    check: str
    code: ClassVar[str] = "not-valid-after-signing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class UnfitMakingRequest(DomainError):
    """The request does not lead to the seal that it speaks of, so nothing is signed."""

    reason: str
    code: ClassVar[str] = "unfit-making-request"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSealMaker(DomainError):
    """This site makes no seals."""

    code: ClassVar[str] = "no-seal-maker"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TimeStampDiffers(DomainError):
    """The time-stamp authority answered another question."""

    what: str
    code: ClassVar[str] = "time-stamp-differs"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
