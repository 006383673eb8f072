"""A province whose health department delivers its licences directly to a county and two towns of it."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from exchange.agreements import grants, sharing
from exchange.agreements.life import RequestStep
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.direct import delivering, following, offering, subscribing
from exchange.direct.delivering import Page
from exchange.direct.following import Followed
from exchange.direct.models import DirectOffer, DirectSubscription
from exchange.direct.offering import NewOffer
from exchange.direct.subscribing import NewDirect
from exchange.direct.wiring import Directs
from exchange.mounting.wiring import MountParts
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import organisations
from keys.parties.models import Organisation
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import code_of
from tests.exchange import departments, gateway_house
from tests.exchange.departments import MAKER, person, published
from tests.exchange.gateway_house import FIELDS
from tests.exchange.sharing_house import LICENCE

COUNTY, TOWN, OTHER_TOWN = code_of("county-window"), code_of("land"), code_of("housing")
TOWNS = ((TOWN, "演示镇便民中心", "320902100"), (OTHER_TOWN, "演示邻镇便民中心", "320902101"))
KEY, PLACE = "许可证编号", "区划"
PROVIDER = person("provider", "health", "provider")


def asker(organisation: str) -> Caller:
    return Caller("person", f"asker-{organisation[-4:]}", "asker", organisation, frozenset({"requester"}))


def checker(organisation: str) -> Caller:
    return Caller("person", f"checker-{organisation[-4:]}", "checker", organisation, frozenset({"reviewer"}))


def row(number: int, region: str | None, name: str = "") -> tuple[Any, ...]:
    told = {
        KEY: f"苏卫{number:04d}",
        "单位名称": name or f"演示单位{number}",
        "负责人": "演示甲",
        "公民身份号码": "320999199001010013",
        PLACE: region,
        "面积": "12.50",
        "发证日期": "2024-03-01",
    }
    return tuple(told[each] for each in FIELDS)


ROWS = (
    row(1, "320902100000"),
    row(2, "320902100001"),
    row(3, "320902101000"),
    row(4, "320902"),
    row(5, "320902100"),
    row(6, "320903100000"),
    row(7, None),
    row(8, "32090210"),
)


@dataclass
class House:
    """The directory, its table, the parts, and who is who."""

    database: Database
    folder: Path
    at: datetime
    parts: Directs
    code: str = ""

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with sqlite3.connect(self.folder / "licences.db") as connection:
            connection.execute('DELETE FROM "licences"')
            marks = ", ".join("?" * len(FIELDS))
            connection.executemany(f'INSERT INTO "licences" VALUES ({marks})', rows)  # noqa: S608 - names of the test
        connection.close()

    def offer(self, *levels: str, **told: str) -> DirectOffer:
        new = NewOffer(self.code, told.get("key", KEY), told.get("region", PLACE), levels)
        with self.database.transaction() as session:
            return offering.offer(session, new, PROVIDER, self.at)

    def follow(self) -> Followed:
        return following.follow(self.database, self.parts, self.code, lambda: self.at)

    def subscribe(self, organisation: str = TOWN, *, checks: bool = True, **told: Any) -> str:
        """Ask, and let the own department check it."""
        with self.database.transaction() as session:
            found = subscribing.subscribe(session, self.new(**told), asker(organisation), self.at)
            if checks:
                request = sharing.request_of(session, found.request)
                sharing.take(session, request, RequestStep.FORWARD, "", checker(organisation), self.at)
            return found.id

    def new(self, **told: Any) -> NewDirect:
        body = {"item_code": LICENCE, "handling_region": "320902", **told.pop("purpose", {})}
        purpose = PurposeSchema().load(gateway_house.purpose(**body))
        usual = {"legal_basis": "演示依据", "scene": "演示场景", "ends": self.at + timedelta(days=300)}
        return NewDirect(self.code, purpose, **{**usual, **told})

    def settle(self, subscription: str) -> DirectSubscription:
        with self.database.transaction() as session:
            return subscribing.settle(session, subscription, self.at)

    def subscribed(self, organisation: str = TOWN, **told: Any) -> str:
        """Offer, read, ask and have it approved by the declaration."""
        self.offer("town", "county")
        self.follow()
        found = self.subscribe(organisation, **told)
        assert self.settle(found).state == "active"
        return found

    def page(self, subscription: str, after: str = "", limit: int = 500, organisation: str = TOWN) -> Page:
        with self.database.transaction() as session:
            row_ = subscribing.subscription_of(session, subscription, locked=True)
            return delivering.page(session, self.parts, row_, after, limit, asker(organisation), self.at)

    def keys(self, subscription: str, after: str = "", organisation: str = TOWN) -> list[tuple[str, Any]]:
        told = self.page(subscription, after, organisation=organisation)
        return [(each.operation, each.row[KEY]) for each in told.items]

    def in_session(self, **values: Any) -> None:
        """Move an organisation."""
        with self.database.transaction() as session:
            session.execute(update(Organisation).where(Organisation.code == TOWN).values(**values))


def opened(database: Database, folder: Path, at: datetime) -> House:
    """Open the house; nothing is offered yet."""
    departments.opened(database, at)
    sources: MountParts = gateway_house.sources_of(folder)
    gateway_house.write_table(folder, rows=ROWS)
    house = House(database, folder, at, Directs(sources, DataKeys(FileKek(folder / "kek")), grants.require))
    with database.transaction() as session:
        _towns(session, at)
        directory, _ = published(session, at, items=items())
        gateway_house.mounted(session, directory, sources, at)
        house.code = directory.code
    return house


def items(**peculiar: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**each, **peculiar.get(each["name"], {})} for each in gateway_house.items()]


def _towns(session: Session, at: datetime) -> None:
    for code, name, region in TOWNS:
        new = NewOrganisation(CreditCode(code), name, RegionCode(region), "town", CreditCode(COUNTY))
        organisations.add(session, new, MAKER, at)


def again(house: House) -> House:
    """Give the house as another process has it."""
    return replace(house, parts=Directs(gateway_house.sources_of(house.folder), house.parts.data_keys, grants.require))
