"""What the exchange refuses about zones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchZone(DomainError):
    """There is no such zone, or it is not published and you are not among those who prepare it."""

    zone: str
    code: ClassVar[str] = "no-such-zone"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ZoneTaken(DomainError):
    """There is a zone of this code already."""

    zone: str
    code: ClassVar[str] = "zone-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourZone(DomainError):
    """The caller does not belong to the side whose step this is."""

    zone: str
    step: str
    code: ClassVar[str] = "not-your-zone"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class ZoneStepNotAllowed(DomainError):
    """The zone does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "zone-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableZone(DomainError):
    """The zone names what is not there: a directory that is not published, an item, a subject key."""

    first: str
    fault: str
    code: ClassVar[str] = "unusable-zone"
    kind: ClassVar[Kind] = Kind.MALFORMED

    def __post_init__(self) -> None:
        """Begin with the first place alone; whoever refuses adds the others."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class ZoneForbidden(DomainError):
    """The zone takes in what is not shared; the rule is named, and every place that it forbids."""

    told: str
    rule: str
    basis: str
    code: ClassVar[str] = "zone-forbidden"
    kind: ClassVar[Kind] = Kind.FORBIDDEN

    def __post_init__(self) -> None:
        """Begin with the first place alone; whoever refuses adds the others."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class NoSuchZoneMember(DomainError):
    """The zone has no such directory of yours."""

    zone: str
    directory: str
    code: ClassVar[str] = "no-such-zone-member"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NothingToAskFor(DomainError):
    """Every directory of the zone is granted, asked for, one's own, or not to be had."""

    zone: str
    code: ClassVar[str] = "nothing-to-ask-for"
    kind: ClassVar[Kind] = Kind.CONFLICT
