"""Repairs what differs, as far as that is ours to do: has a thing told again, or counts as stored what has arrived.

A repair is asked once for each time that the difference is named; whether it helped is for the next comparison to say.
"""

import contextlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from catalog_sync import changes, outbox
from catalog_sync.acting import BY, ROOM
from catalog_sync.errors import DifferenceStepNotAllowed, NoSuchDifference
from catalog_sync.models import Outbox
from catalog_sync.outbox import News
from catalog_sync.reconciliation.differing import Difference as How
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.reconciliation.repairs import Repair
from catalog_sync.record import Subject
from catalog_sync.states import STOPPED, State
from catalog_sync.wiring import Sync

RECONCILED = "reconciled"


def repair(session: Session, sync: Sync, number: int, by: Caller, at: datetime) -> Difference:
    """Repair a difference. Raises `NoSuchDifference`, `DifferenceStepNotAllowed`."""
    row = session.scalars(select(Difference).where(Difference.number == number).with_for_update()).one_or_none()
    if row is None:
        raise NoSuchDifference(number)
    if row.settled_at is not None:
        raise DifferenceStepNotAllowed(number, "settled")
    if row.repair == Repair.PERSON.value:
        raise DifferenceStepNotAllowed(number, "for-a-person")
    if _is_asked(session, row):
        raise DifferenceStepNotAllowed(number, "asked-already")
    _carry_out(session, sync, row, by, at)
    return row


def repair_all(session: Session, sync: Sync, target: str, at: datetime) -> int:
    """Repair by itself whatever may be; tell how many."""
    query = select(Difference).where(
        Difference.target == target, Difference.settled_at.is_(None), Difference.repair != Repair.PERSON.value
    )
    count = 0
    for row in [each for each in session.scalars(query) if not _is_asked(session, each)]:
        with contextlib.suppress(DifferenceStepNotAllowed):  # its row has changed: the next comparison looks anew
            _carry_out(session, sync, row, BY, at)
            count += 1
    return count


def _is_asked(session: Session, row: Difference) -> bool:
    """Tell whether a repair was asked that no comparison has judged since."""
    return row.repaired_at is not None and session.get_one(Comparison, row.last).began_at <= row.repaired_at


def _carry_out(session: Session, sync: Sync, row: Difference, by: Caller, at: datetime) -> None:
    subject = Subject(row.kind, row.thing)
    if row.repair == Repair.TELL_AGAIN.value:
        is_there = row.difference != How.MISSING_THERE.value
        changes.tell_again(session, row.target, subject, row.number, at, is_there=is_there)
    else:
        _take_over(session, sync, row, by, at)
    row.repaired_at, row.repaired_by = at, actor(by)
    thing = Thing("sync-difference", str(row.number))
    ROOM.record(session, by, at, "sync.repaired", thing, target=row.target, repair=row.repair)


def _take_over(session: Session, sync: Sync, row: Difference, by: Caller, at: datetime) -> None:
    """Count as stored what is stored there. Raises `DifferenceStepNotAllowed` where our row has changed since."""
    query = select(Outbox).where(
        Outbox.target == row.target,
        Outbox.kind == row.kind,
        Outbox.thing == row.thing,
        Outbox.version == row.there,
        Outbox.content_sm3 == row.digest,
        Outbox.state.in_([each.value for each in STOPPED]),
    )
    told = session.scalars(query.with_for_update()).one_or_none()
    if told is None:
        raise DifferenceStepNotAllowed(row.number, "changed-since")
    told.unsure = False
    outbox.step(session, sync.keys, told, State.STORED, at, News(RECONCILED, by=by))
    outbox.let_go(session, row.target, [told])
