"""What we told a target and count as stored there: of each thing its newest stored version, unless that took it back.

Read from the outbox itself, never from a summary of it: a comparison that believed one would miss what the summary
missed. What is on its way meanwhile is told apart afterwards (`moving`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from base.db import Database
from catalog_sync import contents
from catalog_sync.departments import department_of
from catalog_sync.models import Outbox
from catalog_sync.reconciliation import stock
from catalog_sync.reconciliation.ranges import Path, Range
from catalog_sync.reconciliation.stock import Stock
from catalog_sync.reconciliation.tree import Tree
from catalog_sync.record import Operation, Subject
from catalog_sync.states import UNFINISHED, State
from certs.contents import Keys

# Rows whose content is opened in one transaction, to see whose they are.
PIECE: Final = 500
# Things that are asked about in one query.
ASKED: Final = 200
_ON_ITS_WAY: Final = [each.value for each in (*UNFINISHED, State.ACCEPTED)]


class OwnSide:
    """Our side of a comparison: its tree is grown once, and rows are read as they are asked for."""

    def __init__(self, database: Database, target: str) -> None:
        self._database = database
        self._stock = stock_of(target)
        with database.reading() as session:
            self.tree: Tree = stock.tree_of(session, self._stock)

    def look(self, paths: Sequence[Path]) -> Sequence[Range]:
        """Tell ranges."""
        with self._database.reading() as session:
            return stock.look(session, self._stock, self.tree, paths)


def stock_of(target: str) -> Stock:
    """Tell where the things stand that a target has stored."""
    later = aliased(Outbox)
    same = (later.target == Outbox.target, later.kind == Outbox.kind, later.thing == Outbox.thing)
    newest = select(func.max(later.version)).where(*same, later.state == State.STORED.value).scalar_subquery()
    stored = (Outbox.target == target, Outbox.state == State.STORED.value)
    counts = (*stored, Outbox.operation != Operation.DELETE.value, Outbox.version == newest)
    columns = (Outbox.kind, Outbox.department, Outbox.day, Outbox.thing, Outbox.version, Outbox.content_sm3)
    return Stock(*columns, counts, _whole(columns, stored))


def _whole(columns: Sequence[InstrumentedAttribute[Any]], stored: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Select all things in one pass: no join that a database without statistics plans badly."""
    place = func.row_number().over(partition_by=(Outbox.kind, Outbox.thing), order_by=Outbox.version.desc())
    told = select(*columns, Outbox.operation, place.label("place")).where(*stored).subquery()
    newest = (told.c.place == 1, told.c.operation != Operation.DELETE.value)
    return select(*(told.c[each.key] for each in columns)).where(*newest)


def note_departments(session: Session, keys: Keys, target: str) -> int:
    """Note whose some things are that were stored before that was kept; tell how many, none when all are noted."""
    query = select(Outbox).where(
        Outbox.target == target, Outbox.state == State.STORED.value, Outbox.department.is_(None)
    )
    rows = session.scalars(query.limit(PIECE)).all()
    for row in rows:
        row.department = department_of(row.kind, contents.opened(session, keys, row))
    return len(rows)


def moving(session: Session, target: str, subjects: Iterable[Subject], since: datetime) -> set[Subject]:
    """Tell which things are on their way, or changed since a moment: what differs about them says nothing yet."""
    asked, found = [(each.kind, each.id) for each in subjects], set[Subject]()
    for start in range(0, len(asked), ASKED):
        query = (
            select(Outbox.kind, Outbox.thing)
            .where(Outbox.target == target, tuple_(Outbox.kind, Outbox.thing).in_(asked[start : start + ASKED]))
            .where(or_(Outbox.state.in_(_ON_ITS_WAY), Outbox.changed_at > since))
        )
        found |= {Subject(kind, thing) for kind, thing in session.execute(query)}
    return found
