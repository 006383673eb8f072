"""Files and front libraries as tables of matters: CSV, workbooks with a table a sheet, and the tables of a database.

Limits are those of the readers below; a front library is read as it stands, in the order of its tables, never more rows
than a file may have.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, MetaData, inspect, select
from sqlalchemy import Table as DatabaseTable

from base import spreadsheets
from base.spreadsheets import Bounds
from certs.filing.matters import import_tables
from certs.filing.matters.import_tables import MOST_ROWS, NAMES, Fault, Read
from exchange.imports import workbook
from keys.parties import tables
from keys.parties.errors import TableTooLarge, UnreadableTable

# The four national tables, and as many of a site's own.
MOST_FILES: Final = 8
BYTES_LIMIT: Final = tables.BYTES_LIMIT
LONGEST_CELL: Final = 4_000
BOUNDS: Final = Bounds(tables.UNPACKED_LIMIT, MOST_ROWS + 1, tables.COLUMNS_LIMIT, LONGEST_CELL)


@dataclass(frozen=True)
class File:
    """A file that was sent: its name, which may say which table it is, and its bytes."""

    name: str
    content: bytes


def read(file: File) -> list[Read]:
    """Read every table of a file. Raises `UnreadableTable`, `TableTooLarge`."""
    if len(file.content) > BYTES_LIMIT:
        raise TableTooLarge("bytes", BYTES_LIMIT)
    if file.content.startswith((spreadsheets.ZIP, spreadsheets.OLE)):
        found = list(_sheets(file.content))
    else:
        heading, *below = [(row.number, dict(enumerate(row.cells))) for row in tables.rows(file.content)]
        found = [import_tables.read(heading, below, file.name.rsplit("/", 1)[-1].partition(".")[0])]
    if not found:
        raise UnreadableTable("no rows")
    return found


def of_database(connection: Connection) -> list[Read]:
    """Read the task tables that a front library has. Raises `UnreadableTable`, `TableTooLarge`."""
    there = {each.lower(): each for each in inspect(connection).get_table_names()}
    wanted = [there[each] for each in NAMES if each in there]
    if not wanted:
        raise UnreadableTable("none of the task tables")
    return [_of_table(connection, each) for each in wanted]


def marked(file: File, faults: Iterable[Fault]) -> bytes | None:
    """Give the very workbook back with faulty cells red and a comment on each; nothing where it is too large for that.

    A fault of a whole table stands at its first cell. Raises `UnreadableTable`, `TableTooLarge`.
    """
    if not file.content.startswith(spreadsheets.ZIP):
        raise UnreadableTable("no workbook")
    places = {sheet.table: name for name, sheet in _named(file.content)}
    told = [
        {
            "sheet": places.get(each.table, ""),
            "cell": each.cell,
            "row": max(each.row, 1),
            "zh": each.words[0],
            "en": each.words[1],
        }
        for each in faults
    ]
    return workbook.marked(file.content, told)


def _sheets(content: bytes) -> Iterator[Read]:
    """Give a table for each sheet that has rows; what spreadsheets add of their own has none."""
    for _, table in _named(content):
        yield table


def _named(content: bytes) -> Iterator[tuple[str, Read]]:
    try:
        opened = spreadsheets.opened(content, BOUNDS)
        for name in opened.sheets:
            rows = iter(opened.rows(name))
            heading = next(rows, None)
            if heading is not None:
                yield name, import_tables.read(heading, rows, name)
    except spreadsheets.TooLarge as error:
        raise TableTooLarge(error.what, error.limit) from error
    except spreadsheets.Unreadable as error:
        raise UnreadableTable(str(error)) from error


def _of_table(connection: Connection, name: str) -> Read:
    table = DatabaseTable(name, MetaData(), autoload_with=connection)
    columns = list(table.columns)
    heading = dict(enumerate(str(each.name) for each in columns))
    found = connection.execute(select(table).limit(MOST_ROWS + 1)).all()
    if len(found) > MOST_ROWS:
        raise TableTooLarge("rows", MOST_ROWS)
    rows = ((number, _cells(row)) for number, row in enumerate(found, start=2))
    return import_tables.read((1, heading), rows, name)


def _cells(row: Any) -> Mapping[int, str]:
    return {place: _text(value) for place, value in enumerate(row) if value is not None}


def _text(value: Any) -> str:
    """Write a value as text; a moment as its day, since that is what the tables mean by it."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value).replace("\0", "")[:LONGEST_CELL]
