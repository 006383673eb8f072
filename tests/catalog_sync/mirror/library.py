"""A platform in memory that offers directories and code tables, page by page, and can be bent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from base.db import Database
from catalog_sync.mirror import pulling
from catalog_sync.mirror.models import MirrorCatalog, MirrorCodeTable, MirrorLoad, MirrorStaged
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, Offered, Page, Place
from catalog_sync.mirror.pulling import Pulled
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import Platform

PAGE = 3
BODY = "11100000YNG000019L"


@dataclass
class Library(Platform):
    """A platform whose shelves hold rows by name; `changes` numbers what was put there, in order."""

    offers: frozenset[str] = frozenset({CATALOG, CODE_TABLE})
    shelves: dict[str, dict[str, tuple[int, Offered]]] = field(default_factory=lambda: {CATALOG: {}, CODE_TABLE: {}})
    changes: int = 0
    spoiling: Callable[[Page], Page] = lambda page: page
    asked: list[Place] = field(default_factory=list)

    def put(self, kind: str, upstream_id: Any, content: Mapping[str, Any], *, is_gone: bool = False) -> None:
        """Offer a row, or withdraw it."""
        self.changes += 1
        self.shelves[kind][str(upstream_id)] = (self.changes, Offered(upstream_id, content, is_gone))

    def pages(self, kind: str, place: Place, at: datetime) -> Page:
        """Give a page: everything by name, or what changed since by its number."""
        self.asked.append(place)
        mark, _, after = (place.token or f"{self.changes}.0").partition(".")
        rows = sorted((number, each) for number, each in self.shelves[kind].values())
        found = [(number, each) for number, each in rows if number > max(int(place.since or 0), int(after))]
        if not place.since:
            found = [each for each in found if not each[1].is_gone]
        token = f"{mark}.{found[PAGE - 1][0]}" if len(found) > PAGE else ""
        return self.spoiling(Page(tuple(each for _, each in found[:PAGE]), token, mark))


def directory(number: int, version: str = "2026-09-01T08:00:00+08:00", **told: Any) -> dict[str, Any]:
    """Make what an invented directory says."""
    made = {
        "code": f"303001{number:02d}/000001",
        "name": f"演示国家目录{number}",
        "version": version,
        "organisation": BODY,
        "organisation_name": "演示国家税收部门",
        "region": "000000",
        "share_type": "1",
        "update_cycle": "day",
        "summary": "演示",
        "items": [{"id": f"i{number}", "name": f"纳税信用等级{number}", "type": "string", "length": "20"}],
    }
    return {**made, **told}


def table(version: str = "2026.1", *codes: str, **told: Any) -> dict[str, Any]:
    """Make what an invented code table says."""
    entries = [{"code": each, "words": f"演示{each}"} for each in codes or ("1", "2")]
    return {"name": "kind", "title": "演示种类", "version": version, "entries": entries, **told}


def filled(library: Library, count: int = 8) -> None:
    """Offer some directories and a code table."""
    for number in range(1, count + 1):
        library.put(CATALOG, f"d{number}", directory(number))
    library.put(CODE_TABLE, "kind", table())


def opened(database: Database, folder: Path, at: datetime, **told: Any) -> tuple[House, Library]:
    """Open a house with a library, filled."""
    library = Library("platform")
    filled(library)
    return houses.opened(database, folder, at, library, **told), library


def pull(house: House, library: Library, kind: str = CATALOG, database: Any = None) -> Pulled:
    """Pull what is due."""
    return pulling.pull(database or house.database, house.sync, library, kind, house.now)


def again(house: House, library: Library, kind: str = CATALOG) -> Pulled:
    """Pull when it is due next."""
    house.later(hours=7)
    return pull(house, library, kind)


def catalogs(house: House) -> dict[str, MirrorCatalog]:
    """Give every copy of a directory by its name there."""
    with house.database.reading() as session:
        return {row.upstream_id: row for row in session.scalars(select(MirrorCatalog))}


def code_tables(house: House) -> dict[str, MirrorCodeTable]:
    """Give every version of the code tables."""
    with house.database.reading() as session:
        return {row.version: row for row in session.scalars(select(MirrorCodeTable).order_by(MirrorCodeTable.id))}


def loads(house: House) -> list[MirrorLoad]:
    """Give every load."""
    with house.database.reading() as session:
        return list(session.scalars(select(MirrorLoad).order_by(MirrorLoad.id)))


def rejects(house: House) -> list[tuple[str, str, str]]:
    """Give every reject: its name, its fault, and where."""
    with house.database.reading() as session:
        rows = session.scalars(select(MirrorStaged).where(MirrorStaged.fault != "").order_by(MirrorStaged.number))
        return [(row.upstream_id, row.fault, row.member) for row in rows]
