"""Raw rows in, typed rows and rejects out: each row is judged by the directory's items, and a bad one stops no other.

Why a row is rejected: `wrong-type`, `too-long` (beyond the item's length), `out-of-range` (a whole number that no
database keeps, or more places than a decimal column has), `no-key`, `duplicate-key`, `not-taken` (the destination's own
column refuses it). A row with several faults has an entry for each of the first few.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from exchange.feeds.pushes.plan import LONGEST_KEY, Cell, Order, Reject
from exchange.sources.values import ItemType, Mismatch, Value, plain, typed

WRONG_TYPE: Final = "wrong-type"
TOO_LONG: Final = "too-long"
OUT_OF_RANGE: Final = "out-of-range"
NO_KEY: Final = "no-key"
DUPLICATE_KEY: Final = "duplicate-key"
NOT_TAKEN: Final = "not-taken"
# What databases keep in their largest whole number.
LARGEST_WHOLE: Final = 2**63
# What a decimal column is made with at destinations that want to know; amounts of the field have six.
MOST_PLACES: Final = 20
# A wholly foreign row differs in everything; the first few say enough.
MOST_REASONS: Final = 3
# Registers repeat themselves: dates by the day, codes by the hundred.
REMEMBERED: Final = 4096

Mask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Row = tuple[Value, ...]
_date = lru_cache(REMEMBERED)(lambda raw: typed(raw, ItemType.DATE))
_REPEATED: Final[Mapping[ItemType, Callable[[Any], Value]]] = {ItemType.DATE: _date}


@dataclass(frozen=True)
class Judged:
    """A chunk as it was judged: the good rows with their numbers, what was rejected, and the highest version seen."""

    rows: tuple[Row, ...]
    numbers: tuple[int, ...]
    rejects: tuple[Reject, ...]
    version: Value = None

    @property
    def rejected(self) -> int:
        """Tell how many rows were rejected."""
        return len({each.row for each in self.rejects})


def judged(
    raw: Sequence[Mapping[str, object]],
    order: Order,
    names: Mapping[str, str],
    first: int,
    version_item: str | None = None,
    mask: Mask | None = None,
) -> Judged:
    """Judge a chunk whose first row has this number; `names` tells what the source calls each item."""
    readers = [(cell, names[cell.item], _reader(cell.type)) for cell in order.cells]
    key = order.key_place
    rows: list[Row] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    seen: set[Value] = set()
    highest: Any = None
    for number, row in enumerate(raw, first):
        values, faults = _read(row, readers)
        if not faults:
            faults = _key_faults(order.key, values[key], seen)
        if faults:
            rejects.extend(Reject(number, item, reason) for item, reason in faults[:MOST_REASONS])
            continue
        seen.add(values[key])
        highest = _higher(highest, _version(row, names, order, version_item))
        rows.append(values if mask is None else _masked(values, order, mask))
        numbers.append(number)
    return Judged(tuple(rows), tuple(numbers), tuple(rejects), highest)


def without(judged: Judged, order: Order, refused: Mapping[int, str]) -> Judged:
    """Reject the rows, by their places, that the destination does not take: a key staged before, or a value."""
    numbered = enumerate(zip(judged.rows, judged.numbers, strict=True))
    kept = [pair for place, pair in numbered if place not in refused]
    more = [Reject(judged.numbers[place], order.key, reason) for place, reason in refused.items()]
    rejects = tuple(sorted((*judged.rejects, *more), key=lambda each: each.row))
    return Judged(tuple(row for row, _ in kept), tuple(number for _, number in kept), rejects, judged.version)


def version_text(value: Value) -> str | None:
    """Write a version as it is kept between runs."""
    told = plain(value)
    return None if told is None else str(told)


def _reader(kind: ItemType) -> Callable[[Any], Value]:
    repeated = _REPEATED.get(kind)
    if repeated is None:
        return lambda raw: typed(raw, kind)
    return lambda raw: repeated(raw) if isinstance(raw, str) else typed(raw, kind)


def _read(
    row: Mapping[str, object], readers: Sequence[tuple[Cell, str, Callable[[Any], Value]]]
) -> tuple[Row, list[tuple[str, str]]]:
    values: list[Value] = []
    faults: list[tuple[str, str]] = []
    for cell, name, read in readers:
        try:
            value = read(row.get(name))
        except Mismatch:
            faults.append((cell.item, WRONG_TYPE))
            value = None
        if cell.length is not None and isinstance(value, str) and len(value) > cell.length:
            faults.append((cell.item, TOO_LONG))
        elif _is_out_of_range(value):
            faults.append((cell.item, OUT_OF_RANGE))
        values.append(value)
    return tuple(values), faults


def _is_out_of_range(value: Value) -> bool:
    if isinstance(value, Decimal):
        return int(value.as_tuple().exponent) < -MOST_PLACES
    return isinstance(value, int) and not -LARGEST_WHOLE <= value < LARGEST_WHOLE


def _key_faults(item: str, value: Value, seen: set[Value]) -> list[tuple[str, str]]:
    if value is None or value == "":
        return [(item, NO_KEY)]
    if isinstance(value, str) and len(value) > LONGEST_KEY:
        return [(item, TOO_LONG)]
    return [(item, DUPLICATE_KEY)] if value in seen else []


def _masked(values: Row, order: Order, mask: Mask) -> Row:
    shown = mask({cell.item: value for cell, value in zip(order.cells, values, strict=True)})
    return tuple(_text(shown[cell.item]) if cell.masked else shown[cell.item] for cell in order.cells)


def _text(value: Any) -> str | None:
    """Write what a mask left of a value as the text that its column takes."""
    if value is None or isinstance(value, str):
        return value
    return str(plain(value) if isinstance(value, int | Decimal | date | datetime) else value)


def _version(row: Mapping[str, object], names: Mapping[str, str], order: Order, item: str | None) -> Value:
    if item is None:
        return None
    kind = next(cell.type for cell in order.cells if cell.item == item)
    return typed(row.get(names[item]), kind)


def _higher(highest: Any, value: Any) -> Any:
    if value is None:
        return highest
    return value if highest is None or value > highest else highest
