"""A library with invented certificates, use lists that grant some types for some matters, and a window that asks."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.identifiers import CertificateIdentifier, CreditCode
from base.metrics import Metrics
from base.workdays import local_day
from certs import library
from certs.consents import consents
from certs.consents.consent import Consent, Given
from certs.consents.consents import OnRecord
from certs.drafts import Holder
from certs.libraries.library import Library
from certs.libraries.own import OwnLibrary
from certs.library import Entry
from certs.life import State, Step
from certs.queries.permission import Held
from certs.queries.wiring import Queries, QuerySettings
from certs.routes.queries import certificate_queries
from certs.types import Types
from certs.types.certificate_type import CertificateType, Level
from certs.wiring import Certs, CertsSettings
from exchange.agreements.models import UseList, UseListItem
from exchange.agreements.purposes import Purpose
from exchange.door.wiring import Gateway
from keys.data_keys import DataKeys
from tests import rooms
from tests.certs.papers import HYGIENE, MARRIAGE, TYPES, draft, firm
from tests.exchange import gateway_house
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door

MATTER, OTHER_MATTER = "000123010000", "000123020000"
WINDOW = Caller("system", "gm", "gm", CITY, scopes=frozenset({"cert:read"}))
OUTSIDER = Caller("system", "outside", "outside", PROVINCE, scopes=frozenset({"cert:read"}))
CLERK = Caller("person", "clerk", "clerk", CITY, frozenset({"window"}))
ISSUER = Caller("system", "issuer", "issuer", CITY, scopes=frozenset({"cert:issue"}))
PEOPLE = (WINDOW, OUTSIDER, CLERK, ISSUER)
FIELDS = ("address", "legal_representative", "证照编号", "持证主体")
SHOWN = {"address", "legal_representative", "holder_name"}
# A type of high level, and one that a grant never names.
HIGH = next(each for each in TYPES.values() if each.level is Level.HIGH)
UNGRANTED = next(each for each in TYPES.values() if each.name.startswith("道路运输"))


def purpose(**peculiar: Any) -> dict[str, Any]:
    """Say what it is for, as a body does."""
    return gateway_house.purpose(**{"item_code": MATTER, **peculiar})


def holder(number: int = 1, **peculiar: Any) -> dict[str, Any]:
    """Name an invented firm, as a body does."""
    return {"code": firm(number), "type": "001", "name": f"演示企业{number}有限公司", **peculiar}


@dataclass
class CountedConsents:
    """The consents on record; counts how often they are asked for."""

    asked: int = 0

    def standing(
        self, session: Session, asked: Collection[Held], organisation: str, purpose: Purpose, at: datetime
    ) -> Mapping[Held, Consent]:
        """Ask for them."""
        self.asked += 1
        return OnRecord().standing(session, asked, organisation, purpose, at)


@dataclass
class House:
    """The library at work; `at` moves when a story moves on."""

    database: Database
    parts: Queries
    door: Door
    at: datetime
    consents: CountedConsents
    serial: int = 0

    @property
    def today(self) -> date:
        """Give the day."""
        return local_day(self.at)

    def ask(self, who: str | None = "gm", **body: Any) -> Any:
        """Ask, for the usual purpose unless the story says another."""
        return self.door.call(who, "POST", "/certificate-queries", json={"purpose": purpose(), **body})

    def told(self, **body: Any) -> dict[str, Any]:
        """Ask, and give the answer."""
        answer = self.ask(**body)
        assert answer.status_code == 200, answer.json
        told: dict[str, Any] = answer.json
        return told

    def held_by(self, number: int = 1, type_: CertificateType = HYGIENE) -> dict[str, Any]:
        """Ask by holder and type."""
        return self.told(holder=holder(number), certificate_type=type_.code)

    def keep(self, firm_number: int = 1, type_: CertificateType = HYGIENE, **peculiar: Any) -> str:
        """Put a certificate of an invented firm into the library; give its identifier."""
        with self.database.transaction() as session:
            return self.kept(session, firm_number, type_, **peculiar)

    def kept(self, session: Session, firm_number: int, type_: CertificateType = HYGIENE, **peculiar: Any) -> str:
        """Put a certificate into the library."""
        self.serial += 1
        state = peculiar.pop("state", State.VALID)
        more = {name: peculiar.pop(name) for name in ("superseded_by",) if name in peculiar}
        made = draft(type_, **{"issued_on": self.today, "valid_from": self.today, **peculiar})
        if "holders" not in peculiar and "001" in type_.holders.types:
            made = replace(made, holders=(Holder(firm(firm_number), "001", f"演示企业{firm_number}有限公司"),))
        identifier = CertificateIdentifier.written(type_.code, CreditCode(CITY), f"{self.serial:08d}", "001").text
        last = made.valid_until or type_.validity.last_day(made.valid_from)
        assert last is not None
        entry = Entry(
            identifier, type_, CITY, made.number or f"演（{self.serial}）", made, last, State.VALID, Step.DEPOSIT
        )
        row = library.enter(session, self.parts.certs.keys, entry, ISSUER, self.at)
        row.state = state.value
        for name, value in more.items():
            setattr(row, name, value)
        return identifier

    def agree(self, named: dict[str, Any], type_: CertificateType, *fields: str, **peculiar: Any) -> str:
        """Have a holder agree."""
        who = Holder(named["code"], named["type"], named["name"])
        ends = self.at + timedelta(days=30)
        given = Given(who, CITY, MATTER, {type_.code: fields}, ends, **peculiar)
        keys, types = self.parts.certs.keys, self.parts.certs.types
        with self.database.transaction() as session:
            return consents.give(session, keys, types, given, "holder", WINDOW, self.at).id

    def list_use(self, type_: CertificateType, fields: Collection[str] = FIELDS, matter: str = MATTER) -> None:
        """Publish a use list with one item."""
        with self.database.transaction() as session:
            listed(session, self.at, [(matter, type_.code, tuple(fields), ())])


def listed(session: Session, at: datetime, items: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]) -> str:
    """Put a published use list there; how it comes about is another story."""
    code, began = str(uuid.uuid4()), at - timedelta(days=1)
    row = {
        "id": code,
        "authority": PROVINCE,
        "region": "320000",
        "number": 1,
        "title": "演示用证清单",
        "basis": "演示依据",
        "state": "published",
        "rows": len(items),
        "author": "person:maker",
        "effective_from": began,
        "effective_until": None,
        "version": 1,
        "created_at": began,
        "changed_at": began,
    }
    session.execute(insert(UseList), [row])
    rows = [
        {
            "use_list": code,
            "place": place,
            "item_code": matter,
            "basic_code": matter[-12:],
            "item_name": "演示事项",
            "material": f"演示材料{place}",
            "resource": resource,
            "fields": list(fields),
            "organs": [],
            "stages": list(stages),
            "basis": "演示依据",
        }
        for place, (matter, resource, fields, stages) in enumerate(items, start=1)
    ]
    session.execute(insert(UseListItem), rows)
    return code


def parts_of(
    folder: Path, types: Types = TYPES, others: tuple[Library, ...] = (), **told: Any
) -> tuple[Queries, CountedConsents]:
    """Build the part with keys of its own."""
    gateway: Gateway = gateway_house.parts_of(folder)
    keys: DataKeys = gateway.data_keys
    certs = Certs(CertsSettings(), types, keys, lambda: None, "https://yinxin.example/v/")  # type: ignore[arg-type, return-value]
    consents = CountedConsents()
    settings = QuerySettings(**told)
    return Queries(settings, certs, gateway, Metrics(None), OwnLibrary(keys), others, consents), consents


def opened(database: Database, folder: Path, at: datetime, monkeypatch: Any = None, **told: Any) -> House:
    """Open the house: organisations, a use list, and the address."""
    builders.populate(database, at)
    parts, consents = parts_of(folder, **told)
    door = rooms.door(database, (certificate_queries,), PEOPLE, parts, parts.gateway)
    house = House(database, parts, door, at, consents)
    if monkeypatch is not None:
        monkeypatch.setattr(clock, "now", lambda: house.at)
    with database.transaction() as session:
        listed(
            session,
            at,
            [
                (MATTER, HYGIENE.code, FIELDS, ()),
                (MATTER, MARRIAGE.code, ("持证主体", "number"), ()),
                (MATTER, HIGH.code, ("number",), ()),
            ],
        )
    return house
