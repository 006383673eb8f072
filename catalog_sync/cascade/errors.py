"""What is refused about other sites. What is said of one of their records is an outcome, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchCascadePartner(DomainError):
    """No site is registered under this name."""

    name: str
    code: ClassVar[str] = "no-such-cascade-partner"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CascadePartnerKnown(DomainError):
    """A site of this name, or with this system, is registered already."""

    name: str
    code: ClassVar[str] = "cascade-partner-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableCascadePartner(DomainError):
    """A site cannot be registered as it is told."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-cascade-partner"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CascadeCallerRefused(DomainError):
    """Whoever asks is registered as no other site, or did not sign with SM2."""

    needed: str
    code: ClassVar[str] = "cascade-caller-refused"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnknownCascadeMark(DomainError):
    """The mark was not given out by this site."""

    code: ClassVar[str] = "unknown-cascade-mark"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchHeldRecord(DomainError):
    """Nothing with this number was told by another site."""

    id: int
    code: ClassVar[str] = "no-such-held-record"
    kind: ClassVar[Kind] = Kind.MISSING
