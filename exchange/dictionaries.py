"""The code tables of directories, read from `dictionaries.toml`: codes, their words, where they were seen, how sure."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True)
class Entry:
    """One code and its words."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Dictionary:
    """A code table with its source and how sure it is."""

    name: str
    zh: str
    en: str
    source: str
    confidence: str
    entries: tuple[Entry, ...]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code in self._by_code

    def words(self, code: str, language: str) -> str:
        """Say a code in words; an unknown one as it stands."""
        found = self._by_code.get(code)
        return code if found is None else found.zh if language == "zh" else found.en

    def code_of(self, text: str) -> str | None:
        """Find the code that a text means: the code itself, or its words in either language."""
        return self._by_word.get(text.strip())

    @functools.cached_property
    def _by_code(self) -> Mapping[str, Entry]:
        return {each.code: each for each in self.entries}

    @functools.cached_property
    def _by_word(self) -> Mapping[str, str]:
        """Give the code that each code and word means; of two entries with one word, the first."""
        found: dict[str, str] = {}
        for each in self.entries:
            for word in (each.code, each.zh, each.en):
                found.setdefault(word, each.code)
        return found


@functools.cache
def dictionaries() -> Mapping[str, Dictionary]:
    """Give every code table by name. Raises `ValueError` for a code that stands twice."""
    read = tomllib.loads(resources.files("exchange").joinpath("dictionaries.toml").read_text("utf-8"))
    return MappingProxyType({name: _dictionary(name, told) for name, told in read.items()})


def _dictionary(name: str, told: dict[str, object]) -> Dictionary:
    codes = told.pop("codes")
    assert isinstance(codes, list)  # noqa: S101 - our own file
    entries = tuple(Entry(*each) for each in codes)
    if len({each.code for each in entries}) != len(entries):
        raise ValueError(f"{name}: a code stands twice")
    return Dictionary(name, entries=entries, **told)  # type: ignore[arg-type]
