"""What changed between two contents of a directory: field by field, word by word, item by item."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange.form import Content, fields, item_fields

# A Chinese character stands for itself; letters and digits stay together; everything else is one sign.
WORDS: Final = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]")
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldDifference:
    """A field that differs: both values as texts, and their pieces."""

    pointer: str
    field: str
    old: Any
    new: Any
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ItemDifference:
    """An item that came, went or changed, found again by its name."""

    name: str
    kind: str
    fields: tuple[FieldDifference, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All that differs between two contents."""

    fields: tuple[FieldDifference, ...]
    items: tuple[ItemDifference, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing differs."""
        return not self.fields and not self.items


def between(old: Content, new: Content) -> Difference:
    """Tell what changed from one content to another."""
    return Difference(tuple(_differing(old, new, fields(), "#")), tuple(_items(_by_name(old), _by_name(new))))


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Mark what stayed, went and came between two texts."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    found: list[Piece] = []
    for kind, start, end, start_new, end_new in difflib.SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            found.append(Piece(SAME, "".join(before[start:end])))
            continue
        if end > start:
            found.append(Piece(GONE, "".join(before[start:end])))
        if end_new > start_new:
            found.append(Piece(NEW, "".join(after[start_new:end_new])))
    return tuple(found)


def _differing(old: Content, new: Content, table: Mapping[str, Any], pointer: str) -> Iterator[FieldDifference]:
    for name in table:
        before, after = old.get(name), new.get(name)
        if before != after:
            yield FieldDifference(f"{pointer}/{name}", name, before, after, pieces(_text(before), _text(after)))


def _items(old: Mapping[str, Content], new: Mapping[str, Content]) -> Iterator[ItemDifference]:
    for name, item in new.items():
        if name not in old:
            yield ItemDifference(name, NEW)
            continue
        changed = tuple(_differing(old[name], item, item_fields(), f"#/items/{name}"))
        if changed:
            yield ItemDifference(name, "changed", changed)
    for name in old:
        if name not in new:
            yield ItemDifference(name, GONE)


def _by_name(content: Content) -> dict[str, Content]:
    items = content.get("items")
    found = items if isinstance(items, list) else []
    return {str(item.get("name", "")): item for item in found if isinstance(item, dict)}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(str(each) for each in value)
    return "" if value is None else str(value)
