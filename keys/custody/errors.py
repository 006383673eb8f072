"""What custody refuses; facts name a key by its id and never by where it lies."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchCustodyKey(DomainError):
    """No key of that id is in custody."""

    key: str
    code: ClassVar[str] = "no-such-custody-key"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CustodyKeyNotActive(DomainError):
    """The key has not been let in by everyone who must, or was withdrawn."""

    key: str
    state: str
    code: ClassVar[str] = "custody-key-not-active"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CustodyKeyRetired(DomainError):
    """The key signs no longer; what it signed before can still be verified."""

    key: str
    code: ClassVar[str] = "custody-key-retired"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CustodyKeyDiffers(DomainError):
    """Where the key should lie there is another one, so it is not used."""

    key: str
    code: ClassVar[str] = "custody-key-differs"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class CustodyKeyKnown(DomainError):
    """A key of that id, at that address, or with that public half is in custody already."""

    key: str
    code: ClassVar[str] = "custody-key-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CustodyStateConflict(DomainError):
    """The key is in a state in which this cannot be done."""

    key: str
    state: str
    act: str
    code: ClassVar[str] = "custody-state-conflict"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SecondPersonNeeded(DomainError):
    """A key for seals or certificates is let in by two different people; this one has proposed it."""

    key: str
    code: ClassVar[str] = "custody-second-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class PersonNeeded(DomainError):
    """Only a person can propose or confirm a key; a system cannot."""

    code: ClassVar[str] = "custody-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnfitKeyUse(DomainError):
    """The key's id, use, kind or certificate does not fit together."""

    what: str
    reason: str
    code: ClassVar[str] = "unfit-key-use"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class KekUnusable(DomainError):
    """The key that wraps all data keys cannot be used, so nothing is sealed or opened."""

    reason: str
    code: ClassVar[str] = "kek-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class DataKeyUnusable(DomainError):
    """A data key cannot be unwrapped with the wrapping keys that the settings name."""

    data_key: str
    version: int
    code: ClassVar[str] = "data-key-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class UnreadableSealed(DomainError):
    """These bytes are no sealed value of this site."""

    reason: str
    code: ClassVar[str] = "unreadable-sealed-value"
    kind: ClassVar[Kind] = Kind.MALFORMED
