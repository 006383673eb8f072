"""The county of `return_house` whose upper level writes rows into a front library's tables of data."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from base.db import Database
from base.workdays import SHANGHAI
from catalog_sync import channels
from catalog_sync.arrivals import reading
from catalog_sync.arrivals.models import Arrival
from catalog_sync.channels import channel_of
from catalog_sync.models import Channel, Evidence
from catalog_sync.returns import fetching
from catalog_sync.returns.applying import Done
from catalog_sync.targets.front import ddl
from tests.catalog_sync.house import BY
from tests.catalog_sync.returns import return_house
from tests.catalog_sync.returns.return_house import HERE, KEY, NAME, PLACE, STAFF, House
from tests.catalog_sync.targets import front_house
from tests.catalog_sync.targets.front_house import Front

TABLE = "dn_uc_info_enterprise"
COLUMNS = {KEY: "certificate_sno", NAME: "corp_name", PLACE: "region_code", STAFF: "reg_capital"}


def firm(number: int, name: str | None = None, region: str | None = HERE, **told: Any) -> dict[str, Any]:
    """Give a row without its place among the others."""
    own = {"certificate_sno": f"C{number:05d}", "corp_name": name or f"演示企业{number}", "region_code": region}
    return {**own, "reg_capital": number, **told}


@dataclass
class FrontReturns:
    """The county and the front library at work."""

    house: House
    front: Front
    returned: str = ""

    @property
    def at(self) -> datetime:
        return self.house.at

    def writes(self, batch: str, *rows: dict[str, Any], operation: str = "I", minutes: int = 0) -> None:
        """Write a batch as the platform does, so many minutes after the house's moment."""
        at = (self.at + timedelta(minutes=minutes)).astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
        common = {"cd_batch": batch, "cd_operation": operation, "cd_time": at, "data_source": "p00"}
        table = ddl.theirs(self.front.layout).tables[TABLE]
        with self.front.engine.begin() as connection:
            for row in rows:
                connection.execute(insert(table), {**common, **row})

    def raw(self, batch: str, number: int, **cells: Any) -> None:
        """Write a row past all types, as only SQLite lets one."""
        at = self.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        told = {"cd_batch": batch, "cd_operation": "I", "cd_time": at, **firm(number), **cells}
        names, marks = ", ".join(told), ", ".join("?" * len(told))
        statement = f"INSERT INTO {TABLE} ({names}) VALUES ({marks})"  # noqa: S608 - names of the test
        with self.front.engine.begin() as connection:
            connection.exec_driver_sql(statement, tuple(told.values()))

    def later(self, **span: float) -> None:
        self.house.at += timedelta(**span)

    def run(self) -> Done:
        """Do what the job does."""
        fetching.fetch(self.house.database, self.house.sync, self.returned, lambda: self.at)
        return self.house.again().bring(self.returned)

    def resume(self) -> None:
        with self.house.database.transaction() as session:
            channels.resume(session, self.front.target.name, BY, self.at)

    def channel(self) -> Channel:
        with self.house.database.reading() as session:
            return channel_of(session, self.front.target.name)

    def arrivals(self, state: str = "staged") -> list[Arrival]:
        with self.house.database.reading() as session:
            query = select(Arrival).where(Arrival.target == self.front.target.name, Arrival.state == state)
            return list(session.scalars(query.order_by(Arrival.id)))

    def faults(self) -> list[tuple[str, str, str]]:
        """Give what was staged as a reject: its fault, its column, and what is kept of it."""
        told = []
        for each in self.arrivals():
            with self.house.database.reading() as session:
                rows = reading.rows(session, self.house.sync.keys, each.id, 0, 1000)
            told += [(row.fault, row.column, str(row.values["row"])) for row in rows if row.fault]
        return told

    def evidence(self) -> list[Evidence]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(Evidence).order_by(Evidence.id)))

    def stands(self) -> list[tuple[Any, ...]]:
        return self.house.stands()

    def close(self) -> None:
        self.front.close()
        self.house.close()


def opened(
    database: Database, folder: Path, at: datetime, addresses: Callable[[str], str], **told: Any
) -> FrontReturns:
    """Open the county with a front library beside, and declare a return from it."""
    house = return_house.opened(database, folder, at, addresses("returns"), most_gone_percent=90, **told)
    front = front_house.opened(addresses("front") or f"sqlite:///{folder}/front.db", folder)
    if front.engine.dialect.name != "sqlite":
        ddl.create(front.engine, front.layout)
    house.sync = replace(house.sync, targets={**house.sync.targets, front.target.name: front.target})
    made = FrontReturns(house, front)
    made.returned = house.declare(target=front.target.name, table=TABLE, columns=COLUMNS)
    return made
