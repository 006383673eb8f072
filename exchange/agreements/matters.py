"""The code list of matters (事项) that grants name, from `matters.toml`: 100 matters under 93 basic codes.

A basic code may stand for several matters, which only their names or the 33 characters tell apart. A site's other
matters become known with the use lists that its authority publishes, so this list is a beginning and no fence.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True)
class Matter:
    """A matter as the list has it."""

    code: str
    name: str
    levels: tuple[str, ...]
    system: str
    department: str


@functools.cache
def matters() -> tuple[Matter, ...]:
    """Give every matter, in the order of the list."""
    return tuple(
        Matter(code, name, tuple(levels.split("|")), system, department)
        for code, name, levels, system, department in _read()["matters"]
    )


@functools.cache
def by_code() -> Mapping[str, tuple[Matter, ...]]:
    """Give the matters under each basic code."""
    found: dict[str, tuple[Matter, ...]] = {}
    for each in matters():
        found[each.code] = (*found.get(each.code, ()), each)
    return MappingProxyType(found)


def source() -> str:
    """Name the paper from which the list is."""
    return str(_read()["source"])


@functools.cache
def _read() -> Mapping[str, list[list[str]]]:
    return MappingProxyType(
        tomllib.loads(resources.files("exchange.agreements").joinpath("matters.toml").read_text("utf-8"))
    )
