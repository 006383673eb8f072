"""Files as rows that tell of directories: workbooks, CSV in several encodings, and catalogues; told apart by content.

Nothing is judged here but whether the file can be read at all. The headings may stand in any order, in Chinese or in
English; a heading that is not known is left out and remarked on. The items of a directory stand in a sheet of their
own, found by the directory's code or name, or together in one cell.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from base import spreadsheets
from base.sheets import unneutralised
from base.spreadsheets import Bounds
from exchange.imports import columns
from exchange.imports.catalogues import Things, gather
from exchange.imports.catalogues import directories as catalogued
from exchange.imports.columns import CODE, ITEMS, KEY, Column
from exchange.imports.rdf import statements
from keys.parties.errors import TableTooLarge, UnreadableTable

# A city has some ten thousand directories with ten items each; a workbook of twice that has about 12 MB.
BYTES_LIMIT: Final = 20 * 1024 * 1024
ROWS_LIMIT: Final = 20_000
ITEM_ROWS_LIMIT: Final = 200_000
# The longest text of a directory has 2,000 characters; a CSV's cell of items has more.
CELL_LIMIT: Final = 4_000
BOUNDS: Final = Bounds(unpacked=256 * 1024 * 1024, rows=ITEM_ROWS_LIMIT + 1, columns=200, characters=CELL_LIMIT)
ITEMS_CELL_LIMIT: Final = 100_000
REMARKS_KEPT: Final = 100
# So many rows of the sheet of items, or statements of a catalogue, are gathered in some 100 ms.
GATHERED_AT_ONCE: Final = 2_000
_ROW: Final = b"<row "
SHEET: Final = "目录"
ITEM_SHEET: Final = "信息项"
_TURTLE: Final = re.compile(r"(?:\s|#[^\n]*\n)*(?:@prefix|@base|prefix|base)\s", re.IGNORECASE)


# The rows of items by the code or the name of the directory that they name.
Grouped = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Told:
    """A row that tells of a directory: its cells by column, and its items, or nothing where the file has none."""

    number: int
    cells: Mapping[str, str]
    items: Sequence[Mapping[str, Any]] | None

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {"cells": dict(self.cells), "items": None if self.items is None else [dict(each) for each in self.items]}


@dataclass(frozen=True)
class Table:
    """A file that was opened: where its columns stand, what is remarked, and its rows, read as they are asked for.

    `gathered` reads what must be known before the first row, and stops now and then, for whoever must not be away for
    long; `rows` goes through the rest of it first. `expected` is how many rows there may be: only good for showing how
    far it is.
    """

    kind: str
    layout: dict[str, Any]
    rows: Iterator[Told]
    remarks: list[dict[str, Any]] = field(default_factory=list)
    gathered: Iterator[None] = field(default_factory=lambda: iter(()))
    expected: int | None = None


def read(content: bytes) -> Table:
    """Open a file, whatever it is; the rows are read while they are gone through.

    Raises `UnreadableTable`, `TableTooLarge`.
    """
    if len(content) > BYTES_LIMIT:
        raise TableTooLarge("bytes", BYTES_LIMIT)
    if content.startswith((spreadsheets.ZIP, spreadsheets.OLE)):
        return _workbook(content)
    text = _decoded(content)
    if text.lstrip()[:1] in ("{", "["):
        return _catalogue(text, "json-ld")
    if _TURTLE.match(text):
        return _catalogue(text, "turtle")
    return _csv(text)


def _workbook(content: bytes) -> Table:
    try:
        workbook = spreadsheets.opened(content, BOUNDS)
        sheet = SHEET if SHEET in workbook.sheets else next(iter(workbook.sheets))
        remarks: list[dict[str, Any]] = []
        rows = workbook.rows(sheet, ROWS_LIMIT + 1)
        heading = next(rows, None)
        if heading is None:
            raise UnreadableTable("no rows")
        layout = _layout(heading[1], columns.table_columns(), sheet, remarks)
        grouped, item_layout, gathered = _items(workbook, remarks)
        expected = _expected(workbook, sheet)
    except (spreadsheets.Unreadable, spreadsheets.TooLarge) as error:
        raise _refusal(error) from error
    told = {"sheet": sheet, "heading": heading[0], "columns": layout, **item_layout}
    return Table("xlsx", told, _told(rows, layout, grouped, remarks, gathered), remarks, gathered, expected)


def _expected(workbook: spreadsheets.Workbook, sheet: str) -> int:
    """Count what look like rows, without reading them; a sheet that writes its elements with a prefix shows none."""
    with workbook.archive.open(workbook.sheets[sheet]) as entry:
        found, before = 0, b""
        while piece := entry.read(1 << 20):
            found += (before + piece).count(_ROW)
            before = piece[-len(_ROW) + 1 :]
    return max(found - 1, 0)


def _items(
    workbook: spreadsheets.Workbook, remarks: list[dict[str, Any]]
) -> tuple[Grouped | None, dict[str, Any], Iterator[None]]:
    """Find the sheet of items: where its rows will be gathered, its layout, and the gathering itself."""
    if ITEM_SHEET not in workbook.sheets:
        return None, {}, iter(())
    rows = workbook.rows(ITEM_SHEET)
    heading = next(rows, (1, {}))[1]
    layout = _layout(heading, columns.item_columns(), ITEM_SHEET, remarks, needed=KEY) if heading else {KEY: 0}
    grouped: Grouped = {}
    return grouped, {"item_sheet": ITEM_SHEET, "item_columns": layout}, _gathering(rows, layout, grouped)


def _gathering(
    rows: Iterator[tuple[int, Mapping[int, str]]], layout: Mapping[str, int], grouped: Grouped
) -> Iterator[None]:
    """Gather the rows of items by the directory that they name."""
    try:
        for place, (number, cells) in enumerate(rows, start=1):
            key = cells.get(layout[KEY], "")
            told = {name: cells[at] for name, at in layout.items() if name != KEY and cells.get(at)}
            if told or key:
                grouped.setdefault(key, []).append({"row": number, "cells": told})
            if place % GATHERED_AT_ONCE == 0:
                yield
    except (spreadsheets.Unreadable, spreadsheets.TooLarge) as error:
        raise _refusal(error) from error


def _told(
    rows: Iterator[tuple[int, Mapping[int, str]]],
    layout: Mapping[str, int],
    grouped: Grouped | None,
    remarks: list[dict[str, Any]],
    gathered: Iterable[None] = (),
) -> Iterator[Told]:
    for _ in gathered:
        pass
    try:
        for number, cells in rows:
            told = {name: cells.get(place, "") for name, place in layout.items()}
            if not any(told.values()):
                continue
            yield Told(number, {k: v for k, v in told.items() if k != ITEMS}, _items_of(told, grouped))
    except (spreadsheets.Unreadable, spreadsheets.TooLarge) as error:
        raise _refusal(error) from error
    for key, orphans in (grouped or {}).items():
        _remark(remarks, "items-of-no-directory", f"{ITEM_SHEET} {orphans[0]['row']}", key)


def _items_of(told: Mapping[str, str], grouped: Grouped | None) -> list[Mapping[str, Any]] | None:
    """Give a row's items: those of its own cell, and those that name it by code or by name."""
    if told.get(ITEMS):
        return [{"row": None, "cells": cells} for cells in columns.items_from_a_cell(told[ITEMS])]
    if grouped is None:
        return None
    keys = dict.fromkeys(key for key in (told.get(CODE), told.get("name")) if key)
    found = [each for key in keys for each in grouped.pop(key, ())]
    return sorted(found, key=lambda each: each["row"]) or None


