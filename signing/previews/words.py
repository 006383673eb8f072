"""What a preview tells, in words: one entry of `words.toml` for each code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from signing.previews.preview import NotDrawn


@dataclass(frozen=True)
class Words:
    """A sentence in both languages."""

    zh: str
    en: str


@cache
def words() -> Mapping[str, Words]:
    """Give the sentences by code."""
    text = (files("signing.previews") / "words.toml").read_text("utf-8")
    return {code: Words(each["zh"], each["en"]) for code, each in tomllib.loads(text).items()}


def told(about: NotDrawn) -> Words:
    """Say it in both languages."""
    said = words()[about.code]
    facts = {"subject": about.subject or "?", "count": about.count}
    return Words(said.zh.format(**facts), said.en.format(**facts))
