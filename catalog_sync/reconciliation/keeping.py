"""Keeps what a comparison came to: the comparison, what differs, whose task it is, and the signed balance of the day.

A difference that was named before is the same row; one that this comparison no longer names is settled, unless its
thing is moving, or this comparison looked less deep than the one that named it. One transaction keeps all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.workdays import local_day
from catalog_sync import outbox
from catalog_sync.acting import ROOM
from catalog_sync.reconciliation import repairing, tickets
from catalog_sync.reconciliation.balance_document import Document
from catalog_sync.reconciliation.comparing import Found
from catalog_sync.reconciliation.differing import Differing
from catalog_sync.reconciliation.listed import Depth, Limit
from catalog_sync.reconciliation.models import AGREES, DIFFERS, FAILED, Comparison, Difference
from catalog_sync.reconciliation.repairs import Repair, repair_of
from catalog_sync.record import Subject
from catalog_sync.wiring import Sync

# More than this is no list of faults but one fault: the rest is counted.
MOST_NAMED: Final = 10_000
# Tasks of one comparison; a person who has so many looks at the comparison.
MOST_TASKS: Final = 200
AT_ONCE: Final = 200
COUNTED: Final = frozenset({Depth.COUNTS, Depth.NOTHING})


@dataclass(frozen=True)
class Asked:
    """Which comparison is kept: of which target, since when, by whom."""

    target: str
    began_at: datetime
    by: Caller


@dataclass(frozen=True)
class Signed:
    """The balance of the day as it was signed, and what its signatures are not."""

    document: Document
    limits: tuple[Limit, ...]


def keep(session: Session, sync: Sync, asked: Asked, found: Found, balance: Signed, at: datetime) -> Comparison:
    """Keep a comparison and the things that differ."""
    more = (Limit.MORE_THAN_NAMED,) if len(found.differing) > MOST_NAMED else ()
    row = _row(asked, found, (*found.limits, *balance.limits, *more), at)
    row.balance = balance.document.written.decode()
    session.add(row)
    session.flush()
    if found.depth not in COUNTED:
        _settle(session, row, {each.subject for each in found.differing} | found.moving, at)
        _name(session, sync, row, found.differing[:MOST_NAMED], at)
    _heard(session, row, asked.by, at)
    return row


def keep_failure(session: Session, asked: Asked, code: str, at: datetime) -> Comparison:
    """Keep that a comparison came to nothing."""
    nothing = Comparison(
        target=asked.target,
        day=local_day(at),
        began_at=asked.began_at,
        ended_at=at,
        by=actor(asked.by),
        outcome=FAILED,
        code=code,
        depth=Depth.NOTHING.value,
        limits=[],
        questions=0,
        sent_bytes=0,
        received_bytes=0,
        weight=0,
        here=0,
        there=None,
        found=0,
        moving=0,
        balance=None,
    )
    session.add(nothing)
    session.flush()
    _heard(session, nothing, asked.by, at)
    return nothing


def _row(asked: Asked, found: Found, limits: Sequence[Limit], at: datetime) -> Comparison:
    differs = bool(found.differing) or (found.depth in COUNTED and _counts_differ(found))
    return Comparison(
        target=asked.target,
        day=local_day(at),
        began_at=asked.began_at,
        ended_at=at,
        by=actor(asked.by),
        outcome=DIFFERS if differs else AGREES,
        code="",
        depth=found.depth.value,
        limits=[each.value for each in limits],
        questions=found.exchanged.questions,
        sent_bytes=found.exchanged.sent,
        received_bytes=found.exchanged.received,
        weight=found.weight,
        here=found.here.count or 0,
        there=found.there.count,
        found=len(found.differing),
        moving=len(found.moving),
    )


def _counts_differ(found: Found) -> bool:
    here = {kind: count for kind, (count, _) in found.here.kinds.items()}
    return any(count != here.get(kind, 0) for kind, (count, _) in found.there.kinds.items())


def _settle(session: Session, row: Comparison, still: set[Subject], at: datetime) -> None:
    """Settle what differed and no longer does, as far as this comparison can tell."""
    depths = [each.value for each in Depth]
    deep = depths[depths.index(row.depth) :]
    query = (
        select(Difference)
        .join(Comparison, Comparison.number == Difference.last)
        .where(Difference.target == row.target, Difference.settled_at.is_(None), Comparison.depth.in_(deep))
    )
    for each in session.scalars(query):
        if Subject(each.kind, each.thing) not in still:
            _settled(session, each, at)


def _settled(session: Session, each: Difference, at: datetime) -> None:
    each.settled_at = at
    tickets.close(session, each, at)


def _name(session: Session, sync: Sync, row: Comparison, differing: Sequence[Differing], at: datetime) -> None:
    """Keep each thing that differs, as the row it has or as a new one."""
    query = select(Difference).where(Difference.target == row.target, Difference.settled_at.is_(None))
    known = {Subject(each.kind, each.thing): each for each in session.scalars(query)}
    tasks = 0
    for start in range(0, len(differing), AT_ONCE):
        some = differing[start : start + AT_ONCE]
        pasts = outbox.histories(session, row.target, [each.subject for each in some])
        for each in some:
            before = known.get(each.subject)
            repair = repair_of(each, pasts[each.subject])
            if before is not None and (before.difference, before.repair) == (each.difference.value, repair.value):
                before.last, before.here, before.there = row.number, each.here, each.there
                continue
            if before is not None:
                _settled(session, before, at)
            made = _difference(row, each, repair)
            session.add(made)
            session.flush()
            if tasks < MOST_TASKS:
                tasks += tickets.open_for(session, made, sync.settings.organisation, at)
    if sync.settings.repair and len(differing) <= sync.settings.repair_most:
        repairing.repair_all(session, sync, row.target, at)


def _difference(row: Comparison, each: Differing, repair: Repair) -> Difference:
    return Difference(
        target=row.target,
        kind=each.subject.kind,
        thing=each.subject.id,
        department=each.department,
        difference=each.difference.value,
        here=each.here,
        there=each.there,
        digest=each.row_there.digest if each.row_there else "",
        first=row.number,
        last=row.number,
        repair=repair.value,
    )


def _heard(session: Session, row: Comparison, by: Caller, at: datetime) -> None:
    facts: dict[str, Any] = {
        "target": row.target,
        "outcome": row.outcome,
        "depth": row.depth,
        "found": row.found,
        "code": row.code,
    }
    ROOM.changed(session, by, at, "sync.compared", Thing("sync-comparison", str(row.number)), **facts)
