"""Certificates over HTTP: the issuer's path, what others may know, and that bad input breaks nothing."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from certs import library
from certs.faces.typefaces import typeface
from certs.routes import API_BLUEPRINTS
from keys.algorithms.sm3 import SM3
from tests import rooms
from tests.certs.office import STRANGER, Office, office
from tests.certs.papers import HYGIENE, MARRIAGE, TYPES, draft, firm
from tests.rooms import Door
from tests.signing.offices import WINDOW

ISSUER = replace(WINDOW, scopes=frozenset({"cert:issue", "seal:use"}))
READER = replace(WINDOW, id="reader", scopes=frozenset({"cert:read"}))
AUDITOR = Caller("person", "auditor", "auditor", STRANGER.organisation, frozenset({"auditor"}))
ENFORCER = Caller("person", "enforcer", "enforcer", STRANGER.organisation, frozenset({"authority"}))
CLERK = Caller("person", "issuer", "issuer", WINDOW.organisation, frozenset({"issuer"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, typeface())


@pytest.fixture
def door(house: Office, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: house.at)
    sealer = house.issuer(ISSUER).sealer
    parts = house.parts, sealer.signing, sealer.authority
    people = (ISSUER, READER, AUDITOR, ENFORCER, CLERK, replace(STRANGER, id="stranger"))
    return rooms.door(house.database, API_BLUEPRINTS, people, *parts)


def body(house: Office, **peculiar: Any) -> dict[str, Any]:
    told = draft(HYGIENE)
    holders = [{"code": each.code, "type": each.type, "name": each.name} for each in told.holders]
    day = house.today.isoformat()
    return {
        "type": HYGIENE.code,
        "holders": holders,
        "issued_on": day,
        "valid_from": day,
        "data": told.data,
        **peculiar,
    }


def issued(door: Door, house: Office, **peculiar: Any) -> dict[str, Any]:
    answer = door.call("gm", "POST", "/certificates", json=body(house, **peculiar))
    assert answer.status_code == 201, answer.json
    told: dict[str, Any] = answer.json
    return told


def tag(certificate: dict[str, Any]) -> str:
    """Give the ETag under which the certificate was read."""
    return f'"{hashlib.sha256(str(certificate["version"]).encode()).hexdigest()[:32]}"'


def step(door: Door, certificate: dict[str, Any], who: str, name: str, **told: Any) -> Any:
    headers = {"If-Match": tag(certificate)}
    path = f"/certificates/{certificate['identifier']}/steps"
    return door.call(who, "POST", path, json={"step": name, "reason": "演示", **told}, headers=headers)


def test_the_whole_life_of_a_certificate(door: Door, house: Office):
    """Issued, read, downloaded, changed, revoked; the old version and the new one each say what they are."""
    first = issued(door, house)
    assert (first["status"], first["holders"][0]["code"]) == ("valid", firm(1))
    path = f"/certificates/{first['identifier']}"
    file = door.call("gm", "GET", f"{path}/files/ofd")
    assert file.data.startswith(b"PK")
    assert SM3.of(file.data).hex() == first["files"][0]["sm3"]
    told = {name: value for name, value in body(house).items() if name != "type"}
    told["data"] = {**told["data"], "legal_representative": "演示新人"}
    match = {"If-Match": door.call("gm", "GET", path).headers["ETag"]}
    second = door.call("gm", "POST", f"{path}/changes", json=told, headers=match)
    assert second.status_code == 201, second.json
    assert second.json["data"]["legal_representative"] == "演示新人"
    old = door.call("gm", "GET", path).json
    assert (old["status"], old["superseded_by"]) == ("changed", second.json["identifier"])
    ended = step(door, second.json, "gm", "revoke")
    assert ended.json["status"] == "revoked"
    steps = door.call("gm", "GET", f"/certificates/{second.json['identifier']}/events").json["items"]
    assert [each["step"] for each in steps] == ["draft", "sign", "revoke"]


def test_a_renewal_carries_the_number_on(door: Door, house: Office):
    """A further period, the same number."""
    first = issued(door, house)
    house.at += timedelta(days=10)
    told = {name: value for name, value in body(house).items() if name != "type"}
    path = f"/certificates/{first['identifier']}/renewals"
    again = door.call("gm", "POST", path, json=told, headers={"If-Match": tag(first)})
    assert (again.status_code, again.json["number"]) == (201, first["number"])


def test_a_case_told_twice_is_answered_twice_with_one_certificate(door: Door, house: Office):
    """The system that was cut off asks again."""
    case = {"number": "演办2026-1", "step": "result"}
    assert issued(door, house, case=case)["identifier"] == issued(door, house, case=case)["identifier"]


def test_everyone_may_know_how_a_certificate_stands_who_has_it_in_hand(door: Door, house: Office):
    """By the code on its face; nothing is told of the holder."""
    first = issued(door, house)
    with house.database.reading() as session:
        token = library.certificate_of(session, first["identifier"]).token
    told = door.call(None, "GET", f"/certificate-status/{token}")
    assert told.json["status"] == "valid"
    assert set(told.json) == {"identifier", "type", "type_name", "issuer", "status", "as_of", "is_superseded"}
    step(door, first, "gm", "revoke")
    assert door.call(None, "GET", f"/certificate-status/{token}").json["status"] == "revoked"
    unknown = door.call(None, "GET", "/certificate-status/AAAAAAAAAAAAAAAAAAAAAA")
    assert (unknown.status_code, unknown.json["code"]) == (404, "no-such-certificate")


def test_a_stranger_sees_that_there_is_nothing(door: Door, house: Office):
    """Another organ's certificate and none give the same answer."""
    first = issued(door, house)
    for identifier in (first["identifier"], first["identifier"][:-1] + "0"):
        answer = door.call("stranger", "GET", f"/certificates/{identifier}")
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-certificate")


