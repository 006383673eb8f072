"""The mirror as it is read: directories by words and by what lists are narrowed with, code tables by version."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.orm import Session

from base import search
from base.audit import Thing
from base.callers import Caller
from catalog_sync.acting import ROOM
from catalog_sync.mirror.errors import NothingOffered, NotMirrored
from catalog_sync.mirror.loads import place_of
from catalog_sync.mirror.models import MIRROR_SEARCH, MirrorCatalog, MirrorCodeTable
from catalog_sync.mirror.offering import KINDS, Offering
from catalog_sync.wiring import Sync
from exchange.models import DIRECTORY_SEARCH, Directory

FACETS: Final = ("source", "region", "share_type", "update_cycle", "organisation")
# The values of a facet that a person reads; those after them are found by words.
MOST_VALUES: Final = 50


def catalogs(session: Session, asked: dict[str, Any]) -> Select[MirrorCatalog]:
    """Write the question for directories; what is gone there only where it is asked for."""
    query = select(MirrorCatalog)
    for name in ("source", "share_type", "organisation", "update_cycle"):
        if asked[name] is not None:
            query = query.where(getattr(MirrorCatalog, name) == asked[name])
    if asked["region"] is not None:
        query = query.where(MirrorCatalog.region.startswith(asked["region"], autoescape=True))
    if not asked["gone"]:
        query = query.where(MirrorCatalog.gone_since.is_(None))
    if asked["q"] is not None:
        found = search.matches(MIRROR_SEARCH, asked["q"], session.connection().dialect.name)
        subjects = select(cast(MIRROR_SEARCH.c.subject, BigInteger)).where(found)
        query = query.where(MirrorCatalog.id.in_(subjects))
    return query


def facets(session: Session, query: Select[MirrorCatalog]) -> dict[str, dict[str, int]]:
    """Count what a question finds by what it can be narrowed with, the most frequent first."""
    found = {}
    for name in FACETS:
        column = getattr(MirrorCatalog, name)
        counted = query.with_only_columns(column, func.count()).group_by(column).order_by(func.count().desc(), column)
        found[name] = {str(value): int(count) for value, count in session.execute(counted.limit(MOST_VALUES))}
    return found


def own(session: Session, text: str, most: int) -> list[Directory]:
    """Find published directories of this site by words, for a list that says that it holds both."""
    found = search.matches(DIRECTORY_SEARCH, text, session.connection().dialect.name)
    subjects = select(DIRECTORY_SEARCH.c.subject).where(found)
    query = select(Directory).where(Directory.code.in_(subjects), Directory.published.is_not(None))
    return list(session.scalars(query.order_by(Directory.code).limit(most)))


def catalog(session: Session, number: int) -> MirrorCatalog:
    """Give a directory. Raises `NotMirrored`."""
    found = session.get(MirrorCatalog, number)
    if found is None:
        raise NotMirrored("catalog", str(number))
    return found


def code_tables(session: Session, name: str, source: str | None, version: str | None) -> list[MirrorCodeTable]:
    """Give the versions of a code table, each source's last first. Raises `NotMirrored`."""
    query = select(MirrorCodeTable).where(MirrorCodeTable.name == name)
    if source is not None:
        query = query.where(MirrorCodeTable.source == source)
    if version is not None:
        query = query.where(MirrorCodeTable.version == version)
    order = (MirrorCodeTable.source, MirrorCodeTable.gone_since.is_not(None), MirrorCodeTable.id.desc())
    found = list(session.scalars(query.order_by(*order)))
    if not found:
        raise NotMirrored("code-table", name)
    return found


def ask(
    session: Session, sync: Sync, target: str | None, kind: str | None, by: Caller, at: datetime, *, whole: bool
) -> list[dict[str, str]]:
    """Have what is offered read now, by the next run of the job. Raises `NothingOffered`."""
    asked = []
    for each in sync.targets.values():
        for name in KINDS:
            is_asked = target in {None, each.name} and kind in {None, name}
            if is_asked and isinstance(each, Offering) and name in each.offers:
                place = place_of(session, each.name, name)
                place.asked_at, place.whole_asked = at, place.whole_asked or whole
                thing = Thing("sync-mirror", f"{each.name} {name}")
                ROOM.record(session, by, at, "sync.mirror-asked", thing, whole=whole)
                asked.append({"target": each.name, "kind": name})
    if not asked:
        raise NothingOffered(target or "", kind or "")
    return asked
