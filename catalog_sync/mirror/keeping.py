"""The copies: what is kept of each kind, and a load written over them as one set. No load is judged here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base import search
from catalog_sync.mirror.models import MIRROR_SEARCH, MirrorCatalog, MirrorCodeTable, MirrorLoad, MirrorStaged
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE
from catalog_sync.mirror.weighing import Kept, Plan

COPIES: Final[Mapping[str, type[MirrorCatalog] | type[MirrorCodeTable]]] = {
    CATALOG: MirrorCatalog,
    CODE_TABLE: MirrorCodeTable,
}
T = TypeVar("T")

# What is asked for in one statement; SQLite takes some thousands of names.
PIECE: Final = 500


def kept(session: Session, kind: str, source: str, ids: Sequence[str] | None = None) -> dict[str, Kept]:
    """Give what is kept of a source by its name there; of several versions the one that is not gone, else the last."""
    found: dict[str, Kept] = {}
    for row in _kept(session, kind, source, ids):
        if row.upstream_id not in found or found[row.upstream_id].is_gone:
            found[row.upstream_id] = Kept(row.version, row.digest, row.gone_since is not None)
    return found


def versions(session: Session, kind: str, source: str, ids: Sequence[str]) -> dict[tuple[str, str], Kept]:
    """Give every version that is kept of some names."""
    rows = _kept(session, kind, source, ids)
    return {(row.upstream_id, row.version): Kept(row.version, row.digest, row.gone_since is not None) for row in rows}


def apply(session: Session, load: MirrorLoad, plan: Plan, at: datetime) -> None:
    """Write a load over the copies of its source."""
    copy = COPIES[load.kind]
    for some in _pieces(plan.same):
        chosen = update(copy).where(copy.source == load.target, copy.upstream_id.in_(some), copy.gone_since.is_(None))
        session.execute(chosen.values(last_seen_at=at))
    for some in _pieces(plan.gone):
        chosen = update(copy).where(copy.source == load.target, copy.upstream_id.in_(some), copy.gone_since.is_(None))
        session.execute(chosen.values(gone_since=at))
    for row in _staged(session, load.id, (*plan.added, *plan.changed)):
        _WRITERS[load.kind](session, load.target, row, at)
    session.flush()


def _kept(session: Session, kind: str, source: str, ids: Sequence[str] | None) -> Iterator[Any]:
    copy = COPIES[kind]
    query = select(copy.upstream_id, copy.version, copy.digest, copy.gone_since).where(copy.source == source)
    query = query.order_by(copy.gone_since.is_(None), copy.id.desc())
    if ids is None:
        yield from session.execute(query)
        return
    for some in _pieces(ids):
        yield from session.execute(query.where(copy.upstream_id.in_(some)))


def _staged(session: Session, load: int, numbers: Iterable[int]) -> Iterator[MirrorStaged]:
    for some in _pieces(sorted(numbers)):
        query = select(MirrorStaged).where(MirrorStaged.load == load, MirrorStaged.number.in_(some))
        yield from session.scalars(query.order_by(MirrorStaged.number)).all()


def _pieces(of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (of[start : start + PIECE] for start in range(0, len(of), PIECE))


def _catalog(session: Session, source: str, row: MirrorStaged, at: datetime) -> None:
    query = select(MirrorCatalog).where(MirrorCatalog.source == source, MirrorCatalog.upstream_id == row.upstream_id)
    copy, told = session.scalars(query).one_or_none(), row.content
    if copy is None:
        copy = MirrorCatalog(source=source, upstream_id=row.upstream_id, first_seen_at=at)
        session.add(copy)
    copy.version, copy.digest, copy.content = row.version, row.digest, told
    copy.last_seen_at, copy.gone_since = at, None
    for name in ("code", "name", "organisation", "region", "share_type", "update_cycle"):
        setattr(copy, name, told.get(name, ""))
    session.flush()
    names = [each["name"] for each in told["items"]]
    texts = (copy.name, copy.code, told.get("organisation_name", ""), told.get("summary", ""), *names)
    search.put(session, MIRROR_SEARCH, str(copy.id), texts)


def _code_table(session: Session, source: str, row: MirrorStaged, at: datetime) -> None:
    """Keep a version beside the ones before, which are gone from now on; one that was there before comes back."""
    of_name = (MirrorCodeTable.source == source, MirrorCodeTable.upstream_id == row.upstream_id)
    before = update(MirrorCodeTable).where(*of_name, MirrorCodeTable.gone_since.is_(None))
    session.execute(before.where(MirrorCodeTable.version != row.version).values(gone_since=at))
    copy = session.scalars(
        select(MirrorCodeTable).where(*of_name, MirrorCodeTable.version == row.version)
    ).one_or_none()
    if copy is None:
        copy = MirrorCodeTable(source=source, upstream_id=row.upstream_id, version=row.version, first_seen_at=at)
        session.add(copy)
    copy.digest, copy.name, copy.title = row.digest, row.content["name"], row.content["title"]
    copy.content, copy.last_seen_at, copy.gone_since = row.content["entries"], at, None
    session.flush()


_WRITERS: Final = {CATALOG: _catalog, CODE_TABLE: _code_table}
