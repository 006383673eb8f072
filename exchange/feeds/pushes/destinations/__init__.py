"""Where rows may be pushed: the table of destinations by kind. A kind is a file and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from base.tables import laid_out
from exchange.feeds.pushes.destinations import files, table
from exchange.feeds.pushes.destinations.destination import Destination, Ground
from exchange.feeds.pushes.plan import Mode, Order


@dataclass(frozen=True)
class Kind:
    """A kind of destination: how its declaration is checked, the modes that it can do, how it is opened."""

    name: str
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    modes: frozenset[Mode]
    opened: Callable[[Order, Ground], Destination]


KINDS: Final[Mapping[str, Kind]] = laid_out(
    Kind(table.KIND, table.read, frozenset(Mode), table.opened),
    Kind(files.KIND, files.read, frozenset(Mode), files.opened),
)
