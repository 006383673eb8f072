"""The columns of the workbook of directories, made from the form; how a value is written into a cell and read again.

Coded values stand in words, as people fill them in; codes are read as well. What a cell says that cannot be read stays
as it stands, so that the form's own check finds it and names it. The law: reading what was written gives the value.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from exchange import form
from exchange.dictionaries import Dictionary
from exchange.form import Content, Field

CODE: Final = "code"
ITEMS: Final = "items"
KEY: Final = "directory"
REQUIRED_MARK: Final = "*"
# Between the parts of a list in one cell; what is read may also use what people type instead.
BETWEEN: Final = "；"
_LIST: Final = frozenset("；;\n")
_CODED_LIST: Final = _LIST | frozenset("、,，|")
_PARTS: Final = frozenset("|｜")
_ESCAPE: Final = "\\"
YES: Final = frozenset({"是", "true", "yes", "y", "1"})
NO: Final = frozenset({"否", "false", "no", "n", "0"})


@dataclass(frozen=True)
class Column:
    """A column: the name of what it says, its headings, and the field behind it, if it is one of the form's."""

    name: str
    zh: str
    en: str
    field: Field | None = None

    @property
    def heading(self) -> str:
        """Give the heading as the template has it: required ones marked."""
        return f"{self.zh}{REQUIRED_MARK}" if self.field is not None and self.field.needed.always else self.zh


@functools.cache
def directory_columns() -> tuple[Column, ...]:
    """Give the columns of the sheet of directories: the code, then the form's fields in their order."""
    told = tuple(Column(name, each.zh, each.en, each) for name, each in form.fields().items())
    return _unambiguous((Column(CODE, "资源目录代码", "Code"), *told))


@functools.cache
def table_columns() -> tuple[Column, ...]:
    """Give the columns of a table without a second sheet: the items stand in one cell."""
    return _unambiguous((*directory_columns(), Column(ITEMS, "信息项", "Items")))


@functools.cache
def item_columns() -> tuple[Column, ...]:
    """Give the columns of the sheet of items: which directory, then an item's fields."""
    told = tuple(Column(name, each.zh, each.en, each) for name, each in form.item_fields().items())
    return _unambiguous((Column(KEY, "所属目录（代码或名称）", "Directory (code or name)"), *told))


def named(columns: Sequence[Column], heading: str) -> Column | None:
    """Find the column that a heading means: in Chinese, in English, or by the field's name."""
    return _by_heading(tuple(columns)).get(_word(heading))


def write(field: Field, value: Any) -> str:
    """Write a value into a cell; nothing said is an empty cell."""
    return "" if form.blank(value) else _WRITERS.get(field.kind, _written)(field, value)


def read(field: Field, text: str) -> Any:
    """Read a cell; what cannot be read is given as it stands."""
    return _READERS.get(field.kind, _as_it_stands)(field, text)


def cells_of(content: Content) -> dict[str, str]:
    """Write a content's own fields into cells."""
    return {name: write(each, content.get(name)) for name, each in form.fields().items()}


def item_cells_of(item: Content) -> dict[str, str]:
    """Write an item's fields into cells."""
    return {name: write(each, item.get(name)) for name, each in form.item_fields().items()}


def content_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """Read the form's fields from cells; empty ones are left out."""
    return _values(form.fields(), cells)


def item_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """Read an item's fields from cells; empty ones are left out."""
    return _values(form.item_fields(), cells)


def items_in_a_cell(items: Sequence[Content]) -> str:
    """Write every item into one cell: the fields in order with strokes between, one item a line."""
    return "\n".join(_line(list(item_cells_of(item).values())) for item in items)


def items_from_a_cell(text: str) -> list[dict[str, str]]:
    """Read the items of one cell into cells of their own; parts beyond the fields are kept under a name of no field."""
    names = list(form.item_fields())
    found = []
    for line in _split(text, _LIST, unescape=False):
        parts = _split(line, _PARTS, keep_empty=True)
        cells = dict(zip(names, parts, strict=False))
        if len(parts) > len(names):
            cells["?"] = " | ".join(parts[len(names) :])
        found.append(cells)
    return found


