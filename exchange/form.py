"""What a directory says: the table of fields, and the check that tells every fault at once.

The content of a directory is a JSON object whose members are the fields of `fields.toml`, and `items`, a list of the
items of the data. Everything that must know the fields (form, workbook, difference, search, exports) asks here, so
that a field is added in one place. Whether the provider exists and who may write is not decided here.
"""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from base.identifiers import read_credit_code, read_region_code
from exchange.dictionaries import Dictionary, dictionaries

STAGES: Final = ("basic", "items", "sharing", "service")
# A directory with more items is a database; the largest real ones have some three hundred.
MOST_ITEMS: Final = 1000
LENGTHS_OF_MATTER_CODES: Final = frozenset({12, 31, 33})
MOST_FAULTS: Final = 500
# C0 of Unicode but for the tab and the end of a line.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f]")

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """When a field must be filled: always, never, or where another field has one of some values."""

    always: bool = False
    field: str = ""
    values: tuple[str, ...] = ()

    def holds(self, content: Content) -> bool:
        """Tell whether the field must be filled, given the rest."""
        if self.always or not self.field:
            return self.always
        said = content.get(self.field)
        told = said if isinstance(said, list) else [str(said).lower() if isinstance(said, bool) else said]
        return any(each in self.values for each in told)


@dataclass(frozen=True)
class Field:
    """A field: what it is called, what may stand in it, and when it must be filled."""

    name: str
    stage: str
    zh: str
    en: str
    kind: str
    needed: Condition
    longest: int = 0
    dictionary: str | None = None
    core: int | None = None

    @property
    def codes(self) -> Dictionary | None:
        """Give the code table, if the field has one."""
        return dictionaries()[self.dictionary] if self.dictionary else None

    def label(self, language: str) -> str:
        """Give the name in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place: a JSON pointer, a stable code, and the field it concerns."""

    pointer: str
    code: str
    field: str
    expected: str = ""


@functools.cache
def fields() -> Mapping[str, Field]:
    """Give the fields of a directory, in the order of the form."""
    return MappingProxyType({name: field for name, field in _read().items() if not name.startswith("items.")})


@functools.cache
def item_fields() -> Mapping[str, Field]:
    """Give the fields of an item of the data."""
    found = {name.removeprefix("items."): field for name, field in _read().items() if name.startswith("items.")}
    return MappingProxyType(found)


def check(content: Content) -> tuple[Fault, ...]:
    """Tell every fault of a content, up to a bound; none means that it can be handed in for review."""
    faults: list[Fault] = []
    for fault in _faults(content):
        faults.append(fault)
        if len(faults) == MOST_FAULTS:
            break
    return tuple(faults)


def blank(value: Any) -> bool:
    """Tell whether nothing was said."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _faults(content: Content) -> Iterator[Fault]:
    known = fields()
    for name in content:
        if name not in known and name != "items":
            yield Fault(f"#/{_escaped(name)}", "unknown-field", name)
    for name, field in known.items():
        yield from _of_field(field, content.get(name), content, f"#/{name}")
    yield from _of_items(content.get("items"))


def _of_items(items: Any) -> Iterator[Fault]:
    if not isinstance(items, list) or not items:
        yield Fault("#/items", "missing", "items")
        return
    if len(items) > MOST_ITEMS:
        yield Fault("#/items", "too-many", "items", str(MOST_ITEMS))
        return
    seen: dict[str, int] = {}
    for place, item in enumerate(items):
        pointer = f"#/items/{place}"
        if not isinstance(item, dict):
            yield Fault(pointer, "wrong-type", "items", "object")
            continue
        for name in item:
            if name not in item_fields():
                yield Fault(f"{pointer}/{_escaped(name)}", "unknown-field", name)
        for name, field in item_fields().items():
            yield from _of_field(field, item.get(name), item, f"{pointer}/{name}")
        called = item.get("name")
        if isinstance(called, str) and seen.setdefault(called.strip(), place) != place:
            yield Fault(f"{pointer}/name", "twice", "name", f"#/items/{seen[called.strip()]}")


def _of_field(field: Field, value: Any, around: Content, pointer: str) -> Iterator[Fault]:
    if blank(value):
        if field.needed.holds(around):
            yield Fault(pointer, "missing", field.name)
        return
    yield from _KINDS[field.kind](field, value, pointer)


def _text(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(pointer, "wrong-type", field.name, "string")
    elif len(value) > field.longest:
        yield Fault(pointer, "too-long", field.name, str(field.longest))
    elif _CONTROL.search(value):
        yield Fault(pointer, "control-characters", field.name)


def _choice(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    codes = field.codes
    if codes is None or not isinstance(value, str) or value not in codes:
        yield Fault(pointer, "not-in-dictionary", field.name, field.dictionary or "")


def _choices(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(pointer, "wrong-type", field.name, "list")
        return
    for place, each in enumerate(value):
        yield from _choice(field, each, f"{pointer}/{place}")
    if len({str(each) for each in value}) != len(value):
        yield Fault(pointer, "twice", field.name)


def _flag(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(pointer, "wrong-type", field.name, "boolean")


def _number(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**field.longest:
        yield Fault(pointer, "wrong-type", field.name, "number")


def _credit_code(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not _is_credit_code(value):
        yield Fault(pointer, "check-digits", field.name, "credit-code")


@functools.lru_cache(maxsize=1024)  # a department's workbook says the same few in every row
def _is_credit_code(text: str) -> bool:
    found = read_credit_code(text)
    return not found.faults and found.text == text


def _region(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, str) or read_region_code(value).faults:
        yield Fault(pointer, "check-digits", field.name, "region")


def _matter_code(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, str) or len(value) not in LENGTHS_OF_MATTER_CODES or not value.isalnum():
        yield Fault(pointer, "wrong-length", field.name, "12 | 31 | 33")


def _words(field: Field, value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        yield Fault(pointer, "wrong-type", field.name, "list")
    elif sum(len(each) + 1 for each in value) > field.longest:
        yield Fault(pointer, "too-long", field.name, str(field.longest))


_KINDS: Final = {
    "text": _text,
    "long": _text,
    "choice": _choice,
    "choices": _choices,
    "flag": _flag,
    "number": _number,
    "credit-code": _credit_code,
    "region": _region,
    "matter-code": _matter_code,
    "words": _words,
}


def _escaped(name: str) -> str:
    """Write a name into a JSON pointer (RFC 6901 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _read() -> dict[str, Field]:
    told = tomllib.loads(resources.files("exchange").joinpath("fields.toml").read_text("utf-8"))
    items = told.pop("items")
    laid = {**told, **{f"items.{name}": said for name, said in items.items()}}
    return {name: _field(name.removeprefix("items."), said) for name, said in laid.items()}


def _field(name: str, said: dict[str, Any]) -> Field:
    """Read a field of our own table. Raises `ValueError` for one that names what is not there."""
    needed = _condition(said.pop("needed", ""))
    if said["kind"] not in _KINDS or said["stage"] not in STAGES:
        raise ValueError(f"{name}: unknown kind or stage")
    if said.get("dictionary") is not None and said["dictionary"] not in dictionaries():
        raise ValueError(f"{name}: unknown dictionary")
    return Field(name, needed=needed, **said)


def _condition(text: str) -> Condition:
    if "=" not in text:
        return Condition(always=text == "always")
    field, _, values = text.partition("=")
    return Condition(field=field, values=tuple(values.split("|")))
