"""What becomes of each row of an arrival, and whether a person has to look first. Pure.

1. A row that its own schema faults is a reject. 2. Of several rows with one key the last counts. 3. A deletion takes
out. 4. A row without a region that can be believed belongs to nobody, one of another region to others: neither is
taken, and what stands under its key is taken out, since it is not of this region any more. 5. What is left is typed by
the items of the directory (`exchange.feeds.pushes.rows`); what is no value of its type is a reject, and what stands
stays. A row comes whole: a column that it leaves out is empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from base.identifiers import RegionCode
from catalog_sync.targets.files.data_file import Read
from exchange.direct import regions
from exchange.feeds.pushes import rows as typing_rows
from exchange.feeds.pushes.plan import Order, Reject
from exchange.feeds.pushes.rows import Judged

DELETE: Final = "delete"
NO_REGION: Final = "no-region"
OTHER_REGION: Final = "other-region"
# Why a row is not taken although nothing is wrong with its values: what stands under its key goes.
ELSEWHERE: Final = frozenset({NO_REGION, OTHER_REGION})
MANY_GONE: Final = "many-gone"
MANY_REJECTS: Final = "many-rejects"
WHOLE: Final = 100


@dataclass(frozen=True)
class Terms:
    """How rows of a return are read: the shape they arrive in, the upper columns by item, and whose they must be."""

    order: Order
    columns: Mapping[str, str] = field(hash=False)
    region_item: str | None
    region: RegionCode

    @property
    def key_column(self) -> str:
        """Give the upper column that names a row."""
        return self.columns[self.order.key]


@dataclass(frozen=True)
class Folded:
    """An arrival as a whole: the last row of each key, the keys that go, and how many rows have no name at all."""

    last: Mapping[str, int] = field(repr=False)
    gone: frozenset[str] = field(repr=False)
    rows: int
    nameless: int

    @property
    def overtaken(self) -> int:
        """Tell how many rows were overtaken by a later one of the same key."""
        return self.rows - self.nameless - len(self.last)


@dataclass(frozen=True)
class Weighed:
    """What a load would do: of how many rows that stand how many go, of how many rows how many are rejects."""

    stood: int
    goes: int
    rows: int
    rejects: int


def fold(rows: Iterable[Read], terms: Terms) -> Folded:
    """Look through an arrival once."""
    last: dict[str, int] = {}
    gone: set[str] = set()
    count = nameless = 0
    for row in rows:
        count += 1
        key = _key(row, terms)
        if key is None:
            nameless += 1
            continue
        last[key] = row.number
        if row.operation == DELETE or _elsewhere(row, terms):
            gone.add(key)
        else:
            gone.discard(key)
    return Folded(last, frozenset(gone), count, nameless)


def judged(rows: Sequence[Read], terms: Terms, folded: Folded) -> Judged:
    """Judge some rows of an arrival; those that were overtaken and those that delete are neither taken nor rejected."""
    rejects: list[Reject] = []
    taken: list[Read] = []
    for row in rows:
        fault = _fault(row, terms, folded)
        if fault is None:
            taken.append(row)
        elif fault.reason:
            rejects.append(fault)
    names = {item: terms.columns[item] for item in terms.columns}
    read = typing_rows.judged([each.values for each in taken], terms.order, names, 0)
    numbers = tuple(taken[place].number for place in read.numbers)
    told = [replace(each, row=taken[each.row].number) for each in read.rejects]
    return Judged(read.rows, numbers, tuple(sorted((*rejects, *told), key=lambda each: each.row)))


def held(weighed: Weighed, most_gone: int, most_rejected: int) -> str:
    """Tell why a person has to look first; nothing where nobody has."""
    if weighed.stood and weighed.goes * WHOLE > weighed.stood * most_gone:
        return MANY_GONE
    if weighed.rows and weighed.rejects * WHOLE > weighed.rows * most_rejected:
        return MANY_REJECTS
    return ""


def key_of(row: Read, terms: Terms) -> str | None:
    """Give the key of a row as it came; none where it has none."""
    return _key(row, terms)


def _key(row: Read, terms: Terms) -> str | None:
    value: Any = row.values.get(terms.key_column)
    return None if row.fault or value is None or value == "" else str(value)


def _elsewhere(row: Read, terms: Terms) -> str:
    """Tell why a row is not of this region; nothing where it is."""
    if terms.region_item is None:
        return ""
    code = row.values.get(terms.columns[terms.region_item])
    if regions.placed(code) is None:
        return NO_REGION
    return "" if regions.belongs(terms.region, code) else OTHER_REGION


def _fault(row: Read, terms: Terms, folded: Folded) -> Reject | None:
    """Tell why a row is not typed; a reason that is empty is none that anybody need hear of."""
    if row.fault:
        return Reject(row.number, row.column, row.fault)
    key = _key(row, terms)
    if key is None:
        return Reject(row.number, terms.order.key, typing_rows.NO_KEY)
    if folded.last[key] != row.number or row.operation == DELETE:
        return Reject(row.number, "", "")
    reason = _elsewhere(row, terms)
    return Reject(row.number, terms.region_item or "", reason) if reason else None
