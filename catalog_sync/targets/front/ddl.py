"""The tables of a front library for a database: theirs from the layout, and ours beside them.

Ours are three, and they are what makes a repeat known for certain: the platform clears rows away after some days, and
several of its tables have no key of a change. `yinxin_sent` has a row for each record, written in the very transaction
of its rows; `yinxin_rows` what each of these rows was; `yinxin_taken` what came back, numbered in the order we saw it.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql

from catalog_sync.targets.front import columns
from catalog_sync.targets.front.columns import Layout

MYSQL: Final[dict[str, Any]] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
# What a number of a receipt, a subject and a natural key take at most; an index of MySQL takes 768 characters.
KNOWN_BY: Final = 200
WORDS: Final = 2000
OURS: Final = MetaData()

SENT: Final = Table(
    "yinxin_sent",
    OURS,
    Column("record_key", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(KNOWN_BY), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("operation", String(1), nullable=False),
    Column("content_sm3", String(64), nullable=False),
    Column("batch", String(64), nullable=False),
    # UTC, ISO 8601 in seconds: one form on every database, and sorted as text.
    Column("sent_at", String(20), nullable=False),
    Column("outcome", String(16), nullable=False),
    Index("ix_yinxin_sent_subject", "kind", "subject", "version"),
    Index("ix_yinxin_sent_outcome", "outcome", "sent_at"),
    **MYSQL,
)
ROWS: Final = Table(
    "yinxin_rows",
    OURS,
    Column("record_key", String(64), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("table_name", String(64), nullable=False),
    Column("row_guid", String(64), nullable=False),
    Column("natural_key", String(KNOWN_BY), nullable=False),
    Column("row_sm3", String(64), nullable=False),
    Index("ix_yinxin_rows_natural", "natural_key"),
    Index("ix_yinxin_rows_guid", "row_guid"),
    **MYSQL,
)
TAKEN: Final = Table(
    "yinxin_taken",
    OURS,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(KNOWN_BY), nullable=False, unique=True),
    Column("source", String(64), nullable=False),
    Column("told_at", String(32), nullable=False),
    Column("about", String(KNOWN_BY), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("words", Text, nullable=False),
    Index("ix_yinxin_taken_source", "source", "told_at"),
    **MYSQL,
)


def theirs(layout: Layout) -> MetaData:
    """Lay out the platform's tables."""
    made = MetaData()
    for table in layout.tables.values():
        Table(
            table.name,
            made,
            *(column(each, is_key=each.name == table.key) for each in table.columns),
            **MYSQL,
        )
    for rejects in layout.rejects.values():
        Table(rejects.name, made, *(column(each, is_key=False) for each in rejects.columns), **MYSQL)
    for data in layout.data.values():
        # Nothing is asked of a row there: what is wrong with one is to be seen, not stumbled over.
        free = (replace(each, needed=False) for each in data.columns)
        Table(data.name, made, *(column(each, is_key=False) for each in free), **MYSQL)
    return made


def create(engine: Engine, layout: Layout, *, with_theirs: bool = True) -> None:
    """Make the tables that are not there; a real front library has its own, and gets only ours."""
    if with_theirs:
        theirs(layout).create_all(engine)
    OURS.create_all(engine)


def column(told: columns.Column, *, is_key: bool) -> "Column[Any]":
    """Lay out one column."""
    return Column(told.name, _type(told), primary_key=is_key, autoincrement=False, nullable=not (is_key or told.needed))


def _type(told: columns.Column) -> Any:
    if told.type == "varchar":
        return String(told.length)
    if told.type == "longtext":
        return Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    return {"int": Integer, "date": Date, "datetime": DateTime}[told.type]()
