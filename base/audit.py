"""The audit record: who did what, to which thing, for what purpose, with what outcome; never changed, provable.

An act calls `record` while it runs; `append`, the transaction's last act, writes the entry in the same transaction, so
that act and entry are there together or not at all. Each entry is a leaf of the ledger (`base.ledger`).

The format, so that a stranger can check it. An entry is canonical JSON (`base.canonical`: sorted names, no spaces,
UTF-8, whole numbers only) with exactly these members:

    {"act":"…","actor":"…","at":"2026-11-21T02:30:00.000000Z","facts":{…},"format":1,"organisation":"…","outcome":"…",
     "purpose":"…","request_id":"…","thing":{"id":"…","kind":"…"}}

`at` is UTC with six digits of fraction; what is not known is empty text. Its leaf is SM3(00 ‖ these bytes), its number
the leaf's index from 0. The other columns of its row only repeat members so that entries can be found; the bytes are
what counts, and verification compares the two.

No personal data goes in: a holder appears only as a keyed pseudonym that the caller made. What may be read by whom is
not decided here, nor are tree heads signed (`keys.checkpoints`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from base import journal, ledger
from base.canonical import Json, NotCanonical, canonical, read
from base.errors import DomainError, Kind
from base.ledger_nodes import from_nodes
from base.models import AuditEntry

FORMAT = 1
# An index row of PostgreSQL holds 2,704 bytes; two such texts of four-byte characters stay below.
LONGEST_TEXT = 200
# An entry is a note on an act, not the document the act was about; a proof carries the whole of it.
LARGEST_ENTRY = 16 * 1024
MOST_AT_ONCE = 1000

append = journal.append


@dataclass(eq=False)
class UnfitEntry(DomainError):
    """An audit entry is too long to be kept."""

    member: str
    limit: int
    code: ClassVar[str] = "unfit-audit-entry"
    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(eq=False)
class OutsideLedger(DomainError):
    """The ledger has no entry of that number, or was never of that size."""

    asked: int
    size: int
    code: ClassVar[str] = "outside-ledger"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(frozen=True, slots=True)
class Thing:
    """What an act was done to: its kind and its identifier among that kind."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: when, by whom, for which organisation, on what, on which basis, how it ended, and its facts."""

    at: datetime
    actor: str
    organisation: str
    act: str
    thing: Thing
    purpose: str = ""
    outcome: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    request_id: str = ""

    @property
    def content(self) -> bytes:
        """Give the entry's bytes in the documented format.

        Raises `NotCanonical` and `UnfitEntry`.
        """
        members = {each.name: getattr(self, each.name) for each in fields(self)}
        members |= {
            "at": _written(self.at),
            "facts": dict(self.facts),
            "format": FORMAT,
            "thing": {"id": self.thing.id, "kind": self.thing.kind},
        }
        content = canonical(members)
        if len(content) > LARGEST_ENTRY:
            raise UnfitEntry("entry", LARGEST_ENTRY)
        return content

    @property
    def columns(self) -> dict[str, Any]:
        """Give what the row repeats of the entry, by column."""
        return {
            "at": self.at,
            "actor": self.actor,
            "organisation": self.organisation,
            "act": self.act,
            "thing_kind": self.thing.kind,
            "thing_id": self.thing.id,
            "purpose": self.purpose,
            "outcome": self.outcome,
            "request_id": self.request_id,
        }

    @classmethod
    def of_content(cls, content: bytes) -> "Entry | None":
        """Read an entry's bytes; none when they are not an entry in its one canonical form."""
        try:
            members: Any = read(content)
            form, thing, at = members.pop("format"), Thing(**members.pop("thing")), members.pop("at")
            entry = cls(**members, thing=thing, at=datetime.fromisoformat(at))
        except (NotCanonical, ValueError, TypeError, KeyError, AttributeError):
            return None
        return entry if form == FORMAT and not members.keys() ^ _PLAIN and _written(entry.at) == at else None


