"""The addresses of direct delivery: who may do what, and that nobody reaches another organisation's rows."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from exchange.routes.direct import directly
from tests import rooms
from tests.exchange import gateway_house
from tests.exchange.departments import person
from tests.exchange.direct import direct_house
from tests.exchange.direct.direct_house import COUNTY, KEY, PLACE, PROVIDER, TOWN, House, asker
from tests.exchange.sharing_house import LICENCE
from tests.rooms import Door

STRANGER, AUDITOR = person("stranger", "police", "requester", "provider"), person("auditor", "data", "auditor")


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> House:
    return direct_house.opened(database, tmp_path, at)


@pytest.fixture
def door(house: House) -> Door:
    people = (PROVIDER, STRANGER, AUDITOR, asker(TOWN), asker(COUNTY))
    return rooms.door(house.database, (directly,), people, house.parts)


def body(house: House, **told: Any) -> dict[str, Any]:
    usual = {"legal_basis": "演示依据", "scene": "演示场景", "ends": "2027-06-01T00:00:00+08:00"}
    purpose = gateway_house.purpose(item_code=LICENCE, handling_region="320902")
    return {"directory": house.code, "purpose": purpose, **usual, **told}


def test_a_town_subscribes_reads_and_confirms_and_nobody_else_sees_it(house: House, door: Door):
    town, county = asker(TOWN).id, asker(COUNTY).id
    offer = {"directory": house.code, "key_item": KEY, "region_item": PLACE, "levels": ["town"]}
    assert door.call("stranger", "POST", "/direct/offers", json=offer).status_code == 403
    assert door.call("provider", "POST", "/direct/offers", json=offer).status_code == 201
    house.follow()
    made = door.call(town, "POST", "/direct/subscriptions", json=body(house))
    assert made.status_code == 201
    again = door.call(town, "POST", "/direct/subscriptions", json=body(house))
    assert (again.status_code, again.json["type"].rpartition("/")[2]) == (409, "directly-subscribed")
    early = door.call(town, "POST", f"/direct/subscriptions/{made.json['id']}/pages", json={})
    assert (early.status_code, early.json["type"].rpartition("/")[2]) == (403, "not-delivered-now")
    with house.database.transaction() as session:
        from exchange.agreements import sharing
        from exchange.agreements.life import RequestStep

        request = sharing.request_of(session, made.json["request"])
        sharing.take(session, request, RequestStep.FORWARD, "", direct_house.checker(TOWN), house.at)
    house.settle(made.json["id"])
    at = f"/direct/subscriptions/{made.json['id']}"
    page = door.call(town, "POST", f"{at}/pages", json={"limit": 2}).json
    assert (len(page["items"]), page["more"], page["region"]) == (2, True, "320902100")
    told = door.call(town, "POST", f"{at}/receipts", json={"mark": page["next"], "taken": 2})
    assert told.json["received"] == int(page["next"])
    for who in ("stranger", county):
        for path, sent in (("/pages", {}), ("/receipts", {"mark": "1"}), ("/endings", {"reason": "x"})):
            assert door.call(who, "POST", at + path, json=sent).status_code == 404
        assert door.call(who, "GET", at).status_code == 404
        assert door.call(who, "GET", "/direct/subscriptions").json["items"] == []
    for who in (town, "provider", "auditor"):
        assert [each["id"] for each in door.call(who, "GET", "/direct/subscriptions").json["items"]] == [
            made.json["id"]
        ]
        assert door.call(who, "GET", at).status_code == 200
    assert door.call("auditor", "GET", "/direct/offers").json["items"][0]["read_nowhere"] == 2
    for path in ("withdrawals", "releases"):
        refused = door.call("stranger", "POST", f"/direct/{path}/{house.code}", json={"reason": "x"})
        assert refused.status_code == 403
    assert door.call("provider", "POST", f"/direct/releases/{house.code}", json={"reason": "x"}).status_code == 409
    assert door.call("provider", "POST", f"/direct/withdrawals/{house.code}", json={"reason": "x"}).status_code == 200
    assert door.call(town, "POST", f"{at}/pages", json={}).status_code == 403


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999", "１", "1e3", "0x1"])
def test_a_mark_that_is_none_is_refused(house: House, door: Door, after: str):
    town = house.subscribed()
    refused = door.call(asker(TOWN).id, "POST", f"/direct/subscriptions/{town}/pages", json={"after": after})
    assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (422, "unknown-direct-mark")


def test_nobody_comes_without_an_account(house: House, door: Door):
    for method, path in (("GET", "/direct/offers"), ("GET", "/direct/subscriptions"), ("POST", "/direct/offers")):
        assert door.call(None, method, path, json={} if method == "POST" else None).status_code == 401
