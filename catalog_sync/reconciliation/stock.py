"""Reads what one side holds: in one stream for its whole tree, and again by ranges for the rows that are told.

Where the rows stand is handed in (`Stock`): our outbox for what we told, the held records for what a partner told us.
Both are compared by the same code, so that neither side can hold a row that the other cannot see.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.ledger import sm3
from catalog_sync.reconciliation.ranges import NAMED, Path, Range, Row, range_of
from catalog_sync.reconciliation.tree import Day, Tree, grown

AT_ONCE: Final = 20_000
# The first columns: a kind's, a department's, a day's rows come together.
GROUPED: Final = 3


@dataclass(frozen=True)
class Stock:
    """Where rows are kept: their six columns, which count, and all of these where that is another query."""

    kind: InstrumentedAttribute[str]
    department: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
    day: InstrumentedAttribute[date]
    thing: InstrumentedAttribute[str]
    version: InstrumentedAttribute[int]
    digest: InstrumentedAttribute[str]
    where: tuple[ColumnElement[bool], ...] = field(repr=False)
    whole: Select[Any] | None = field(default=None, repr=False)

    @property
    def rows(self) -> Select[Any]:
        """Select every row."""
        columns: tuple[Any, ...] = (self.kind, self.department, self.day, self.thing, self.version, self.digest)
        return select(*columns).where(*self.where)


def tree_of(session: Session, stock: Stock) -> Tree:
    """Grow the tree of all rows."""
    return grown(_days(session, stock))


def look(session: Session, stock: Stock, tree: Tree, paths: Sequence[Path]) -> list[Range]:
    """Tell ranges, from the tree where it keeps them, from their rows where it does not."""
    found = {path: tree.look(path) for path in paths}
    rows = _rows(session, stock, [path for path, told in found.items() if told is None])
    return [found[path] or range_of(path, rows[path]) for path in paths]


def _days(session: Session, stock: Stock) -> Iterator[Day]:
    # Which order names stand in is the database's affair: a day has only to come in one piece.
    query = stock.rows if stock.whole is None else stock.whole
    query = query.order_by(*list(query.selected_columns)[:GROUPED])
    told = session.execute(query.execution_options(yield_per=AT_ONCE))
    for (kind, department, day), rows in groupby(told, key=lambda row: row[:GROUPED]):
        yield Day(kind, department, day.isoformat(), [(row[3], row[4], row[5]) for row in rows])


def _rows(session: Session, stock: Stock, paths: Sequence[Path]) -> dict[Path, list[Row]]:
    """Read the rows of ranges, those of one day once."""
    within = defaultdict[Path, dict[str, Path]](dict)
    for path in paths:
        within[path[:NAMED]]["".join(path[NAMED:])] = path
    found: dict[Path, list[Row]] = {path: [] for path in paths}
    for named, inside in within.items():
        lengths = sorted({len(signs) for signs in inside})
        for kind, department, day, thing, version, digest in session.execute(_narrowed(stock, named)):
            place = sm3(thing.encode()).hex()
            for length in lengths:
                asked = inside.get(place[:length])
                if asked is not None:
                    found[asked].append(Row(kind, department, day.isoformat(), thing, version, digest))
    return found


def _narrowed(stock: Stock, named: Path) -> Select[Any]:
    """Select the rows of a kind, a department, a month, a day, as far as they are named."""
    query = stock.rows
    for column, name in zip((stock.kind, stock.department), named, strict=False):
        query = query.where(column == name)
    month, day = named[2:3], named[3:4]
    if not month:
        return query
    try:
        first = date.fromisoformat(f"{month[0]}-{day[0] if day else '01'}")
    except ValueError:  # no such day, so nothing stands under it
        return query.where(false())
    last = first if day else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return query.where(stock.day.between(first, last))
