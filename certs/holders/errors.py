"""What is refused in the holder's view."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotBoundAsHolder(DomainError):
    """The account is not bound to any holder's code, or not to this one."""

    code: ClassVar[str] = "not-bound-as-holder"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableBinding(DomainError):
    """This person cannot be bound to this holder's code in this way."""

    reason: str
    code: ClassVar[str] = "unusable-holder-binding"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchHolderUse(DomainError):
    """There is no such use of one's own certificates, or it is not told yet."""

    usage: str
    code: ClassVar[str] = "no-such-holder-use"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UseEvaluated(DomainError):
    """The holder has evaluated this use already."""

    usage: str
    code: ClassVar[str] = "use-already-evaluated"
    kind: ClassVar[Kind] = Kind.CONFLICT
