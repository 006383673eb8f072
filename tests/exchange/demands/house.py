"""Departments that need data of each other: who they are, and what they ask for."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.db import Database
from exchange.demands import asking, negative
from exchange.demands.demand import NewDemand, Wanted
from exchange.demands.models import Demand
from exchange.demands.steps import THING
from exchange.models import Task
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.exchange import sharing_house
from tests.exchange.departments import MAKER, person
from tests.exchange.sharing_house import REQUESTER

HEALTH, POLICE, MARKET, DATA = code_of("health"), code_of("police"), code_of("city-market"), code_of("data")
MARKET_REQUESTER = person("market-requester", "city-market", "requester")
MARKET_PROVIDER = person("market-provider", "city-market", "provider")
WINDOW_REQUESTER = person("county-requester", "town-window", "requester")
TOWN = code_of("town-window")


def opened(database: Database, at: datetime) -> None:
    """Open the province with everybody who demands and provides, and the seed of the negative list."""
    sharing_house.opened(database, at)
    with database.transaction() as session:
        negative.seed(session, MAKER, at)
        for short, role in (("city-market", "requester"), ("city-market", "provider"), ("town-window", "requester")):
            row = people.add(session, NewPerson(f"{short}-{role}-1", "演示人员", code_of(short)), MAKER, at)
            people.assign_roles(session, row, (role,), MAKER, at)


def wanted(**peculiar: Any) -> Wanted:
    told: dict[str, Any] = {
        "provider": HEALTH,
        "name": "消毒产品卫生安全评价信息",
        "items": ("产品名称", "责任单位"),
        "update_cycle": "week",
        "delivery": "interface",
        "scope": "",
    }
    return Wanted(**{**told, **peculiar})


def new(**peculiar: Any) -> NewDemand:
    return NewDemand(wanted(**peculiar), "消毒管理办法（演示）", "窗口核验（演示）")


def begun(session: Session, at: datetime, by: Any = REQUESTER, **peculiar: Any) -> Demand:
    return asking.begin(session, new(**peculiar), by, at)


def owners(session: Session, row: Demand) -> list[tuple[str, str, str]]:
    """Give whose turn it is: organisation, role, duty; a demand has one owner, or none when it is over."""
    query = select(Task).where(Task.thing_kind == THING, Task.thing_id == row.id, Task.done_at.is_(None))
    return [(each.organisation, each.role, each.duty) for each in session.scalars(query)]
