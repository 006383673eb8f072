"""What the exchange refuses about mounts: where data lies, and what is asked of it."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnusableMount(DomainError):
    """A mount's declaration cannot be used: the pointer names the member, the reason what is wrong with it."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-mount"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnaskableQuestion(DomainError):
    """A question names what the directory does not have, or a value that is not of the item's type."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unaskable-question"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchMount(DomainError):
    """There is no mount of that id."""

    mount: str
    code: ClassVar[str] = "no-such-mount"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class MountStepNotAllowed(DomainError):
    """The mount does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "mount-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class MountNotProven(DomainError):
    """The mount's last probe does not show that this declaration gives what the directory promises."""

    outcome: str
    differences: int
    code: ClassVar[str] = "mount-not-proven"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class MountChanged(DomainError):
    """The mount was changed while it was probed."""

    mount: str
    code: ClassVar[str] = "mount-changed"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class TooManyMounts(DomainError):
    """The directory has as many mounts as it may have."""

    limit: int
    code: ClassVar[str] = "too-many-mounts"
    kind: ClassVar[Kind] = Kind.CONFLICT