def test_the_auditor_sees_the_life_and_not_the_holder(door: Door, house: Office):
    """Who watches over issuing need not know who holds."""
    first = issued(door, house)
    told = door.call("auditor", "GET", f"/certificates/{first['identifier']}").json
    assert (told["status"], told["holders"], told["data"], told["number"]) == ("valid", [], {}, "")


def test_enforcement_freezes_and_the_issuer_cannot(door: Door, house: Office):
    """Freezing is an enforcing authority's act."""
    first = issued(door, house)
    assert step(door, first, "gm", "freeze").status_code == 403
    assert step(door, first, "issuer", "freeze").status_code == 403
    assert step(door, first, "enforcer", "freeze").json["status"] == "frozen"


@pytest.mark.parametrize("name", ["sign", "draft", "change", "discard", "burn", ""])
def test_only_steps_by_word_are_taken_by_word(door: Door, house: Office, name: str):
    """The others are part of issuing."""
    assert step(door, issued(door, house), "gm", name).status_code == 422


def test_a_step_names_the_version_that_it_was_decided_on(door: Door, house: Office):
    """Two clerks, one certificate: the second is told."""
    first = issued(door, house)
    assert step(door, first, "gm", "suspend").status_code == 200
    assert step(door, first, "gm", "revoke").status_code == 412
    path = f"/certificates/{first['identifier']}/steps"
    assert door.call("gm", "POST", path, json={"step": "revoke", "reason": "演示"}).status_code == 428


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        (who, method, path)
        for who in (None, "reader", "auditor", "enforcer")
        for method, path in (
            ("POST", "/certificates"),
            ("POST", "/certificates/x/changes"),
            ("POST", "/certificates/x/renewals"),
            ("POST", "/certificates/x/signatures"),
            ("GET", "/certificates/x/files/ofd"),
        )
    ],
)
def test_who_may_not_issue_is_refused(door: Door, who: str | None, method: str, path: str):
    """Nobody, a reading system, the auditor, the enforcing authority."""
    assert door.call(who, method, path, json={}).status_code in {401, 403}


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"type": "11100000YNX090019T999"}, 404, "no-such-certificate-type"),
        ({"type": MARRIAGE.code}, 403, "not-the-issuer"),
        ({"data": {"colour": "red"}}, 422, "faulty-certificate-data"),
        ({"valid_from": "2026-02-30"}, 422, "invalid-input"),
        ({"holders": []}, 422, "invalid-input"),
        ({"holders": [{"code": "x", "type": "001", "name": "x", "colour": 1}]}, 422, "invalid-input"),
        ({"holders": [{"code": "x", "type": "001", "name": "x"}]}, 422, "faulty-certificate-data"),
        ({"region": "32"}, 422, "invalid-input"),
        ({"case": {"number": ""}}, 422, "invalid-input"),
        ({"colour": "red"}, 422, "invalid-input"),
        ({"data": {str(number): 1 for number in range(201)}}, 422, "invalid-input"),
    ],
)
def test_bad_input_is_refused_with_a_code(door: Door, house: Office, peculiar: dict[str, Any], status: int, code: str):
    """And nothing of the person's is repeated."""
    answer = door.call("gm", "POST", "/certificates", json=body(house, **peculiar))
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert firm(1) not in json.dumps(answer.json)


def test_a_file_that_was_not_made_is_missing(door: Door, house: Office):
    """By format."""
    first = issued(door, house)
    answer = door.call("gm", "GET", f"/certificates/{first['identifier']}/files/pdf")
    assert (answer.status_code, answer.json["code"]) == (404, "no-such-certificate-file")


def test_a_certificate_left_to_be_signed_is_signed_on_request(door: Door, house: Office):
    """The service died; the issuer asks again."""
    identifier = house.begin(house.asked())
    told = door.call("gm", "POST", f"/certificates/{identifier}/signatures")
    assert (told.status_code, told.json["status"]) == (201, "valid")
    again = door.call("gm", "POST", f"/certificates/{identifier}/signatures")
    assert (again.status_code, again.json["code"]) == (409, "certificate-step-not-allowed")


def test_types_are_known_to_everyone(door: Door):
    """What each asks for, without signing in."""
    told = door.call(None, "GET", "/certificate-types").json
    assert {each["code"] for each in told["items"]} == set(TYPES)
    one = door.call(None, "GET", f"/certificate-types/{HYGIENE.code}").json
    assert [each["name"] for each in one["fields"]] == [each.name for each in HYGIENE.fields]
    assert door.call(None, "GET", "/certificate-types/x").json["code"] == "no-such-certificate-type"
