"""Tables of matters that are taken in: which there are, what their columns are called, and what is wrong with a cell.

Two families. The *own* one is a single table with a row for each material, as offices keep it (情形、材料、对照); the
matter's own columns stand on its first row and may be left empty on the others. The *national* one are the four task
tables of the front library (政务服务前置库): the catalogue, the basic elements, the further elements, the materials.
Nothing of a row is judged here; each table says where its rows are from, so that a fault can name its cell. Pure.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from base.spreadsheets import column_name
from certs.filing.matters import material_rows

# A county's matters have some 8,000 materials; what is larger is brought in several files.
MOST_ROWS: Final = 20_000
# A person mends what is listed; more than this is one mistake made many times.
MOST_FAULTS: Final = 200


class Table(enum.StrEnum):
    """Which table it is."""

    MATERIALS = "materials"
    DIRECTORY = "up_task_directory"
    BASIC = "up_task_general_basic"
    EXTEND = "up_task_general_extend"
    MATERIAL = "up_task_general_material"


# The matter's own columns of the own table.
OF_MATTER: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("行政区划", "region_code"),
    "organ_name": ("实施主体", "实施主体名称", "organ_name"),
    "effective_from": ("生效日期", "effective_from"),
    "task_type": ("事项类型", "task_type"),
    "by_law": ("设定依据", "by_law"),
    "served": ("服务对象", "served"),
    "accept_condition": ("受理条件", "accept_condition"),
    "legal_working_days": ("法定办结时限（工作日）", "法定办结时限", "legal_working_days"),
    "promised_working_days": ("承诺办结时限（工作日）", "承诺办结时限", "promised_working_days"),
    "handling_form": ("办理形式", "handling_form"),
    "result_name": ("结果名称", "result_name"),
    "result_kind": ("结果类型", "result_kind"),
    "result_type": ("结果证照类型代码", "result_type"),
}
# `region` of a material's own row is told apart by its heading (适用区划).
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    **{("holds_in" if name == "region" else name): words for name, words in material_rows.COLUMNS.items()},
    **OF_MATTER,
}
_NATIONAL: Final[Mapping[Table, tuple[str, ...]]] = {
    Table.DIRECTORY: (
        *("catalog_code", "task_name", "task_type", "by_law", "use_level", "task_state", "task_version"),
        *("plan_effective_date", "plan_cancel_date", "cd_operation"),
    ),
    Table.BASIC: (
        *("row_guid", "task_code", "task_handle_item", "catalog_code", "task_name", "task_type", "task_state"),
        *("task_version", "area_code", "region_code", "dept_name", "dept_code", "by_law", "server_type"),
        *("project_type", "accept_condition", "anticipate_day", "anticipate_type", "anticipate_explain"),
        *("promise_day", "promise_type", "promise_explain", "handle_flow", "handle_type", "is_fee", "fee_basis"),
        *("limit_scene_num", "transact_addr", "transact_time", "link_way", "supervise_way"),
        *("plan_effective_date", "plan_cancel_date", "cd_operation"),
    ),
    Table.EXTEND: (
        *("task_code", "task_handle_item", "task_guid", "handle_area", "online_handle_depth", "result_name"),
        *("result_type", "result_guid", "cd_operation"),
    ),
    Table.MATERIAL: (
        *("task_code", "task_handle_item", "task_guid", "material_name", "material_type", "material_format"),
        *("is_need", "source_type", "source_explain", "accept_stand", "by_law", "fill_explain", "order_num"),
        *("cd_operation",),
    ),
}
# What the tables are also called by those who hand them over.
NAMES: Final[Mapping[str, Table]] = {
    **{each.value: each for each in Table},
    "up_task_extend": Table.EXTEND,
    "up_task_material": Table.MATERIAL,
}
NEEDED: Final[Mapping[Table, tuple[str, ...]]] = {
    Table.MATERIALS: ("code", "matter", "material", "necessity", "way"),
    Table.DIRECTORY: ("catalog_code", "task_name"),
    Table.BASIC: ("task_code", "task_name"),
    Table.EXTEND: ("task_code",),
    Table.MATERIAL: ("task_code", "material_name"),
}
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "column-missing": ("缺少这一列", "this column is missing"),
    "column-twice": ("这一列出现两次", "this column stands twice"),
    "no-rows": ("没有数据行", "there are no rows"),
    "empty": ("这一格不能为空", "this cell must not be empty"),
    "not-in-list": ("不在可填的词语中", "it is none of the words that can stand here"),
    "not-yes-or-no": ("只能填是或否", "it is neither yes nor no"),
    "not-a-number-of-days": ("不是天数", "it is no number of days"),
    "not-a-date": ("不是日期（例：2026-01-31）", "it is no date (such as 2026-01-31)"),
    "not-an-item-code": ("不是33位业务办理项编码", "it is no item code of 33 characters"),
    "not-a-matter-code": ("不是12、31或33位事项编码", "it is no matter's code of 12, 31 or 33 characters"),
    "not-a-credit-code": ("其中的统一社会信用代码有误", "the credit code in it is wrong"),
    "not-a-region": ("不是行政区划代码", "it is no region code"),
    "not-the-same": ("与同一事项上一行不一致", "it differs from the row before of the same matter"),
    "twice": ("同一事项的材料重复", "the material stands twice in this matter"),
    "too-long": ("内容过长", "it is too long"),
    "too-many": ("同一事项的材料过多", "the matter has too many materials"),
    "lost-digits": ("数字超过15位，表格已丢失尾数，请设为文本", "more than 15 digits were lost; make the cell text"),
    "no-such-task": ("基本要素表中没有这个事项", "the table of basic elements has no such task"),
    "not-an-operation": ("不是 I、U 或 D", "it is none of I, U and D"),
    "not-in-working-days": ("时限不是按工作日计", "the time is not counted in working days"),
    "unknown-target": ("目标代码不是本站的证照类型或目录", "the code is no certificate type or directory of this site"),
    "date-taken": ("已有更晚生效的版本", "a version that begins later is there"),
    "unsound": ("事项前后不一致", "the matter does not hang together"),
}


@dataclass(frozen=True)
class Row:
    """A row: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Read:
    """A table that was read: where each column stands, the headings that were left out, and its rows."""

    table: Table
    layout: Mapping[str, int]
    unknown: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with which cell; row 0 is the whole table."""

    table: Table
    row: int
    column: str
    cell: str
    code: str

    @property
    def words(self) -> tuple[str, str]:
        """Say it in Chinese and English."""
        return WORDS[self.code]


def read(
    heading: tuple[int, Mapping[int, str]], below: Iterable[tuple[int, Mapping[int, str]]], named: str = ""
) -> Read:
    """Read a table's columns and rows; which table it is, its name says or else its headings."""
    cells = {place: text.lstrip("\ufeff").strip() for place, text in heading[1].items()}
    table = NAMES.get(named.strip().lower()) or _recognised(set(map(str.lower, cells.values())))
    layout, unknown = _layout(table, cells)
    rows = tuple(
        Row(number, {name: told.get(place, "").strip() for name, place in layout.items()}) for number, told in below
    )
    return Read(table, layout, unknown, tuple(each for each in rows if any(each.cells.values())))


