"""The rows of a use list as a table tells them: headings in Chinese or English, every fault with its row and column.

Decided here: what a row must say and what is wrong with it. Whether the directory or certificate type is known is not:
a list may name what another province keeps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from base.identifiers import read_credit_code
from exchange.agreements.purposes import BASIC, LONGEST_NAME, LONGEST_REASON, Stage, implementing_organ, is_matter_code
from keys.parties import tables
from keys.parties.tables import Row

# A province's list has some thousands of rows; one file of more is cut by the reader of tables.
MOST_FIELDS: Final = 200
LONGEST_RESOURCE: Final = 64
MOST_FAULTS: Final = 100
SEPARATORS: Final = ("、", "，", ",", ";", "；")
BETWEEN: Final = "|"

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "item_code": ("事项编码", "基本编码", "item_code"),
    "item_name": ("事项名称", "item_name"),
    "material": ("材料名称", "material"),
    "resource": ("资源代码", "目录代码", "证照类型代码", "resource"),
    "fields": ("数据项", "所需字段", "fields"),
    "organs": ("实施主体", "organs"),
    "stages": ("环节", "stages"),
    "basis": ("依据", "basis"),
}
NEEDED: Final = ("item_code", "material", "resource", "fields")
_WORD_OF_STAGE: Final = {
    "办理前": Stage.GUIDANCE,
    "收件": Stage.INTAKE,
    "受理": Stage.ACCEPTANCE,
    "审批": Stage.REVIEW,
    "审查": Stage.REVIEW,
    "检查": Stage.INSPECTION,
}


@dataclass(frozen=True)
class UseRow:
    """A row: for this matter, this material is taken from this resource, with these fields."""

    item_code: str
    item_name: str
    material: str
    resource: str
    fields: tuple[str, ...]
    organs: tuple[str, ...]
    stages: tuple[Stage, ...]
    basis: str


@dataclass(frozen=True)
class RowFault:
    """What is wrong, in which row (as the spreadsheet numbers it; 0 is the whole table) and which column."""

    row: int
    column: str
    code: str


@dataclass(frozen=True)
class ReadTable:
    """The rows that can be taken in, and every fault up to a bound."""

    rows: tuple[UseRow, ...]
    faults: tuple[RowFault, ...]


def read(content: bytes) -> ReadTable:
    """Read a CSV or a workbook. Raises `UnreadableTable`, `TableTooLarge`."""
    heading, *below = tables.rows(content)
    layout = _layout(heading)
    missing = [RowFault(heading.number, name, "column-missing") for name in NEEDED if name not in layout]
    if missing:
        return ReadTable((), tuple(missing))
    if not below:
        return ReadTable((), (RowFault(heading.number, "", "no-rows"),))
    rows: list[UseRow] = []
    faults: list[RowFault] = []
    seen: set[tuple[str, ...]] = set()
    for each in below:
        told = {name: _cell(each, place) for name, place in layout.items()}
        found = [RowFault(each.number, column, code) for column, code in _faults(told, seen)]
        faults.extend(found)
        if not found:
            rows.append(_row(told))
    return ReadTable(tuple(rows), tuple(faults[:MOST_FAULTS]))


def _layout(heading: Row) -> dict[str, int]:
    """Tell in which column each member stands; the first that fits counts."""
    found: dict[str, int] = {}
    for place, cell in enumerate(heading.cells):
        for name, called in HEADINGS.items():
            if cell.strip() in called:
                found.setdefault(name, place)
    return found


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def _faults(told: Mapping[str, str], seen: set[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    code = told["item_code"]
    if not is_matter_code(code):
        yield "item_code", "not-a-matter-code"
    for name, longest in (("material", LONGEST_NAME), ("resource", LONGEST_RESOURCE)):
        if not told[name]:
            yield name, "empty"
        elif len(told[name]) > longest:
            yield name, "too-long"
    for name, longest in (("item_name", LONGEST_NAME), ("basis", LONGEST_REASON)):
        if len(told.get(name, "")) > longest:
            yield name, "too-long"
    fields = split(told["fields"])
    if not fields:
        yield "fields", "empty"
    if len(fields) > MOST_FIELDS or any(len(each) > LONGEST_NAME for each in fields):
        yield "fields", "too-long"
    yield from _narrowings(told, code)
    key = (code, told["material"], told["resource"])
    if key in seen:
        yield "material", "twice"
    seen.add(key)


def _narrowings(told: Mapping[str, str], code: str) -> Iterator[tuple[str, str]]:
    organs = split(told.get("organs", ""))
    if any(not read_credit_code(each).exact for each in organs):
        yield "organs", "not-a-credit-code"
    if organs and len(code) > BASIC and implementing_organ(code) not in organs:
        yield "organs", "not-the-matters-own"
    if any(_stage(each) is None for each in split(told.get("stages", ""))):
        yield "stages", "unknown-stage"


def _row(told: Mapping[str, str]) -> UseRow:
    stages = (_stage(each) for each in split(told.get("stages", "")))
    return UseRow(
        told["item_code"],
        told.get("item_name", ""),
        told["material"],
        told["resource"],
        split(told["fields"]),
        split(told.get("organs", "")),
        tuple(dict.fromkeys(each for each in stages if each is not None)),
        told.get("basis", ""),
    )


def _stage(word: str) -> Stage | None:
    """Read a stage by its code or its Chinese word; an agreed use is no statutory one."""
    found = _WORD_OF_STAGE.get(word) or (Stage(word) if word in set(Stage) else None)
    return None if found is Stage.AGREEMENT else found


def split(text: str) -> tuple[str, ...]:
    """Split a cell that holds several, each told once."""
    for sign in SEPARATORS:
        text = text.replace(sign, BETWEEN)
    return tuple(dict.fromkeys(each.strip() for each in text.split(BETWEEN) if each.strip()))
