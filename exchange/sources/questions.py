"""Reads a question from outside: only items of the directory, only values of their types, only within the limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange.mounting.errors import UnaskableQuestion
from exchange.sources.source import Column, Condition, Question, Test
from exchange.sources.values import ItemType, Mismatch, Value, typed

# A look-up names a person or a firm; a list of a hundred is a batch, and more is an export.
MOST_CONDITIONS: Final = 20
MOST_VALUES: Final = 100
LONGEST_VALUE: Final = 1000
LONGEST_CURSOR: Final = 1024
MOST_ROWS: Final = 1000


@dataclass(frozen=True)
class Asked:
    """A condition as it comes in: of which item, which test, and values still untyped."""

    item: str
    test: str
    values: Sequence[object]


def read(
    columns: Iterable[Column], fields: Sequence[str], conditions: Sequence[Asked], limit: int, cursor: str | None = None
) -> Question:
    """Read a question; no fields means every item. Raises `UnaskableQuestion`, which never says a value."""
    known = {column.item: column for column in columns}
    for place, name in enumerate(fields):
        if name not in known or name in fields[:place]:
            raise UnaskableQuestion(f"#/fields/{place}", "unknown-item" if name not in known else "twice")
    if len(conditions) > MOST_CONDITIONS:
        raise UnaskableQuestion("#/conditions", "too-many")
    if not 1 <= limit <= MOST_ROWS:
        raise UnaskableQuestion("#/limit", f"1 to {MOST_ROWS}")
    if cursor is not None and (not 1 <= len(cursor) <= LONGEST_CURSOR or not cursor.isprintable()):
        raise UnaskableQuestion("#/cursor", "unreadable")
    read_ones = tuple(_condition(known, each, f"#/conditions/{place}") for place, each in enumerate(conditions))
    return Question(tuple(fields) or tuple(known), read_ones, limit, cursor)


def columns_of(items: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> tuple[Column, ...]:
    """Tell what each item of a directory is called at the source: as the mount says, or its column, or its name.

    Items without a type that can be asked for (binary) are left out.
    """
    found = []
    for item in items:
        name, kind, length = item.get("name"), item.get("type"), item.get("length")
        if isinstance(name, str) and kind in set(ItemType):
            called = names.get(name) or item.get("column") or name
            found.append(Column(name, str(called), ItemType(str(kind)), length if isinstance(length, int) else None))
    return tuple(found)


def _condition(known: Mapping[str, Column], asked: Asked, pointer: str) -> Condition:
    if asked.item not in known:
        raise UnaskableQuestion(f"{pointer}/item", "unknown-item")
    if asked.test not in set(Test):
        raise UnaskableQuestion(f"{pointer}/test", "unknown-test")
    test, kind = Test(asked.test), known[asked.item].type
    if not 1 <= len(asked.values) <= (MOST_VALUES if test is Test.IN else 1):
        raise UnaskableQuestion(f"{pointer}/values", "number-of-values")
    if kind is ItemType.BOOLEAN and test in {Test.AT_LEAST, Test.AT_MOST}:
        raise UnaskableQuestion(f"{pointer}/test", "no-order")
    values = tuple(_value(raw, kind, f"{pointer}/values/{place}") for place, raw in enumerate(asked.values))
    return Condition(asked.item, test, values)


def _value(raw: object, kind: ItemType, pointer: str) -> Value:
    if isinstance(raw, str) and (len(raw) > LONGEST_VALUE or not all(sign.isprintable() for sign in raw)):
        raise UnaskableQuestion(pointer, "unreadable")
    try:
        value = typed(raw, kind)
    except Mismatch as error:
        raise UnaskableQuestion(pointer, kind.value) from error
    if value is None or value == "":
        raise UnaskableQuestion(pointer, "empty")
    return value
