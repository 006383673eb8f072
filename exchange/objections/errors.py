"""What the exchange refuses about objections."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchObjection(DomainError):
    """There is no such objection."""

    objection: str
    code: ClassVar[str] = "no-such-objection"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NotYourObjection(DomainError):
    """The caller does not belong to the side whose step this is."""

    objection: str
    step: str
    code: ClassVar[str] = "not-your-objection"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class ObjectionStepNotAllowed(DomainError):
    """The objection, or what this receiver has said to it, does not stand where the step begins."""

    step: str
    state: str
    code: ClassVar[str] = "objection-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourRecord(DomainError):
    """An objection is made to what one's own department received or gave; the rule that stands against it is named."""

    usage: str
    rule: str
    code: ClassVar[str] = "not-your-record"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class ObjectionUnderWay(DomainError):
    """The same department has objected to the same thing already, and that objection is not over."""

    objection: str
    code: ClassVar[str] = "objection-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NobodyToRule(DomainError):
    """Every authority that could rule is itself a party, and the site designates nobody else."""

    objection: str
    code: ClassVar[str] = "nobody-to-rule"
    kind: ClassVar[Kind] = Kind.CONFLICT
