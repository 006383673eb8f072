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

from sqlalchemy import Connection, Table, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from base import ledger
from base.db import Base
from base.errors import DomainError, Kind
from base.models import AuditEntry, Event, LedgerNode, LedgerTail

_GATHERED = "base.journal"
_TAIL, _NODES, _ENTRIES, _EVENTS = (
    Base.metadata.tables[each.__tablename__] for each in (LedgerTail, LedgerNode, AuditEntry, Event)
)
THE_ROW = 1

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
    _add(connection, _ENTRIES, [{**row, "leaf_index": first + at} for at, row in enumerate(gathered.entries)])
    _add(connection, _NODES, [{"level": node.level, "node_index": node.index, "hash": node.hash} for node in nodes])
    _add(connection, _EVENTS, [{**row, "position": position + at} for at, row in enumerate(gathered.events, 1)])
    connection.execute(
        update(_TAIL).values(size=frontier.size, frontier=frontier.blob, event_position=position + len(gathered.events))
    )
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
        upsert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(upsert(_TAIL).values(row).on_conflict_do_nothing())
        tail = _read(connection, lock=True)
    if tail is None:
        raise DamagedLedger("tail")
    return tail


def _read(connection: Connection, *, lock: bool) -> Tail | None:
    query = select(_TAIL.c.size, _TAIL.c.frontier, _TAIL.c.event_position).where(_TAIL.c.id == THE_ROW)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    frontier = ledger.Frontier.of_blob(row.size, row.frontier)
    if frontier is None:
        raise DamagedLedger("tail")
    return Tail(frontier, row.event_position)


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _gathered(session: Session) -> _Gathered:
    options = session.connection().get_execution_options()
    if options.get("reading") or options.get("postgresql_readonly"):
        raise NotAppended
    if _GATHERED not in session.info:
        session.info[_GATHERED] = _watched(session)
    gathered: _Gathered = session.info[_GATHERED]
    return gathered


def _watched(session: Session) -> _Gathered:
    """Follow the session's savepoints from here on; those already open began before anything was gathered.

    A savepoint ends committed or not: only what was committed leaves its mark first, so that whatever else ends one (a
    rollback, a flush that failed, a session that is closed) takes back what was gathered since.
    """
    gathered = _Gathered()
    transaction = session.get_nested_transaction()
    while transaction is not None:
        gathered.mark(transaction)
        transaction = transaction.parent

    @event.listens_for(session, "after_transaction_create")
    def begun(_session: Session, transaction: SessionTransaction) -> None:
        gathered.mark(transaction)

    @event.listens_for(session, "after_commit")
    def committed(session: Session) -> None:
        nested = session.get_nested_transaction()
        if nested is not None:
            gathered.marks.pop(nested, None)

    @event.listens_for(session, "after_transaction_end")
    def ended(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            gathered.cut()
        elif transaction in gathered.marks:
            gathered.cut(*gathered.marks.pop(transaction))

    @event.listens_for(session, "before_commit")
    def about_to_commit(session: Session) -> None:
        if (gathered.entries or gathered.events) and not session.in_nested_transaction():
            raise NotAppended

    return gathered
