"""Departments that ask each other for data: who they are, what they ask, requests walked to where a story begins."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from exchange.agreements import clauses, sharing
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.clauses import Clauses
from exchange.agreements.life import RequestStep
from exchange.agreements.models import Grant, ShareRequest
from exchange.agreements.purposes import Ground, Stage
from exchange.agreements.sharing import NewRequest
from exchange.models import Directory
from keys.parties import people, systems
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from keys.parties.systems import NewSystem
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, person, published

LICENCE = "000123020000"
YEAR = timedelta(days=365)
POLICE, HEALTH = code_of("police"), code_of("health")

REQUESTER = person("police-requester", "police", "requester")
SECOND_REQUESTER = person("police-second", "police", "requester", "reviewer")
CHECKER = person("police-checker", "police", "reviewer")
PROVIDER = person("health-provider", "health", "provider")
AUTHORITY = person("authority", "data", "authority")
SECOND_AUTHORITY = person("authority-2", "data", "authority")
CITY_AUTHORITY = person("city-authority", "city-data", "authority")
STRANGER = person("city-market-all", "city-market", "requester", "reviewer", "provider")
AUDITOR = person("auditor", "data", "auditor")
SYSTEM = Caller("system", "yanshi-police", "演示公安系统", POLICE, frozenset(), frozenset({"data:read", "share:write"}))
EVERYONE = (
    *(REQUESTER, SECOND_REQUESTER, CHECKER, PROVIDER, AUTHORITY, SECOND_AUTHORITY, CITY_AUTHORITY, STRANGER, AUDITOR),
)
ITEMS = [item("许可证编号", 50), item("单位名称", 200), item("法定代表人", 50)]


def opened(database: Database, at: datetime) -> None:
    """Open the province, with a system of the police and people who hear of their duties."""
    departments.opened(database, at)
    with database.transaction() as session:
        systems.add(session, NewSystem(SYSTEM.id, SYSTEM.name, POLICE), MAKER, at)
        for short, role in (("police", "requester"), ("police", "reviewer"), ("health", "provider")):
            row = people.add(session, NewPerson(f"{short}-{role}-1", "演示人员", code_of(short)), MAKER, at)
            people.assign_roles(session, row, (role,), MAKER, at)


def directory(session: Session, at: datetime, share_type: str = "2", **peculiar: Any) -> Directory:
    """Publish a directory of the health commission."""
    items = [{**each, "share_type": share_type} for each in peculiar.pop("items", ITEMS)]
    told: dict[str, Any] = {"share_type": share_type, "items": items}
    if share_type != "2":
        told["share_conditions"] = None
    if share_type == "3":
        told |= {"share_mode": None, "network": None, "scene": None}
        told |= {"withheld_ground": "1", "withheld_because": "演示依据"}
        told["items"] = [{**each, "not_share_reason": "演示依据"} for each in items]
    return published(session, at, **{**told, **peculiar})[0]


def asked(at: datetime, **peculiar: Any) -> Clauses:
    told: dict[str, Any] = {
        "fields": ("许可证编号", "单位名称"),
        "matters": (LICENCE,),
        "stages": frozenset({Stage.INTAKE, Stage.REVIEW}),
        "grounds": frozenset({Ground.STATUTORY}),
        "modes": frozenset({Mode.QUERY}),
        "begins": at,
        "ends": at + YEAR,
        "purpose": "核验公共场所卫生许可证",
    }
    return Clauses(**{**told, **peculiar})


def begun(session: Session, of: Directory, at: datetime, by: Caller = REQUESTER, **peculiar: Any) -> ShareRequest:
    new = NewRequest(of.code, "公共场所卫生管理条例（演示）", "窗口核验", asked(at, **peculiar))
    return sharing.begin(session, new, by, at)


def forwarded(session: Session, of: Directory, at: datetime, **peculiar: Any) -> ShareRequest:
    row = begun(session, of, at, **peculiar)
    sharing.take(session, row, RequestStep.SUBMIT, "", REQUESTER, at)
    return sharing.take(session, row, RequestStep.FORWARD, "", CHECKER, at)


def granted(session: Session, of: Directory, at: datetime, **peculiar: Any) -> Grant:
    row = forwarded(session, of, at, **peculiar)
    if row.grant is None:
        sharing.take(session, row, RequestStep.APPROVE, "", PROVIDER, at)
    return session.get_one(Grant, row.grant)


def body(at: datetime, **peculiar: Any) -> dict[str, Any]:
    """Give clauses as they stand in a body."""
    return {**clauses.document(asked(at)), **peculiar}
