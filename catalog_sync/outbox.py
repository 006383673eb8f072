"""The rows of the outbox: how one is written, goes from state to state, and lets go what waits for it.

A row and its transition are written together, and nowhere else. What came of a row is told to nobody but those who
wait for it in the same outbox; channels and their alarms are in `catalog_sync.channels`.

What is done for each record is done in as many statements for a hundred of them, and those are made once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from base.acting import actor
from base.callers import Caller
from base.db import Base
from base.workdays import local_day
from catalog_sync import contents, states
from catalog_sync.acting import BY
from catalog_sync.deciding import Past
from catalog_sync.departments import department_of
from catalog_sync.errors import NoSuchOutboxRow
from catalog_sync.models import CODE_LENGTH, OUTSIDE_LENGTH, Outbox, Transition
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import State
from catalog_sync.targets.target import Reply
from certs.contents import Keys

# Between tries that count: soon at first, then hours; eight tries span five hours and a half.
WAITS: Final = tuple(timedelta(seconds=each) for each in (10, 30, 120, 600, 1800, 3600, 3 * 3600))
# What a platform asks for longer than this is a mistake, or an attack on our going on.
LONGEST_PAUSE: Final = timedelta(hours=24)

_ROWS, _TRANSITIONS = (Base.metadata.tables[each.__tablename__] for each in (Outbox, Transition))
# The numbers come back in the order of the records, so that what is told first is numbered first.
_ADD_ROWS = insert(_ROWS).returning(_ROWS.c.number, sort_by_parameter_order=True)
_ADD_TRANSITIONS = insert(_TRANSITIONS)
_BY_NUMBER = (
    select(Outbox)
    .where(Outbox.number.in_(bindparam("numbers", expanding=True)))
    .order_by(Outbox.number)
    .execution_options(populate_existing=True)
)
_BY_NUMBER_LOCKED = _BY_NUMBER.with_for_update()
_HOLD = (
    update(_ROWS)
    .where(_ROWS.c.number == bindparam("of"))
    .values(waiting_kind=bindparam("kind_of"), waiting_thing=bindparam("thing_of"))
)
_LET_GO = (
    update(_ROWS)
    .where(_ROWS.c.target == bindparam("of"))
    .where(tuple_(_ROWS.c.waiting_kind, _ROWS.c.waiting_thing).in_(bindparam("things", expanding=True)))
    .values(waiting_kind=None, waiting_thing=None)
)
_HISTORIES = (
    select(
        *(_ROWS.c[name] for name in ("kind", "thing", "number", "version", "operation", "content_sm3", "state")),
        _ROWS.c.attempts,
    )
    .where(_ROWS.c.target == bindparam("of"))
    .where(tuple_(_ROWS.c.kind, _ROWS.c.thing).in_(bindparam("things", expanding=True)))
    .where(_ROWS.c.state != State.SUPERSEDED.value)
    .order_by(_ROWS.c.version.desc())
)


@dataclass(frozen=True)
class News:
    """Why a row goes from one state to another: a code, words, and who says so."""

    code: str = ""
    words: str = field(default="", repr=False)
    by: Caller = BY


def write(session: Session, keys: Keys, target: str, records: Sequence[Record], at: datetime) -> list[int]:
    """Write rows that wait, and give their numbers in the order of the records."""
    if not records:
        return []
    day, by = local_day(at), actor(BY)
    rows = [
        {
            "target": target,
            "kind": record.subject.kind,
            "thing": record.subject.id,
            "version": record.version,
            "operation": record.operation.value,
            "key": record.key,
            "content_sm3": record.digest,
            "content": contents.sealed(session, keys, target, record),
            "needs": [[each.kind, each.id] for each in record.needs],
            "state": State.WAITING.value,
            "day": day,
            "department": department_of(record.subject.kind, record.content),
            "written_at": at,
            "changed_at": at,
            "next_at": at,
        }
        for record in records
    ]
    numbers = [int(number) for number in session.execute(_ADD_ROWS, rows).scalars()]
    first = {"at": at, "before": None, "after": State.WAITING.value, "attempt": 0, "code": "", "by": by}
    session.execute(_ADD_TRANSITIONS, [{"row": number, **first} for number in numbers])
    return numbers


def step(session: Session, keys: Keys, row: Outbox, after: State, at: datetime, news: News = News()) -> None:
    """Bring a row to another state. Raises `ValueError` where none leads there: a fault of the code."""
    before = State(row.state)
    if not states.follows(before, after):
        message = f"no row goes from {before} to {after}"
        raise ValueError(message)
    row.state, row.code, row.changed_at = after.value, news.code[:CODE_LENGTH], at
    made = _transition(row, before, news, at)
    made.words = contents.sealed_words(session, keys, news.words)
    session.add(made)
    if after not in states.UNFINISHED:
        row.waiting_kind = row.waiting_thing = None


def take(session: Session, keys: Keys, row: Outbox, reply: Reply, at: datetime, news: News) -> bool:
    """Take over what the platform says of a row, whenever it says it; tell whether that changed its state.

    What it calls the thing and its receipt are kept in any case.
    """
    row.upstream_id = reply.upstream_id[:OUTSIDE_LENGTH] if reply.upstream_id else row.upstream_id
    row.receipt = reply.receipt[:OUTSIDE_LENGTH] if reply.receipt else row.receipt
    after = states.after_news(State(row.state), reply.outcome)
    if after is None or not states.follows(State(row.state), after):
        return False
    row.unsure = False
    step(session, keys, row, after, at, news)
    return True


def rest(row: Outbox, at: datetime, pause: timedelta) -> None:
    """Leave a row alone for a while."""
    held = min(max(pause, timedelta(0)), LONGEST_PAUSE)
    row.tried_at, row.pause, row.next_at = at, round(held.total_seconds()), at + held


def wait_after(tries: int) -> timedelta:
    """Tell how long a row rests after so many tries that counted."""
    return WAITS[min(max(tries, 1), len(WAITS)) - 1]


def hold(session: Session, blocked: Mapping[int, Subject]) -> None:
    """Have rows wait for things that must arrive before them."""
    if blocked:
        held = [{"of": number, "kind_of": thing.kind, "thing_of": thing.id} for number, thing in blocked.items()]
        session.connection().execute(_HOLD, held)


def let_go(session: Session, target: str, rows: Iterable[Outbox]) -> None:
    """Let rows go on that wait for what these are about, as far as they moved; whether they may is asked anew."""
    things = sorted({(row.kind, row.thing) for row in rows if State(row.state) not in states.UNFINISHED})
    if not things:
        return
    session.flush()
    session.execute(_LET_GO, {"of": target, "things": things})


def row_of(session: Session, number: int, *, locked: bool = False) -> Outbox:
    """Give a row. Raises `NoSuchOutboxRow`."""
    query = select(Outbox).where(Outbox.number == number)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchOutboxRow(number)
    return found


def rows_of(session: Session, numbers: Iterable[int], *, locked: bool = False) -> Mapping[int, Outbox]:
    """Give rows by their numbers, as they stand now."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    query = _BY_NUMBER_LOCKED if locked else _BY_NUMBER
    return {row.number: row for row in session.scalars(query, {"numbers": wanted})}


def steps_of(session: Session, row: Outbox) -> Sequence[Transition]:
    """Give the transitions of a row, the oldest first."""
    return session.scalars(select(Transition).where(Transition.row == row.number).order_by(Transition.id)).all()


def histories(session: Session, target: str, subjects: Iterable[Subject]) -> dict[Subject, list[Past]]:
    """Give the rows of things, the newest first, without those that were superseded."""
    found: dict[Subject, list[Past]] = {each: [] for each in subjects}
    if not found:
        return found
    session.flush()
    named = [(each.kind, each.id) for each in found]
    for row in session.execute(_HISTORIES, {"of": target, "things": named}):
        operation, state = Operation(row.operation), State(row.state)
        past = Past(row.number, row.version, operation, row.content_sm3, state, row.attempts)
        found[Subject(row.kind, row.thing)].append(past)
    return found


def _transition(row: Outbox, before: State | None, news: News, at: datetime) -> Transition:
    return Transition(
        row=row.number,
        at=at,
        before=before,
        after=row.state,
        attempt=row.attempts,
        code=news.code[:CODE_LENGTH],
        by=actor(news.by),
    )
