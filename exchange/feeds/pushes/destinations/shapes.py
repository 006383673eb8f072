"""What a push makes in a database: the target and its staging twin in the directory's types, and the marks beside them.

Identifiers come from the directory's items and the push's own declaration, and are always quoted; values are always
bound. A decimal is a text on SQLite, which would keep it as a binary fraction; a time without a zone is Beijing's.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.elements import quoted_name

from exchange.feeds.pushes.plan import LONGEST_KEY, MASKED_LENGTH, OPERATION, Cell, Order
from exchange.feeds.pushes.rows import MOST_PLACES, Row
from exchange.sources.values import BEIJING, ItemType

MARKS: Final = "yinxin_pushes"
# MySQL counts every VARCHAR into its row of 65,535 bytes; longer texts lie outside of it.
SHORT_TEXT: Final = 64
MOST_DIGITS: Final = 65
MYSQL: Final = frozenset({"mysql", "mariadb"})


def named(order: Order, what: str) -> str:
    """Name one of our own tables beside the target: staging, old, delta."""
    return f"yx_{what}_{order.push.replace('-', '')[:16]}"


def table_of(order: Order, name: str, schema: str | None, dialect: str, *, with_operation: bool = False) -> Table:
    """Lay out a table in the order's shape."""
    columns = [_column(cell, dialect, is_key=cell.item == order.key and not with_operation) for cell in order.cells]
    if with_operation:
        columns.insert(0, Column(quoted_name(OPERATION, quote=True), String(10), nullable=False))
    return Table(
        quoted_name(name, quote=True),
        MetaData(),
        *columns,
        schema=quoted_name(schema, quote=True) if schema else None,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )


def marks_of(schema: str | None) -> Table:
    """Lay out the table of marks: one row a push, moved in the transaction of what it tells."""
    return Table(
        MARKS,
        MetaData(),
        Column("push", String(36), primary_key=True),
        Column("run", String(36), nullable=False),
        Column("chunk", Integer, nullable=False),
        Column("mark", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
        # The target that this push made; one that it did not make is never replaced.
        Column("target", String(200), nullable=False, default=""),
        # What the end is about to do, for databases whose DDL is no part of a transaction.
        Column("intended", Text, nullable=False, default=""),
        schema=quoted_name(schema, quote=True) if schema else None,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def writer(order: Order, dialect: str) -> Callable[[Sequence[Row]], Sequence[Sequence[Any]]]:
    """Give what turns rows into what the driver takes; PostgreSQL's takes them as they are."""
    if dialect == "postgresql":
        return lambda rows: rows
    kinds = {ItemType.DATETIME, ItemType.BOOLEAN, ItemType.DATE, ItemType.DECIMAL}
    places = [place for place, cell in enumerate(order.cells) if cell.type in kinds and not cell.masked]

    def written(rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
        if not places:
            return rows
        given = []
        for row in rows:
            values: list[Any] = list(row)
            for place in places:
                values[place] = _plain(values[place])
            given.append(tuple(values))
        return given

    return written


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).replace(tzinfo=None).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return int(value) if isinstance(value, bool) else value


def _column(cell: Cell, dialect: str, *, is_key: bool) -> Column[Any]:
    return Column(
        quoted_name(cell.name, quote=True), _type(cell, dialect, is_key=is_key), primary_key=is_key, autoincrement=False
    )


def _type(cell: Cell, dialect: str, *, is_key: bool) -> Any:
    if cell.masked or cell.type is ItemType.STRING:
        length = MASKED_LENGTH if cell.masked else cell.length
        if is_key:
            return String(LONGEST_KEY)
        return Text() if length is None or length > SHORT_TEXT else String(length)
    if cell.type is ItemType.DECIMAL:
        if dialect == "sqlite":
            return Text()
        return Numeric(MOST_DIGITS, MOST_PLACES) if dialect in MYSQL else Numeric()
    if cell.type is ItemType.DATETIME:
        return mysql.DATETIME(fsp=6) if dialect in MYSQL else DateTime(timezone=True)
    return {ItemType.INTEGER: BigInteger, ItemType.DATE: Date, ItemType.BOOLEAN: Boolean}[cell.type]()
