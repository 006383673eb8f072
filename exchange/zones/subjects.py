"""Whom a zone or a profile is about: an enterprise by its credit code, a person by the ID number, a place by its code.

Decided here: which keys name a subject, whether a value can be one (check digits included), and which item of a
directory holds a key. Names of items are compared whole and never guessed: a directory with two items for one key is
none that can be asked by it, unless a zone says which is meant. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from base.identifiers import read_credit_code, read_id_number, read_region_code
from base.readings import Identifier


@dataclass(frozen=True)
class KeyKind:
    """A key that names a subject: how it is read, what directories call it, and whether it names a person."""

    name: str
    read: Callable[[str], Identifier]
    items: frozenset[str]
    is_person: bool = False


def _kind(name: str, read: Callable[[str], Identifier], *items: str, is_person: bool = False) -> KeyKind:
    return KeyKind(name, read, frozenset(items), is_person)


KINDS: Final[Mapping[str, KeyKind]] = MappingProxyType(
    {
        each.name: each
        for each in (
            _kind("credit_code", read_credit_code, "统一社会信用代码", "社会信用代码"),
            _kind("id_number", read_id_number, "公民身份号码", "身份证号码", "居民身份证号码", is_person=True),
            _kind("place", read_region_code, "行政区划代码", "区划代码", "区划"),
        )
    }
)
# A place alone names nobody; it narrows, where a directory is asked by it as well.
NAMING: Final = ("credit_code", "id_number")


@dataclass(frozen=True)
class Subject:
    """Whom is asked about: the keys that are known, and the name, which certificates are asked by as well."""

    keys: Mapping[str, str] = field(repr=False)
    name: str = field(default="", repr=False)

    @property
    def is_person(self) -> bool:
        """Tell whether it is a person."""
        return any(KINDS[each].is_person for each in self.keys)


def faults(keys: Mapping[str, str]) -> dict[str, str]:
    """Tell what is wrong with the keys of a subject, by key; under `""` what is wrong with them together."""
    found = {name: "not-a-key" for name, value in keys.items() if not KINDS[name].read(value).exact}
    if sum(name in keys for name in NAMING) != 1:
        found[""] = "name-one"
    return found


def item_of(kind: str, items: Iterable[str]) -> str | None:
    """Give the one item that holds a key; none where there is none, or more than one."""
    found = [each for each in items if each in KINDS[kind].items]
    return found[0] if len(found) == 1 else None
