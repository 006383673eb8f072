"""Directories as a CSV table, as a stream: the columns that an import reads, the items in one cell.

UTF-8 has the mark by which Excel knows it; GB 18030 is written on request.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from base.sheets import MARK, csv_line
from exchange import form
from exchange.exports.dcat import Published
from exchange.imports import columns
from exchange.imports.columns import CODE, ITEMS

ENCODINGS: Final = {"utf-8": "utf-8", "gb18030": "gb18030"}


def comma_separated(directories: Iterable[Published], encoding: str) -> Iterator[bytes]:
    """Write directories as CSV, each row when its turn comes."""
    told = columns.table_columns()
    if encoding == "utf-8":
        yield MARK
    yield _line([each.zh for each in told], encoding)
    for each in directories:
        cells = cells_of(each.code, each.content)
        yield _line([cells.get(column.name, "") for column in told], encoding)


def cells_of(code: str, content: form.Content) -> dict[str, str]:
    """Write a directory into the cells of one row."""
    items = columns.items_in_a_cell(content.get(ITEMS) or ())
    return {CODE: code, **columns.cells_of(content), ITEMS: items}


def _line(cells: Iterable[str], encoding: str) -> bytes:
    # Half a surrogate pair cannot be written in either encoding.
    return csv_line(cells).encode(ENCODINGS[encoding], errors="replace")
