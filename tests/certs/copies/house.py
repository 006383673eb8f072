"""An office whose platform has a service seal, and a window that may have certificates of one type for one matter."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from base.callers import Caller
from base.db import Database
from certs.copies.edges import Answer, Asked, Copier
from certs.copies.wiring import Copying, CopySettings
from exchange.agreements.purposes import Ground
from exchange.door.wiring import SALTS, SUBJECTS, Gateway, KeyedHash
from keys.data_keys import DataKeys
from signing import register
from signing.edges import Sealer
from signing.life import Step
from signing.models import ANY
from tests.certs.consents import desk
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE
from tests.certs.queries.house import listed
from tests.exchange import gateway_house
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing import offices
from tests.signing.offices import SYSTEM

WINDOW = Caller("system", "window", "window", CITY, scopes=frozenset({"cert:read", "cert:present"}))
STRANGER = Caller("system", "stranger", "stranger", PROVINCE, scopes=frozenset({"cert:read", "cert:present"}))
CLERK = Caller("person", "clerk", "clerk", CITY, frozenset({"window"}))
GRANTED = ("address", "legal_representative", "number", "holder_name", "valid_until")
STATUTORY = {"ground": Ground.STATUTORY}


@dataclass
class CopyHouse:
    """The office, its gateway, and the platform's seal."""

    office: Office
    gateway: Gateway
    copying: Copying
    seal: str

    def sealer(self, by: Caller) -> Sealer:
        return self.office.issuer(by).sealer

    def copier(self, by: Caller = WINDOW) -> Copier:
        office = self.office
        return Copier(office.database, office.parts, self.copying, self.gateway, self.sealer, by, lambda: office.at)

    def asked(self, identifier: str, **peculiar: Any) -> Asked:
        told = {"purpose": desk.purpose(**STATUTORY), "body": {"identifier": identifier}, "form": "pdf"}
        return Asked(identifier, **{**told, **peculiar})

    def copy(self, identifier: str, **peculiar: Any) -> Answer:
        return self.copier(peculiar.pop("by", WINDOW)).make(self.asked(identifier, **peculiar))


def service_seal(house: Office, at: datetime) -> str:
    """Make the platform's service seal, authorised for copies by the platform's own system."""
    with house.database.transaction() as session:
        walk = offices.Walk(session, at)
        application = offices.application(at, kind="service", name="演示市证照服务章")
        seal = register.apply(session, application, offices.CLERK, at)
        takers = (Step.AGREE, offices.HEAD), (Step.MAKE, offices.MAKER), (Step.FILE, offices.MAKER)
        for step, by in (*takers, (Step.ACTIVATE, offices.CUSTODIAN)):
            walk.take(seal, step, by)
        offices.authorised(session, seal, at, document_type=ANY, act="copy", ceiling=1000)
        return seal.id


def opened(database: Database, folder: Path, at: datetime, typeface: Any) -> CopyHouse:
    """Open the house, with a use list that grants some fields of the hygiene permit."""
    house = office(database, folder, at, typeface)
    made = gateway_house.parts_of(folder)
    keys = cast("DataKeys", house.parts.keys)
    gateway = replace(made, data_keys=keys, subjects=KeyedHash(keys, SUBJECTS), salts=KeyedHash(keys, SALTS))
    with database.transaction() as session:
        listed(session, at, [(desk.MATTER, HYGIENE.code, GRANTED, ())])
    seal = service_seal(house, at)
    return CopyHouse(house, gateway, Copying(CopySettings(seal="", system=SYSTEM)), seal)
