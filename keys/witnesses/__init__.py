"""The kinds of witnesses, by the scheme of the address that the settings give; a new one is a file and a row."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keys.witnesses import file, http
from keys.witnesses.witness import Opener

_ROWS: Final[tuple[tuple[str, Opener], ...]] = (
    ("file", file.opened),
    ("https", http.opened),
    ("http", http.opened),
)


def table(*rows: tuple[str, Opener]) -> Mapping[str, Opener]:
    """Lay openers out by scheme. Raises `ValueError` for a scheme used twice."""
    laid = dict(rows)
    if len(laid) != len(rows):
        raise ValueError("a scheme of witnesses is used twice")
    return MappingProxyType(laid)


WITNESSES: Final = table(*_ROWS)
