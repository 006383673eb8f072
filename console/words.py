"""The words of the pages, in Chinese and English, one entry a key in the files of `wording/`.

A table instead of gettext: both languages are complete and written together, keys survive a change of wording, nothing
has to be compiled, and a test can ask that every key has both languages and is used. Words carry no markup; facts are
escaped as they are filled in.
"""

import functools
import importlib.resources
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from base.problems import Language


def say(language: Language, key: str, **facts: object) -> Markup:
    """Give the words of a key with the facts filled in; they are escaped unless they are markup already.

    Raises `KeyError` for a key or a fact that is missing: a fault of ours that the tests find.
    """
    return Markup(escape(table()[key][language])).format(**facts)  # noqa: S704 - escaped before it is trusted


@functools.cache
def table() -> dict[str, dict[Language, str]]:
    """Read the whole table once: dotted keys to the words in each language; two files never hold the same key."""
    found: dict[str, dict[Language, str]] = {}
    for file in sorted((importlib.resources.files("console") / "wording").iterdir(), key=lambda each: each.name):
        for key, words in _entries(tomllib.loads(file.read_text(encoding="utf-8")), ""):
            if key in found:
                message = f"the words of {key} stand in two files"
                raise ValueError(message)
            found[key] = words
    return found


def _entries(below: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[Language, str]]]:
    for key, value in below.items():
        if "zh" in value:
            yield path + key, value
        else:
            yield from _entries(value, f"{path}{key}.")
