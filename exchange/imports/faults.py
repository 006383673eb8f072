"""What can be wrong with a cell, in words that say where it stands and what it may say instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from base.spreadsheets import column_name
from exchange import form
from exchange.imports import columns
from exchange.imports.columns import ITEMS, KEY, Column

# A clerk mends what is listed; more than this in one row is one mistake made many times.
FAULTS_TOLD: Final = 50
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("这一格不能为空", "this cell must not be empty"),
    "not-in-dictionary": ("不在代码表中", "it is not in the code table"),
    "wrong-type": ("内容的形式不对", "it is of the wrong form"),
    "too-long": ("内容过长，最多 {expected} 字", "it is too long, at most {expected} characters"),
    "too-many": ("数量过多，最多 {expected} 个", "there are too many, at most {expected}"),
    "control-characters": ("含有不可见的控制字符", "it has control characters that cannot be seen"),
    "check-digits": ("代码有误，校验位或长度不对", "the code is wrong: its check digit or its length"),
    "wrong-length": ("编码应为 12、31 或 33 位字母数字", "the code has 12, 31 or 33 letters and digits"),
    "unknown-field": ("多出的内容，没有对应的字段", "there is more than there are fields"),
    "twice": ("与另一行或另一项重复", "it stands in another row or item too"),
    "lost-digits": (
        "存成了数字，超过 15 位的部分已经丢失；把列设为文本后重新录入",
        "it is kept as a number, which lost the digits after the 15th; make the column text and enter it again",
    ),
    "error-cell": ("单元格显示的是错误值，例如 #REF!", "the cell shows an error, such as #REF!"),
    "other-provider": ("提供方不是本部门，只能导入本部门的目录", "the provider is another organisation than yours"),
    "other-department": ("这个代码是别的部门的目录", "this code is another department's directory"),
    "ambiguous-name": (
        "本部门有几个同名目录，请填写资源目录代码",
        "several of your directories have this name; give the code",
    ),
    "invalid-resource-code": ("资源目录代码不合格", "the resource code is not well formed"),
    "under-review": ("该目录有版本正在审核，审核结束后再导入", "a version is under review; import it afterwards"),
    "not-revisable": ("该目录已撤销或废弃，不能修改", "the directory is withdrawn or discarded"),
    "refused": ("写入时被拒绝：{expected}", "it was refused when applied: {expected}"),
}
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "number": ("非负整数", "a whole number"),
    "words": ("用分号隔开的文字", "texts with semicolons between"),
}


@dataclass(frozen=True)
class Place:
    """Where a fault stands: on which sheet, in which row, in which column."""

    sheet: str
    row: int
    column: Column | None
    at: int | None


def place_of(layout: Mapping[str, Any], number: int, pointer: str, items: Sequence[Mapping[str, Any]] | None) -> Place:
    """Find the cell that a pointer into the content means."""
    parts = pointer.removeprefix("#").strip("/").split("/")
    if parts[0] == ITEMS and items:
        place = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        row = items[min(place, len(items) - 1)].get("row")
        if row is not None:
            return _in_items(layout, row, parts[2] if len(parts) > 2 else KEY)  # noqa: PLR2004 - items/3/name
    return _in_directories(layout, number, parts[0])


def document(code: str, place: Place, expected: str = "") -> dict[str, Any]:
    """Give a fault as JSON, with a sentence in each language that names the cell."""
    words = WORDS.get(code, WORDS["wrong-type"])
    column = place.column
    zh, en = (text.replace("{expected}", expected) for text in words)
    hint = _hint(code, column)
    letters = "" if place.at is None else column_name(place.at)
    heading = column.zh if column else ""
    where = f"第 {place.row} 行" + (f" {letters} 列" if letters else "") + (f"「{heading}」" if heading else "")
    named = f"Row {place.row}" + (f", column {letters}" if letters else "") + (f" “{column.en}”" if column else "")
    return {
        "sheet": place.sheet,
        "row": place.row,
        "column": letters,
        "cell": f"{letters}{place.row}" if letters else "",
        "field": column.name if column else "",
        "code": code,
        "zh": f"{where}：{zh}{hint[0]}。",
        "en": f"{named}: {en}{hint[1]}.",
    }


def _hint(code: str, column: Column | None) -> tuple[str, str]:
    if column is None or column.field is None or code not in {"not-in-dictionary", "wrong-type", "missing"}:
        return "", ""
    words = columns.allowed(column.field)
    if words:
        english = [each.en for each in column.field.codes.entries] if column.field.codes else ["yes", "no"]
        return f"；可填：{'、'.join(words)}", f"; one of: {', '.join(english)}"
    if code == "wrong-type" and column.field.kind in _FORMS:
        zh, en = _FORMS[column.field.kind]
        return f"；应为{zh}", f"; it should be {en}"
    return "", ""


def _in_directories(layout: Mapping[str, Any], number: int, name: str) -> Place:
    column = next((each for each in columns.table_columns() if each.name == name), None)
    return Place(str(layout.get("sheet", "")), number, column, layout.get("columns", {}).get(name))


def _in_items(layout: Mapping[str, Any], row: int, name: str) -> Place:
    column = next((each for each in columns.item_columns() if each.name == name), None)
    return Place(str(layout.get("item_sheet", "")), row, column, layout.get("item_columns", {}).get(name))


def of_content(
    content: form.Content, layout: Mapping[str, Any], number: int, items: Sequence[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """Tell the faults of a content cell by cell, as far as a clerk can take in."""
    found = form.check(content)[:FAULTS_TOLD]
    return [document(each.code, place_of(layout, number, each.pointer, items), each.expected) for each in found]
