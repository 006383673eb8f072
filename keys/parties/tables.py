"""Spreadsheets as rows of text: CSV in UTF-8 or GB 18030, and XLSX; told apart by content, within limits.

XLSX is read by python-calamine: a reader in Rust that expands no entities, follows no links and runs no formulas (a
cell is the value that was last shown). What it would unpack is measured before, since a zip can be a bomb. Numbers
with more digits than a spreadsheet keeps are given as a fault, not as a wrong code. What the columns mean is decided
in `imports`.
"""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from base import spreadsheets
from base.spreadsheets import Bounds
from keys.parties.errors import TableTooLarge, UnreadableTable

# A province has some ten thousand organs; one file of them has 2 MB.
BYTES_LIMIT: Final = 5 * 1024 * 1024
UNPACKED_LIMIT: Final = 60 * 1024 * 1024
ROWS_LIMIT: Final = 20_000
COLUMNS_LIMIT: Final = 100
CELL_LIMIT: Final = 1000
FILES_LIMIT: Final = 1000
# IEEE 754 doubles, which is what spreadsheets keep, tell 15 decimal digits apart.
KEPT_DIGITS: Final = 15
LOST_DIGITS: Final = "\ufffdlost-digits"

_BOUNDS: Final = Bounds(UNPACKED_LIMIT, ROWS_LIMIT, COLUMNS_LIMIT, CELL_LIMIT)
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_LOCAL_HEADER: Final = 30
_ENCRYPTED: Final = 0x1
_PIECE: Final = 1 << 16


@dataclass(frozen=True)
class Row:
    """A row that is not empty: its number as the spreadsheet shows it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


def rows(content: bytes) -> list[Row]:
    """Read every row that is not empty, the first being the heading.

    Raises `UnreadableTable`, `TableTooLarge`.
    """
    if len(content) > BYTES_LIMIT:
        raise TableTooLarge("bytes", BYTES_LIMIT)
    if content.startswith(_OLE):
        raise UnreadableTable("an old .xls file; save it as .xlsx or .csv")
    found = list(_xlsx(content) if content.startswith(_ZIP) else _csv(content))
    if not found:
        raise UnreadableTable("no rows")
    return found


def cell_name(row: int, column: int) -> str:
    """Name a cell as spreadsheets do; columns count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            yield from _row(reader.line_num, cells)
    except csv.Error as error:
        raise UnreadableTable(f"line {reader.line_num}: {error}") from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise UnreadableTable("a NUL character")
        return text
    raise UnreadableTable("neither UTF-8 nor GB 18030")


def _xlsx(content: bytes) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    _require_unpacked_size(content)
    _require_near_cells(content)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        if sheet.total_height > ROWS_LIMIT or sheet.total_width > COLUMNS_LIMIT:
            raise TableTooLarge("rows or columns", ROWS_LIMIT)
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
            yield from _row(number, [_text(cell) for cell in cells])
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise UnreadableTable("not a workbook") from error


def _require_near_cells(content: bytes) -> None:
    """Read the addresses of all cells first: calamine makes a dense table of them, and aborts where it cannot.

    Raises `UnreadableTable`, `TableTooLarge`.
    """
    try:
        spreadsheets.require_bounds(content, _BOUNDS)
    except spreadsheets.TooLarge as error:
        raise TableTooLarge(error.what, error.limit) from error
    except spreadsheets.Unreadable as error:
        raise UnreadableTable(str(error)) from error


def _require_unpacked_size(content: bytes) -> None:
    """Unpack every entry in pieces, throw it away and count: what an entry says of its own size may be a lie.

    Raises `UnreadableTable`, `TableTooLarge`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise UnreadableTable("not a workbook") from error
    if len(entries) > FILES_LIMIT:
        raise TableTooLarge("files inside", FILES_LIMIT)
    left = UNPACKED_LIMIT
    for entry in entries:
        left -= _unpacked_size(content, entry, left)


def _unpacked_size(content: bytes, entry: zipfile.ZipInfo, left: int) -> int:
    """Tell how large an entry becomes; past what is left it is not unpacked further (APPNOTE 4.3.7, 4.4.5)."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
        raise UnreadableTable("packed in a way that no spreadsheet uses")
    header = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(header) != _LOCAL_HEADER:
        raise UnreadableTable("not a workbook")
    start = entry.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", header[26:30]))
    packed = content[start : start + entry.compress_size]
    size = len(packed)
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        inflater, size, rest = zlib.decompressobj(-zlib.MAX_WBITS), 0, packed
        try:
            while rest and not inflater.eof and size <= left:
                size += len(inflater.decompress(rest, _PIECE))
                rest = inflater.unconsumed_tail
        except zlib.error as error:
            raise UnreadableTable("not a workbook") from error
    if size > left:
        raise TableTooLarge("bytes unpacked", UNPACKED_LIMIT)
    return size


def _row(number: int, cells: list[str]) -> Iterator[Row]:
    if number > ROWS_LIMIT or len(cells) > COLUMNS_LIMIT:
        raise TableTooLarge("rows or columns", ROWS_LIMIT)
    stripped = tuple(cell.strip() for cell in cells)
    if any(len(cell) > CELL_LIMIT for cell in stripped):
        raise TableTooLarge("characters in a cell", CELL_LIMIT)
    if any(stripped):
        yield Row(number, stripped)


def _text(cell: Any) -> str:
    """Write a cell's value as its reader saw it; a whole number without the .0 that spreadsheets keep."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float | int):
        if abs(cell) >= 10**KEPT_DIGITS:
            return LOST_DIGITS
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).replace("\0", "")