_PLAIN = {each.name for each in fields(Entry)} - {"at", "thing"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as the ledger holds it: its number and its bytes, and the entry that they are."""

    index: int
    content: bytes

    @property
    def entry(self) -> Entry:
        """Read the entry.

        Raises `DamagedLedger` when the bytes are none.
        """
        entry = Entry.of_content(self.content)
        if entry is None:
            raise journal.DamagedLedger(f"entry {self.index}")
        return entry


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree head: what a witness remembers and a checkpoint signs."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """What entries to look for; what is left out matches everything."""

    actor: str | None = None
    organisation: str | None = None
    act: str | None = None
    thing_kind: str | None = None
    thing_id: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def record(session: Session, entry: Entry) -> None:
    """Keep an entry for the transaction's end, where `append` numbers and writes it.

    Raises `NotCanonical` and `UnfitEntry`, before anything of the transaction is written.
    """
    columns = entry.columns
    for name, text in columns.items():
        if isinstance(text, str) and len(text) > LONGEST_TEXT:
            raise UnfitEntry(name, LONGEST_TEXT)
    journal.gather_entry(session, {"content": entry.content, **columns})


def search(session: Session, wanted: Search, *, before: int | None = None, limit: int = 100) -> list[Recorded]:
    """Find entries, newest first; the next page begins `before` the last number of this one."""
    query = select(AuditEntry.leaf_index, AuditEntry.content).where(*_conditions(wanted))
    if before is not None:
        query = query.where(AuditEntry.leaf_index < before)
    rows = session.execute(query.order_by(AuditEntry.leaf_index.desc()).limit(min(limit, MOST_AT_ONCE)))
    return [Recorded(*row) for row in rows]


def entry_at(session: Session, index: int) -> Recorded:
    """Give the entry of that number.

    Raises `OutsideLedger`, and `DamagedLedger` when it should be there and is not.
    """
    size = tree_size(session)
    if not 0 <= index < size:
        raise OutsideLedger(index, size)
    content = session.execute(select(AuditEntry.content).where(AuditEntry.leaf_index == index)).scalar_one_or_none()
    if content is None:
        raise journal.DamagedLedger(f"entry {index}")
    return Recorded(index, content)


def tree_size(session: Session) -> int:
    """Tell how many entries there are."""
    return journal.tail_of(session).frontier.size


def tree_at(session: Session, size: int | None = None) -> Tree:
    """Give today's tree head, or that which the ledger had at an earlier size.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    frontier = journal.tail_of(session).frontier
    if size is None or size == frontier.size:
        return Tree(frontier.size, frontier.root)
    if not 0 <= size < frontier.size:
        raise OutsideLedger(size, frontier.size)
    return Tree(size, from_nodes(session, lambda nodes: ledger.root_at(size, nodes)))


def inclusion(session: Session, index: int, size: int) -> ledger.Path:
    """Prove that the entry of that number is in the tree of that size.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    _within(session, size)
    if not 0 <= index < size:
        raise OutsideLedger(index, size)
    return from_nodes(session, lambda nodes: ledger.inclusion(index, size, nodes))


def consistency(session: Session, old: int, new: int) -> ledger.Path:
    """Prove that the tree of the new size continues that of the old one.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    _within(session, new)
    if not 0 <= old <= new:
        raise OutsideLedger(old, new)
    return from_nodes(session, lambda nodes: ledger.consistency(old, new, nodes))


def around(session: Session, first: int, last: int, size: int) -> ledger.Path:
    """Give what is needed beside the entries first … last-1 to find the root of that size, from left to right.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    _within(session, size)
    if not 0 <= first <= last <= size:
        raise OutsideLedger(last, size)
    return from_nodes(session, lambda nodes: ledger.around(first, last, size, nodes))


def _written(at: datetime) -> str:
    if at.tzinfo is None:
        message = "a moment without a time zone"
        raise ValueError(message)
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    texts = {each.name: getattr(wanted, each.name) for each in fields(wanted) if each.name not in {"since", "until"}}
    conditions = [getattr(AuditEntry, name) == value for name, value in texts.items() if value is not None]
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def _within(session: Session, size: int) -> None:
    largest = tree_size(session)
    if not 0 <= size <= largest:
        raise OutsideLedger(size, largest)
