"""Turtle and JSON-LD as statements: enough of both to read catalogues, nothing fetched, everything bounded."""

import re
from collections.abc import Iterator
from typing import Final

from exchange.imports import json_ld, turtle
from exchange.imports.errors import UnreadableCatalogue
from exchange.imports.statements import Statement

# Twenty thousand data sets with some thirty statements each.
MOST_STATEMENTS: Final = 1_000_000
# What JSON can say and databases cannot keep.
_UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")


def statements(text: str, kind: str) -> Iterator[Statement]:
    """Read a text as statements. Raises `UnreadableCatalogue`, `RemoteContext`."""
    read = json_ld.statements(text) if kind == "json-ld" else turtle.statements(text)
    for place, each in enumerate(read):
        if place == MOST_STATEMENTS:
            raise UnreadableCatalogue("too many statements")
        if any(_UNKEPT.search(said) for said in (each[0], each[1], each[2].text)):
            raise UnreadableCatalogue("a NUL or half a surrogate pair")
        yield each
