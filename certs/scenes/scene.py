"""A scene as a value, read from `scenes.toml`: which types with which fields are approved for it. Pure.

A scene narrows what a grant gives and never widens it; a consent is asked for besides, since neither of the grounds of
such callers does without one (`exchange.agreements.contracts`).
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Scene:
    """A scene: its names, its basis, and the approved fields by the name of the certificate type."""

    code: str
    zh: str
    en: str
    basis: str
    confidence: str
    types: Mapping[str, tuple[str, ...]]


@functools.cache
def scenes() -> Mapping[str, Scene]:
    """Give every scene by its code."""
    told = tomllib.loads(resources.files(__package__).joinpath("scenes.toml").read_text("utf-8"))
    return MappingProxyType({code: _read(code, each) for code, each in told.items()})


def _read(code: str, told: Mapping[str, Any]) -> Scene:
    types = {name: tuple(fields) for name, fields in told["types"].items()}
    return Scene(code, told["zh"], told["en"], told["basis"], told["confidence"], MappingProxyType(types))
