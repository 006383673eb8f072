"""A table or view of a database (库表): SQLAlchemy Core, one statement, read only.

Where the database is, the site's operator says in a file; a mount names it, a table and columns. These names are only
ever quoted identifiers, qualified by the table (SQLite would take an unknown `"name"` for a text otherwise); values are
only ever bound. They are bound as text without a type, so that the database reads them as its own column's type.
Rows come in the order of a key that the mount names, and a page ends where the next begins after its last key; a row
without a key cannot be reached and is never given.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CHAR,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    false,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.sql.elements import ColumnClause, quoted_name
from sqlalchemy.sql.selectable import TableClause
from sqlalchemy.types import NullType

from exchange.sources.declarations import Declared, moments_of
from exchange.sources.place import Place
from exchange.sources.reading import SAMPLE_ROWS, Failed, Page, Reader, drifted
from exchange.sources.source import Column, Condition, Difference, Question, Refused, Test, TooLarge
from exchange.sources.table_engines import Engines
from exchange.sources.values import BEIJING, LONGEST_TEXT, Value, is_plain, plain
from keys.kept import Kept

KIND: Final = "table"
# What databases keep in their largest whole number.
LARGEST_KEY: Final = 2**63
LONGEST_KEY: Final = 200
# Departments ask a mount in a few forms; one that was pushed out is only written anew.
STATEMENTS_KEPT: Final = 64


@dataclass(frozen=True)
class Table:
    """A table of a database that the site keeps the address of."""

    database: str
    schema: str | None
    table: str
    key: str
    updated: str | None = None


def read(told: Declared, columns: Sequence[Column], _place: Place) -> Table:
    """Read the declaration of a table. Raises `UnusableMount`."""
    items = {each.item: each.name for each in columns}
    found = Table(
        told.reference("database"),
        told.name("schema", "") or None,
        told.name("table"),
        items[told.choice("key", items)],
        items.get(told.choice("updated", ["", *moments_of(columns)], "")),
    )
    told.end()
    return found


def opened(declared: Table, columns: Sequence[Column], place: Place) -> Reader:
    """Make the reader."""
    return TableReader(declared, columns, place)


class TableReader:
    """Fetches rows from a table; the database judged the conditions, and is believed."""

    believes = True

    def __init__(self, declared: Table, columns: Sequence[Column], place: Place) -> None:
        self._declared = declared
        self._columns = tuple(columns)
        self._bytes = place.limits.answer_bytes
        self._engines = Engines(declared.database, declared.table, place)
        # Written once: making a statement anew takes longer than carrying it out.
        self._nothing: Select[Any] = select(literal_column("*")).select_from(self._table()).where(false())
        self._statements: Kept[Select[Any]] = Kept(STATEMENTS_KEPT)

    def read(self, question: Question) -> Page:
        """Fetch the rows that fit. Raises `Failed`."""
        asked = [each for each in self._columns if each.item in question.fields]
        named = {condition.item for condition in question.conditions}
        return self._fetch(asked, [each for each in self._columns if each.item in named], question)

    def sample(self) -> Page:
        """Fetch the first rows. Raises `Failed`."""
        page = self._fetch(list(self._columns), [], Question((), limit=SAMPLE_ROWS), is_sample=True)
        return replace(page, updated=self._newest(page.names or ()))

    def _newest(self, names: tuple[str, ...]) -> object:
        """Give the newest value of the column that says so; a table that is slow to tell tells nothing."""
        name = self._declared.updated
        if name is None or name not in names:
            return None
        try:
            with self._engines.connection() as connection:
                place = self._table(name).c[name]
                newest = select(_shown(place, connection.dialect.name)).where(place.is_not(None))
                return connection.execute(newest.order_by(place.desc()).limit(1)).scalar()
        except Failed:
            return None

    def close(self) -> None:
        """Close the connections."""
        self._engines.close()

    def _fetch(self, asked: list[Column], judged: list[Column], question: Question, *, is_sample: bool = False) -> Page:
        with self._engines.connection() as connection:
            names = self._names(connection)
            self._require([] if is_sample else [*asked, *judged], names)
            asked = [each for each in asked if each.name in names]
            statement = self._statement(asked, question, connection.dialect.name)
            rows = self._taken(connection, statement, _values(question))
        return self._page(asked, question, rows, names)

    def _require(self, needed: list[Column], names: tuple[str, ...]) -> None:
        """Have the key and the columns that are asked for. Raises `Failed`."""
        key = next(each for each in self._columns if each.name == self._declared.key)
        gone = dict.fromkeys(each.item for each in (*needed, key) if each.name not in names)
        if gone:
            raise Failed(drifted((item, Difference.MISSING) for item in gone))

    def _names(self, connection: Connection) -> tuple[str, ...]:
        """Ask for the table's columns, without a row."""
        return tuple(connection.execute(self._nothing).keys())

    def _statement(self, asked: list[Column], question: Question, dialect: str) -> Select[Any]:
        """Give the statement for questions of this form; values are bound when it is carried out."""
        form = [
            dialect,
            question.cursor is not None,
            [each.name for each in asked],
            [(each.item, each.test.value, len(each.values)) for each in question.conditions],
        ]
        name = json.dumps(form)
        known = self._statements.of(name)
        return known if known is not None else self._statements.keep(name, self._written(asked, question, dialect))

    def _written(self, asked: list[Column], question: Question, dialect: str) -> Select[Any]:
        place = self._table(*(each.name for each in self._columns))
        key = place.c[self._declared.key]
        shown = [_shown(place.c[each.name], dialect).label(f"c{number}") for number, each in enumerate(asked)]
        statement = select(_shown(key, dialect).label("k"), *shown).where(key.is_not(None))
        names = {each.item: each for each in self._columns}
        for number, condition in enumerate(question.conditions):
            statement = statement.where(_sql(place.c[names[condition.item].name], condition, number))
        if question.cursor is not None:
            statement = statement.where(key > _bound("after"))
        return statement.order_by(key).limit(bindparam("most", type_=Integer()))

    def _table(self, *names: str) -> TableClause:
        columns: list[ColumnClause[Any]] = [
            column(quoted_name(name, quote=True), NullType()) for name in dict.fromkeys(names)
        ]
        schema = quoted_name(self._declared.schema, quote=True) if self._declared.schema else None
        return table(quoted_name(self._declared.table, quote=True), *columns, schema=schema)

    def _taken(self, connection: Connection, statement: Select[Any], values: dict[str, Any]) -> list[Any]:
        taken, rows = 0, []
        with connection.execution_options(stream_results=True, max_row_buffer=100).execute(statement, values) as result:
            for row in result:
                taken += sum(len(cell) if isinstance(cell, str | bytes) else 8 for cell in row)
                if taken > self._bytes:
                    raise Failed(TooLarge("bytes", self._bytes))
                rows.append(row)
        return rows

    def _page(self, asked: list[Column], question: Question, rows: list[Any], names: tuple[str, ...]) -> Page:
        given = rows[: question.limit]
        raw = [dict(zip((each.name for each in asked), row[1:], strict=True)) for row in given]
        if len(rows) == len(given):
            return Page(raw, names, None)
        return Page(raw, names, _cursor(given[-1][0]), splits_key=rows[len(given)][0] == given[-1][0])


