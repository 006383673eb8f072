"""What the exchange refuses about its change feed, subscriptions and pushes."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class ChangeCursorGone(DomainError):
    """The cursor names no change that is still kept, or one of another history of this service."""

    reason: str
    code: ClassVar[str] = "change-cursor-gone"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnknownChangeType(DomainError):
    """No change has this type."""

    type: str
    code: ClassVar[str] = "unknown-change-type"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchSubscription(DomainError):
    """There is no subscription of that id."""

    subscription: str
    code: ClassVar[str] = "no-such-subscription"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TooManySubscriptions(DomainError):
    """The organisation has as many subscriptions as it may have."""

    limit: int
    code: ClassVar[str] = "too-many-subscriptions"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableSubscription(DomainError):
    """The subscription cannot be kept: the pointer names the member, the reason what is wrong with it."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-subscription"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class SubscriptionStepNotAllowed(DomainError):
    """The subscription does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "subscription-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CallbackNotProven(DomainError):
    """The address did not answer the challenge, so nothing is sent to it."""

    reason: str
    code: ClassVar[str] = "callback-not-proven"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class DeliveryKeyMissing(DomainError):
    """This site names no SM2 key for signing what it delivers."""

    code: ClassVar[str] = "delivery-key-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoSuchDelivery(DomainError):
    """There is no delivery of that number, or it is still waiting."""

    delivery: int
    code: ClassVar[str] = "no-such-delivery"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchPush(DomainError):
    """There is no push of that id."""

    push: str
    code: ClassVar[str] = "no-such-push"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchPushRun(DomainError):
    """The push has no run of that id."""

    run: str
    code: ClassVar[str] = "no-such-push-run"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TooManyPushes(DomainError):
    """The organisation has as many pushes as it may have."""

    limit: int
    code: ClassVar[str] = "too-many-pushes"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusablePush(DomainError):
    """The push cannot be kept: the pointer names the member, the reason what is wrong with it."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-push"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class PushStepNotAllowed(DomainError):
    """The push does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "push-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PushUnderWay(DomainError):
    """A run of this push has not ended."""

    run: str
    code: ClassVar[str] = "push-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PushNotServed(DomainError):
    """No mount serves the directory, or it is not published any more."""

    directory: str
    code: ClassVar[str] = "push-not-served"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PushSourceFailed(DomainError):
    """The source did not give the next rows."""

    outcome: str
    reason: str
    code: ClassVar[str] = "push-source-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class PushDestinationFailed(DomainError):
    """The destination did not take the rows."""

    reason: str
    code: ClassVar[str] = "push-destination-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class PushTargetForeign(DomainError):
    """The destination holds something of that name that no push made; it is not replaced."""

    target: str
    code: ClassVar[str] = "push-target-foreign"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TooManyRejects(DomainError):
    """So many rows do not fit the directory that the load was given up."""

    limit: int
    code: ClassVar[str] = "too-many-rejects"
    kind: ClassVar[Kind] = Kind.CONFLICT
