"""Workbooks of directories written: the empty template, a filled one, and the one that comes back with red cells.

All of it is made from the form: headings, which are required, the words that a cell may say, the code tables. Cells are
text, so that neither a code loses its zeros nor a text becomes a formula. Large workbooks are written as a stream.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from exchange import form
from exchange.dictionaries import dictionaries
from exchange.imports import columns
from exchange.imports.columns import CODE, Column
from exchange.imports.tables import ITEM_ROWS_LIMIT, ITEM_SHEET, ROWS_LIMIT, SHEET

CODES_SHEET: Final = "代码表"
NOTES_SHEET: Final = "说明"
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A workbook in openpyxl's memory takes some 300 bytes a cell; above this the marked one is written anew, as a stream.
MARKED_CELLS_LIMIT: Final = 200_000
MARKED_UNPACKED_LIMIT: Final = 16 * 1024 * 1024
_LONGEST_CELL: Final = 32_767
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD: Final = PatternFill("solid", fgColor="DCE6F1")
_NEEDED: Final = PatternFill("solid", fgColor="FCE4D6")
_RED: Final = PatternFill("solid", fgColor="FF9999")
_AUTHOR: Final = "Yinxin"
_NOTES: Final = (
    (
        "一行一个目录。带 * 的列必须填写；其余列在批注写明的条件下必须填写。",
        "One row a directory. Columns with * must be filled.",
    ),
    (
        "资源目录代码留空时由平台编号；填写已有代码表示修改该目录。",
        "Leave the code empty for a new directory; a known one changes it.",
    ),
    (
        "信息项填在“信息项”表，第一列写目录的代码或名称。",
        "Items stand on their own sheet, found by the directory's code or name.",
    ),
    ("多选的格子用分号“；”隔开。", "Several values in a cell have semicolons between."),
    ("代码和文字都可以填，可填内容见“代码表”。", "Codes and words are both read; see the sheet of code tables."),
    (
        "上传后先核对，不会直接生效；出错的格子会标红退回。",
        "An upload is checked first; faulty cells come back in red.",
    ),
)

Row = tuple[Mapping[str, str], Sequence[Mapping[str, str]]]


def template() -> bytes:
    """Give the empty workbook."""
    return filled(())


def filled(rows: Iterable[Row], faults: Iterable[Sequence[Mapping[str, Any]]] | None = None) -> bytes:
    """Write directories, each its cells and its items' cells, as a stream; faults, row by row, as red cells."""
    book = Workbook(write_only=True)
    main, items = book.create_sheet(SHEET), book.create_sheet(ITEM_SHEET)
    places = _dictionary_places()
    _head(main, columns.directory_columns(), places, ROWS_LIMIT)
    _head(items, columns.item_columns(), places, ITEM_ROWS_LIMIT)
    wrong = iter(faults) if faults is not None else None
    for cells, its in rows:
        marks = _marks(next(wrong)) if wrong is not None else {}
        main.append(
            [_cell(main, cells.get(each.name, ""), marks.get(each.name)) for each in columns.directory_columns()]
        )
        key = cells.get(CODE) or cells.get("name", "")
        for item in its:
            items.append(
                [_cell(items, {**item, columns.KEY: key}.get(each.name, "")) for each in columns.item_columns()]
            )
    _codes(book.create_sheet(CODES_SHEET))
    _notes(book.create_sheet(NOTES_SHEET))
    return _saved(book)


def marked(original: bytes, faults: Iterable[Mapping[str, Any]]) -> bytes | None:
    """Give the very workbook back with faulty cells red and a comment on each; nothing where it is too large for that.

    It is opened for its values: a formula comes back as what it last showed.
    """
    # What an entry says of its size was held against what it unpacks to when the file was taken in.
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        if sum(each.file_size for each in archive.infolist()) > MARKED_UNPACKED_LIMIT:
            return None
    try:
        return _marked(original, faults)
    except Exception:  # noqa: BLE001 - openpyxl is stricter than we are, in a dozen ways; then it is written anew
        return None


def _marked(original: bytes, faults: Iterable[Mapping[str, Any]]) -> bytes | None:
    book = load_workbook(io.BytesIO(original), data_only=True, keep_links=False)
    if sum(sheet.max_row * sheet.max_column for sheet in book.worksheets) > MARKED_CELLS_LIMIT:
        return None
    said: dict[tuple[str, str], list[str]] = {}
    for each in faults:
        cell = each["cell"] or f"A{each['row']}"
        said.setdefault((each["sheet"], cell), []).append(f"{each['zh']}\n{each['en']}")
    sheets: dict[str, Any] = {sheet.title: sheet for sheet in book.worksheets}
    for (name, cell), texts in said.items():
        if name in sheets:
            found = _anchor(sheets[name], cell)
            found.fill = _RED
            found.comment = _comment("\n".join(texts))
    return _saved(book)


