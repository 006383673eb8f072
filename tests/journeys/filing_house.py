"""A province that files without paper: a bureau with its seal, a window in another county, three organs of a package.

The matters are those of the sandbox, with the rows of its table of materials; what can stand in for a paper is listed
for use, and the applicant's business licence lies in the library.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from base.metrics import Metrics
from base.paging import Pager
from certs import sample_organs
from certs.consents.consents import OnRecord
from certs.faces.typefaces import typeface
from certs.filing.archives import retentions
from certs.filing.cases.wiring import Cases, CaseSettings
from certs.filing.matter import Matter
from certs.filing.matters import correspondence, keeping, matters, sample_content, targets
from certs.filing.matters.correspondence import Of
from certs.filing.matters.sample_content import FIRST_DAY, Organ
from certs.filing.matters.sites import site_of
from certs.libraries.own import OwnLibrary
from certs.queries.wiring import Queries, QuerySettings
from certs.routes.archives import archive_routes
from certs.routes.assistance import assistance_routes
from certs.routes.cases import case_routes
from certs.routes.certificates import certificates
from certs.routes.filing import filing
from certs.routes.packages import package_routes
from certs.routes.supervision import supervision
from certs.supervision import duties as supervision_duties
from certs.supervision import telling
from exchange.agreements.models import UseListItem
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests import rooms
from tests.certs.evidence import house as evidence
from tests.certs.evidence.house import EvidenceHouse
from tests.certs.filing.cases.house import COUNTY, furnish
from tests.certs.papers import TYPES
from tests.certs.queries.house import CountedConsents, House, listed
from tests.exchange import gateway_house
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.rooms import Door
from tests.signing.offices import SYSTEM

HYGIENE = "公共场所卫生许可"
FOOD = "食品经营许可（餐饮服务）"
FIRE = "公众聚集场所投入使用、营业前消防安全检查"
SIGN = "设置大型户外广告及在城市建筑物、设施上悬挂、张贴宣传品审批"
NAMES = (HYGIENE, FOOD, FIRE, SIGN)
MARKET, BRIGADE, MANAGEMENT = code_of("city-market"), sample_organs.code("fire"), sample_organs.code("city-management")
_ORGANS = {
    "city-market": Organ(MARKET, "演示市市场监督管理局", "320900"),
    "fire": Organ(BRIGADE, "演示区消防救援大队", "320902"),
    "city-management": Organ(MANAGEMENT, "演示区城市管理局", "320902"),
}
_FILES = frozenset({"case:write", "filing:write", "cert:read"})
WINDOW = Caller("system", "hall", "演示县综合窗口", COUNTY, scopes=_FILES)
BUREAU = Caller("system", SYSTEM, "演示市审批系统", CITY, scopes=frozenset({"case:write", "cert:issue", "seal:use"}))
CLERK = Caller("person", "clerk", "演示审批人员", CITY, frozenset({"operator"}))
HEALTH = Caller("person", "health", "演示监督员", PROVINCE, frozenset({"operator"}))
AUTHORITY = Caller("person", "head", "演示局长", PROVINCE, frozenset({"authority"}))
LEAD = Caller("person", "lead", "演示市场监管人员", MARKET, frozenset({"operator"}))
FIREMAN = Caller("person", "fireman", "演示消防人员", BRIGADE, frozenset({"operator"}))
MANAGER = Caller("person", "manager", "演示城管人员", MANAGEMENT, frozenset({"operator"}))
PEOPLE = (WINDOW, BUREAU, CLERK, HEALTH, AUTHORITY, LEAD, FIREMAN, MANAGER)
LICENCE = next(each for each in TYPES.values() if each.name == "营业执照")


@dataclass
class FilingHouse:
    """The house at work; `at` moves when a story moves on."""

    evidence: EvidenceHouse
    door: Door
    cases: Cases
    library: House
    items: Mapping[str, Matter] = field(repr=False)

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.evidence.database

    @property
    def at(self) -> datetime:
        """Give the moment."""
        return self.evidence.at

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.evidence.house.office.at += timedelta(days=days)
        self.library.at = self.at

    def call(self, who: Caller, method: str, path: str, **body: Any) -> Any:
        """Call an address."""
        return self.door.call(who.id, method, path, **({"json": body} if method != "GET" else {}))

    def good(self, who: Caller, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Call an address that answers well."""
        answer = self.call(who, method, path, **body)
        assert answer.status_code in {200, 201}, answer.json
        told: dict[str, Any] = answer.json
        return told

    def item(self, name: str) -> str:
        """Give the 33 characters of a matter."""
        return self.items[name].item_code

    def tell_supervisors(self) -> int:
        """Tell supervisors what happened, as the job does; count the notices."""
        written = 0
        while True:
            with self.database.transaction() as session:
                read, told = telling.carry(session, {}, self.at)
            written += told
            if not read:
                return written


