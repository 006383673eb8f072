"""An objection to a certificate that was looked up: its issuer verifies it, and who else looked it up is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import calendar
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.holders.issued import OfCertificates
from certs.routes.queries import certificate_queries
from exchange import terms
from exchange.models import Task
from exchange.objections.wiring import Objecting
from exchange.routes.objections import objections
from tests import rooms
from tests.certs.papers import HYGIENE
from tests.certs.queries import house as of
from tests.certs.queries.house import House, holder, purpose
from tests.keys.parties.builders import CITY, MAKER, PROVINCE

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
ASKER = replace(of.WINDOW, id="asker", organisation=PROVINCE)
CLERK = Caller("person", "clerk", "clerk", PROVINCE, frozenset({"window"}))
INSIDE = Caller("person", "inside", "inside", CITY, frozenset({"window"}))
ISSUER = Caller("person", "issuer", "issuer", CITY, frozenset({"issuer"}))
PROVIDER = Caller("person", "provider", "provider", CITY, frozenset({"provider"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    opened = of.opened(database, tmp_path, at, monkeypatch)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
    objecting = Objecting(opened.parts.gateway.data_keys, certificates=OfCertificates(opened.parts.certs))
    furniture = (opened.parts, opened.parts.gateway, opened.parts.certs, objecting, Pager("s" * 32))
    people = (of.WINDOW, ASKER, CLERK, INSIDE, ISSUER, PROVIDER)
    opened.door = rooms.door(database, (certificate_queries, objections), people, *furniture)
    return opened


def looked_up(house: House, who: str, about: int = 1) -> str:
    body = {"purpose": purpose(), "holder": holder(about), "certificate_type": HYGIENE.code}
    answer = house.door.call(who, "POST", "/certificate-queries", json=body)
    assert answer.status_code == 200, answer.json
    return str(answer.json["usage_id"])


def call(house: House, who: Caller, path: str, **body: Any) -> Any:
    return house.door.call(who.id, "POST", f"/objections{path}", json=body)


def meant(usage: str, **peculiar: Any) -> dict[str, Any]:
    evidence = [{"title": "许可证原件（演示）", "sm3": "ab" * 32}]
    return {"usage_id": usage, "about": "certificate", "text": "地址与原件不一致", "evidence": evidence, **peculiar}


def test_an_objection_to_a_certificate_that_was_looked_up_is_its_issuers_to_verify(house: House):
    house.keep(1)
    house.keep(2)
    usage = looked_up(house, "asker")
    looked_up(house, "asker")
    looked_up(house, "asker", 2)
    made = call(house, CLERK, "", **meant(usage))
    assert (made.status_code, made.json["provider"], made.json["state"]) == (201, CITY, "verifying"), made.json
    assert made.json["title"] == HYGIENE.name
    with house.database.reading() as session:
        turn = session.scalars(select(Task).where(Task.done_at.is_(None))).one()
        assert (turn.organisation, turn.role, turn.duty) == (CITY, "issuer", "correction")
    place = f"/{made.json['id']}"
    assert call(house, PROVIDER, f"{place}/answers", decision="correct", reason="已更正").status_code == 403
    told = call(house, ISSUER, f"{place}/answers", decision="correct", reason="已更正").json
    assert [(each["organisation"], each["uses"]) for each in told["receivers"]] == [(PROVINCE, 2)]
    assert call(house, CLERK, f"{place}/confirmations").json["state"] == "settled"


def test_what_one_issued_oneself_is_corrected_without_an_objection(house: House):
    house.keep(1)
    refused = call(house, INSIDE, "", **meant(looked_up(house, "gm")))
    assert (refused.status_code, refused.json["rule"]) == (403, "own-data")
