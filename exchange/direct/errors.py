"""What is refused about data that is delivered directly."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotOfferedDirectly(DomainError):
    """The directory's department does not deliver it directly."""

    directory: str
    code: ClassVar[str] = "not-offered-directly"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableDirectOffer(DomainError):
    """A directory cannot be delivered directly as it is told."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-direct-offer"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchDirectSubscription(DomainError):
    """There is no direct subscription of that id."""

    subscription: str
    code: ClassVar[str] = "no-such-direct-subscription"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class DirectlySubscribed(DomainError):
    """The organisation subscribes to this directory directly already."""

    subscription: str
    code: ClassVar[str] = "directly-subscribed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DirectStepNotAllowed(DomainError):
    """The direct subscription or offer does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "direct-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotDeliveredNow(DomainError):
    """Nothing is delivered under the direct subscription now; the reason says why."""

    subscription: str
    reason: str
    code: ClassVar[str] = "not-delivered-now"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnknownDirectMark(DomainError):
    """The mark was not given out for this directory."""

    code: ClassVar[str] = "unknown-direct-mark"
    kind: ClassVar[Kind] = Kind.MALFORMED
