"""Tables in one snapshot out of the database, and into an empty one: the same lines for SQLite and PostgreSQL.

Reading is one transaction that sees one moment: a read transaction on SQLite's write-ahead log, REPEATABLE READ on
PostgreSQL; writers go on meanwhile. Loading is one transaction too, by COPY on PostgreSQL: there foreign keys are
looked at when a table is whole, so that rows of a table may point at each other.

What is backed up is every table of the house that the database has. Search indexes follow their tables by trigger; the
queue that wakes workers is none of ours and holds nothing that its rows in our tables do not.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    inspect,
    literal,
    select,
    table,
    text,
)

from base.db import Base, Database
from keys.backup import rows
from keys.backup.errors import CannotBeCarried

AT_ONCE: Final = 1000


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Open one moment of the database for reading, however long it takes. Raises `DatabaseUnreachable`."""
    with database.translated(), database.engine.connect() as fresh:
        if database.is_sqlite:
            yield fresh.execution_options(reading=True)
            return
        connection = fresh.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(text("set local statement_timeout = 0"))
        yield connection


@contextmanager
def loading(database: Database) -> Iterator[Connection]:
    """Open the one transaction in which everything is loaded; it is kept when the block ends well.

    Raises `DatabaseUnreachable`, `DatabaseBusy`, `DiskFull`.
    """
    with database.translated(), database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("pragma defer_foreign_keys=on"))
        else:
            connection.execute(text("set local statement_timeout = 0"))
        yield connection


def present(connection: Connection) -> list[Table]:
    """List the tables of the house that the database has, those that others point at first."""
    there = set(inspect(connection).get_table_names())
    return [each for each in Base.metadata.sorted_tables if each.name in there]


def size_of(connection: Connection) -> int:
    """Tell roughly how many bytes the database takes."""
    if connection.dialect.name == "sqlite":
        pages = connection.execute(text("pragma page_count")).scalar_one()
        return int(pages) * int(connection.execute(text("pragma page_size")).scalar_one())
    return int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())


def columns_of(made: Table) -> list[str]:
    """Name a table's columns in the order in which a part holds them."""
    return [each.name for each in made.columns]


def lines_of(
    connection: Connection, made: Table, seen: Callable[[Sequence[Any]], None] = lambda _row: None
) -> Iterator[bytes]:
    """Give a table's rows as lines, by primary key. Raises `CannotBeCarried`."""
    query = select(*(_carried(each) for each in made.columns)).order_by(*made.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": AT_ONCE}) as found:
        for row in found:
            seen(row)
            try:
                yield rows.written(tuple(row))
            except rows.UnknownType as error:
                raise CannotBeCarried(made.name, columns_of(made)[error.position], error.kind) from error


def filled(connection: Connection, made: Table, lines: Iterator[Sequence[Any]]) -> int:
    """Load rows into an empty table and tell how many; numbers that the database draws go on behind them."""
    if connection.dialect.name == "postgresql":
        count = _copied(connection, made, lines)
        _draw_behind(connection, made)
        return count
    into = table(made.name, *(column(each.name, _type(each)) for each in made.columns))
    names = columns_of(made)
    insert = into.insert().values({name: bindparam(name) for name in names})
    count = 0
    for batch in _batches(lines):
        connection.execute(insert, [dict(zip(names, each, strict=True)) for each in batch])
        count += len(batch)
    return count


def counted(connection: Connection, made: Table) -> int:
    """Count a table's rows."""
    return int(connection.execute(select(func.count()).select_from(made)).scalar_one())


def occupied(connection: Connection) -> list[str]:
    """Name the tables that hold rows."""
    query = select(literal(1)).limit(1)
    return [each.name for each in present(connection) if connection.execute(query.select_from(each)).first()]


def _carried(each: Column[Any]) -> ColumnElement[Any]:
    """Read a column as it is carried: JSON as its text, so that `null` and no value differ."""
    return cast(each, Text).label(each.name) if isinstance(each.type, JSON) else each


def _type(each: Column[Any]) -> Any:
    return Text() if isinstance(each.type, JSON) else each.type


def _copied(connection: Connection, made: Table, lines: Iterator[Sequence[Any]]) -> int:
    """Load by COPY, each value written as the column's own type writes it."""
    processors = [
        _type(each).dialect_impl(connection.dialect).bind_processor(connection.dialect) for each in made.columns
    ]
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(each) for each in columns_of(made))
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError
    count = 0
    with driver.cursor() as cursor, cursor.copy(f"copy {quote(made.name)} ({names}) from stdin") as copy:
        for each in lines:
            copy.write_row(
                [value if process is None else process(value) for process, value in zip(processors, each, strict=True)]
            )
            count += 1
    return count


def _draw_behind(connection: Connection, made: Table) -> None:
    """Have a sequence go on behind the largest number that was loaded."""
    drawn = made.autoincrement_column
    if drawn is None:
        return
    named = connection.execute(
        text("select pg_get_serial_sequence(:table, :column)"), {"table": made.name, "column": drawn.name}
    ).scalar_one()
    largest = connection.execute(select(cast(func.max(drawn), BigInteger))).scalar_one()
    if named is not None and largest is not None:
        connection.execute(text("select setval(:sequence, :largest)"), {"sequence": named, "largest": largest})


def _batches(lines: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    batch: list[Sequence[Any]] = []
    for each in lines:
        batch.append(each)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
