"""A scene as a value: which types with which fields are approved for it; read from the shipped list and a site's. Pure.

A scene narrows what a grant gives and never widens it; a consent is asked for besides, since neither of the grounds of
such callers does without one (`exchange.agreements.contracts`). A site's scene of the same code takes the place of the
shipped one, which is an example.
"""

import functools
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

_WORDS: Final = ("zh", "en", "basis", "confidence")
Scenes = Mapping[str, "Scene"]
# By the name of a certificate type, the fields that it has.
Known = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Scene:
    """A scene: its names, its basis, and the approved fields by the name of the certificate type."""

    code: str
    zh: str
    en: str
    basis: str
    confidence: str
    types: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class SceneFault:
    """What is wrong in a site's file, and where."""

    file: str
    place: str
    fault: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.fault}"


@functools.cache
def scenes() -> Scenes:
    """Give every shipped scene by its code."""
    told = tomllib.loads(resources.files(__package__).joinpath("scenes.toml").read_text("utf-8"))
    return MappingProxyType({code: _read(code, each) for code, each in told.items()})


def read(files: Iterable[tuple[str, bytes]], known: Known) -> tuple[Scenes, tuple[SceneFault, ...]]:
    """Read a site's scenes, one `<code>.toml` each, over the shipped ones; tell every fault."""
    found, faults = dict(scenes()), list[SceneFault]()
    for name, content in files:
        code = name.removesuffix(".toml")
        told, faulty = _told(name, content)
        faulty += [] if told is None else [SceneFault(name, *each) for each in _faults(told, known)]
        faults += faulty
        if told is not None and not faulty:
            found[code] = _read(code, told)
    return MappingProxyType(found), tuple(faults)


def _told(name: str, content: bytes) -> tuple[dict[str, Any] | None, list[SceneFault]]:
    try:
        return tomllib.loads(content.decode("utf-8")), []
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [SceneFault(name, "", str(error))]


def _faults(told: Mapping[str, Any], known: Known) -> Iterator[tuple[str, str]]:
    for each in sorted(set(told) - {*_WORDS, "types"}):
        yield each, "unknown key"
    for each in _WORDS:
        if not isinstance(told.get(each), str) or not told[each].strip():
            yield each, "a text is needed"
    types = told.get("types")
    if not isinstance(types, dict) or not types:
        yield "types", "at least one type is needed"
        return
    for name, fields in types.items():
        place = f"types.{name}"
        if name not in known:
            yield place, "no such type"
        elif not isinstance(fields, list) or not fields:
            yield place, "at least one field is needed"
        else:
            yield from ((place, f"no such field: {each}") for each in fields if each not in known[name])


def _read(code: str, told: Mapping[str, Any]) -> Scene:
    types = {name: tuple(fields) for name, fields in told["types"].items()}
    return Scene(code, told["zh"], told["en"], told["basis"], told["confidence"], MappingProxyType(types))
