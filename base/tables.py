"""Tables of what will grow: one row a kind, found by its name. What a row can do is its own room's business."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar


class Named(Protocol):
    """A row, found by its name."""

    @property
    def name(self) -> str:
        """What it is found by."""


Row = TypeVar("Row", bound=Named)


def laid_out(*rows: Row) -> Mapping[str, Row]:
    """Lay rows out by name, in their order. Raises `ValueError` for a name that stands twice."""
    laid: dict[str, Row] = {}
    for row in rows:
        if row.name in laid:
            message = f"{row.name} stands twice: rows of a table cannot share a name"
            raise ValueError(message)
        laid[row.name] = row
    return MappingProxyType(laid)
