"""Tables read into values, each fault with its row, column and cell; the database is not asked.

A heading is known by its Chinese or English name. Codes are mended in their spelling first (full-width letters, spaces,
lower case), as `base.readings` does; what is wrong after that is a fault of its cell. What the values mean for what is
already known is decided in `imports`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import marshmallow as ma

from base.readings import mended
from keys.parties import tables
from keys.parties.errors import UnreadableTable
from keys.parties.tables import LOST_DIGITS, Row, cell_name

V = TypeVar("V")

# A clerk mends what is listed and sends the table again; more than this is one mistake made many times.
FAULTS_TOLD: Final = 500

# Headings as they stand in Chinese registers and in our own; compared without white space and case.
ORGANISATION_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("code", "统一社会信用代码", "信用代码", "机构代码"),
    "name": ("name", "名称", "机构名称", "单位名称"),
    "region": ("region", "行政区划", "行政区划代码", "区划代码"),
    "level": ("level", "层级", "级别"),
    "parent": ("parent", "上级", "上级机构", "上级机构代码", "上级统一社会信用代码"),
}
PERSON_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "login": ("login", "账号", "登录名", "用户名"),
    "name": ("name", "姓名", "名称"),
    "organisation": ("organisation", "所属机构", "单位", "单位代码", "所属机构代码"),
    "email": ("email", "邮箱", "电子邮箱"),
}
OPTIONAL: Final = frozenset({"parent", "email"})
CODES: Final = frozenset({"code", "region", "parent", "organisation"})
LEVEL_WORDS: Final = {"省": "province", "省级": "province", "市": "city", "市级": "city", "县": "county"} | {
    "县级": "county",
    "区": "county",
    "区县": "county",
    "乡": "town",
    "乡级": "town",
    "镇": "town",
    "乡镇": "town",
    "街道": "town",
}
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("这一格不能为空。", "This cell must not be empty."),
    "lost-digits": (
        "这一格存成了数字，超过 15 位的部分已经丢失；把列设为文本后重新录入。",
        "This cell is kept as a number, which lost the digits after the 15th; make the column text and enter it again.",
    ),
    "invalid": ("内容不合要求。", "The content is not of the form that is asked for."),
    "twice": ("与前面的一行重复。", "It stands in an earlier row already."),
    "no-such-organisation": ("没有这个机构。", "No such organisation is known, nor does it stand in this table."),
    "organisation-suspended": ("这个机构已停用。", "This organisation is suspended."),
    "unfit-parent": (
        "上级机构不合适：层级更低、区划不覆盖，或形成了环。",
        "The parent does not fit: it is of a lower level, of another region, or closes a circle.",
    ),
}


@dataclass(frozen=True)
class Fault:
    """One fault of a table: where it stands and what it is."""

    row: int
    column: str
    cell: str
    code: str

    def document(self) -> dict[str, str | int]:
        """Give it as JSON, in both languages."""
        zh, en = WORDS.get(self.code, WORDS["invalid"])
        return {"row": self.row, "column": self.column, "cell": self.cell, "code": self.code, "zh": zh, "en": en}


@dataclass(frozen=True)
class Staged(Generic[V]):
    """A row read into a value, with the places of its cells."""

    row: int
    value: V
    cells: Mapping[str, str] = field(repr=False)

    def fault(self, column: str, code: str) -> Fault:
        """Make a fault of this row."""
        return Fault(self.row, column, self.cells.get(column, ""), code)


def staged(
    content: bytes, headings: Mapping[str, tuple[str, ...]], schema: ma.Schema, key: str
) -> tuple[list[Staged[Any]], list[Fault]]:
    """Read the heading, then each row by the schema; a key that stands twice is a fault of the second row.

    Raises `UnreadableTable`, `TableTooLarge`.
    """
    heading, *below = tables.rows(content)
    columns = _columns(heading, headings)
    read: list[Staged[Any]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in below:
        cells = {name: cell_name(row.number, column) for name, column in columns.items()}
        told = {name: row.cells[column] if column < len(row.cells) else "" for name, column in columns.items()}
        lost = [name for name, text in told.items() if text == LOST_DIGITS]
        faults += [Fault(row.number, name, cells[name], "lost-digits") for name in lost]
        value, wrong = _loaded(schema, told)
        faults += [Fault(row.number, name, cells.get(name, ""), code) for name, code in wrong if name not in lost]
        if value is None:
            continue
        if told[key].lower() in seen:
            faults.append(Fault(row.number, key, cells[key], "twice"))
            continue
        seen.add(told[key].lower())
        read.append(Staged(row.number, value, cells))
    return read, faults


def _columns(heading: Row, headings: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Find each column by its heading.

    Raises `UnreadableTable` naming what is missing or unknown.
    """
    names = {word: name for name, words in headings.items() for word in words}
    found: dict[str, int] = {}
    for column, cell in enumerate(heading.cells):
        word = "".join(cell.split()).lower()
        if not word:
            continue
        name = names.get(word)
        if name is None or name in found:
            raise UnreadableTable(f"heading {cell_name(heading.number, column)}: {cell[:40]}")
        found[name] = column
    missing = [words[1] for name, words in headings.items() if name not in found and name not in OPTIONAL]
    if missing:
        raise UnreadableTable(f"headings missing: {', '.join(missing)}")
    return found


def _loaded(schema: ma.Schema, told: dict[str, str]) -> tuple[Any, list[tuple[str, str]]]:
    """Read a row's cells, spelling mended, and tell which are wrong; cells are changed in place to what was read."""
    for name in CODES & told.keys():
        told[name] = mended(told[name], hyphens=True)[0]
    if "level" in told:
        told["level"] = LEVEL_WORDS.get(told["level"], told["level"])
    empty = [name for name, text in told.items() if not text]
    given = {name: text for name, text in told.items() if text}
    try:
        return schema.load(given), []
    except ma.ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {}
        return None, [(str(name), "missing" if name in empty else "invalid") for name in messages]