def _shown(place: ColumnClause[Any], dialect: str) -> ColumnElement[Any]:
    """Select a column: a server gives it as text and never more than fits; SQLite has its own limit on values."""
    if dialect == "sqlite":
        return place
    text: Any = CHAR() if dialect in {"mysql", "mariadb"} else Text()
    return func.left(cast(place, text), literal_column(str(LONGEST_TEXT + 1)))


def _sql(place: ColumnClause[Any], condition: Condition, number: int) -> ColumnElement[bool]:
    values = [_bound(f"v{number}_{at}") for at in range(len(condition.values))]
    if condition.test in {Test.EQUAL, Test.IN}:
        return place == values[0] if len(values) == 1 else place.in_(values)
    return place >= values[0] if condition.test is Test.AT_LEAST else place <= values[0]


def _bound(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=NullType())


def _values(question: Question) -> dict[str, Any]:
    """Give what is bound for a question, by the names that its statement has for it."""
    conditions = enumerate(question.conditions)
    told = {f"v{place}_{at}": _text(one) for place, each in conditions for at, one in enumerate(each.values)}
    after = {} if question.cursor is None else {"after": _last(question.cursor)}
    return {**told, **after, "most": question.limit + 1}


def _text(value: Value) -> str:
    """Write a value as every database reads it into its column's type; a time stands in Beijing's, without a zone."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).replace(tzinfo=None).isoformat(" ")
    return str(plain(value))


def _cursor(key: object) -> str:
    """Write the last key of a page; it goes back into the same comparison."""
    if isinstance(key, int | str) and len(str(key)) <= LONGEST_KEY:
        return json.dumps(key, ensure_ascii=False)
    raise Failed(Refused("key-is-no-key"))


def _last(cursor: str) -> int | str:
    try:
        key = json.loads(cursor)
    except (ValueError, RecursionError) as error:
        raise Failed(Refused("cursor")) from error
    if isinstance(key, int) and not isinstance(key, bool) and abs(key) < LARGEST_KEY:
        return key
    if isinstance(key, str) and is_plain(key):
        return key
    raise Failed(Refused("cursor"))
