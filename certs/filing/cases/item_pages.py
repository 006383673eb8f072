"""A page of an item centre (事项中心) read: tables of rows, each cell a text; anything else is no page. Pure.

The page carries the national task tables by their names, whole for every matter that is on it. A row's place in the
page is kept as a spreadsheet's row number, so that a fault of the import names its cell by a pointer into the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from certs.filing.cases.errors import CentreAnswerUnreadable
from certs.filing.matters import import_tables
from certs.filing.matters.import_tables import NAMES, Fault, Read

# A page is taken in by one transaction; a county's matters have some 8,000 materials in all.
MOST_ROWS: Final = 2_000
MOST_COLUMNS: Final = 100
LONGEST_CELL: Final = 4_000
LONGEST_CURSOR: Final = 200
# Row 1 is the heading of a table in a file.
FIRST: Final = 2


@dataclass(frozen=True)
class ItemPage:
    """A page: its tables, and the mark from which the next one is asked for."""

    tables: tuple[Read, ...]
    following: str
    rows: int


def page(told: Mapping[str, Any], after: str) -> ItemPage:
    """Read a page that was asked for after a mark. Raises `CentreAnswerUnreadable`."""
    tables, following = told.get("tables"), told.get("next")
    if not isinstance(following, str) or len(following) > LONGEST_CURSOR or not following.isprintable():
        raise CentreAnswerUnreadable("next")
    if not isinstance(tables, dict) or any(name not in NAMES for name in tables):
        raise CentreAnswerUnreadable("tables")
    counted = sum(len(rows) for rows in tables.values() if isinstance(rows, list))
    if counted > MOST_ROWS:
        raise CentreAnswerUnreadable("too-many-rows")
    if counted and following == after:
        # The same page would come for ever.
        raise CentreAnswerUnreadable("next-does-not-move")
    return ItemPage(tuple(_table(name, rows) for name, rows in tables.items() if rows), following, counted)


def pointer(fault: Fault) -> str:
    """Give the place of a fault in the page it came in, as a JSON pointer."""
    whole = f"#/tables/{fault.table.value}"
    if not fault.row:
        return whole
    return f"{whole}/{fault.row - FIRST}" + (f"/{fault.column}" if fault.column else "")


def _table(name: str, rows: object) -> Read:
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise CentreAnswerUnreadable(f"rows-of-{name}")
    columns = sorted({column for each in rows for column in each})
    if len(columns) > MOST_COLUMNS:
        raise CentreAnswerUnreadable(f"columns-of-{name}")
    below = ((number, dict(_cells(name, each, columns))) for number, each in enumerate(rows, start=FIRST))
    return import_tables.read((1, dict(enumerate(columns))), below, name)


def _cells(name: str, row: Mapping[str, Any], columns: Sequence[str]) -> Iterator[tuple[int, str]]:
    for place, column in enumerate(columns):
        value = row.get(column)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise CentreAnswerUnreadable(f"cell-of-{name}")
        text = str(value)
        if len(text) > LONGEST_CELL or "\0" in text:
            raise CentreAnswerUnreadable(f"cell-of-{name}")
        yield place, text
