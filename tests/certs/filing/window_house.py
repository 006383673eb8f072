"""A window that files without material: a matter, a library of certificates, a mounted directory, grants for both."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from certs.filing.matter import Material, Matter, Means, Mode, Necessity, Replacement
from certs.filing.matters import correspondence, keeping
from certs.filing.matters.correspondence import Of
from certs.queries.wiring import Queries
from certs.routes.filing import filing
from exchange import terms
from exchange.agreements.purposes import Ground, Stage
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests import rooms
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import AUTHORITY, BASIC, item_code, material
from tests.certs.papers import HYGIENE, MARRIAGE
from tests.certs.queries import house as library
from tests.certs.queries.house import CITY, House, firm
from tests.exchange import departments, gateway_house
from tests.exchange.departments import REVIEWER, STEWARD
from tests.rooms import Door

WINDOW = Caller("system", "gm", "演示综窗", CITY, scopes=frozenset({"cert:read", "data:read", "filing:write"}))
NARROW = Caller("system", "narrow", "narrow", CITY, scopes=frozenset({"filing:write"}))
BARE = Caller("system", "bare", "bare", CITY, scopes=frozenset({"cert:read"}))
CLERK = Caller("person", "clerk", "clerk", CITY, frozenset({"window"}))
ELSEWHERE = Caller("system", "elsewhere", "elsewhere", library.PROVINCE, scopes=frozenset({"filing:write"}))
PEOPLE = (WINDOW, NARROW, BARE, CLERK, ELSEWHERE, AUTHORITY)
ITEMS = ("统一社会信用代码", "企业名称", "住所", "登记状态")
LICENCE, REGISTER, MARRIED, OWN, CANCELLED = "原许可证", "企业登记信息", "婚姻证明", "平面图", "房屋产权证明"


@dataclass
class WindowHouse:
    """The window at work; `at` of the library moves when a story moves on."""

    library: House
    sources: MountParts
    door: Door
    folder: Path
    directory: str
    mount: str

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.library.database

    @property
    def at(self) -> datetime:
        """Give the moment."""
        return self.library.at

    @property
    def parts(self) -> Queries:
        """Give the part that look-ups are answered with."""
        return self.library.parts

    def ask(self, path: str, who: str = "gm", headers: dict[str, str] | None = None, **body: Any) -> Any:
        """Ask an address below /filing."""
        return self.door.call(
            who, "POST", f"/filing/{path}", json={"matter": item_code(), **body}, headers=headers or {}
        )

    def told(self, path: str, **body: Any) -> dict[str, Any]:
        """Ask, and give the answer."""
        answer = self.ask(path, **body)
        assert answer.status_code == 200, answer.json
        told: dict[str, Any] = answer.json
        return told

    def planned(self, **body: Any) -> dict[str, dict[str, Any]]:
        """Plan; give the materials by name."""
        return {each["name"]: each for each in self.told("plans", region="320900", **body)["materials"]}


def materials() -> tuple[Material, ...]:
    """Make the materials of the window's matter; a certificate, shared data, one of high level, and three others."""
    return (
        material(LICENCE),
        material(REGISTER),
        material(MARRIED, role="spouse"),
        material(OWN),
        material(CANCELLED, basis="", necessity=Necessity.NOT_ALLOWED),
    )


def replacements(directory: str) -> dict[str, tuple[Replacement, ...]]:
    """Say what can stand in for them."""
    return {
        LICENCE: (replacement(Means.CERTIFICATE, HYGIENE.code, HYGIENE.name, ("address", "holder_name")),),
        REGISTER: (replacement(Means.SHARED, directory, "企业登记基本信息", ("企业名称", "住所", "登记状态")),),
        MARRIED: (replacement(Means.CERTIFICATE, MARRIAGE.code, MARRIAGE.name, ("holder_name",)),),
    }


def replacement(means: Means, target: str, name: str, fields: tuple[str, ...], **peculiar: Any) -> Replacement:
    """Let something stand in."""
    return Replacement(
        **{
            "means": means,
            "target": target,
            "name": name,
            "fields": fields,
            "mode": Mode.DATA,
            "basis": "演示依据",
            **peculiar,
        }
    )


def matter(**peculiar: Any) -> Matter:
    """Make the window's matter."""
    told = {"questions": (), "materials": materials(), **peculiar}
    return builders.matter(**told)


def kept(session: Session, told: Matter, directory: str, at: datetime) -> None:
    """Keep a matter and what can stand in for its materials."""
    keeping.keep(session, told, AUTHORITY, at)
    for name, ones in replacements(directory).items():
        correspondence.correspond(session, Of(BASIC, "", name), ones, date(2026, 1, 1), AUTHORITY, at)


def neighbours(database: Database, at: datetime) -> None:
    """Add the province's other departments, the calendar and the terms."""
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, departments.MAKER, at)
        for short in ("health", "police"):
            name, region, level, parent = departments.ORGANISATIONS[short]
            above = CreditCode(code_of(parent)) if parent else None
            new = NewOrganisation(CreditCode(code_of(short)), name, RegionCode(region), level, above)
            organisations.add(session, new, departments.MAKER, at)
        row = people.add(session, NewPerson("data-head", "演示局长", code_of("data")), departments.MAKER, at)
        people.assign_roles(session, row, ("authority",), departments.MAKER, at)


def register(folder: Path, session: Session, sources: MountParts, at: datetime) -> tuple[str, str]:
    """Publish a directory of firms and mount its table; give the code and the mount."""
    place = folder / code_of("health") / "databases"
    place.mkdir(parents=True, exist_ok=True)
    file = folder / "firms.db"
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f"CREATE TABLE firms ({', '.join(ITEMS)})")
        rows = [(firm(each), f"演示企业{each}有限公司", "演示路1号", "存续") for each in (1, 2)]
        connection.executemany("INSERT INTO firms VALUES (?, ?, ?, ?)", rows)
        connection.execute(f"CREATE UNIQUE INDEX firms_key ON firms ({ITEMS[0]})")
    connection.close()
    named = place / "firms"
    named.write_text(f"sqlite:///{file}")
    named.chmod(0o600)
    directory, _ = departments.published(
        session, at, name="企业登记基本信息", items=[departments.item(each, 100) for each in ITEMS]
    )
    mount = mounts.add(
        session,
        directory,
        NewMount("firms", "table", {"database": "firms", "table": "firms", "key": ITEMS[0]}),
        sources,
        STEWARD,
        at,
    )
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(sources, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, sources, STEWARD, at, of_proposal=of_proposal)
    return directory.code, mounts.confirm(session, mount, REVIEWER, at).id


def opened(
    database: Database, folder: Path, at: datetime, monkeypatch: Any, *furniture: Any, **told: Any
) -> WindowHouse:
    """Open the house."""
    house = library.opened(database, folder, at, monkeypatch, **told)
    neighbours(database, at)
    sources = gateway_house.sources_of(folder)
    with database.transaction() as session:
        directory, mount = register(folder, session, sources, at)
        gateway_house.granted(
            session,
            directory,
            at,
            grantee=CITY,
            fields=ITEMS,
            stages=frozenset(Stage) - {Stage.AGREEMENT},
            grounds=frozenset({Ground.STATUTORY, Ground.HOLDER}),
        )
        kept(session, matter(), directory, at)
    door = rooms.door(
        database, (filing,), PEOPLE, house.parts, house.parts.gateway, house.parts.certs, sources, *furniture
    )
    return WindowHouse(house, sources, door, folder, directory, mount)
