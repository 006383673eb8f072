"""How a reader wants the pages: theme, view, density. Language is `base.problems.language`'s to tell.

A choice is asked for in the address (`?view=elder`) and remembered in a cookie of the same name, so every switch is a
plain link that works without scripts. The cookies hold one word each and tell nothing about the reader; a word that is
not on the list is as good as none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CHOICES: Mapping[str, tuple[str, ...]] = {
    "lang": ("zh", "en"),
    "theme": ("auto", "light", "dark"),
    "view": ("standard", "elder"),
    "density": ("comfortable", "compact"),
}
# A preference is kept for a year; browsers cut longer lives to about that anyway.
KEPT_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Preferences:
    """What a reader has chosen; the first word of each list is the default."""

    theme: str = "auto"
    view: str = "standard"
    density: str = "comfortable"


def chosen(query: Mapping[str, str], cookies: Mapping[str, str]) -> Preferences:
    """Tell the reader's choices: the address before the cookie before the default."""
    return Preferences(**{name: _choice(name, query, cookies) for name in ("theme", "view", "density")})


def to_remember(query: Mapping[str, str]) -> dict[str, str]:
    """Tell which choices the address makes, to be kept in cookies."""
    return {name: query[name] for name, words in CHOICES.items() if query.get(name) in words}


def _choice(name: str, query: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    words = CHOICES[name]
    return next((place[name] for place in (query, cookies) if place.get(name) in words), words[0])
