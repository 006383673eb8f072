"""The form of a target: how a platform is told records, and how it is asked what it has got.

A target only translates: records into the platform's words, its answers into `Reply`. It keeps nothing and decides
nothing about when to send, how often, or what comes after what; that is `catalog_sync.push`. Whatever may happen on the
way is a value or one of the three errors below, never anything else:

- a `Reply` for each record that the platform has answered for, in the order of the records;
- `ChannelDown`: nobody answered, or only *later*; none of what was sent is known to have arrived or not;
- `ChannelRefused`: the platform does not let us in (credentials, certificate, our address): nothing was taken;
- `HostileAnswer`: the answer cannot be believed (wrong type, size, coding or signature); its bytes are the evidence.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from base.canonical import Json
from base.errors import DomainError, Kind
from catalog_sync.record import Record, Subject


class Outcome(enum.StrEnum):
    """What the platform says of one record."""

    ACCEPTED = "accepted"
    """Taken in; whether it is kept is told later, by a receipt."""
    STORED = "stored"
    """Kept: this is final."""
    REFUSED = "refused"
    """Not kept, with the platform's code and words; sending the same again will not help."""
    LATER = "later"
    """Not taken now (busy, a prerequisite is missing); the same may be sent again."""


@dataclass(frozen=True)
class Reply:
    """What the platform says of one record: its receipt's number, what it calls the thing, and its own words."""

    outcome: Outcome
    receipt: str | None = None
    upstream_id: str | None = None
    code: str = ""
    words: str = field(default="", repr=False)
    retry_after: float | None = None


@dataclass(frozen=True)
class Receipt:
    """A receipt that came later: about which record (our key, or what the platform calls it), and how it ended."""

    number: str
    about: str
    reply: Reply


@dataclass(frozen=True)
class Receipts:
    """Some receipts in the platform's order, and the mark from which to read on."""

    receipts: tuple[Receipt, ...]
    mark: str


@dataclass(frozen=True)
class Held:
    """One thing that the platform has: its version and content digest where it tells them, else what it calls it."""

    subject: Subject
    upstream_id: str | None = None
    version: int | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Listing:
    """A page of what the platform has, and the mark of the next page; none at the end."""

    held: tuple[Held, ...]
    mark: str | None


@dataclass(eq=False)
class ChannelDown(DomainError):
    """The other platform does not answer now."""

    target: str
    reason: str
    retry_after: float | None = None
    code: ClassVar[str] = "sync-channel-down"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class ChannelRefused(DomainError):
    """The other platform does not let us in."""

    target: str
    reason: str
    code: ClassVar[str] = "sync-channel-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class HostileAnswer(DomainError):
    """The other platform's answer cannot be believed."""

    target: str
    reason: str
    code: ClassVar[str] = "sync-answer-not-believed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE

    def __init__(self, target: str, reason: str, evidence: bytes = b"") -> None:
        """Keep the bytes apart from the facts, which are told to whoever reads the problem."""
        self.target, self.reason, self.evidence = target, reason, evidence
        super().__init__()


class Target(Protocol):
    """A platform that can be told records."""

    name: str
    kinds: frozenset[str]
    """Which kinds of records it takes."""
    knows_keys: bool
    """Whether it recognises a record by its key; if not, it is asked by `find` before anything is sent again."""
    most: int
    """How many records one exchange may hold."""

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Tell records; `known` gives what the platform calls the things that these need.

        Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`.
        """
        ...

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Ask whether this very version has arrived; none where it has not. Raises as `send` does."""
        ...

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Read the receipts since a mark (`""` from the beginning). Raises as `send` does."""
        ...

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List what the platform has of a kind, page by page. Raises as `send` does."""
        ...

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell what the platform says of itself: counts, limits, maintenance; empty where it tells nothing."""
        ...