def missing(of: Read) -> Iterator[Fault]:
    """Tell which columns a table lacks, and whether it has rows."""
    for name in NEEDED[of.table]:
        if name not in of.layout:
            yield Fault(of.table, 0, heading_of(of.table, name), "", "column-missing")
    if not of.rows:
        yield Fault(of.table, 0, "", "", "no-rows")


def fault(of: Read, row: int, column: str, code: str) -> Fault:
    """Make a fault of a cell."""
    place = of.layout.get(column)
    cell = f"{column_name(place)}{row}" if place is not None and row else ""
    return Fault(of.table, row, heading_of(of.table, column), cell, code)


def heading_of(table: Table, column: str) -> str:
    """Give the first of the headings under which a column is known."""
    return _OWN[column][0] if table is Table.MATERIALS and column in _OWN else column


def _recognised(headings: set[str]) -> Table:
    """Tell a national table by columns that only it has; anything else is read as the own one."""
    if "material_name" in headings and "task_code" in headings:
        return Table.MATERIAL
    if headings & {"result_guid", "online_handle_depth"} and "task_code" in headings:
        return Table.EXTEND
    if "task_code" in headings and "task_name" in headings:
        return Table.BASIC
    return Table.DIRECTORY if "catalog_code" in headings else Table.MATERIALS


def _layout(table: Table, cells: Mapping[int, str]) -> tuple[dict[str, int], tuple[str, ...]]:
    known = (
        {word: name for name, words in _OWN.items() for word in words}
        if table is Table.MATERIALS
        else {each: each for each in _NATIONAL[table]}
    )
    found: dict[str, int] = {}
    unknown = []
    for place, text in sorted(cells.items()):
        name = known.get(text if table is Table.MATERIALS else text.lower())
        if name is None or name in found:
            unknown.append(text[:40])
        else:
            found[name] = place
    return found, tuple(each for each in unknown if each)
