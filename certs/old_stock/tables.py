"""A department's table of old certificates, read as rows of text by column: CSV or a workbook, in any order of columns.

The headings are those that such tables have, in Chinese or English, and the type's own fields by their words or names.
A heading that is not known is told and left out. Nothing of a row is judged here.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from base import spreadsheets
from base.spreadsheets import Bounds
from certs.old_stock.errors import OldStockTooLarge, UnreadableOldStock
from certs.types.certificate_type import CertificateType, FieldKind

# A county's stock of one type; a larger one is brought in several batches, each of which one person can answer for.
MOST_ROWS: Final = 20_000
# Twenty thousand rows of thirty columns have some 8 MB.
BYTES_LIMIT: Final = 20 * 1024 * 1024
LONGEST_CELL: Final = 4_000
MOST_COLUMNS: Final = 200
BOUNDS: Final = Bounds(256 * 1024 * 1024, MOST_ROWS + 1, MOST_COLUMNS, LONGEST_CELL)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("证照编号", "证书编号", "许可证编号", "编号", "number"),
    "holder_name": ("持证主体", "持证人", "持证单位", "单位名称", "姓名", "holder"),
    "holder_code": ("持证主体代码", "证件号码", "统一社会信用代码", "身份证号", "holder_code"),
    "holder_type": ("持证主体代码类型", "证件类型", "holder_type"),
    "issuer": ("颁发机构", "发证机关", "issuer"),
    "issuer_code": ("颁发机构代码", "发证机关代码", "issuer_code"),
    "issued_on": ("颁发日期", "发证日期", "issued_on"),
    "valid_from": ("有效期起", "有效期起始日期", "valid_from"),
    "valid_until": ("有效期止", "有效期截止日期", "valid_until"),
    "region": ("行政区划", "管辖属地编码", "region"),
    "medium": ("介质", "存档介质", "medium"),
}
NEEDED: Final = ("number", "holder_name", "holder_code", "issued_on")


@dataclass(frozen=True)
class Row:
    """A row: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table that was read: its columns, the headings that were left out, and its rows."""

    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    rows: tuple[Row, ...]


def read(content: bytes, type_: CertificateType) -> Table:
    """Read a table of certificates of a type. Raises `UnreadableOldStock`, `OldStockTooLarge`."""
    if len(content) > BYTES_LIMIT:
        raise OldStockTooLarge("bytes", BYTES_LIMIT)
    lines = _workbook(content) if content.startswith((spreadsheets.ZIP, spreadsheets.OLE)) else _csv(content)
    heading = next(lines, None)
    if heading is None:
        raise UnreadableOldStock("no rows")
    layout, unknown = _layout(heading[1], type_)
    rows: list[Row] = []
    for number, cells in lines:
        if len(rows) == MOST_ROWS:
            raise OldStockTooLarge("rows", MOST_ROWS)
        told = {name: cells.get(place, "") for name, place in layout.items()}
        if any(told.values()):
            rows.append(Row(number, told))
    if not rows:
        raise UnreadableOldStock("no rows")
    return Table(tuple(layout), unknown, tuple(rows))


def _layout(heading: Mapping[int, str], type_: CertificateType) -> tuple[dict[str, int], tuple[str, ...]]:
    known = {word: name for name, words in COLUMNS.items() for word in words}
    fields = (each for each in type_.fields if each.kind is not FieldKind.PICTURE)
    known |= {word: f"data.{each.name}" for each in fields for word in (each.zh, each.name)}
    found: dict[str, int] = {}
    unknown = []
    for place, text in sorted(heading.items()):
        name = known.get(text.lstrip("\ufeff").strip())
        if name is None:
            unknown.append(text[:40])
        elif name in found:
            raise UnreadableOldStock(f"two columns for {COLUMNS.get(name, (text,))[0]}")
        else:
            found[name] = place
    missing = [COLUMNS[each][0] for each in NEEDED if each not in found]
    if missing:
        raise UnreadableOldStock(f"no column {' '.join(missing)}")
    return found, tuple(unknown)


def _workbook(content: bytes) -> Iterator[tuple[int, Mapping[int, str]]]:
    try:
        workbook = spreadsheets.opened(content, BOUNDS)
        yield from workbook.rows(next(iter(workbook.sheets)))
    except spreadsheets.TooLarge as error:
        raise OldStockTooLarge(error.what, error.limit) from error
    except spreadsheets.Unreadable as error:
        raise UnreadableOldStock(str(error)) from error


def _csv(content: bytes) -> Iterator[tuple[int, Mapping[int, str]]]:
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if len(cells) > MOST_COLUMNS or any(len(each) > LONGEST_CELL for each in cells):
                raise OldStockTooLarge("columns or characters in a cell", MOST_COLUMNS)
            told = {place: cell.strip() for place, cell in enumerate(cells) if cell.strip()}
            if told:
                yield number, told
    except csv.Error as error:
        raise UnreadableOldStock(f"row {reader.line_num}: {error}") from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise UnreadableOldStock("a NUL character")
        return text
    raise UnreadableOldStock("neither UTF-8 nor GB 18030")
