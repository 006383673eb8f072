"""What supervision notices refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchSupervisionNotice(DomainError):
    """There is no such notice, or it is told to somebody else."""

    notice: str
    code: ClassVar[str] = "no-such-supervision-notice"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SupervisionReceiptDiffers(DomainError):
    """The notice has another receipt already."""

    notice: str
    code: ClassVar[str] = "supervision-receipt-differs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SupervisionNotReceived(DomainError):
    """A notice is answered for before its receipt was given."""

    notice: str
    code: ClassVar[str] = "supervision-not-received"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SupervisionFeedbackDiffers(DomainError):
    """Another feedback has this key already."""

    notice: str
    key: str
    code: ClassVar[str] = "supervision-feedback-differs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableSupervisionFeedback(DomainError):
    """What the feedback says cannot be so."""

    reason: str
    code: ClassVar[str] = "unusable-supervision-feedback"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchSupervisionRule(DomainError):
    """There is no such rule."""

    rule: int
    code: ClassVar[str] = "no-such-supervision-rule"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SupervisionRuleNotYours(DomainError):
    """Who supervises whom is laid down by the authority over both."""

    supervisor: str
    code: ClassVar[str] = "supervision-rule-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class SupervisionRuleStands(DomainError):
    """The same rule stands already."""

    rule: int
    code: ClassVar[str] = "supervision-rule-stands"
    kind: ClassVar[Kind] = Kind.CONFLICT
