"""Brings refusals back to whose the records are, and settles them when the records have arrived or were taken back.

Two kinds of news bring one: a row that was refused, and a refusal that came after the row had counted as stored, which
a platform that says nothing but refusals may always send. Each becomes a task of the owner's steward, once; when no
refusal of a row is open any more, its task is closed. What to do about it is theirs: correct, send again, or take back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, String, cast, delete, exists, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from base.audit import Thing
from base.db import inserting
from catalog_sync import contents, states
from catalog_sync.acting import BY, ROOM
from catalog_sync.models import Inbox, Outbox, Transition
from catalog_sync.refusals import owners
from catalog_sync.refusals.models import BroughtBack
from catalog_sync.states import State
from catalog_sync.targets.front import columns
from catalog_sync.targets.target import Outcome
from catalog_sync.wiring import Sync
from exchange import tasks
from exchange.models import NAME_LENGTH
from exchange.tasks import Duty
from keys.parties.models import Organisation

DUTY: Final = "sync-refusal"
THING: Final = "sync-refusal"
MOST_AT_ONCE: Final = 200
# One transaction forgets no more; the job comes again in ten minutes.
MOST_FORGOTTEN: Final = 5000
TRANSITION, RECEIPT = "transition:", "receipt:"
ARRIVED: Final = frozenset(each.value for each in states.ARRIVED)


def bring_back(session: Session, sync: Sync, at: datetime) -> int:
    """Open a task for every refusal that has none yet; tell how many."""
    layout = columns.shipped()
    count = 0
    for news, row, code in (*_refused(session), *_late(session)):
        content = contents.opened(session, sync.keys, row)
        organisation = owners.owner_of(row.kind, content)
        if session.get(Organisation, organisation) is None:
            organisation = ""
        values = {
            "news": news,
            "row": row.number,
            "organisation": organisation,
            "code": code,
            "brought_at": at,
            "settled_at": None,
        }
        written = inserting(session, BroughtBack).values(values).on_conflict_do_nothing().returning(BroughtBack.news)
        if session.execute(written).first() is None:
            continue
        count += 1
        thing = Thing(THING, str(row.number))
        ROOM.changed(session, BY, at, "sync.brought-back", thing, target=row.target, code=code, owner=organisation)
        if organisation:
            tasks.close(session, thing, BY, at)
            title = owners.title(layout, row.kind, row.thing, code)[:NAME_LENGTH]
            tasks.open_task(session, Duty(DUTY, thing, title, organisation, owners.STEWARD), at)
    return count


def settle(session: Session, at: datetime) -> int:
    """Close the tasks of what was told since and has arrived: the row itself, or a later version of its thing."""
    query = select(BroughtBack).join(Outbox, Outbox.number == BroughtBack.row).where(BroughtBack.settled_at.is_(None))
    is_over = or_(Outbox.state == State.SUPERSEDED.value, _arrived_since(BroughtBack.brought_at))
    done = session.scalars(query.where(is_over)).all()
    for each in done:
        each.settled_at = at
        tasks.close(session, Thing(THING, str(each.row)), BY, at)
    return len(done)


def forget(session: Session, settled_before: datetime) -> int:
    """Forget refusals that were settled long ago, some at a time; tell how many.

    None comes back by that: it was settled because its thing has arrived since, and those are not brought back.
    """
    old = select(BroughtBack.news).where(BroughtBack.settled_at < settled_before).order_by(BroughtBack.settled_at)
    gone = delete(BroughtBack).where(BroughtBack.news.in_(old.limit(MOST_FORGOTTEN))).returning(BroughtBack.news)
    return len(session.execute(gone, execution_options={"synchronize_session": False}).all())


def _arrived_since(moment: ColumnElement[datetime] | InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    """Tell of a row of the outbox whether it, or a later version of its thing, has arrived since a moment."""
    later = aliased(Outbox)
    return exists(
        select(later.number)
        .where(later.target == Outbox.target, later.kind == Outbox.kind, later.thing == Outbox.thing)
        .where(later.version >= Outbox.version, later.state.in_(ARRIVED), later.changed_at > moment)
        .correlate_except(later)
    )


def _refused(session: Session) -> Sequence[tuple[str, Outbox, str]]:
    """Find rows that stand refused and whose last refusal was not brought back."""
    news = literal(TRANSITION) + cast(Transition.id, String)
    query = (
        select(news, Outbox, Transition.code)
        .join(Outbox, Outbox.number == Transition.row)
        .where(Outbox.state == State.REFUSED.value, Transition.after == State.REFUSED.value)
        .where(~_arrived_since(Transition.at))
        .where(news.not_in(select(BroughtBack.news)))
    )
    return [(each[0], each[1], each[2]) for each in session.execute(query.order_by(Transition.id).limit(MOST_AT_ONCE))]


def _late(session: Session) -> Sequence[tuple[str, Outbox, str]]:
    """Find refusals that came when the row counted as stored already."""
    news = literal(RECEIPT) + cast(Inbox.id, String)
    query = (
        select(news, Outbox, Inbox.code)
        .join(Outbox, Outbox.number == Inbox.row)
        .where(Inbox.outcome == Outcome.REFUSED.value, Inbox.changed.is_(False), Outbox.state == State.STORED.value)
        .where(~_arrived_since(Inbox.received_at))
        .where(news.not_in(select(BroughtBack.news)))
    )
    return [(each[0], each[1], each[2]) for each in session.execute(query.order_by(Inbox.id).limit(MOST_AT_ONCE))]
