"""What the exchange refuses about demands and the negative list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchDemand(DomainError):
    """There is no such demand."""

    demand: str
    code: ClassVar[str] = "no-such-demand"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NotYourDemand(DomainError):
    """The caller does not belong to the side whose step this is."""

    demand: str
    step: str
    code: ClassVar[str] = "not-your-demand"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class DemandStepNotAllowed(DomainError):
    """The demand does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "demand-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DemandForbidden(DomainError):
    """What is demanded stands on the negative list; the rule is named, and every place that it forbids."""

    told: str
    rule: str
    basis: str
    code: ClassVar[str] = "demand-forbidden"
    kind: ClassVar[Kind] = Kind.FORBIDDEN

    def __post_init__(self) -> None:
        """Begin with the first place alone; whoever refuses adds the others."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class UnusableDemand(DomainError):
    """The demand does not make sense: it is for one's own data, or names a step's facts wrongly."""

    reason: str
    code: ClassVar[str] = "unusable-demand"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DemandNotMet(DomainError):
    """The directory that is named does not meet the demand."""

    directory: str
    lacking: str
    code: ClassVar[str] = "demand-not-met"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchNegative(DomainError):
    """There is no such entry of the negative list in force."""

    entry: str
    code: ClassVar[str] = "no-such-negative"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NotYourNegative(DomainError):
    """The negative list is kept by the authority over those whom an entry is about."""

    provider: str
    code: ClassVar[str] = "not-your-negative"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
