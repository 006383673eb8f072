"""The kinds of seal, read from `kinds.toml`: their names, the number in the seal, and the sizes that are believable."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from signing.errors import NoSuchSealKind


@dataclass(frozen=True)
class SealKind:
    """A kind of seal."""

    name: str
    zh: str
    en: str
    type: int
    owner: str
    smallest_mm: int
    largest_mm: int
    confidence: str

    def fits(self, millimetres: int) -> bool:
        """Tell whether a width or height is believable."""
        return self.smallest_mm <= millimetres <= self.largest_mm


@functools.cache
def kinds() -> Mapping[str, SealKind]:
    """Give every kind by name."""
    read = tomllib.loads(resources.files("signing").joinpath("kinds.toml").read_text("utf-8"))
    return MappingProxyType({name: SealKind(name, **told) for name, told in read.items()})


def kind(name: str) -> SealKind:
    """Find a kind. Raises `NoSuchSealKind`."""
    found = kinds().get(name)
    if found is None:
        raise NoSuchSealKind(name)
    return found
