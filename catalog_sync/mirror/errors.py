"""What is refused about the mirror."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotMirrored(DomainError):
    """The mirror has no such thing."""

    what: str
    name: str
    code: ClassVar[str] = "not-mirrored"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NothingOffered(DomainError):
    """Nobody offers that to be copied."""

    target: str
    what: str
    code: ClassVar[str] = "nothing-offered"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class MirrorLoadNotHeld(DomainError):
    """The load waits for nobody."""

    number: int
    state: str
    code: ClassVar[str] = "mirror-load-not-held"
    kind: ClassVar[Kind] = Kind.CONFLICT
