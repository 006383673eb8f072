"""The simulated platform's own database: what it took, every call, the receipts that are due, what is switched on.

One SQLite file in a folder of its own. Whatever a call brings about is one transaction, so one that is killed has the
effect and its record, or neither. Nothing here is ever removed, so that whoever checks can tell what happened in
which order. It is made when it is first opened; it is no part of the product's database and needs no migration.
"""

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    CursorResult,
    Executable,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from base.db import DatabaseSettings, connect, inserting

METADATA: Final = MetaData()
FILE: Final = "platform.db"
FAULTS: Final = "faults"
REVIEW_AFTER: Final = "review-after"

# What it holds, each under the name that it gave it. `status`: 0 under review, 1 passed, 2 returned, 9 cancelled.
THINGS: Final = Table(
    "things",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("guid", String(36), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("own", String(200), nullable=False),
    Column("status", String(1), nullable=False),
    Column("content", JSON, nullable=False),
    Column("before", JSON),
    Column("code", String(32), nullable=False, default=""),
    Column("words", String(500), nullable=False, default=""),
    Index("ix_things_own", "kind", "own"),
)
# Every effect, in the order in which they happened; `channel` tells by which door it came.
EFFECTS: Final = Table(
    "effects",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("guid", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("own", String(200), nullable=False),
    Column("operation", String(1), nullable=False),
    Column("version", Integer),
    Column("record_key", String(64), nullable=False, default="", index=True),
    Column("digest", String(64), nullable=False, default=""),
    Column("content", JSON, nullable=False),
    Column("at", Float, nullable=False),
    Index("ix_effects_own", "kind", "own"),
)
CALLS: Final = Table(
    "calls",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("path", String(200), nullable=False),
    Column("service", String(64), nullable=False),
    Column("body", String(64), nullable=False),
    Column("fault", String(32), nullable=False),
    Column("effect", Integer),
    Column("code", String(32), nullable=False),
    Column("retry_after", Float),
    Index("ix_calls_body", "service", "body"),
)
# Reviews: decided `due` calls after the effect. A receipt is handed out as deliveries, in their order.
RECEIPTS: Final = Table(
    "receipts",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("guid", String(36), nullable=False, index=True),
    Column("record_key", String(64), nullable=False),
    Column("due", Integer, nullable=False, index=True),
    Column("status", String(1), nullable=False, default="0"),
    Column("code", String(32), nullable=False, default=""),
    Column("words", String(500), nullable=False, default=""),
)
DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("receipt", Integer, nullable=False),
    Column("about", String(36), nullable=False),
)
SECRETS: Final = Table(
    "secrets",
    METADATA,
    Column("service", String(64), primary_key=True),
    Column("secret", String(64), nullable=False),
    Column("ends", Float, nullable=False),
)
SPENT: Final = Table(
    "spent",
    METADATA,
    Column("sign", String(64), primary_key=True),
    Column("until", Float, nullable=False, index=True),
)
ANSWERED: Final = Table(
    "answered", METADATA, Column("key", String(200), primary_key=True), Column("answer", JSON, nullable=False)
)
# How often a fault struck; what is switched on and how reviews go, by name.
STRUCK: Final = Table(
    "struck", METADATA, Column("name", String(32), primary_key=True), Column("count", Integer, nullable=False)
)
SETTINGS: Final = Table(
    "settings", METADATA, Column("name", String(32), primary_key=True), Column("value", String(2000), nullable=False)
)


_STRUCK: Final = select(STRUCK.c.count).where(STRUCK.c.name == bindparam("of"))
_STRIKE: Final = (
    sqlite.insert(STRUCK)
    .values(name=bindparam("name"), count=bindparam("count"))
    .on_conflict_do_update(index_elements=["name"], set_={"count": STRUCK.c.count + 1})
)


class Store:
    """The database in its folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.database = connect(DatabaseSettings(url=f"sqlite:///{folder / FILE}", pool_size=40))
        event.listen(self.database.engine, "connect", _lasting_enough)
        METADATA.create_all(self.database.engine)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction: all of it lasts, or nothing."""
        with self.database.transaction() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with self.database.reading() as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()


def setting(session: Session, name: str) -> str:
    """Read something that is switched; empty where it never was."""
    return session.scalar(select(SETTINGS.c.value).where(SETTINGS.c.name == name)) or ""


def switch(session: Session, name: str, value: str) -> None:
    """Switch something."""
    written = inserting(session, SETTINGS).values(name=name, value=value)
    session.execute(written.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def struck(session: Session, name: str) -> int:
    """Count how often a fault struck."""
    return asked(session, _STRUCK, of=name).scalar() or 0


def strike(session: Session, name: str) -> None:
    """Count a fault that strikes."""
    asked(session, _STRIKE, name=name, count=1)


def asked(session: Session, statement: Executable, **values: Any) -> CursorResult[Any]:
    """Carry out a statement that was made once: making one takes longer than carrying it out."""
    return session.connection().execute(statement, values)


def last(session: Session, table: Table) -> int:
    """Give the number of a table's last row; 0 where it has none."""
    return session.connection().execute(_last(table)).scalar() or 0


def added(session: Session, table: Table, **values: Any) -> int:
    """Add a row, and give its number."""
    return int(session.connection().execute(_adding(table), values).scalar_one())


def changed(session: Session, table: Table, number: int, **values: Any) -> None:
    """Change a row."""
    session.connection().execute(_changing(table, tuple(values)), {**values, "of": number})


# Made once for each table: every call of a sender ends with these.
@functools.cache
def _last(table: Table) -> Any:
    return select(func.max(table.c.number))


@functools.cache
def _adding(table: Table) -> Any:
    return insert(table).returning(table.c.number)


@functools.cache
def _changing(table: Table, names: tuple[str, ...]) -> Any:
    return update(table).where(table.c.number == bindparam("of")).values({name: bindparam(name) for name in names})


def _lasting_enough(connection: sqlite3.Connection, _record: object) -> None:
    """Outlive the process, as the platform is killed on purpose; a power cut is not what is tried here."""
    connection.execute("PRAGMA synchronous=NORMAL")