def _layout(
    heading: Mapping[int, str],
    known: Sequence[Column],
    sheet: str,
    remarks: list[dict[str, Any]],
    needed: str = "name",
) -> dict[str, int]:
    """Find each column by its heading.

    Raises `UnreadableTable` for one that stands twice, and where the one column is missing that names the row.
    """
    found: dict[str, int] = {}
    for place, text in sorted(heading.items()):
        column = columns.named(known, text.lstrip("\ufeff"))
        if column is None:
            _remark(remarks, "unknown-column", f"{sheet} {spreadsheets.column_name(place)}", text)
        elif column.name in found:
            raise UnreadableTable(f"a heading stands twice: {column.zh}")
        else:
            found[column.name] = place
    if needed not in found:
        wanted = next(each.zh for each in known if each.name == needed)
        raise UnreadableTable(f"no column {wanted} in {sheet}")
    return found


def _remark(remarks: list[dict[str, Any]], code: str, place: str, text: str) -> None:
    if len(remarks) < REMARKS_KEPT:
        remarks.append({"code": code, "place": place[:100], "text": text[:100]})


def _decoded(content: bytes) -> str:
    """Read text as UTF-8, GB 18030, or UTF-16 where its mark says so (what Excel calls Unicode text)."""
    marked = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in marked:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise UnreadableTable("a NUL character")
        if not text.strip():
            raise UnreadableTable("no rows")
        return text
    raise UnreadableTable("neither UTF-8 nor GB 18030")


def _csv(text: str) -> Table:
    first = text.lstrip("\ufeff\r\n").partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    rows = _csv_rows(text, delimiter)
    heading = next(rows, None)
    if heading is None:
        raise UnreadableTable("no rows")
    remarks: list[dict[str, Any]] = []
    layout = _layout(heading[1], columns.table_columns(), "CSV", remarks)
    told = {"sheet": "", "heading": heading[0], "columns": layout}
    return Table("csv", told, _bounded(rows, layout), remarks, expected=text.count("\n"))


def _bounded(rows: Iterator[tuple[int, dict[int, str]]], layout: Mapping[str, int]) -> Iterator[Told]:
    for place, told in enumerate(_told(rows, layout, None, [])):
        if place == ROWS_LIMIT:
            raise TableTooLarge("rows", ROWS_LIMIT)
        yield told


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, dict[int, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if len(cells) > BOUNDS.columns:
                raise TableTooLarge("columns", BOUNDS.columns)
            if any(len(cell) > ITEMS_CELL_LIMIT for cell in cells):
                raise TableTooLarge("characters in a cell", ITEMS_CELL_LIMIT)
            said = {place: unneutralised(cell).strip() for place, cell in enumerate(cells) if cell.strip()}
            if said:
                yield number, said
    except csv.Error as error:
        raise UnreadableTable(f"row {number + 1}: {error}") from error


def _catalogue(text: str, kind: str) -> Table:
    remarks: list[dict[str, Any]] = []
    things: Things = {}
    gathered = _gathered_statements(text, kind, things)

    def rows() -> Iterator[Told]:
        for _ in gathered:
            pass
        for number, each in enumerate(catalogued(things, remarks), start=1):
            yield Told(number, *each)

    return Table(kind, {"sheet": "", "heading": 0, "columns": {}}, rows(), remarks, gathered)


def _gathered_statements(text: str, kind: str, things: Things) -> Iterator[None]:
    for place, each in enumerate(statements(text, kind), start=1):
        gather(things, each)
        if place % GATHERED_AT_ONCE == 0:
            yield


def _refusal(error: spreadsheets.Unreadable | spreadsheets.TooLarge) -> UnreadableTable | TableTooLarge:
    if isinstance(error, spreadsheets.TooLarge):
        return TableTooLarge(error.what, error.limit)
    return UnreadableTable(str(error))
