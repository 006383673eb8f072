"""A province, a city and a county with their authorities and departments, and a directory as good as they come."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from exchange import directories, elevations, terms
from exchange.directories import NewDirectory
from exchange.life import Step
from exchange.models import Directory, DirectoryVersion
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import code_of

HOUR = timedelta(hours=1)
MAKER = Caller("person", "maker", "maker", code_of("data"), frozenset({"sysadmin", "secadmin"}))
ORGANISATIONS = {
    "data": ("演示省数据管理局", "320000", "province", None),
    "health": ("演示省卫生健康委员会", "320000", "province", "data"),
    "police": ("演示省公安厅", "320000", "province", "data"),
    "city-data": ("演示市数据管理局", "320900", "city", "data"),
    "city-market": ("演示市市场监督管理局", "320900", "city", "data"),
    "county-window": ("演示区数据管理局", "320902", "county", "city-data"),
    "town-window": ("演示区卫生健康委员会", "320902", "county", "county-window"),
}
AUTHORITIES = ("data", "city-data", "county-window")


def person(name: str, organisation: str, *roles: str) -> Caller:
    return Caller("person", name, name, code_of(organisation), frozenset(roles))


STEWARD = person("steward", "health", "steward")
SECOND_STEWARD = person("second", "health", "steward")
REVIEWER = person("reviewer", "health", "reviewer")
AUTHORITY = person("authority", "data", "authority")
COUNTY_STEWARD = person("county-steward", "town-window", "steward")
COUNTY_REVIEWER = person("county-reviewer", "town-window", "reviewer")
COUNTY_AUTHORITY = person("county-authority", "county-window", "authority")
CITY_AUTHORITY = person("city-authority", "city-data", "authority")
STRANGER = person("stranger", "police", "steward", "reviewer")


def item(name: str, length: int) -> dict[str, Any]:
    return {"name": name, "type": "string", "length": length, "sensitivity": "1", "share_type": "2", "open": False}


def content(**peculiar: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": "公共场所卫生许可证信息",
        "department": code_of("health"),
        "summary": "演示省公共场所卫生许可证的持证主体、许可项目和有效期。",
        "format": "database",
        "storage": ["TABLE"],
        "class": "3",
        "field_of_work": "16",
        "is_certificate": True,
        "share_type": "2",
        "share_mode": ["interface"],
        "share_conditions": "用于办理政务服务事项",
        "network": "1",
        "scene": ["1", "3"],
        "open_type": "disallowed",
        "closed_ground": "3",
        "update_cycle": "day",
        "has_matter": True,
        "matter_type": "01",
        "matter_name": "公共场所卫生许可",
        "matter_code": "000123010000",
        "items": [item("许可证编号", 50), item("单位名称", 200)],
    }
    return {name: value for name, value in {**told, **peculiar}.items() if value is not None}


def opened(database: Database, at: datetime) -> None:
    """Make the organisations, someone who holds each authority, the calendar and the terms."""
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
        for short, (name, region, level, parent) in ORGANISATIONS.items():
            above = CreditCode(code_of(parent)) if parent else None
            new = NewOrganisation(CreditCode(code_of(short)), name, RegionCode(region), level, above)
            organisations.add(session, new, MAKER, at)
        for short in AUTHORITIES:
            row = people.add(session, NewPerson(f"{short}-head", "演示局长", code_of(short)), MAKER, at)
            people.assign_roles(session, row, ("authority",), MAKER, at)


def drafted(
    session: Session, at: datetime, by: Caller = STEWARD, **peculiar: Any
) -> tuple[Directory, DirectoryVersion]:
    told = {"department": by.organisation, **peculiar}
    row = directories.add(session, NewDirectory(content(**told)), by, at)
    return row, directories.version_of(session, row, 1)


def walked(
    session: Session,
    row: Directory,
    version: DirectoryVersion,
    until: Step,
    at: datetime,
    by: Iterable[Caller] = (STEWARD, REVIEWER, AUTHORITY),
) -> DirectoryVersion:
    for step, who in zip((Step.SUBMIT, Step.FORWARD, Step.PUBLISH), by, strict=True):
        if step is Step.PUBLISH:
            elevations.publish(session, row, version, "", who, at)
        else:
            directories.take(session, row, version, step, "", who, at)
        if step is until:
            break
    return version


def published(session: Session, at: datetime, **peculiar: Any) -> tuple[Directory, DirectoryVersion]:
    row, version = drafted(session, at, **peculiar)
    walked(session, row, version, Step.PUBLISH, at)
    return row, version
