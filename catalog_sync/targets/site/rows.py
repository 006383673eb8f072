"""A page of rows that another site delivers to us directly, as its answer says it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from base.canonical import Json
from catalog_sync.targets.site.words import Unbelievable

# Its own limit; a page that is longer is none of its.
MOST_ROWS: Final = 500
MOST_ITEMS: Final = 500
LONGEST_MARK: Final = 18
OPERATIONS: Final[Mapping[str, str]] = {"upsert": "insert", "delete": "delete"}


@dataclass(frozen=True)
class DeliveredRow:
    """A row that is there, or the key of one that is gone, in the words of arrivals."""

    operation: str
    values: Mapping[str, Json] = field(repr=False)


@dataclass(frozen=True)
class Delivered:
    """Some rows and the mark from which to go on; or why nothing is delivered now."""

    rows: tuple[DeliveredRow, ...]
    mark: str
    more: bool
    refused: str


def delivered(told: Any, after: str) -> Delivered:
    """Read a page. Raises `Unbelievable`."""
    if not isinstance(told, dict) or not {"items", "next", "more", "refused"} <= set(told):
        raise Unbelievable("rows: no page")
    items, mark, more, refused = told["items"], told["next"], told["more"], told["refused"]
    if not isinstance(items, list) or len(items) > MOST_ROWS or not isinstance(more, bool):
        raise Unbelievable("rows: no page")
    if not isinstance(refused, str) or not isinstance(mark, str) or len(mark) > LONGEST_MARK:
        raise Unbelievable("rows: no mark")
    if mark and not (mark.isascii() and mark.isdecimal()):
        raise Unbelievable("rows: no mark")
    if not refused and int(mark or 0) < int(after or 0) + (1 if items or more else 0):
        raise Unbelievable("rows: a mark that goes back")
    return Delivered(tuple(_row(each) for each in items), mark, more, refused[:100])


def _row(told: Any) -> DeliveredRow:
    if not isinstance(told, dict) or told.get("operation") not in OPERATIONS:
        raise Unbelievable("rows: no row")
    values = told.get("row")
    if not isinstance(values, dict) or not 0 < len(values) <= MOST_ITEMS:
        raise Unbelievable("rows: no row")
    if not all(value is None or isinstance(value, str | int | bool) for value in values.values()):
        raise Unbelievable("rows: no value")
    return DeliveredRow(OPERATIONS[told["operation"]], values)
