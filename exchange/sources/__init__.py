"""Where data is: the table of sources by kind. A kind is a file and a row here; a kind used twice is refused at import.

Each kind reads its declaration when a mount is written and makes a reader of it; `reading` makes the source.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from base.tables import laid_out
from exchange.mounting.errors import UnusableMount
from exchange.sources import files, rest, table
from exchange.sources.declarations import Declared
from exchange.sources.place import Place
from exchange.sources.reading import Reader, ReaderSource
from exchange.sources.source import Column, Source


@dataclass(frozen=True)
class Kind:
    """A kind of source: its name, how its declaration is read, and how that becomes a reader."""

    name: str
    read: Callable[[Declared, Sequence[Column], Place], Any]
    opened: Callable[[Any, Sequence[Column], Place], Reader]


SOURCES: Final[Mapping[str, Kind]] = laid_out(
    Kind(rest.KIND, rest.read, rest.opened),
    Kind(table.KIND, table.read, table.opened),
    Kind(files.KIND, files.read, files.opened),
)


def open_source(
    kind: str,
    declaration: Mapping[str, Any],
    columns: Sequence[Column],
    place: Place,
    sources: Mapping[str, Kind] = SOURCES,
) -> Source:
    """Make the source that a declaration names; nothing is reached yet. Raises `UnusableMount`."""
    return ReaderSource(open_reader(kind, declaration, columns, place, sources), columns, place.stopwatch)


def open_reader(
    kind: str,
    declaration: Mapping[str, Any],
    columns: Sequence[Column],
    place: Place,
    sources: Mapping[str, Kind] = SOURCES,
) -> Reader:
    """Make the reader of raw rows, for whoever judges each row alone. Raises `UnusableMount`."""
    if kind not in sources:
        raise UnusableMount("#/kind", " | ".join(sources))
    if not columns:
        raise UnusableMount("#/columns", "no items that can be asked for")
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise UnusableMount("#/columns", "two items share a column")
    declared = sources[kind].read(Declared(declaration), columns, place)
    return sources[kind].opened(declared, columns, place)
