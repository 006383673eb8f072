"""A house whose holders look in: who they are, what they may see, and those who answer what they say."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from base import calendar, clock
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from base.paging import Pager
from certs.faces.typefaces import typeface
from certs.filing import duties
from certs.holders.issued import OfCertificates
from certs.routes.holder_objections import holder_objections
from certs.routes.holders import holder_routes
from exchange import terms
from exchange.objections.wiring import Objecting
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.copies.house import CLERK, STRANGER, WINDOW, CopyHouse
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.rooms import Door

ISSUER = Caller("person", "issuing", "issuing", CITY, frozenset({"issuer"}))
REQUESTER = Caller("person", "requesting", "requesting", CITY, frozenset({"requester"}))
ABOVE = Caller("person", "above", "above", PROVINCE, frozenset({"authority", "issuer"}))
# The organ that the site designates for disputes with the highest authority.
GOVERNMENT = "11320000YNX0909913"
CITY_AUTHORITY = Caller("person", "city-authority", "city-authority", CITY, frozenset({"authority"}))
RULING = Caller("person", "ruling", "ruling", GOVERNMENT, frozenset({"authority"}))
SYSTEM = Caller("system", "issuing-system", "issuing-system", CITY, scopes=frozenset({"cert:issue"}))


@dataclass
class View:
    """The house, its door, one who speaks for a firm, and another."""

    house: CopyHouse
    door: Door
    citizen: Caller
    other: Caller

    def get(self, path: str, who: Caller | None = None) -> Any:
        return self.door.call((who or self.citizen).id, "GET", path)

    def post(self, path: str, body: Any, who: Caller | None = None) -> Any:
        return self.door.call((who or self.citizen).id, "POST", path, json=body)

    def used(self, **peculiar: Any) -> str:
        """Have a copy made of a new certificate of the firm; give the use's id."""
        return self.house.copy(self.house.office.issue(), **peculiar).usage


@pytest.fixture
def view(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> View:
    house = houses.opened(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.office.at)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, desk.SECURITY, at)
        duties.seed(session, desk.SECURITY, at)
        new = NewOrganisation(CreditCode(GOVERNMENT), "演示省人民政府办公厅", RegionCode("320000"), "province", None)
        organisations.add(session, new, MAKER, at)
        for each in (CITY_AUTHORITY, ABOVE):
            row = people.add(session, NewPerson(each.id, "演示人员", each.organisation or ""), MAKER, at)
            people.assign_roles(session, row, ("authority",), MAKER, at)
    citizen = desk.citizen(house.office, firms=(1,))
    other = desk.citizen(house.office, "other", 2, firms=(2,))
    callers = (citizen, other, CLERK, WINDOW, STRANGER, desk.SECURITY, replace(citizen, id="unbound"))
    answering = (ISSUER, REQUESTER, ABOVE, SYSTEM, CITY_AUTHORITY, RULING)
    objecting = Objecting(house.gateway.data_keys, GOVERNMENT, OfCertificates(house.office.parts))
    furniture = (house.office.parts, house.gateway, objecting, Pager("s" * 32))
    door = rooms.door(database, (holder_routes, holder_objections), (*callers, *answering), *furniture)
    return View(house, door, citizen, other)
