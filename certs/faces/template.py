"""The template of a face: its size, and elements at absolute places in millimetres, read from TOML.

A template knows no type. `fields` lays out whatever fields the type has, one below the other, so that a new type needs
no new template. Text may name values in braces; which there are is listed in `VALUES`.
"""

import functools
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from certs.faces.page import Colour

# What text can name, beside the fields of the type: the elements of GB/T 36903 that faces show.
VALUES: Final = frozenset(
    "name name_en number holder holder_code issuer issued_on valid_from valid_until valid copy identifier link "
    "remark demonstration".split()
)
KINDS: Final = frozenset({"text", "rule", "frame", "fields", "picture", "code"})
BLACK: Final[Colour] = (20, 20, 20)
ALIGNMENTS: Final = frozenset({"left", "centre", "right"})


@dataclass(frozen=True)
class Element:
    """Something on the face: of a kind, at a place; what else is said depends on the kind."""

    kind: str
    x: float
    y: float
    width: float = 0
    height: float = 0
    value: str = ""
    size: float = 4
    smallest: float = 2
    leading: float = 1.5
    align: str = "left"
    colour: Colour = BLACK
    ground: Colour | None = None
    line: float = 0.3
    label_width: float = 0
    shows: str = ""


@dataclass(frozen=True)
class SealPlace:
    """Where the issuing organ's seal goes: the middle, and which kind of width it has room for."""

    x: float
    y: float


@dataclass(frozen=True)
class Template:
    """A face before it has values."""

    name: str
    width: float
    height: float
    seal: SealPlace
    elements: tuple[Element, ...]


@functools.cache
def templates() -> Mapping[str, Template]:
    """Give every template by name. Raises `ValueError` for one that names what is not there: they are our own."""
    found = {}
    for file in sorted(resources.files("certs.faces").iterdir(), key=lambda each: each.name):
        name, _, suffix = file.name.rpartition(".")
        if suffix == "toml":
            found[name] = read(name, tomllib.loads(file.read_text("utf-8")))
    return MappingProxyType(found)


def read(name: str, told: Mapping[str, Any]) -> Template:
    """Read a template. Raises `ValueError`."""
    elements = tuple(_element(name, each) for each in told["elements"])
    return Template(name, told["width"], told["height"], SealPlace(**told["seal"]), elements)


def _element(name: str, told: Mapping[str, Any]) -> Element:
    colours = {each: tuple(told[each]) for each in ("colour", "ground") if each in told}
    element = Element(**{**told, **colours})
    named = {each for _, each, _, _ in string.Formatter().parse(element.value) if each}
    if element.kind not in KINDS or element.align not in ALIGNMENTS or not named <= VALUES:
        raise ValueError(f"{name}: unknown kind, alignment or value in {told}")
    return element