def _anchor(sheet: Any, cell: str) -> Any:
    """Give the cell, or where it was merged with others the one that can be marked."""
    merged = next((each for each in sheet.merged_cells.ranges if cell in each), None)
    return sheet[cell] if merged is None else sheet.cell(merged.min_row, merged.min_col)


def _marks(faults: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    said: dict[str, list[str]] = {}
    for each in faults:
        known = {column.name for column in columns.directory_columns()}
        said.setdefault(each["field"] if each["field"] in known else "name", []).append(f"{each['zh']}\n{each['en']}")
    return {name: "\n".join(texts) for name, texts in said.items()}


def _cell(sheet: Any, text: str, fault: str | None = None) -> Any:
    """Make a cell of text, whatever the text looks like."""
    cell = WriteOnlyCell(sheet, value=None)
    if text:
        cell.value = _CONTROL.sub("\ufffd", text)[:_LONGEST_CELL]
        cell.data_type = "s"
    cell.number_format = "@"
    if fault is not None:
        cell.fill = _RED
        cell.comment = _comment(fault)
    return cell


def _comment(text: str) -> Comment:
    return Comment(text[:2000], _AUTHOR, height=120, width=320)


def _head(sheet: Any, told: Sequence[Column], places: Mapping[str, str], limit: int) -> None:
    sheet.freeze_panes = "B2"
    for place, column in enumerate(told, start=1):
        letters = get_column_letter(place)
        sheet.column_dimensions[letters].width = 14 + 2 * min(len(column.zh), 8)
        sheet.column_dimensions[letters].number_format = "@"
        validation = _validation(column, places)
        if validation is not None:
            validation.add(f"{letters}2:{letters}{limit + 1}")
            sheet.data_validations.append(validation)
    sheet.append([_heading(sheet, each) for each in told])


def _heading(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, value=column.heading)
    cell.font = Font(bold=True)
    cell.fill = _NEEDED if column.heading != column.zh else _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=True)
    cell.comment = _comment("\n".join(_about(column)))
    return cell


def _about(column: Column) -> Iterator[str]:
    yield column.en
    field = column.field
    if field is None:
        return
    if field.needed.field:
        on = form.fields().get(field.needed.field) or form.item_fields()[field.needed.field]
        words = [columns.write(on, [each] if on.kind == "choices" else each) for each in field.needed.values]
        words = [{"true": "是", "false": "否"}.get(each, each) for each in words]
        yield f"“{on.zh}”为 {'、'.join(words)} 时必填 / needed where “{on.en}” is {', '.join(field.needed.values)}"
    if field.longest:
        yield f"最多 {field.longest} / at most {field.longest}"
    if columns.allowed(field):
        yield f"可填：{'、'.join(columns.allowed(field))}"


def _validation(column: Column, places: Mapping[str, str]) -> DataValidation | None:
    """Make the drop-down; a cell of several values has none, since spreadsheets cannot offer that."""
    field = column.field
    if field is None or field.kind not in {"flag", "choice"}:
        return None
    source = '"是,否"' if field.kind == "flag" else places[field.dictionary or ""]
    return DataValidation(
        type="list",
        formula1=source,
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle=column.zh[:30],
        error=f"请从下拉列表中选择 / choose from the list ({column.en})"[:200],
    )


def _dictionary_places() -> dict[str, str]:
    """Tell where on the sheet of code tables the words of each table stand."""
    found: dict[str, str] = {}
    row = 2
    for name, table in dictionaries().items():
        found[name] = f"'{CODES_SHEET}'!$D${row}:$D${row + len(table.entries) - 1}"
        row += len(table.entries)
    return found


def _codes(sheet: Any) -> None:
    sheet.freeze_panes = "A2"
    for letters, width in {"A": 20, "B": 16, "C": 14, "D": 36, "E": 36, "F": 60}.items():
        sheet.column_dimensions[letters].width = width
    sheet.append(["代码表", "名称", "代码", "可填文字", "English", "出处 / 可信度"])
    for name, table in dictionaries().items():
        for entry in table.entries:
            told = (name, table.zh, entry.code, entry.zh, entry.en, f"{table.source} / {table.confidence}")
            sheet.append([_cell(sheet, each) for each in told])


def _notes(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = 70
    sheet.column_dimensions["B"].width = 70
    for zh, en in _NOTES:
        sheet.append([_cell(sheet, zh), _cell(sheet, en)])


def _saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