def _line(cells: list[str]) -> str:
    while cells and not cells[-1]:
        cells.pop()
    return "|".join(_escaped(each, _PARTS | _LIST) for each in cells)


def allowed(field: Field) -> tuple[str, ...]:
    """Tell which words a cell may have, where they are known beforehand."""
    if field.kind == "flag":
        return ("是", "否")
    return tuple(each.zh for each in field.codes.entries) if field.codes else ()


def _values(fields: Mapping[str, Field], cells: Mapping[str, str]) -> dict[str, Any]:
    read_ones = {name: read(each, cells[name]) for name, each in fields.items() if cells.get(name)}
    return {name: value for name, value in read_ones.items() if not form.blank(value)}


def _word(heading: str) -> str:
    return "".join(heading.split()).replace(REQUIRED_MARK, "").replace("＊", "").lower()


@functools.cache
def _by_heading(columns: tuple[Column, ...]) -> Mapping[str, Column]:
    return MappingProxyType({_word(word): each for each in columns for word in (each.name, each.en, each.zh)})


def _unambiguous(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Refuse a table of fields in which one heading means two. Raises `ValueError`."""
    for language in ("zh", "en", "name"):
        words = [_word(getattr(each, language)) for each in columns]
        if len(set(words)) != len(words):
            raise ValueError(f"a heading means two columns: {language}")
    return columns


def _written(_: Field, value: Any) -> str:
    return str(value)


def _as_it_stands(_: Field, text: str) -> str:
    return text


def _words_of(field: Field, value: Any) -> str:
    return field.codes.words(str(value), "zh") if field.codes else str(value)


def _code_of(field: Field, text: str) -> str:
    """Find the code that a text means; a code that lost its leading zeros to the spreadsheet is found again."""
    codes = field.codes
    return (codes.code_of(text) or _with_zeros(codes, text) or text) if codes else text


def _with_zeros(codes: Dictionary, text: str) -> str | None:
    if not text.isascii() or not text.isdigit():
        return None
    found = [each.code for each in codes.entries if each.code.isdigit() and int(each.code) == int(text)]
    return found[0] if len(found) == 1 else None


def _write_choices(field: Field, value: Any) -> str:
    each_one = value if isinstance(value, list) else [value]
    return BETWEEN.join(_escaped(_words_of(field, each), _CODED_LIST) for each in each_one)


def _read_choices(field: Field, text: str) -> list[str]:
    return [_code_of(field, each) for each in _split(text, _CODED_LIST)]


def _write_words(_: Field, value: Any) -> str:
    each_one = value if isinstance(value, list) else [value]
    return BETWEEN.join(_escaped(str(each), _LIST) for each in each_one)


def _write_flag(_: Field, value: Any) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value)


def _read_flag(_: Field, text: str) -> bool | str:
    said = text.strip().lower()
    return True if said in YES else False if said in NO else text


def _read_number(_: Field, text: str) -> int | str:
    said = text.strip()
    # Longer numbers than a length of a field could be stay text, which the form refuses.
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else text  # noqa: PLR2004


def _escaped(text: str, separators: frozenset[str]) -> str:
    return "".join(_ESCAPE + sign if sign in separators or sign == _ESCAPE else sign for sign in text)


def _split(text: str, separators: frozenset[str], *, unescape: bool = True, keep_empty: bool = False) -> list[str]:
    """Cut a text at its separators, but not where one is escaped."""
    parts, said, signs = [], [], iter(text)
    for sign in signs:
        if sign == _ESCAPE:
            following = next(signs, _ESCAPE)
            said.append(following if unescape else sign + following)
        elif sign in separators:
            parts.append("".join(said).strip())
            said = []
        else:
            said.append(sign)
    parts.append("".join(said).strip())
    return parts if keep_empty else [each for each in parts if each]


_WRITERS: Final[Mapping[str, Callable[[Field, Any], str]]] = {
    "choice": _words_of,
    "choices": _write_choices,
    "words": _write_words,
    "flag": _write_flag,
}
_READERS: Final[Mapping[str, Callable[[Field, str], Any]]] = {
    "choice": _code_of,
    "choices": _read_choices,
    "words": lambda _, text: _split(text, _LIST),
    "flag": _read_flag,
    "number": _read_number,
    "credit-code": lambda _, text: text.strip().upper(),
}
