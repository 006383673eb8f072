"""A subscriber's table (库表): staged beside it in the same database, then put in its place, or merged, at once.

On PostgreSQL rows are staged by COPY, elsewhere by prepared inserts. The mark is moved first in each transaction, and
only from where it was: of two processes that stage the same chunk one is refused. MySQL commits before and after DDL;
there the exchange of names is one statement, and what it was about to do is on record before.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    TextClause,
    delete,
    exists,
    false,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, DropTable

from exchange.feeds.errors import PushDestinationFailed, PushTargetForeign, UnusablePush
from exchange.feeds.pushes.destinations.destination import Destination, Ground
from exchange.feeds.pushes.destinations.engines import engine_of, transaction, translated
from exchange.feeds.pushes.destinations.shapes import MYSQL, marks_of, named, table_of, writer
from exchange.feeds.pushes.plan import (
    COUNTED,
    OPERATIONS,
    Applied,
    Load,
    Mark,
    Mode,
    Order,
    mark_of,
    require_identifier,
)
from exchange.feeds.pushes.rows import DUPLICATE_KEY, NOT_TAKEN, Row
from exchange.sources.declarations import REFERENCE

KIND: Final = "table"
MEMBERS: Final = frozenset({"database", "schema", "table"})
INSERTED, UPDATED, DELETED = OPERATIONS


@dataclass(frozen=True)
class Target:
    """A table of a database that the operator keeps the address of."""

    schema: str | None
    table: str


def read(told: Mapping[str, Any]) -> dict[str, Any]:
    """Check the declaration of a table. Raises `UnusablePush`."""
    for name in told:
        if name not in MEMBERS:
            raise UnusablePush(f"#/destination/{name[:40]}", "unknown-member")
    database = told.get("database")
    if not isinstance(database, str) or not REFERENCE.fullmatch(database):
        raise UnusablePush("#/destination/database", "shape")
    if told.get("schema") is not None:
        require_identifier(told["schema"], "#/destination/schema")
    name = require_identifier(told.get("table"), "#/destination/table")
    if name.casefold().startswith(("yx_", "yinxin_", "sqlite_", "pg_")):
        raise UnusablePush("#/destination/table", "reserved")
    return {"database": database, "schema": told.get("schema"), "table": name}


def opened(order: Order, ground: Ground) -> Destination:
    """Open a table; nothing is reached yet. Raises `PushDestinationFailed`."""
    told = order.destination
    engine = engine_of(ground.database(told["database"]), ground.seconds)
    return TableDestination(order, engine, Target(told.get("schema"), told["table"]))


class TableDestination:
    """Stages into a twin of the target, swaps or merges at the end; `keeps_delta` leaves a table of what changed."""

    def __init__(self, order: Order, engine: Engine, target: Target, *, keeps_delta: bool = False) -> None:
        self.engine = engine
        self._order = order
        self._place = target
        self._keeps_delta = keeps_delta
        dialect = engine.dialect.name
        self._swaps_apart = dialect in MYSQL
        self._write = writer(order, dialect)

        def laid(name: str, *, with_operation: bool = False) -> Table:
            return table_of(order, name, target.schema, dialect, with_operation=with_operation)

        self.target, self.delta = laid(target.table), laid(named(order, "delta"), with_operation=True)
        self._staging, self._old = laid(named(order, "stage")), laid(named(order, "old"))
        self._marks = marks_of(target.schema)
        self._insert = _insert(self._staging, engine)

    def begun(self, load: Load) -> Mark:
        """Prepare the staging of a run, or find how far it came. Raises `PushTargetForeign` beside."""
        with transaction(self.engine) as connection:
            self._marks.create(connection, checkfirst=True)
            row = self._row(connection)
            if row is not None and row.run == load.run:
                return mark_of(row.mark)
            if self._has(connection, self.target) and (row is None or row.target != self._place.table):
                raise PushTargetForeign(self._place.table)
            for each in (self._staging, self._old, self.delta):
                connection.execute(DropTable(each, if_exists=True))
            connection.execute(CreateTable(self._staging))
            begun = Mark(load.run)
            given = {"run": load.run, "chunk": 0, "mark": begun.text, "intended": ""}
            marks = self._marks
            if row is None:
                connection.execute(insert(marks).values(push=self._order.push, target="", **given))
            else:
                connection.execute(update(marks).where(marks.c.push == self._order.push).values(**given))
            return begun

    def marked(self, run: str) -> Mark | None:
        """Tell how far a run has come. Raises `PushDestinationFailed`."""
        with transaction(self.engine) as connection:
            row = self._row(connection)
            return mark_of(row.mark) if row is not None and row.run == run else None

    def staged(self, rows: Sequence[Row], mark: Mark) -> Mapping[int, str]:
        """Stage rows and move the mark, or tell which rows cannot be taken. Raises `PushDestinationFailed`."""
        given = self._write(rows)
        try:
            with transaction(self.engine) as connection:
                self._move(connection, mark)
                if given:
                    self._insert(connection, given)
        except PushDestinationFailed as refusal:
            refused = self._refused(given) if _is_about_rows(refusal.__cause__) else {}
            if not refused:
                raise
            return refused
        return {}

    def finished(self, load: Load, mark: Mark) -> Mark:
        """Let what is staged take its place. Raises `PushDestinationFailed`."""
        if mark.applied is not None:
            return mark
        with transaction(self.engine) as connection:
            merges = self._merges(connection, load)
            if merges or not self._swaps_apart:
                applied = self._merge(connection, load) if merges else self._swap(connection, mark)
                return self._end(connection, mark, applied)
        return self._swapped_apart(mark)

    def discarded(self, run: str) -> None:
        """Throw away what is staged. Raises `PushDestinationFailed`."""
        with transaction(self.engine) as connection:
            if self._has(connection, self._marks):
                row = self._row(connection)
                if row is not None and row.run == run and mark_of(row.mark).applied is None:
                    connection.execute(DropTable(self._staging, if_exists=True))

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def _move(self, connection: Connection, mark: Mark) -> None:
        """Move the mark from the chunk before; the row's lock makes a second process wait, and then refuses it."""
        marks = self._marks
        before = (marks.c.push == self._order.push, marks.c.run == mark.run, marks.c.chunk == mark.chunk - 1)
        moved = connection.execute(update(marks).where(*before).values(chunk=mark.chunk, mark=mark.text))
        if moved.rowcount != 1:
            raise PushDestinationFailed("moved-on")

    def _refused(self, given: Sequence[Sequence[Any]]) -> dict[int, str]:
        """Find the rows that are not taken by trying each alone; nothing of this is kept."""
        refused = {}
        with translated(self.engine), self.engine.connect() as connection:
            for place, row in enumerate(given):
                try:
                    with connection.begin_nested():
                        self._insert(connection, [row])
                except Exception as error:
                    if not _is_about_rows(error):
                        raise
                    refused[place] = DUPLICATE_KEY if _is_duplicate(error) else NOT_TAKEN
            connection.rollback()
        return refused

    def _merges(self, connection: Connection, load: Load) -> bool:
        """Tell whether rows are merged into what is there; else what is staged takes its place as a whole."""
        order_is_delta = self._order.mode is Mode.DIFF or not load.whole
        return order_is_delta and self._has(connection, self.target) and self._has_shape(connection)

    def _has_shape(self, connection: Connection) -> bool:
        return self._names(connection) == [cell.name for cell in self._order.cells]

    def _merge(self, connection: Connection, load: Load) -> Applied:
        """Take out what is gone and what differs, put in what is not there: three statements, whatever the dialect."""
        target, staging = self.target, self._staging
        gone = ~exists().where(self._same(staging, target))
        differing = exists().where(self._same(staging, target), self._differs(staging, target))
        new = ~exists().where(self._same(target, staging))
        if self._keeps_delta:
            self._note(connection, DELETED, target, gone if load.whole else false())
            with_change = exists().where(self._same(target, staging), self._differs(target, staging))
            self._note(connection, UPDATED, staging, with_change)
            self._note(connection, INSERTED, staging, new)
        staged = _count(connection, staging)
        deleted = connection.execute(delete(target).where(gone)).rowcount if load.whole else 0
        updated = connection.execute(delete(target).where(differing)).rowcount
        put_in = insert(target).from_select(list(target.c), select(staging).where(new))
        inserted = connection.execute(put_in, execution_options={"preserve_rowcount": True}).rowcount - updated
        return Applied(inserted, updated, deleted, staged - inserted - updated)

    def _note(self, connection: Connection, operation: str, rows: Table, which: Any) -> None:
        """Keep in the delta what is about to happen to some rows."""
        connection.execute(CreateTable(self.delta, if_not_exists=True))
        query = select(literal(operation), *rows.c).where(which)
        connection.execute(insert(self.delta).from_select(list(self.delta.c), query))

    def _swap(self, connection: Connection, mark: Mark) -> Applied:
        """Exchange names: readers see the old table or the new one, and never a part."""
        applied = self._to_be_swapped(connection, mark)
        if self._has(connection, self.target):
            connection.execute(self._renaming(self.target, self._old))
            connection.execute(DropTable(self._old))
        connection.execute(self._renaming(self._staging, self.target))
        return applied

    def _swapped_apart(self, mark: Mark) -> Mark:
        """Swap where DDL commits by itself: first write what is intended, then exchange names in one statement."""
        with transaction(self.engine) as connection:
            staged = self._has(connection, self._staging)
            if staged:
                applied = self._to_be_swapped(connection, mark)
                intended = json.dumps([getattr(applied, name) for name in COUNTED])
                marks = self._marks
                connection.execute(update(marks).where(marks.c.push == self._order.push).values(intended=intended))
            else:  # the names were exchanged before this process began
                row = self._row(connection)
                applied = Applied(*json.loads(row.intended if row is not None else "[]"))
        with transaction(self.engine) as connection:
            if staged:
                connection.execute(DropTable(self._old, if_exists=True))
                connection.execute(self._exchange(connection))
            connection.execute(DropTable(self._old, if_exists=True))
            return self._end(connection, mark, applied)

    def _to_be_swapped(self, connection: Connection, mark: Mark) -> Applied:
        """Count what a swap does: all that is staged comes in, and keys that are staged no more are gone."""
        if not self._has(connection, self.target) or self._key(self.target).name not in self._names(connection):
            return Applied(mark.staged)
        gone = (
            select(func.count()).select_from(self.target).where(~exists().where(self._same(self._staging, self.target)))
        )
        return Applied(mark.staged, 0, connection.execute(gone).scalar_one())

    def _end(self, connection: Connection, mark: Mark, applied: Applied) -> Mark:
        ended = replace(mark, applied=applied)
        marks = self._marks
        values = {"mark": ended.text, "target": self._place.table, "intended": ""}
        connection.execute(update(marks).where(marks.c.push == self._order.push).values(values))
        connection.execute(DropTable(self._staging, if_exists=True))
        return ended

    def _exchange(self, connection: Connection) -> TextClause:
        quoted = connection.dialect.identifier_preparer.format_table
        staging, target, old = quoted(self._staging), quoted(self.target), quoted(self._old)
        if self._has(connection, self.target):
            return text(f"RENAME TABLE {target} TO {old}, {staging} TO {target}")
        return text(f"RENAME TABLE {staging} TO {target}")

    def _renaming(self, table: Table, to: Table) -> TextClause:
        prepared = self.engine.dialect.identifier_preparer
        return text(f"ALTER TABLE {prepared.format_table(table)} RENAME TO {prepared.quote(to.name)}")

    def _same(self, one: Table, other: Table) -> Any:
        return self._key(one) == self._key(other)

    def _differs(self, one: Table, other: Table) -> Any:
        key = self._order.key_place
        cells = [place for place in range(len(self._order.cells)) if place != key]
        pairs = [(self._cells(one)[place], self._cells(other)[place]) for place in cells]
        return or_(false(), *(left.is_distinct_from(right) for left, right in pairs))

    def _cells(self, table: Table) -> list[Any]:
        return list(table.c)[-len(self._order.cells) :]

    def _key(self, table: Table) -> Any:
        return self._cells(table)[self._order.key_place]

    def _row(self, connection: Connection) -> Any:
        return connection.execute(select(self._marks).where(self._marks.c.push == self._order.push)).one_or_none()

    def _has(self, connection: Connection, table: Table) -> bool:
        return inspect(connection).has_table(str(table.name), schema=self._place.schema)

    def _names(self, connection: Connection) -> list[str]:
        columns = inspect(connection).get_columns(self._place.table, schema=self._place.schema)
        return [str(each["name"]) for each in columns]


