"""Reads a mount's declaration member by member: the shape of each is given, and what nobody asked for is refused."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NoReturn, TypeVar

from exchange.mounting.errors import UnusableMount
from exchange.sources.source import Column
from exchange.sources.values import ItemType, is_plain

T = TypeVar("T")
# More than the largest directory has items; a declaration is written by hand.
MOST_ENTRIES: Final = 1000
REFERENCE: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
# What databases allow at the most, and what a header of a sheet can be.
LONGEST_NAME: Final = 64


def moments_of(columns: Iterable[Column]) -> list[str]:
    """Name the items whose newest value can tell when the data was updated."""
    return [each.item for each in columns if each.type in {ItemType.DATE, ItemType.DATETIME}]


class Declared:
    """An object of a declaration; every member that is there must be asked for before `end`."""

    def __init__(self, told: object, pointer: str = "#/declaration") -> None:
        if not isinstance(told, Mapping) or len(told) > MOST_ENTRIES:
            raise UnusableMount(pointer, "object")
        self._told: Mapping[str, Any] = told
        self._pointer = pointer
        self._asked: set[str] = set()

    def text(self, name: str, shape: re.Pattern[str], default: str | None = None) -> str:
        """Read a text that has a shape. Raises `UnusableMount`."""
        value = self._of(name, str, default)
        if value is not default and not shape.fullmatch(value):
            self.refuse(name, "shape")
        return value

    def name(self, name: str, default: str | None = None) -> str:
        """Read a name as sources give them to tables, columns and sheets. Raises `UnusableMount`."""
        value = self._of(name, str, default)
        if value is not default and not is_name(value):
            self.refuse(name, "name")
        return value

    def reference(self, name: str) -> str:
        """Read the name of something that the site keeps for this organisation. Raises `UnusableMount`."""
        return self.text(name, REFERENCE)

    def choice(self, name: str, among: Collection[str], default: str | None = None) -> str:
        """Read one of some words. Raises `UnusableMount`."""
        value = self._of(name, str, default)
        if value not in among:
            self.refuse(name, " | ".join(sorted(among)))
        return value

    def flag(self, name: str) -> bool:
        """Read yes or no; left out: no. Raises `UnusableMount`."""
        return self._of(name, bool, False)

    def number(self, name: str, lowest: int, highest: int, default: int) -> int:
        """Read a whole number. Raises `UnusableMount`."""
        value = self._of(name, int, default)
        if isinstance(value, bool) or not lowest <= value <= highest:
            self.refuse(name, f"{lowest} to {highest}")
        return value

    def objects(self, name: str, most: int) -> list["Declared"]:
        """Read a list of objects; left out: none. Raises `UnusableMount`."""
        value = self._of(name, list, [])
        if len(value) > most:
            self.refuse(name, f"at most {most}")
        return [Declared(each, f"{self._pointer}/{name}/{place}") for place, each in enumerate(value)]

    def object(self, name: str) -> "Declared | None":
        """Read an object, if there is one. Raises `UnusableMount`."""
        value = self._of(name, dict, {})
        return Declared(value, f"{self._pointer}/{name}") if value else None

    def plain(self, name: str) -> str | int | bool:
        """Read a text, a whole number or yes/no. Raises `UnusableMount`."""
        value: Any = self._of(name, object, None)
        if not isinstance(value, str | int) or (
            isinstance(value, str) and not (is_plain(value) and value.isprintable())
        ):
            self.refuse(name, "text, whole number or yes/no")
        if isinstance(value, str) and len(value) > MOST_ENTRIES:
            self.refuse(name, "length")
        plain: str | int | bool = value
        return plain

    def whole_numbers(self, name: str, among: Collection[int]) -> tuple[int, ...]:
        """Read a list of some numbers; left out: none. Raises `UnusableMount`."""
        value = self._of(name, list, [])
        if any(type(each) is not int or each not in among for each in value) or len(value) > len(among):
            self.refuse(name, "numbers")
        return tuple(value)

    def __contains__(self, name: str) -> bool:
        return name in self._told

    def members(self) -> Mapping[str, Any]:
        """Give every member as it stands; the caller looks at each."""
        self._asked.update(self._told)
        return self._told

    def end(self) -> None:
        """Refuse what nobody asked for. Raises `UnusableMount`."""
        for name in self._told:
            if name not in self._asked:
                self.refuse(str(name)[:LONGEST_NAME], "unknown-member")

    def refuse(self, name: str, reason: str) -> NoReturn:
        """Refuse a member. Raises `UnusableMount`."""
        raise UnusableMount(f"{self._pointer}/{name}", reason)

    def _of(self, name: str, kind: type[T], default: T | None) -> T:
        self._asked.add(name)
        value = self._told.get(name, default)
        if value is None:
            self.refuse(name, "missing")
        if not isinstance(value, kind):
            self.refuse(name, kind.__name__)
        found: T = value
        return found


def is_name(text: str) -> bool:
    """Tell whether a text can be a name: short, printable, not blank at its ends."""
    return 1 <= len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip() and is_plain(text)
