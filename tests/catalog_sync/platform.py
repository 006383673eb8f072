"""A platform in memory in the form of a target, which can be bent: it fails as it is told to, and forgets nothing.

`arrivals` holds a key for each time that a record took effect, so that whatever was lost or doubled is seen there.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from base.canonical import Json
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.target import (
    ChannelDown,
    ChannelRefused,
    Held,
    HostileAnswer,
    Listing,
    Outcome,
    Receipt,
    Receipts,
    Reply,
)

PAGE = 50
KIND = "thing"
OTHER = "other"


@dataclass
class Platform:
    """A platform; `before` and `after` are called around the effect of an exchange, and may raise."""

    name: str = "platform"
    kinds: frozenset[str] = frozenset({KIND, OTHER})
    knows_keys: bool = True
    most: int = 10
    later: bool = False
    before: Callable[[Sequence[Record]], object] = lambda _records: None
    after: Callable[[Sequence[Record]], object] = lambda _records: None
    replying: Callable[[Record], Reply | None] = lambda _record: None
    arrivals: list[str] = field(default_factory=list)
    held: dict[Subject, Record] = field(default_factory=dict)
    answered: dict[str, Reply] = field(default_factory=dict)
    refusals: set[str] = field(default_factory=set)
    disorder: list[Record] = field(default_factory=list)
    early: list[Record] = field(default_factory=list)
    queue: list[Receipt] = field(default_factory=list)
    calls: list[tuple[str, datetime, int]] = field(default_factory=list)
    named: list[Mapping[Subject, str]] = field(default_factory=list)
    replays: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Take records."""
        with self._lock:
            self.calls.append(("send", at, len(records)))
            self.named.append(known)
        self.before(records)
        with self._lock:
            replies = [self._taken(record) for record in records]
        self.after(records)
        return replies

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Tell what became of a record."""
        self.calls.append(("find", at, 1))
        self.before([record])
        with self._lock:
            if record.key in self.refusals:
                return Reply(Outcome.REFUSED, code="X01", words="已退回")
            reply = self.answered.get(record.key)
            return Reply(Outcome.STORED, upstream_id=reply.upstream_id) if reply else None

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Give a page of receipts."""
        self.calls.append(("receipts", at, 0))
        self.before([])
        start = int(mark or 0)
        page = self.queue[start : start + PAGE]
        return Receipts(tuple(page), str(start + len(page)))

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List what is there."""
        del mark, at
        held = (each for each in self.held.values() if each.subject.kind == kind)
        return Listing(tuple(Held(each.subject, None, each.version, each.digest) for each in held), None)

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell nothing."""
        del at
        return {}

    def _taken(self, record: Record) -> Reply:
        kept = self.answered.get(record.key)
        if kept is not None and self.knows_keys:
            self.replays += 1
            return kept
        bent = self.replying(record)
        if bent is not None:
            return bent
        self._effect(record)
        upstream = f"up-{record.subject.kind}-{record.subject.id}"
        reply = Reply(Outcome.ACCEPTED if self.later else Outcome.STORED, f"r-{record.key[:16]}", upstream)
        self.answered[record.key] = reply
        if self.later:
            self.queue.append(Receipt(f"q-{len(self.queue)}", record.key, Reply(Outcome.STORED, upstream_id=upstream)))
        return reply

    def _effect(self, record: Record) -> None:
        self.arrivals.append(record.key)
        before = self.held.get(record.subject)
        if before is not None and before.version >= record.version:
            self.disorder.append(record)
        if any(need not in self.held for need in record.needs):
            self.early.append(record)
        if record.operation is Operation.DELETE:
            self.held.pop(record.subject, None)
        else:
            self.held[record.subject] = record

    def spoil(self, chance: random.Random, lost: float = 0.2, doubled: float = 0.2) -> None:
        """Lose some of the receipts, double some, and shuffle the rest."""
        kept = [each for each in self.queue if chance.random() >= lost]
        again = [each for each in kept if chance.random() < doubled]
        chance.shuffle(kept)
        self.queue = [*kept, *again]


def faulty(chance: random.Random, share: float) -> Callable[[Sequence[Record]], None]:
    """Make exchanges fail by chance, as links and platforms do."""

    def fail(_records: Sequence[Record]) -> None:
        if chance.random() < share:
            raise chance.choice((down(), down(), ChannelDown("platform", "timed out")))

    return fail


def down(retry_after: float | None = None) -> ChannelDown:
    """Make the fault of a platform that does not answer."""
    return ChannelDown("platform", "no answer", retry_after)


def refused() -> ChannelRefused:
    """Make the fault of a platform that does not let us in."""
    return ChannelRefused("platform", "secret expired")


def hostile() -> HostileAnswer:
    """Make the fault of an answer that cannot be believed."""
    return HostileAnswer("platform", "wrong type", b"<html>" + b"x" * 100_000)
