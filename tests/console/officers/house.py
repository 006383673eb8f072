"""The officers' pages over the office of `tests.certs.office`: who issues, who brings, who is a stranger."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from base.callers import Caller
from base.db import Database
from keys.parties import systems
from tests.certs.office import Office
from tests.certs.papers import HYGIENE, draft, firm
from tests.console.people import Reader, pages
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.signing.offices import WINDOW

OFFICER = Caller("person", "officer", "演示签发员", CITY, frozenset({"issuer"}))
SECOND = Caller("person", "second-officer", "演示签发员乙", CITY, frozenset({"issuer"}))
STRANGER = Caller("person", "stranger", "演示外人", PROVINCE, frozenset({"issuer"}))
CLERK = Caller("person", "window", "演示窗口人员", CITY, frozenset({"window"}))
PEOPLE = (OFFICER, SECOND, STRANGER, CLERK)
DRAFT = f"/console/issue/{HYGIENE.code}"


@dataclass
class Desk:
    """The office with its pages."""

    office: Office
    app: Flask

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.office.database

    def reader(self, who: Caller = OFFICER) -> Reader:
        """Open a browser as somebody."""
        return Reader(self.app, who.id)


def desk(office: Office) -> Desk:
    """Open the pages of an office."""
    sealer = office.issuer().sealer
    with office.database.transaction() as session:
        systems.grant_scopes(session, systems.system_of(session, WINDOW.id), {"seal:use"}, MAKER, office.at)
    return Desk(office, pages(office.database, PEOPLE, office.parts, sealer.signing, sealer.authority))


def filled(**peculiar: Any) -> dict[str, str]:
    """Fill the form of a hygiene permit soundly."""
    told = draft(HYGIENE)
    return {
        "holders.0.code": firm(1),
        "holders.0.name": "演示企业1有限公司",
        **{f"data.{name}": str(value) for name, value in told.data.items()},
        **peculiar,
    }
