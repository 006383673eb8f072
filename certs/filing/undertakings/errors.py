"""What undertakings refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchUndertaking(DomainError):
    """There is no such letter, promise or later paper, or it is not for whoever asks."""

    undertaking: str
    code: ClassVar[str] = "no-such-undertaking"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UndertakingStepNotAllowed(DomainError):
    """An undertaking does not stand where this step begins."""

    state: str
    step: str
    code: ClassVar[str] = "undertaking-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UndertakingNotYours(DomainError):
    """The step belongs to another organisation than the caller's."""

    step: str
    code: ClassVar[str] = "undertaking-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotForThisMaterial(DomainError):
    """The matter does not allow this material to be promised, or to come later."""

    material: str
    means: str
    code: ClassVar[str] = "not-for-this-material"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CaseIsClosed(DomainError):
    """The case is closed; nothing can stand in for its papers any more."""

    case: str
    code: ClassVar[str] = "case-is-closed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ReplyFileNotSigned(DomainError):
    """The file of a reply bears no valid seal of the organ that replies."""

    reason: str
    code: ClassVar[str] = "reply-file-not-signed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotReusable(DomainError):
    """The material was not handed in by this applicant, or may not serve again: no agreement, or too old."""

    reason: str
    code: ClassVar[str] = "material-not-reusable"
    kind: ClassVar[Kind] = Kind.CONFLICT
