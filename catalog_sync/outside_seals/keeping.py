"""Keeps what was said of others' seals, and tells it; notes which are to be asked for. Asks nobody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from base.db import inserting
from catalog_sync.outside_seals import word
from catalog_sync.outside_seals.models import OutsideSeal, SealListMark
from catalog_sync.outside_seals.word import Said, State
from signing.models import Seal
from signing.seal_standing import SealWord

# Documents come from outside: what they name is asked for up to here, and the next look comes soon.
MOST_WANTED: Final = 10_000
_MEMBERS: Final = tuple(each for each in Said.__dataclass_fields__ if each not in {"code", "state"})


def keep(session: Session, source: str, said: Iterable[Said], kept: timedelta, at: datetime, *, is_direct: bool) -> int:
    """Keep words that came now; a direct answer clears what was wanted. Tell how many took the place of another."""
    taken = 0
    for each in said:
        row = session.get(OutsideSeal, (source, each.code), with_for_update=True)
        if not word.takes_the_place(None if row is None else said_in(row), each, is_direct=is_direct):
            continue
        values = {**asdict(each), "state": each.state.value, "as_of": at, "expires_at": word.expiry(each, at, kept)}
        values |= {"wanted_at": None} if is_direct else {}
        writing = inserting(session, OutsideSeal).values(source=source, **values)
        session.execute(
            writing.on_conflict_do_update(index_elements=[OutsideSeal.source, OutsideSeal.code], set_=values)
        )
        taken += 1
    session.expire_all()
    return taken


def words(session: Session, source: str, codes: Sequence[str]) -> Mapping[str, SealWord]:
    """Tell what is kept of seals, of each that is asked for; of our own seals nothing is told here."""
    asked = foreign(session, codes)
    query = select(OutsideSeal).where(OutsideSeal.source == source, OutsideSeal.code.in_(asked))
    rows = {row.code: row for row in session.scalars(query)}
    return {
        code: word.told(Said(code, State.WANTED), source, None, None)
        if (row := rows.get(code)) is None
        else word.told(said_in(row), source, row.as_of, row.expires_at)
        for code in asked
    }


def foreign(session: Session, codes: Sequence[str]) -> list[str]:
    """Leave out the seals of our own register, which knows more of them than anybody else."""
    ours = set(session.scalars(select(Seal.id).where(Seal.id.in_(codes))))
    return [each for each in codes if each not in ours]


def missing(session: Session, source: str, codes: Sequence[str], at: datetime) -> list[str]:
    """Name those of which no word counts now: nothing is kept, or its time is over."""
    counts = select(OutsideSeal.code).where(
        OutsideSeal.source == source, OutsideSeal.code.in_(codes), OutsideSeal.expires_at > at
    )
    known = set(session.scalars(counts))
    return [each for each in codes if each not in known]


def want(session: Session, source: str, codes: Sequence[str], at: datetime) -> int:
    """Note that seals are to be asked for, up to a bound; tell how many were noted."""
    waiting = select(func.count()).where(OutsideSeal.source == source, OutsideSeal.wanted_at.is_not(None))
    free = MOST_WANTED - (session.scalar(waiting) or 0)
    noted = list(codes)[: max(0, free)]
    for code in noted:
        values = {"source": source, "code": code, "state": State.WANTED.value, "wanted_at": at}
        writing = inserting(session, OutsideSeal).values(values)
        keys = [OutsideSeal.source, OutsideSeal.code]
        session.execute(writing.on_conflict_do_update(index_elements=keys, set_={"wanted_at": at}))
    return len(noted)


def wanted(session: Session, source: str, most: int) -> list[str]:
    """Name the seals that are to be asked for, who waits longest first."""
    query = select(OutsideSeal.code).where(OutsideSeal.source == source, OutsideSeal.wanted_at.is_not(None))
    return list(session.scalars(query.order_by(OutsideSeal.wanted_at, OutsideSeal.code).limit(most)))


def not_wanted(session: Session, source: str, codes: Sequence[str]) -> None:
    """Ask no more for seals; whoever meets one again wants it again."""
    changed = update(OutsideSeal).where(OutsideSeal.source == source, OutsideSeal.code.in_(codes))
    session.execute(changed.values(wanted_at=None))


def mark(session: Session, source: str) -> str:
    """Tell how far the list of changes was read."""
    found = session.get(SealListMark, source)
    return "" if found is None else found.mark


def move(session: Session, source: str, to: str, at: datetime) -> None:
    """Note how far the list of changes was read."""
    values = {"mark": to, "read_at": at}
    writing = inserting(session, SealListMark).values(source=source, **values)
    session.execute(writing.on_conflict_do_update(index_elements=[SealListMark.source], set_=values))


def said_in(row: OutsideSeal) -> Said:
    """Give the word that a row keeps."""
    return Said(row.code, State(row.state), **{name: getattr(row, name) for name in _MEMBERS})
