"""What is refused about synchronisation. What another platform says of a record is an outcome, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchChannel(DomainError):
    """This site has no channel of this name."""

    target: str
    code: ClassVar[str] = "no-such-sync-channel"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchOutboxRow(DomainError):
    """Nothing with this number is to be told to anybody."""

    number: int
    code: ClassVar[str] = "no-such-outbox-row"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SyncStepNotAllowed(DomainError):
    """The row stands where this cannot be done."""

    number: int
    state: str
    step: str
    code: ClassVar[str] = "sync-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SyncOvertaken(DomainError):
    """A later version of the same thing has been told; the earlier one would undo it."""

    number: int
    version: int
    code: ClassVar[str] = "sync-overtaken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ChannelStepNotAllowed(DomainError):
    """The channel stands where this cannot be done."""

    target: str
    state: str
    step: str
    code: ClassVar[str] = "sync-channel-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchComparison(DomainError):
    """No comparison with another platform has this number."""

    number: int
    code: ClassVar[str] = "no-such-sync-comparison"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchDifference(DomainError):
    """No difference between two sides has this number."""

    number: int
    code: ClassVar[str] = "no-such-sync-difference"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class DifferenceStepNotAllowed(DomainError):
    """The difference cannot be repaired as it stands."""

    number: int
    reason: str
    code: ClassVar[str] = "sync-difference-not-repairable"
    kind: ClassVar[Kind] = Kind.CONFLICT
