"""The addresses of returns: declared and decided by those who run synchronisation, read by them and auditors."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from base.callers import Caller
from base.db import Database
from catalog_sync.routes.returns import return_routes
from keys.parties.sample import code_of
from tests import rooms
from tests.catalog_sync.house import BY
from tests.catalog_sync.returns import return_house
from tests.catalog_sync.returns.return_house import COLUMNS, KEY, PLACE, TABLE, House, firm, line
from tests.rooms import Door

AUDITOR = Caller("person", "auditor", "auditor", code_of("data"), frozenset({"auditor"}))
STEWARD = Caller("person", "steward", "steward", return_house.OWNER, frozenset({"steward"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    made = return_house.opened(database, tmp_path, at)
    yield made
    made.close()


@pytest.fixture
def door(house: House) -> Door:
    return rooms.door(house.database, (return_routes,), (BY, AUDITOR, STEWARD), house.sync)


def test_a_return_is_declared_brought_in_held_and_decided_on(house: House, door: Door):
    body = {
        "name": "演示企业回流",
        "target": house.files.target.name,
        "table": TABLE,
        "directory": house.code,
        "key_item": KEY,
        "region_item": PLACE,
        "columns": COLUMNS,
        "destination": {"database": "returns", "table": "enterprises"},
    }
    assert door.call("auditor", "POST", "/returns", json=body).status_code == 403
    assert door.call("steward", "GET", "/returns").status_code == 403
    assert door.call(None, "GET", "/returns").status_code == 401
    made = door.call("wang", "POST", "/returns", json=body)
    assert (made.status_code, made.json["region"], made.json["table"]) == (201, "320902", TABLE)
    assert door.call("wang", "POST", "/returns", json=body).status_code == 409
    house.arrive(line(firm(1)), line(firm(2, None)), line(firm(3, staff="=1+1")))
    house.bring(made.json["id"])
    (load,) = door.call("auditor", "GET", "/returns/loads?state=held").json["items"]
    assert (load["reason"], load["rejects"]) == ("many-rejects", 2)
    at = f"/returns/loads/{load['id']}"
    assert [each["reason"] for each in door.call("auditor", "GET", f"{at}/rejects").json["items"]] == [
        "no-region",
        "wrong-type",
    ]
    file = door.call("auditor", "GET", f"{at}/rejects.csv")
    assert file.text.splitlines() == ["row,item,reason", "2,区划,no-region", "3,人数,wrong-type"]
    decision = {"applies": True, "reason": "核实过"}
    assert door.call("auditor", "POST", f"{at}/decisions", json=decision).status_code == 403
    assert door.call("wang", "POST", f"{at}/decisions", json=decision).json["state"] == "open"
    house.bring(made.json["id"])
    assert door.call("auditor", "GET", f"/returns/loads?returned={made.json['id']}").json["items"][0]["inserted"] == 1
    (arrival,) = door.call("auditor", "GET", f"/returns/arrivals?table={TABLE}").json["items"]
    assert (arrival["state"], arrival["rows"]) == ("staged", 3)
    for step, status in (("pauses", 200), ("pauses", 409), ("resumptions", 200), ("endings", 200), ("endings", 409)):
        told = {} if step == "resumptions" else {"json": {"reason": "演示"}}
        assert door.call("wang", "POST", f"/returns/{made.json['id']}/{step}", **told).status_code == status
    assert door.call("auditor", "GET", f"/returns/{made.json['id']}").json["state"] == "ended"
    assert door.call("auditor", "GET", "/returns").json["items"][0]["id"] == made.json["id"]
    assert door.call("auditor", "GET", "/returns/nothing").status_code == 404
