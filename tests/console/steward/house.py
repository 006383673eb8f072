"""The pages over a province of departments, with everyone who works on directories and sharing there."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask

from base.db import Database
from base.fetch import FetchSettings
from base.paging import Pager
from exchange.measures import MEASURES
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.objections.wiring import Objecting
from keys.parties import people as accounts
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.console.people import Reader, pages
from tests.exchange import sharing_house
from tests.exchange.demands import house as demand_house
from tests.exchange.departments import (
    COUNTY_STEWARD,
    MAKER,
    REVIEWER,
    SECOND_STEWARD,
    STEWARD,
    person,
)
from tests.exchange.monitoring import watch_house
from tests.exchange.sharing_house import AUDITOR, AUTHORITY, CHECKER, PROVIDER, REQUESTER
from tests.exchange.sources.sites import unused

WINDOW = person("window", "health", "window")
OPERATOR = person("operator", "health", "operator")
PEOPLE = (
    *(STEWARD, SECOND_STEWARD, REVIEWER, COUNTY_STEWARD, AUTHORITY, REQUESTER, CHECKER, PROVIDER, AUDITOR),
    *(WINDOW, OPERATOR, demand_house.MARKET_REQUESTER),
)


class Plain:
    """Keys that keep nothing from anybody: what is sealed is tested where it is sealed."""

    def seal(self, _session: Any, plain: bytes, _bound: bytes) -> bytes:
        return plain

    def open(self, _session: Any, sealed: bytes, _bound: bytes) -> bytes:
        return sealed


def opened(database: Database, at: datetime, folder: Path) -> Flask:
    """Open the province and its pages; the health commission has a file that can be mounted."""
    demand_house.opened(database, at)
    with database.transaction() as session:
        for who in (STEWARD, REVIEWER):
            row = accounts.add(session, NewPerson(f"{who.id}-account", "演示人员", who.organisation), MAKER, at)
            accounts.assign_roles(session, row, tuple(who.roles), MAKER, at)
    files = folder / code_of("health") / "files"
    files.mkdir(parents=True)
    (files / "a.csv").write_text("no,单位名称,法定代表人\n苏卫0001,演示饭店,演示甲\n", encoding="utf-8")
    mounting = MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())
    monitoring = watch_house.built((watch_house.TOLD,))
    return pages(database, PEOPLE, Pager("s" * 32), mounting, MEASURES, monitoring, Objecting(Plain()))


def reader(app: Flask, who: Any) -> Reader:
    return Reader(app, who.id)


__all__ = ["sharing_house"]
