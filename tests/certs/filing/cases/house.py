"""A window of one organ and an organ that decides elsewhere, matters of the latter, and a way to tell steps."""

import base64
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from base import calendar, clock
from base.api import Blueprint
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from base.paging import Pager
from certs.filing import duties
from certs.filing.cases import matter_terms
from certs.filing.cases.wiring import Cases, CaseSettings
from certs.filing.matter import Matter
from certs.filing.matters.errors import NoSuchMatter
from certs.routes.cases import case_routes
from exchange import terms
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from tests import rooms
from tests.certs.papers import HYGIENE, firm
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.rooms import Door

# A county far from the deciding city, whose window receives.
COUNTY = "11320500YNX000212A"
ITEM = f"{CITY}300012301000001"
OTHER_ITEM = f"{CITY}300012302000001"
THIRD_ITEM = f"{PROVINCE}200012303000001"
_CASE = frozenset({"case:write", "filing:write"})
WINDOW = Caller("person", "window", "演示窗口人员", COUNTY, frozenset({"window"}))
CLERK = Caller("person", "clerk", "演示审批人员", CITY, frozenset({"operator"}))
HALL = Caller("system", "hall", "hall", COUNTY, scopes=_CASE)
BACK = Caller("system", "gm", "gm", CITY, scopes=_CASE)
STRANGER = Caller("system", "stranger", "stranger", PROVINCE, scopes=_CASE)
AUDITOR = Caller("person", "auditor", "auditor", PROVINCE, frozenset({"auditor"}))
HIGHEST = Caller("person", "highest", "highest", PROVINCE, frozenset({"authority"}))
PEOPLE = (WINDOW, CLERK, HALL, BACK, STRANGER, AUDITOR, HIGHEST)
SYSTEM_OPERATOR = {"kind": "system", "name": "演示秒批系统", "unit": "演示市行政审批局"}


def matter(code: str = ITEM, **peculiar: Any) -> Matter:
    """Make a matter of the organ that its code names."""
    told: dict[str, Any] = {
        "item_code": code,
        "name": f"演示事项{code[-8:]}",
        "organ": code[:18],
        "region": "320900" if code[:18] == CITY else "320000",
        "version": 1,
        "effective_from": date(2026, 1, 1),
        "effective_until": None,
        "questions": (),
        "materials": (),
        "result_type": HYGIENE.code,
        **peculiar,
    }
    return Matter(**told)


MATTERS = {each: matter(each) for each in (ITEM, OTHER_ITEM, THIRD_ITEM)}


def matter_of(_session: Session, code: str, _at: datetime, _region: str) -> Matter:
    """Give one of the matters of the house. Raises `NoSuchMatter`."""
    if code not in MATTERS:
        raise NoSuchMatter(code)
    return MATTERS[code]


@dataclass
class House:
    """The bus at work; `at` moves when a story moves on."""

    database: Database
    parts: Cases
    at: datetime
    door: Door
    keys: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def call(self, who: Caller, method: str, path: str, **body: Any) -> Any:
        """Call an address."""
        told = {"json": body} if method != "GET" else {}
        return self.door.call(who.id, method, path, **told)

    def good(self, who: Caller, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Call an address that answers well."""
        answer = self.call(who, method, path, **body)
        assert answer.status_code in {200, 201}, answer.json
        told: dict[str, Any] = answer.json
        return told

    def receive(self, who: Caller = WINDOW, **peculiar: Any) -> dict[str, Any]:
        """Receive a case at the window."""
        return self.good(who, "POST", "/cases", **intake(f"intake-{next(self.keys)}", **peculiar))

    def step(self, case: str, act: str, who: Caller = CLERK, **told: Any) -> Any:
        """Tell a step."""
        body = {"key": f"{act}-{next(self.keys)}", "act": act, **told}
        if who.kind == "system":
            body.setdefault("operator", SYSTEM_OPERATOR)
        return self.call(who, "POST", f"/cases/{case}/steps", **body)

    def stands(self, case: str, act: str, who: Caller = CLERK, **told: Any) -> dict[str, Any]:
        """Tell a step that is taken, and give where the case stands then."""
        answer = self.step(case, act, who, **told)
        assert answer.status_code == 200, answer.json
        stands: dict[str, Any] = answer.json["case"]
        return stands

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.at += timedelta(days=days)


def intake(key: str, **peculiar: Any) -> dict[str, Any]:
    """Write a receipt of an invented firm, as a body."""
    return {
        "key": key,
        "matter": ITEM,
        "receiving_region": "320500",
        "receiving_window": "演示县政务服务中心 3 号窗口",
        "project_name": "演示旅馆公共场所卫生许可",
        "applicant": {"name": "演示企业1有限公司", "kind": "organisation", "type": "001", "code": firm(1)},
        "contact": {"name": "演示人1", "type": "111", "code": "演示证件", "mobile": "演示电话"},
        "address": "演示路 1 号",
        "form": {"area": 120},
        "materials": [material("layout", "平面布局图")],
        **peculiar,
    }


def material(key: str, name: str, **peculiar: Any) -> dict[str, Any]:
    """Write a material with a file, as a body."""
    content = base64.b64encode(f"演示{name}".encode()).decode()
    return {"key": key, "name": name, "file_name": f"{key}.pdf", "content": content, **peculiar}


def opened(
    database: Database,
    folder: Path,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    more: Iterable[Blueprint] = (),
    **told: Any,
) -> House:
    """Open the house: organisations, calendar, duties and terms."""
    builders.populate(database, at)
    with database.transaction() as session:
        furnish(session, at)
    keys = DataKeys(FileKek(folder / "kek"))
    parts = Cases(CaseSettings(), keys, matter_of, **told)
    door = rooms.door(database, (case_routes, *more), PEOPLE, parts, Pager("s" * 32))
    house = House(database, parts, at, door)
    monkeypatch.setattr(clock, "now", lambda: house.at)
    return house


def furnish(session: Session, at: datetime) -> None:
    """Add the county, the calendar, and what duties and cases have of days."""
    county = NewOrganisation(
        CreditCode(COUNTY), "演示县政务服务中心", RegionCode("320500"), "city", CreditCode(PROVINCE)
    )
    organisations.add(session, county, MAKER, at)
    calendar.seed(session)
    terms.seed(session, MAKER, at)
    duties.seed(session, MAKER, at)
    matter_terms.seed(session, MAKER, at)
