"""Reads the balance of the outbox: its lines, and whether every row and its transitions agree."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog_sync.balance import Balance, Counted, Fault, Step, broken, lines
from catalog_sync.models import Outbox, Transition

# Rows whose transitions are read at a time.
PIECE = 2000


def balance(session: Session, target: str | None = None) -> tuple[Balance, ...]:
    """Count the rows of a target, or of all, by kind, day and state."""
    named = (Outbox.target, Outbox.kind, Outbox.day, Outbox.state)
    query = select(*named, func.count()).group_by(*named)
    if target is not None:
        query = query.where(Outbox.target == target)
    return lines((each[0], each[1], each[2], each[3], each[4]) for each in session.execute(query))


def counted(session: Session, target: str) -> Iterator[Counted]:
    """Give each row of a target with its transitions, piece after piece."""
    last = 0
    columns = (Outbox.number, Outbox.kind, Outbox.day, Outbox.key, Outbox.state)
    while True:
        query = select(*columns).where(Outbox.target == target, Outbox.number > last)
        rows = session.execute(query.order_by(Outbox.number).limit(PIECE)).all()
        if not rows:
            return
        steps = defaultdict[int, list[Step]](list)
        numbers = (rows[0].number, rows[-1].number)
        taken = select(Transition.row, Transition.before, Transition.after).where(Transition.row.between(*numbers))
        for row, before, after in session.execute(taken.order_by(Transition.id)):
            steps[row].append(Step(before, after))
        for each in rows:
            yield Counted(each.number, target, each.kind, each.day, each.key, each.state, tuple(steps[each.number]))
        last = rows[-1].number


def faults(session: Session, target: str) -> tuple[Fault, ...]:
    """Name the rows of a target that break the law."""
    return broken(counted(session, target))
