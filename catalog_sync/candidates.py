"""Which rows of a target are due, and what has to be known to decide which of them may go. Reads; decides nothing.

The statements are made once: these run for each exchange, and making one takes longer than carrying it out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from base.db import Base
from catalog_sync.models import Outbox
from catalog_sync.plan import Candidate, Standing
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import ARRIVED, UNFINISHED, State
from catalog_sync.targets.target import Target

# Fewest rows looked at for one batch: rows that wait for others must not leave a small one empty.
LOOKED_AT: Final = 20
_UNFINISHED: Final = [each.value for each in UNFINISHED]
_ARRIVED: Final = [each.value for each in ARRIVED]


_ROWS: Final[Table] = Base.metadata.tables[Outbox.__tablename__]
_OF_TARGET: Final = _ROWS.c.target == bindparam("of")


def _among(rows: Any = _ROWS) -> ColumnElement[bool]:
    return tuple_(rows.c.kind, rows.c.thing).in_(bindparam("things", expanding=True))


def _tried() -> ColumnElement[bool]:
    held = _OF_TARGET & _ROWS.c.state.in_(_UNFINISHED)
    return held & _ROWS.c.tried_at.is_not(None) & (_ROWS.c.next_at <= bindparam("at"))


def _locked(*held: ColumnElement[bool]) -> Select[Any]:
    columns = (_ROWS.c[name] for name in ("number", "kind", "thing", "version", "needs", "portion"))
    query = select(*columns).where(*held, _ROWS.c.waiting_kind.is_(None)).limit(bindparam("most"))
    return query.with_for_update(skip_locked=True)


# What was never tried is due, whatever the clock was when it was written.
_NEVER_TRIED: Final = (_OF_TARGET, _ROWS.c.state == State.WAITING.value, _ROWS.c.tried_at.is_(None))
_SURE: Final = _ROWS.c.unsure.is_(False)
# By whether the target knows keys: one that does not is asked about what it may have before it gets that again.
_FRESH: Final = {
    True: _locked(*_NEVER_TRIED).order_by(_ROWS.c.number),
    False: _locked(*_NEVER_TRIED, _SURE).order_by(_ROWS.c.number),
}
_AGAIN_ORDER: Final = (_ROWS.c.portion.is_not(None), _ROWS.c.tries, _ROWS.c.number)
_AGAIN: Final = {
    True: _locked(_tried()).order_by(*_AGAIN_ORDER),
    False: _locked(_tried(), _SURE).order_by(*_AGAIN_ORDER),
}
_UNSURE: Final = (
    select(Outbox)
    .where(_tried(), _ROWS.c.unsure.is_(True))
    .order_by(_ROWS.c.tries, _ROWS.c.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_EARLIEST: Final = (
    select(_ROWS.c.kind, _ROWS.c.thing, func.min(_ROWS.c.version))
    .where(_OF_TARGET, _among(), _ROWS.c.state.in_(_UNFINISHED))
    .group_by(_ROWS.c.kind, _ROWS.c.thing)
)
_LATER: Final = _ROWS.alias()
_NEWER: Final = select(_LATER.c.number).where(
    _LATER.c.target == _ROWS.c.target,
    _LATER.c.kind == _ROWS.c.kind,
    _LATER.c.thing == _ROWS.c.thing,
    _LATER.c.version > _ROWS.c.version,
    _LATER.c.state.in_(_ARRIVED),
)
_THERE: Final = select(_ROWS.c.kind, _ROWS.c.thing).where(
    _OF_TARGET,
    _among(),
    _ROWS.c.state.in_(_ARRIVED),
    _ROWS.c.operation != Operation.DELETE.value,
    ~_NEWER.exists(),
)
_NEEDED: Final = select(_ROWS.c.needs).where(_OF_TARGET, _among())
_KNOWN: Final = (
    select(_ROWS.c.kind, _ROWS.c.thing, _ROWS.c.upstream_id)
    .where(_OF_TARGET, _among(), _ROWS.c.upstream_id.is_not(None))
    .order_by(_ROWS.c.version)
)


def due(session: Session, target: Target, at: datetime) -> Sequence[Candidate]:
    """Take hold of rows that are due: those that were never tried first, and only then those that failed before."""
    session.flush()
    asked = {"of": target.name, "most": max(LOOKED_AT, 2 * target.most)}
    found = session.execute(_FRESH[target.knows_keys], asked).all()
    if not found:
        found = session.execute(_AGAIN[target.knows_keys], {**asked, "at": at}).all()
    return [
        Candidate(number, Subject(kind, thing), version, tuple(Subject(*each) for each in needs), portion)
        for number, kind, thing, version, needs, portion in found
    ]


def unsure(session: Session, target: str, at: datetime) -> Outbox | None:
    """Take hold of the first row that may have arrived without our knowing."""
    return session.scalars(_UNSURE, {"of": target, "at": at}).first()


def candidate(row: Outbox) -> Candidate:
    """Give a row as the plan sees it."""
    needs = tuple(Subject(*each) for each in row.needs)
    return Candidate(row.number, Subject(row.kind, row.thing), row.version, needs, row.portion)


def standing(session: Session, target: Target, seen: Iterable[Candidate]) -> Standing:
    """Read what the plan of these candidates hangs on."""
    candidates = list(seen)
    asked = {"of": target.name, "things": _named(each.subject for each in candidates)}
    earliest = {Subject(kind, thing): version for kind, thing, version in session.execute(_EARLIEST, asked)}
    needed = {need for each in candidates for need in each.needs}
    return Standing(frozenset(target.kinds), earliest, arrived(session, target.name, needed))


def arrived(session: Session, target: str, subjects: set[Subject]) -> frozenset[Subject]:
    """Tell which of these things the target has: the last that arrived of them is no deletion."""
    if not subjects:
        return frozenset()
    asked = {"of": target, "things": _named(subjects)}
    return frozenset(Subject(*each) for each in session.execute(_THERE, asked))


def known(session: Session, target: Target, records: Iterable[Record]) -> dict[Subject, str]:
    """Give what the platform calls the things that records are about or need, the newest name of each.

    A deletion waits for nothing, and is told with the names of what its thing needed when it was told before.
    """
    told = list(records)
    subjects = {each for record in told for each in (record.subject, *record.needs)}
    gone = _named(record.subject for record in told if record.operation is Operation.DELETE)
    if gone:
        needed = session.execute(_NEEDED, {"of": target.name, "things": gone}).scalars()
        subjects |= {Subject(*each) for needs in needed for each in needs}
    asked = {"of": target.name, "things": _named(subjects)}
    return {Subject(kind, thing): name or "" for kind, thing, name in session.execute(_KNOWN, asked)}


def _named(subjects: Iterable[Subject]) -> list[tuple[str, str]]:
    return sorted({(each.kind, each.id) for each in subjects})
