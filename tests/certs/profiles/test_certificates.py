"""The certificates of a profile are those of a direct look-up: by the same verb, for the same purpose, no more."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.callers import Caller
from base.db import Database
from base.models import AuditEntry
from certs.life import State
from certs.profiles.certificates import Certificates
from certs.routes.queries import certificate_queries
from exchange.profiles.wiring import Profiles
from exchange.routes.zones import zones
from tests import rooms
from tests.certs.papers import firm
from tests.certs.queries import house as library
from tests.certs.queries.house import House, holder, purpose
from tests.exchange import gateway_house
from tests.keys.parties.builders import CITY
from tests.rooms import Door

BOTH = Caller("system", "both", "both", CITY, scopes=frozenset({"cert:read", "data:read"}))
BARE = Caller("system", "bare", "bare", CITY, scopes=frozenset({"data:read"}))
CERTS_ONLY = Caller("system", "certs", "certs", CITY, scopes=frozenset({"cert:read"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    return library.opened(database, tmp_path, at, monkeypatch)


@pytest.fixture
def door(house: House, tmp_path: Path) -> Door:
    sources = gateway_house.sources_of(tmp_path)
    furniture = (house.parts, house.parts.gateway, sources, Profiles((Certificates(house.parts),)))
    return rooms.door(house.database, (certificate_queries, zones), (BOTH, BARE, CERTS_ONLY), *furniture)


def profile(door: Door, who: Caller = BOTH, **peculiar: Any) -> Any:
    named = holder()
    subject = {"credit_code": named["code"], "name": named["name"]}
    body = {"subject": subject, "purpose": purpose(), **peculiar}
    return door.call(who.id, "POST", "/profiles", json=body)


def direct(door: Door, **peculiar: Any) -> Any:
    return door.call(
        BOTH.id, "POST", "/certificate-queries", json={"purpose": purpose(), "holder": holder(), **peculiar}
    )


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Give an answer without what is each use's own."""
    return {name: value for name, value in answer.items() if name not in {"usage_id", "receipt"}}


@pytest.mark.parametrize("state", [State.VALID, State.FROZEN, State.REVOKED])
def test_it_tells_what_a_direct_look_up_tells(house: House, door: Door, state: State):
    house.keep(state=state)
    told = profile(door).get_json()["certificates"]
    asked = direct(door).get_json()
    assert plain(told["answer"]) == plain(asked)
    assert told["outcome"] == asked["outcome"]
    assert len(told["answer"]["certificates"]) == len(asked["certificates"])


def test_another_purpose_is_refused_as_directly(house: House, door: Door):
    house.keep()
    other = purpose(item_code=library.OTHER_MATTER)
    refused = direct(door, purpose=other)
    told = profile(door, purpose=other).get_json()["certificates"]
    assert (refused.status_code, told["outcome"], told["answer"]) == (403, "denied", None)
    assert told["problem"]["code"] == told["reason"]["code"] == refused.get_json()["code"]


def test_nobody_of_that_name_is_told_apart_from_nobody(house: House, door: Door):
    house.keep()
    told = profile(door, subject={"credit_code": firm(1), "name": "演示别的有限公司"}).get_json()["certificates"]
    assert told["answer"]["certificates"] == []
    assert told["outcome"] == direct(door, holder=holder(name="演示别的有限公司")).get_json()["outcome"]


def test_without_the_scope_or_the_name_no_certificate_is_asked_for(house: House, door: Door):
    house.keep()
    bare = profile(door, BARE).get_json()["certificates"]
    assert (bare["outcome"], bare["reason"]["code"], bare["answer"]) == ("denied", "scope-missing", None)
    nameless = profile(door, subject={"credit_code": firm(1)}).get_json()["certificates"]
    assert (nameless["outcome"], nameless["reason"]["code"]) == ("not_covered", "name-needed")
    assert profile(door, CERTS_ONLY).status_code == 403
    assert uses(house) == 0


def test_its_use_is_on_record_and_named_by_the_assembling(house: House, door: Door):
    house.keep()
    told = profile(door).get_json()["certificates"]["answer"]
    assert uses(house) == 1
    with house.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "profile.assembled"))
    assert json.loads(entry.content)["facts"]["usages"] == [told["usage_id"]]


def test_one_who_looks_like_trying_out_codes_is_told_so_here_as_well(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    house = library.opened(database, tmp_path, at, monkeypatch, misses_per_minute=1)
    furniture = (house.parts, house.parts.gateway, gateway_house.sources_of(tmp_path))
    many = rooms.door(house.database, (zones,), (BOTH,), *furniture, Profiles((Certificates(house.parts),)))
    seen = [profile(many).get_json()["certificates"]["reason"]["code"] for _ in range(3)]
    assert seen[-1] == "too-many-misses"


def uses(house: House) -> int:
    with house.database.reading() as session:
        acts = list(session.scalars(select(AuditEntry.act)))
    return sum(each.endswith(".used") or each == "certificate.queried" for each in acts)
