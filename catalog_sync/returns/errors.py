"""What is refused about returns. What is wrong with one row is a reject, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchReturn(DomainError):
    """Nothing with this id is declared to come back, or was brought in."""

    what: str
    id: str
    code: ClassVar[str] = "no-such-return"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableReturn(DomainError):
    """A return cannot be declared as it is told."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-return"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class ReturnKnown(DomainError):
    """This table fills this directory already, or another return brings rows to this place."""

    name: str
    code: ClassVar[str] = "return-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ReturnStepNotAllowed(DomainError):
    """The return, or the load, does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "return-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT
