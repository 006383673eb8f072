"""The tail that audit entries and events share: what a transaction gathers, and its last act, which writes it all.

Entries and events only gather in the session while an act runs. `append` is the transaction's last statement before
the commit: it takes the tail's lock, allots numbers under it, and writes. So numbers have no gaps, the tree never
forks, and both stand in commit order, since nobody can take the lock between another's numbering and its commit. What
is slow (writing JSON, hashing leaves) was done before; under the lock only nodes are hashed and a few statements sent.

What was gathered inside a savepoint goes with it when it is rolled back. A session that gathers and then commits
without `append`, or that only reads, is a fault of the code and raises: no record, no answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import Connection, Insert, bindparam, event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from base import ledger
from base.db import Base, inserting
from base.errors import DomainError, Kind
from base.models import AuditEntry, Event, LedgerNode, LedgerTail

_GATHERED = "base.journal"
_TAIL, _NODES, _ENTRIES, _EVENTS = (
    Base.metadata.tables[each.__tablename__] for each in (LedgerTail, LedgerNode, AuditEntry, Event)
)
THE_ROW = 1
# Written once: making a statement anew takes longer than carrying it out, and every act of the house ends with these.
_ADD_NODES, _ADD_ENTRIES, _ADD_EVENTS = insert(_NODES), insert(_ENTRIES), insert(_EVENTS)
_TAIL_NOW = select(_TAIL.c.size, _TAIL.c.frontier, _TAIL.c.event_position).where(_TAIL.c.id == THE_ROW)
_TAIL_LOCKED = _TAIL_NOW.with_for_update()
_TAIL_GOES_ON = update(_TAIL).values(
    {name: bindparam(f"new_{name}") for name in ("size", "frontier", "event_position")}
)

Row = Mapping[str, Any]


class NotAppended(Exception):
    """Something was gathered in a session that will not append it: open the Database to write, with `app.LAST_ACTS`."""


@dataclass(eq=False)
class DamagedLedger(DomainError):
    """A part of the ledger is missing or cannot be what was written, so nothing may be added or proven on it."""

    place: str
    code: ClassVar[str] = "ledger-damaged"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Tail:
    """What the tail row says."""

    frontier: ledger.Frontier
    event_position: int


@dataclass
class _Gathered:
    """What the session's transaction will append, and where in it each savepoint began."""

    entries: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    marks: dict[SessionTransaction, tuple[int, int]] = field(default_factory=dict)

    def mark(self, transaction: SessionTransaction) -> None:
        if transaction.nested:
            self.marks[transaction] = (len(self.entries), len(self.events))

    def cut(self, entries: int = 0, events: int = 0) -> None:
        del self.entries[entries:], self.events[events:]


def gather_entry(session: Session, row: Row) -> None:
    """Keep an entry's row for the end of the transaction; its number is not known before.

    Raises `NotAppended` in a session that only reads.
    """
    _gathered(session).entries.append(row)


def gather_event(session: Session, row: Row) -> None:
    """Keep an event's row for the end of the transaction.

    Raises `NotAppended` in a session that only reads.
    """
    _gathered(session).events.append(row)


def append(session: Session) -> None:
    """Write what the session gathered, numbered under the tail's lock: a `base.db.LastAct`.

    Raises `DamagedLedger`.
    """
    gathered: _Gathered | None = session.info.get(_GATHERED)
    if gathered is None or not (gathered.entries or gathered.events):
        return
    leaves = [ledger.leaf_hash(row["content"]) for row in gathered.entries]
    connection = session.connection()
    tail = _locked(connection)
    frontier, nodes = ledger.append(tail.frontier, leaves)
    first, position = tail.frontier.size, tail.event_position
    _add(connection, _ADD_ENTRIES, [{**row, "leaf_index": first + at} for at, row in enumerate(gathered.entries)])
    _add(connection, _ADD_NODES, [{"level": node.level, "node_index": node.index, "hash": node.hash} for node in nodes])
    _add(connection, _ADD_EVENTS, [{**row, "position": position + at} for at, row in enumerate(gathered.events, 1)])
    position += len(gathered.events)
    told = {"new_size": frontier.size, "new_frontier": frontier.blob, "new_event_position": position}
    connection.execute(_TAIL_GOES_ON, told)
    gathered.cut()


def tail_of(session: Session) -> Tail:
    """Read the tail without waiting for anyone; a ledger that was never written to is empty.

    Raises `DamagedLedger`.
    """
    return _read(session.connection(), lock=False) or Tail(ledger.Frontier(), 0)


def _locked(connection: Connection) -> Tail:
    """Take the writers' turn. SQLite gave it at BEGIN IMMEDIATE; PostgreSQL gives it with the row."""
    tail = _read(connection, lock=True)
    if tail is None:  # the very first write: of two that try, the second waits here for the first, then reads its row
        row = {"id": THE_ROW, "size": 0, "frontier": b"", "event_position": 0}
        connection.execute(inserting(connection, _TAIL).values(row).on_conflict_do_nothing())
        tail = _read(connection, lock=True)
    if tail is None:
        raise DamagedLedger("tail")
    return tail


def _read(connection: Connection, *, lock: bool) -> Tail | None:
    row = connection.execute(_TAIL_LOCKED if lock else _TAIL_NOW).one_or_none()
    if row is None:
        return None
    frontier = ledger.Frontier.of_blob(row.size, row.frontier)
    if frontier is None:
        raise DamagedLedger("tail")
    return Tail(frontier, row.event_position)


def _add(connection: Connection, adding: Insert, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(adding, rows)


def _gathered(session: Session) -> _Gathered:
    gathered: _Gathered | None = session.info.get(_GATHERED)
    if gathered is not None and session.in_transaction():
        return gathered
    # What is gathered outside of a transaction would not be taken back with it: asking for a connection begins one.
    options = session.connection().get_execution_options()
    if options.get("reading") or options.get("postgresql_readonly"):
        raise NotAppended
    if gathered is None:
        gathered = session.info[_GATHERED] = _watched(session)
    return gathered


def _watched(session: Session) -> _Gathered:
    """Mark the savepoints that are open; the listeners below follow those that come.

    A savepoint ends committed or not: only what was committed leaves its mark first, so that whatever else ends one (a
    rollback, a flush that failed, a session that is closed) takes back what was gathered since.
    """
    gathered = _Gathered()
    transaction = session.get_nested_transaction()
    while transaction is not None:
        gathered.mark(transaction)
        transaction = transaction.parent
    return gathered


# They listen to every session, once and for all: hanging them onto each session took longer than appending to the tree.


@event.listens_for(Session, "after_transaction_create")
def _begun(session: Session, transaction: SessionTransaction) -> None:
    gathered: _Gathered | None = session.info.get(_GATHERED)
    if gathered is not None:
        gathered.mark(transaction)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    gathered: _Gathered | None = session.info.get(_GATHERED)
    nested = session.get_nested_transaction()
    if gathered is not None and nested is not None:
        gathered.marks.pop(nested, None)


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    gathered: _Gathered | None = session.info.get(_GATHERED)
    if gathered is None:
        return
    if transaction.parent is None:
        gathered.cut()
    elif transaction in gathered.marks:
        gathered.cut(*gathered.marks.pop(transaction))


@event.listens_for(Session, "before_commit")
def _about_to_commit(session: Session) -> None:
    gathered: _Gathered | None = session.info.get(_GATHERED)
    if gathered is not None and (gathered.entries or gathered.events) and not session.in_nested_transaction():
        raise NotAppended
