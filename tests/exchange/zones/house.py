"""A province with three mounted directories of two departments, a zone over them, and a system that calls it."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from exchange import directories, elevations
from exchange.directories import NewDirectory
from exchange.door.wiring import Gateway
from exchange.life import State, Step
from exchange.models import Directory, DirectoryVersion, Task
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.sample import credit_code
from exchange.mounting.wiring import MountParts
from exchange.profiles.wiring import Part, Profiles
from exchange.routes.gateway import gateway
from exchange.routes.receipts import receipts
from exchange.routes.sharing import sharing
from exchange.routes.zones import zones
from exchange.zones import declaring
from exchange.zones.life import Step as ZoneStep
from exchange.zones.models import Zone
from exchange.zones.zone import Content, Member
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import gateway_house, sharing_house
from tests.exchange.departments import MAKER, content, item, person
from tests.exchange.gateway_house import OTHER, SYSTEM
from tests.rooms import Door

FIRM, OTHER_FIRM = credit_code(1), credit_code(2)
PERSON = "320102199001010010"
HEALTH, MARKET, POLICE = code_of("health"), code_of("city-market"), code_of("police")
LEAD = person("lead", "data", "authority", "steward")
REVIEWER = person("second-authority", "data", "authority")
HEALTH_PROVIDER = person("health-provider", "health", "provider")
MARKET_PROVIDER = person("market-provider", "city-market", "provider")
REQUESTER, CHECKER, AUDITOR = sharing_house.REQUESTER, sharing_house.CHECKER, sharing_house.AUDITOR
OUTSIDER = person("outsider", "town-window", "requester", "steward", "provider")
PEOPLE = (*(SYSTEM, OTHER, LEAD, REVIEWER, HEALTH_PROVIDER, MARKET_PROVIDER), REQUESTER, CHECKER, AUDITOR, OUTSIDER)
BLUEPRINTS = (gateway, receipts, zones, sharing)
CODE = "canyin"
CREDIT = "统一社会信用代码"
# Per table: whose, the directory's name, its items, its rows; the first item names a row.
TABLES: dict[str, tuple[str, str, tuple[str, ...], tuple[tuple[object, ...], ...]]] = {
    "licences": (
        "health",
        "公共场所卫生许可证信息",
        (CREDIT, "单位名称", "法定代表人", "区划"),
        ((FIRM, "演示饭店", "演示甲", "320900"), (OTHER_FIRM, "演示浴室", "演示乙", "320500")),
    ),
    "firms": (
        "city-market",
        "市场主体登记信息",
        (CREDIT, "单位名称", "法定代表人", "住所"),
        ((FIRM, "演示饭店", "演示丙", "演示路1号"), (OTHER_FIRM, "演示浴室", "演示乙", "演示路2号")),
    ),
    "staff": (
        "health",
        "从业人员健康证明信息",
        ("公民身份号码", "姓名", "证明编号"),
        ((PERSON, "演示丁", "健0001"),),
    ),
}


@dataclass
class House:
    """The running province."""

    database: Database
    door: Door
    parts: Gateway
    sources: MountParts
    codes: dict[str, str]
    at: datetime
    # What `tests.exchange.profiles.cases` has in force.
    policy: object | None = None

    def direct(self, table: str, who: str = SYSTEM.id, **body: Any) -> Any:
        """Ask one directory at the gateway itself."""
        told = {"purpose": gateway_house.purpose(), **body}
        return self.door.call(who, "POST", f"/data/{self.codes[table]}", json=told)

    def query(self, who: str = SYSTEM.id, zone: str = CODE, **body: Any) -> Any:
        told = {"purpose": gateway_house.purpose(), "subject": {"credit_code": FIRM}, **body}
        return self.door.call(who, "POST", f"/zones/{zone}/queries", json=told)

    def profile(self, who: str = SYSTEM.id, **body: Any) -> Any:
        told = {"purpose": gateway_house.purpose(), "subject": {"credit_code": FIRM}, **body}
        return self.door.call(who, "POST", "/profiles", json=told)

    def grant(self, table: str, number: int = 1, **told: Any) -> str:
        with self.database.transaction() as session:
            return granted(session, self, table, number, **told)

    def member(self, told: Any, table: str) -> Any:
        return next(each for each in told["members"] if each["directory"] == self.codes[table])


def granted(session: Session, house: House, table: str, number: int = 1, **told: Any) -> str:
    fields = told.pop("fields", TABLES[table][2])
    code = f"grant-{table}-{number}"
    return gateway_house.granted(session, house.codes[table], house.at, code=code, fields=fields, **told)


def opened(database: Database, folder: Path, at: datetime, parts: Iterable[Part] = (), **told: Any) -> House:
    """Open the province; nothing is granted, and no zone is there."""
    sharing_house.opened(database, at)
    sources, door_parts = gateway_house.sources_of(folder), gateway_house.parts_of(folder, **told)
    with database.transaction() as session:
        for short, role in (("city-market", "provider"), ("data", "steward")):
            row = people.add(session, NewPerson(f"{short}-{role}-1", "演示人员", code_of(short)), MAKER, at)
            people.assign_roles(session, row, (role,), MAKER, at)
        codes = {name: _served(session, folder, sources, name, at) for name in TABLES}
    door = rooms.door(database, BLUEPRINTS, PEOPLE, door_parts, sources, Profiles(tuple(parts)))
    return House(database, door, door_parts, sources, codes, at)


def _served(session: Session, folder: Path, sources: MountParts, name: str, at: datetime) -> str:
    short, title, fields, rows = TABLES[name]
    _written(folder / code_of(short), folder / f"{name}.db", name, fields, rows)
    steward, reviewer = person(f"{short}-steward", short, "steward"), person(f"{short}-reviewer", short, "reviewer")
    row = published(session, at, short, name=title, items=[item(each, 100) for each in fields])
    mount = mounts.add(session, row, NewMount(name, "table", _declared(name, fields)), sources, steward, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(sources, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, sources, steward, at, of_proposal=of_proposal)
    mounts.confirm(session, mount, reviewer, at)
    return row.code


def published(session: Session, at: datetime, short: str, **peculiar: Any) -> Directory:
    """Publish a directory of a department."""
    steward, reviewer = person(f"{short}-steward", short, "steward"), person(f"{short}-reviewer", short, "reviewer")
    told = content(department=code_of(short), **peculiar)
    row = directories.add(session, NewDirectory(told), steward, at)
    version = directories.version_of(session, row, 1)
    directories.take(session, row, version, Step.SUBMIT, "", steward, at)
    directories.take(session, row, version, Step.FORWARD, "", reviewer, at)
    elevations.publish(session, row, version, "", REVIEWER, at)
    return row


def _declared(name: str, fields: Sequence[str]) -> dict[str, Any]:
    return {"database": name, "table": name, "key": fields[0]}


def _written(place: Path, file: Path, name: str, fields: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    (place / "databases").mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f'CREATE TABLE "{name}" ({", ".join(f"{chr(34)}{each}{chr(34)}" for each in fields)})')
        holes = ", ".join("?" * len(fields))
        connection.executemany(f'INSERT INTO "{name}" VALUES ({holes})', rows)  # noqa: S608 - names of the test
        connection.execute(f'CREATE UNIQUE INDEX "{name}_key" ON "{name}" ("{fields[0]}")')
    connection.close()
    named = place / "databases" / name
    named.write_text(f"sqlite:///{file}")
    named.chmod(0o600)


def zone_content(house: House, **peculiar: Any) -> Content:
    members = peculiar.pop("members", None) or tuple(
        Member(house.codes[name], TABLES[name][2][1:], {"credit_code": CREDIT}) for name in ("licences", "firms")
    )
    told = {"name": "餐饮开办", "purpose": "开办餐饮店一件事（演示）", "matters": (gateway_house.MATTER,), **peculiar}
    return Content(members=members, **told)


def declared(house: House, **peculiar: Any) -> None:
    """Publish the zone."""
    with house.database.transaction() as session:
        row = declaring.declare(session, CODE, zone_content(house, **peculiar), LEAD, house.at)
        declaring.take(session, row, ZoneStep.SUBMIT, "", LEAD, house.at)
        declaring.take(session, row, ZoneStep.PUBLISH, "", REVIEWER, house.at)


def zone(session: Session) -> Zone:
    return session.get_one(Zone, CODE)


def withdrawn(house: House, table: str) -> None:
    """Have a directory withdrawn, as the authority does after its owner asked."""
    turned(house, table, State.WITHDRAWN)


def turned(house: House, table: str, state: State) -> None:
    with house.database.transaction() as session:
        code = house.codes[table]
        session.execute(update(Directory).where(Directory.code == code).values(state=state.value))
        version = update(DirectoryVersion).where(DirectoryVersion.directory == code).values(state=state.value)
        session.execute(version)


def tasks_of(session: Session, kind: str) -> list[tuple[str, str, str]]:
    """Give what is to be done about things of a kind: organisation, role, duty."""
    found = session.query(Task).filter(Task.thing_kind == kind, Task.done_at.is_(None))
    return sorted((each.organisation, each.role, each.duty) for each in found)


def caller(name: str, organisation: str, *scopes: str) -> Caller:
    return Caller("system", name, name, organisation, scopes=frozenset(scopes))
