"""The tables of the ground's record: the ledger's tail and nodes, audit entries, events and their readers' cursors.

Other pieces of the ground keep their tables beside their code. Rows of the ledger and of events are only ever added;
the tail and the cursors are the only rows that change. No rules live here beyond constraints.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from base.canonical import Json
from base.db import Base, Moment

# SQLite makes a primary key its own row id only under the name INTEGER; elsewhere counts may pass 2^31.
Count = BigInteger().with_variant(Integer, "sqlite")


class LedgerTail(Base):
    """The one row that writers take turns on: the tree's size, its complete subtrees, and the last event's position."""

    __tablename__ = "base_ledger_tail"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    event_position: Mapped[int] = mapped_column(BigInteger)


class LedgerNode(Base):
    """A complete node of the tree."""

    __tablename__ = "base_ledger_nodes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    node_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Base):
    """An entry: `content` is what the ledger holds, the other columns repeat parts of it so that it can be found."""

    __tablename__ = "base_audit_entries"

    leaf_index: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    actor: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    thing_kind: Mapped[str] = mapped_column(Text)
    thing_id: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(Text)


# A search walks one of these backwards from a known index, so each ends in it.
for _column in (AuditEntry.actor, AuditEntry.organisation, AuditEntry.act, AuditEntry.purpose, AuditEntry.request_id):
    Index(None, _column, AuditEntry.leaf_index)
Index(None, AuditEntry.thing_kind, AuditEntry.thing_id, AuditEntry.leaf_index)


class Event(Base):
    """Something that happened; positions are allotted in commit order."""

    __tablename__ = "base_events"

    position: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    room: Mapped[str] = mapped_column(Text)
    thing_kind: Mapped[str] = mapped_column(Text)
    thing_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Json]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)


class EventCursor(Base):
    """How far a named reader has come."""

    __tablename__ = "base_event_cursors"

    reader: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