def opened(database: Database, folder: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> FilingHouse:
    """Open the house."""
    made = evidence.opened(database, folder, at, typeface())
    office = made.house.office
    monkeypatch.setattr(clock, "now", lambda: office.at)
    parts = Cases(CaseSettings(system=SYSTEM), office.parts.keys, matters.matter_of)
    gateway = made.house.gateway
    own = OwnLibrary(gateway.data_keys)
    queries = Queries(QuerySettings(), office.parts, gateway, Metrics(None), own, (), OnRecord())
    sealer = office.issuer().sealer
    signing = replace(sealer.signing, stamper=made.stamps)
    furniture = (
        *(office.parts, queries, gateway, parts, gateway_house.sources_of(folder), Pager("s" * 32)),
        *(made.evidencing, made.checkpoints, made.house.copying, signing, sealer.authority),
    )
    with database.transaction() as session:
        items = _furnished(session, at)
    blueprints = (filing, case_routes, package_routes, assistance_routes, certificates, supervision, archive_routes)
    door = rooms.door(database, blueprints, PEOPLE, *furniture)
    library = House(database, queries, door, at, CountedConsents())
    library.keep(1, LICENCE)
    return FilingHouse(made, door, parts, library, items)


def _furnished(session: Session, at: datetime) -> dict[str, Matter]:
    """Add the organs, the terms and the matters."""
    furnish(session, at)
    for organ in _ORGANS.values():
        level = "city" if organ.region == "320900" else "county"
        new = NewOrganisation(CreditCode(organ.code), organ.name, RegionCode(organ.region), level, CreditCode(CITY))
        organisations.add(session, new, MAKER, at)
    row = people.add(session, NewPerson(AUTHORITY.id, AUTHORITY.name, PROVINCE), MAKER, at)
    people.assign_roles(session, row, ("authority",), MAKER, at)
    supervision_duties.seed(session, MAKER, at)
    retentions.seed(session, MAKER, at)
    return _matters(session, at)


def _matters(session: Session, at: datetime) -> dict[str, Matter]:
    """Keep the matters, and list for use what stands in for their papers."""
    organs = defaultdict(lambda: Organ(CITY, "演示市行政审批局", "320900"), _ORGANS)
    codes = {each.name: each.code for each in TYPES.values()}
    found = [each for each in sample_content.invented(organs, codes) if each.matter.name in NAMES]
    site = site_of(session, TYPES, targets.names_in(row for each in found for row in each.rows))
    uses: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = []
    for each in found:
        keeping.keep(session, each.matter, AUTHORITY, at)
        for row in each.rows:
            stands = targets.replacements(row, site)
            if stands:
                of = Of(each.matter.basic_code, each.matter.name, row.material)
                correspondence.correspond(session, of, stands, FIRST_DAY, AUTHORITY, at)
            uses += [(each.matter.basic_code, one.target, one.fields, ()) for one in stands if one.target in TYPES]
    listed(session, at, uses)
    # The list grants by the organ that carries a matter out, wherever the window is that received it (收办分离).
    hygiene = next(each.matter for each in found if each.matter.name == HYGIENE)
    of_hygiene = UseListItem.item_code == hygiene.basic_code
    session.execute(update(UseListItem).where(of_hygiene).values(organs=[hygiene.organ]))
    return {each.matter.name: each.matter for each in found}
