"""What is refused about wire dialects: requests that cannot be read, parties that do not fit, and their register."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class DialectHeaderRefused(DomainError):
    """A header of the dialect is missing, doubled, too long, or not of its form."""

    header: str
    reason: str
    code: ClassVar[str] = "dialect-header-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectBodyRefused(DomainError):
    """The body or the parameters cannot be read as this dialect's question."""

    reason: str
    code: ClassVar[str] = "dialect-body-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectPurposeRefused(DomainError):
    """What the request tells, with its account's defaults, makes no purpose."""

    pointer: str
    reason: str
    code: ClassVar[str] = "dialect-purpose-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectPartyRefused(DomainError):
    """The request speaks for a party that its caller is not."""

    header: str
    code: ClassVar[str] = "dialect-party-refused"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableDialectEntry(DomainError):
    """An account or a service of a dialect cannot be kept as it is told."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-dialect-entry"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectEntryKnown(DomainError):
    """The dialect has an account or a service of that name already."""

    dialect: str
    name: str
    code: ClassVar[str] = "dialect-entry-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchDialectEntry(DomainError):
    """The dialect has no account or service of that name."""

    dialect: str
    name: str
    code: ClassVar[str] = "no-such-dialect-entry"
    kind: ClassVar[Kind] = Kind.MISSING