def _insert(staging: Table, engine: Engine) -> Callable[[Connection, Sequence[Sequence[Any]]], None]:
    """Give the fastest way to insert that the database has."""
    prepared = engine.dialect.identifier_preparer
    columns = ", ".join(prepared.quote(each.name) for each in staging.c)
    if engine.dialect.name == "postgresql":
        copying = f"COPY {prepared.format_table(staging)} ({columns}) FROM STDIN"

        def copy(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
            driver: Any = connection.connection.driver_connection
            with driver.cursor() as cursor, cursor.copy(copying) as copied:
                for row in rows:
                    copied.write_row(row)

        return copy
    sign = "%s" if engine.dialect.name in MYSQL else "?"
    # Identifiers are quoted above and values are bound; a quoted name may hold the driver's own sign for a value.
    names = columns.replace("%", "%%") if sign == "%s" else columns
    places = ", ".join(sign for _ in staging.c)
    statement = f"INSERT INTO {prepared.format_table(staging)} ({names}) VALUES ({places})"  # noqa: S608

    def many(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])

    return many


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _is_about_rows(error: BaseException | None) -> bool:
    """Tell whether it is a row that was refused: integrity or data errors, by the names of PEP 249."""
    own = error.orig if isinstance(error, DBAPIError) else error
    return any(each.__name__ in {"IntegrityError", "DataError"} for each in type(own).__mro__)


def _is_duplicate(error: BaseException | None) -> bool:
    own = error.orig if isinstance(error, DBAPIError) else error
    return any(each.__name__ == "IntegrityError" for each in type(own).__mro__)
