"""What the exchange refuses about sharing: requests, grants, use lists, kinds of callers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotGranted(DomainError):
    """No grant lets this caller use this data for this purpose; the reason names the clause that the call breaks."""

    resource: str
    reason: str
    grant: str | None
    asked: str
    granted: str
    code: ClassVar[str] = "not-granted"
    kind: ClassVar[Kind] = Kind.FORBIDDEN

    def __post_init__(self) -> None:
        """Begin without words; whoever refuses adds those of the reason, in both languages."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class NoSuchShareRequest(DomainError):
    """There is no such request."""

    request: str
    code: ClassVar[str] = "no-such-share-request"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ShareRequestStepNotAllowed(DomainError):
    """The request does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "share-request-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourShareRequest(DomainError):
    """The caller does not belong to the side whose step this is."""

    request: str
    step: str
    code: ClassVar[str] = "not-your-share-request"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class OwnShareRequest(DomainError):
    """Nobody checks a request that they wrote themselves."""

    step: str
    code: ClassVar[str] = "own-share-request"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class ReasonNeeded(DomainError):
    """This step is not taken without a reason."""

    step: str
    code: ClassVar[str] = "reason-needed"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableClauses(DomainError):
    """What is asked for or offered cannot become a grant; the first fault has a place and a code."""

    faults: int
    first: str
    first_code: str
    code: ClassVar[str] = "unusable-clauses"
    kind: ClassVar[Kind] = Kind.MALFORMED

    def __post_init__(self) -> None:
        """Begin with the first fault alone; whoever refuses adds the others."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class WiderThanAsked(DomainError):
    """What is offered gives more than was asked for, or more than the grant has."""

    clause: str
    code: ClassVar[str] = "wider-than-asked"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class AlreadyExtended(DomainError):
    """The term of this request was extended before, and there is one extension."""

    request: str
    code: ClassVar[str] = "already-extended"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotShareable(DomainError):
    """The directory is not published, or is the requester's own."""

    directory: str
    reason: str
    code: ClassVar[str] = "not-shareable"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchGrant(DomainError):
    """There is no such grant."""

    grant: str
    code: ClassVar[str] = "no-such-grant"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class GrantStepNotAllowed(DomainError):
    """The grant does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "grant-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourGrant(DomainError):
    """The caller does not belong to the side whose step this is."""

    grant: str
    step: str
    code: ClassVar[str] = "not-your-grant"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableCallerKind(DomainError):
    """An organisation cannot be this kind of caller, or not without what the kind needs."""

    organisation: str
    reason: str
    code: ClassVar[str] = "unusable-caller-kind"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NotYourCaller(DomainError):
    """The organisation is not of the region for which this authority keeps the register."""

    organisation: str
    code: ClassVar[str] = "not-your-caller"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchUseList(DomainError):
    """There is no such use list."""

    use_list: str
    code: ClassVar[str] = "no-such-use-list"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class FaultyUseList(DomainError):
    """The rows of a use list cannot be taken in."""

    faults: int
    row: int
    column: str
    reason: str
    code: ClassVar[str] = "faulty-use-list"
    kind: ClassVar[Kind] = Kind.MALFORMED

    def __post_init__(self) -> None:
        """Begin with the first fault alone; whoever refuses adds the others."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class UseListStepNotAllowed(DomainError):
    """The use list does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "use-list-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableEffectiveDate(DomainError):
    """A use list cannot come into force at that moment."""

    reason: str
    code: ClassVar[str] = "unusable-effective-date"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NotYourUseList(DomainError):
    """The use list is another authority's."""

    use_list: str
    code: ClassVar[str] = "not-your-use-list"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
