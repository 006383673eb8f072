"""Counts a month, or all months, once more from the beginning, and tells every difference from what is kept.

What is kept is read with the reader's place in one snapshot; what is counted anew ends at the same place, so counting
may go on meanwhile. Asked to, the differences are added to what is kept: that is right whatever was counted since, and
needs no long transaction. Two who do so at once would add them twice, so the second is refused.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.models import AuditEntry
from base.workdays import local_day
from certs.acting import ROOM
from certs.figures import counting, duties, stream, tallies
from certs.figures.errors import RebuiltMeanwhile
from certs.figures.models import FigureCount, FigureKind, FigureReader
from certs.figures.months import Month, midnight
from certs.figures.stream import Counted, Piece
from certs.figures.tallies import Kind, Place
from exchange.models import Task

DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Difference:
    """A count that is not what is kept; of a kind, whether it is known and since which day, as a number of days."""

    place: Place | Kind
    kept: int
    counted: int

    @property
    def words(self) -> str:
        """Write it as a line."""
        names = (str(getattr(self.place, each)) for each in self.place.__dataclass_fields__)
        return f"{' '.join(names)}: {self.kept} → {self.counted}"


@dataclass(frozen=True)
class Snapshot:
    """Where the reader stood when what is kept was read."""

    position: int
    duties_until: datetime | None
    rebuilds: int


@dataclass(frozen=True)
class Recount:
    """What a recount found of a month."""

    month: Month
    snapshot: Snapshot
    differences: tuple[Difference, ...]


def months(session: Session) -> list[Month]:
    """List every month of which anything could be counted, or is."""
    found: list[date] = []
    for column in (AuditEntry.at, Task.due_at):
        found += [local_day(each) for each in session.execute(select(func.min(column), func.max(column))).one() if each]
    found += [
        each for each in session.execute(select(func.min(FigureCount.day), func.max(FigureCount.day))).one() if each
    ]
    if not found:
        return []
    first, last = Month.of(min(found)), Month.of(max(found))
    return [first.after(each) for each in range((last.year - first.year) * 12 + last.month - first.month + 1)]


def recount(database: Database, month: Month) -> Recount:
    """Count a month anew and compare."""
    with database.reading() as session:
        snapshot = _snapshot(session)
        kept, kinds = _kept(session, month)
    told = Counted()
    for begins, ends in _days(month):
        with database.reading() as session:
            piece = stream.counted(session, Piece(0, snapshot.position, begins, ends))
        told.counts.update(piece.counts)
        _join(told.kinds, piece.kinds)
    if snapshot.duties_until is not None:
        with database.reading() as session:
            ends = min(month.after(1).begins, snapshot.duties_until)
            told.counts.update(duties.counted(session, month.begins, ends).counts)
    places = sorted(kept.keys() | told.counts.keys())
    found = [Difference(each, kept[each], told.counts[each]) for each in places if kept[each] != told.counts[each]]
    return Recount(month, snapshot, (*found, *_of_kinds(kinds, told.kinds, month)))


def rebuild(session: Session, found: Recount, by: Caller, at: datetime) -> None:
    """Mend what a recount found. Raises `RebuiltMeanwhile`."""
    reader = counting.taken(session)
    if reader.rebuilds != found.snapshot.rebuilds:
        raise RebuiltMeanwhile
    reader.rebuilds += 1
    counts = {each.place: each.counted - each.kept for each in found.differences if isinstance(each.place, Place)}
    # Duties of the last days may have been counted anew since; these are counted so at the next run in any case.
    stale = {each for each in counts if each.measure in tallies.OF_DUTIES and _is_unsettled(each.day, found.snapshot)}
    counting.add(session, {place: count for place, count in counts.items() if place not in stale})
    session.execute(delete(FigureCount).where(FigureCount.count == 0))
    for each in found.differences:
        if isinstance(each.place, Kind):
            _forget(session, each.place, found.month)
            if each.counted:
                counting.note(session, {each.place: date.fromordinal(each.counted)})
    session.flush()
    facts: dict[str, Json] = {"month": str(found.month), "differences": len(found.differences)}
    ROOM.record(session, by, at, "figures.rebuilt", Thing("figures", str(found.month)), **facts)


def _snapshot(session: Session) -> Snapshot:
    row = session.scalars(select(FigureReader)).one_or_none()
    return Snapshot(row.position, row.duties_until, row.rebuilds) if row is not None else Snapshot(0, None, 0)


def _kept(session: Session, month: Month) -> tuple[Counter[Place], dict[Kind, date]]:
    within = FigureCount.day >= month.first, FigureCount.day < month.after(1).first
    columns = FigureCount.day, FigureCount.region, FigureCount.organisation, FigureCount.measure, FigureCount.count
    counts = Counter({Place(*row[:4]): row[4] for row in session.execute(select(*columns).where(*within))})
    kinds = {
        Kind(row.kind, row.region, row.organisation, row.code): row.first_day
        for row in session.scalars(select(FigureKind).where(FigureKind.first_day < month.after(1).first))
    }
    return counts, kinds


def _days(month: Month) -> Iterator[tuple[datetime, datetime]]:
    day = month.first
    while day < month.after(1).first:
        yield midnight(day), midnight(day + DAY)
        day += DAY


def _join(told: dict[Kind, date], more: dict[Kind, date]) -> None:
    for kind, day in more.items():
        told[kind] = min(day, told.get(kind, day))


def _of_kinds(kept: dict[Kind, date], told: dict[Kind, date], month: Month) -> Iterator[Difference]:
    """Compare the kinds: what is told must be known by then, and what is known since this month must be told."""
    for kind in sorted(kept.keys() | told.keys()):
        known, found = kept.get(kind), told.get(kind)
        is_missing = found is not None and (known is None or known > found)
        is_foreign = known is not None and known >= month.first and known != found
        if is_missing or is_foreign:
            yield Difference(kind, known.toordinal() if known else 0, found.toordinal() if found else 0)


def _forget(session: Session, kind: Kind, month: Month) -> None:
    told = (getattr(FigureKind, name) == getattr(kind, name) for name in kind.__dataclass_fields__)
    session.execute(delete(FigureKind).where(*told, FigureKind.first_day >= month.first))


def _is_unsettled(day: date, snapshot: Snapshot) -> bool:
    return snapshot.duties_until is None or day >= local_day(snapshot.duties_until - counting.UNSETTLED)
