"""Consents over HTTP: a holder's own, a window's with its proof, and nobody else's."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.db import Database
from certs.routes.consents import consent_routes
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies.house import CLERK, STRANGER, WINDOW
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door


@pytest.fixture
def house(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = office(database, tmp_path, at, None)
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made


@pytest.fixture
def door(house: Office) -> Door:
    citizen, other = desk.citizen(house, firms=(1,)), desk.citizen(house, "other", 2)
    made = rooms.door(house.database, (consent_routes,), (citizen, other, CLERK, WINDOW, STRANGER), house.parts)
    made.app.extensions["story"] = citizen.id, other.id
    return made


def who(door: Door, place: int) -> str:
    return str(door.app.extensions["story"][place])


def body(house: Office, **peculiar: Any) -> dict[str, Any]:
    ends = (house.at + timedelta(days=1)).isoformat()
    told = {"organisation": CITY, "matter": desk.MATTER, "scope": {HYGIENE.code: ["address"]}, "ends_at": ends}
    return {**told, **peculiar}


def taken(house: Office, **peculiar: Any) -> dict[str, Any]:
    holder = {"code": firm(1), "type": "001", "name": "演示企业1"}
    return body(house, holder=holder, proof={"kind": "signed-form", "number": "演示单1"}, **peculiar)


def test_a_holder_gives_sees_and_withdraws(door: Door, house: Office):
    mine, other = who(door, 0), who(door, 1)
    made = door.call(mine, "POST", "/consents", json=body(house))
    assert (made.status_code, made.json["giver"], made.json["state"]) == (201, "holder", "standing")
    acting = door.call(mine, "POST", "/consents", json=body(house, holder_code=firm(1))).json
    assert (acting["giver"], acting["basis"]) == ("legal_representative", "演示营业执照")
    assert len(door.call(mine, "GET", "/consents").json["items"]) == 2
    assert door.call(other, "GET", "/consents").json["items"] == []
    path = f"/consents/{made.json['id']}/withdrawal"
    assert door.call(other, "POST", path, json={}).json["code"] == "no-such-consent"
    assert door.call("stranger", "POST", path, json={}).json["code"] == "no-such-consent"
    assert door.call(mine, "POST", path, json={}).json["state"] == "withdrawn"
    assert door.call(mine, "POST", path, json={}).json["code"] == "consent-not-standing"


def test_nobody_agrees_for_somebody_they_are_not_bound_to(door: Door, house: Office):
    answer = door.call(who(door, 1), "POST", "/consents", json=body(house, holder_code=firm(1)))
    assert (answer.status_code, answer.json["code"]) == (403, "not-bound-as-holder")


def test_a_window_takes_a_consent_for_its_own_organisation_with_the_proof(door: Door, house: Office):
    made = door.call("clerk", "POST", "/consents/taken", json=taken(house))
    assert (made.status_code, made.json["origin"]) == (201, "window")
    assert firm(1) not in made.get_data(as_text=True)
    assert [each["id"] for each in door.call("window", "GET", "/consents/taken").json["items"]] == [made.json["id"]]
    assert door.call("stranger", "GET", "/consents/taken").json["items"] == []
    assert door.call(who(door, 0), "GET", "/consents").json["items"][0]["origin"] == "window"
    path = f"/consents/{made.json['id']}/withdrawal"
    assert door.call("window", "POST", path, json={}).json["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"organisation": PROVINCE}, 403, "not-allowed"),
        ({"proof": {}}, 422, "invalid-input"),
        ({"giver": "agent"}, 422, "faulty-consent"),
        ({"holder": {"code": person(1)[:-1] + "Y", "type": "111", "name": "演示"}}, 422, "faulty-consent"),
        ({"scope": {}}, 422, "invalid-input"),
        ({"colour": "red"}, 422, "invalid-input"),
    ],
    ids=["another", "no-proof", "no-basis", "code", "nothing", "unknown"],
)
def test_what_a_window_cannot_take_is_refused(
    door: Door, house: Office, peculiar: dict[str, Any], status: int, code: str
):
    answer = door.call("clerk", "POST", "/consents/taken", json={**taken(house), **peculiar})
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_who_may_not_is_refused(door: Door, house: Office):
    assert door.call(None, "POST", "/consents", json=body(house)).status_code == 401
    assert door.call("clerk", "POST", "/consents", json=body(house)).status_code == 403
    assert door.call(who(door, 0), "POST", "/consents/taken", json=taken(house)).status_code == 403
