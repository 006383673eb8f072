"""Substitutes over HTTP: named, listed, ended, and what they can then do in whose place."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from exchange import routes
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import AUTHORITY, MAKER, STEWARD, content, person
from tests.rooms import Door

DAY = timedelta(days=1)
SECURITY = person("security", "health", "secadmin")
FAR_SECURITY = person("far-security", "police", "secadmin")
AUDITOR = person("auditor", "health", "auditor")


@pytest.fixture
def office(database: Database, at: datetime) -> dict[str, Caller]:
    departments.opened(database, at)
    found = {}
    with database.transaction() as session:
        for login, organisation, role in (
            ("away", "health", "reviewer"),
            ("acting", "health", "steward"),
            ("bystander", "health", "steward"),
            ("far", "police", "reviewer"),
        ):
            row = people.add(session, NewPerson(login, "演示员", code_of(organisation)), MAKER, at)
            people.assign_roles(session, row, (role,), MAKER, at)
            found[login] = Caller("person", row.id, login, row.organisation, frozenset({role}))
    return found


@pytest.fixture
def door(database: Database, office: dict[str, Caller], at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: at)
    others = (STEWARD, AUTHORITY, SECURITY, FAR_SECURITY, AUDITOR)
    return rooms.door(database, routes.API_BLUEPRINTS, (*office.values(), *others))


def told(office: dict[str, Caller], at: datetime, **peculiar: Any) -> dict[str, Any]:
    until = (at + DAY).isoformat()
    return {"substitute": office["acting"].id, "valid_from": at.isoformat(), "valid_until": until, **peculiar}


def submitted(door: Door) -> str:
    place = f"/directories/{door.call('steward', 'POST', '/directories', json={'content': content()}).json['code']}"
    assert door.call("steward", "POST", f"{place}/versions/1/submissions", json={}).status_code == 200
    return place


def test_a_substitute_is_named_does_the_others_tasks_and_is_released(
    door: Door, office: dict[str, Caller], at: datetime
):
    away, acting = office["away"].id, office["acting"].id
    first, second = submitted(door), submitted(door)
    forward = {"decision": "forward"}
    assert door.call(acting, "POST", f"{first}/versions/1/reviews", json=forward).status_code == 403
    assert door.call(acting, "GET", "/tasks").json["items"] == []
    named = door.call(away, "POST", "/substitutions", json=told(office, at))
    assert (named.status_code, named.json["person"], named.json["substitute"]) == (201, away, acting)
    tasks = door.call(acting, "GET", "/tasks").json["items"]
    assert [(each["duty"], each["in_place_of"]) for each in tasks] == [("department-check", away)] * 2
    assert [each["in_place_of"] for each in door.call(away, "GET", "/tasks").json["items"]] == [None, None]
    remark = {"pointer": "#/summary", "text": "请补充"}
    assert door.call(acting, "POST", f"{first}/versions/1/comments", json=remark).status_code == 201
    assert door.call(acting, "POST", f"{second}/versions/1/reviews", json=forward).json["state"] == "reviewing"
    step = door.call(away, "GET", f"{second}/history").json["steps"][-1]
    assert step["by"] == f"person:{acting}"
    for who in (away, acting):
        assert [each["id"] for each in door.call(who, "GET", "/substitutions").json["items"]] == [named.json["id"]]
    ended = door.call(away, "POST", f"/substitutions/{named.json['id']}/endings")
    assert (ended.status_code, ended.json["ended_at"] is not None) == (200, True)
    assert door.call(acting, "POST", f"{first}/versions/1/reviews", json=forward).status_code == 403
    assert door.call(away, "POST", f"/substitutions/{named.json['id']}/endings").json["reason"] == "over"


def test_a_security_administrator_names_and_ends_for_their_organisation(
    door: Door, office: dict[str, Caller], at: datetime
):
    away = office["away"].id
    named = door.call("security", "POST", "/substitutions", json=told(office, at, person=away))
    assert named.status_code == 201
    far = door.call("far-security", "POST", "/substitutions", json=told(office, at, person=away))
    assert (far.status_code, far.json["code"]) == (422, "unusable-substitution")
    here = f"/substitutions/{named.json['id']}/endings"
    assert [each["id"] for each in door.call("security", "GET", "/substitutions").json["items"]] == [named.json["id"]]
    assert door.call("far-security", "GET", "/substitutions").json["items"] == []
    assert door.call("far-security", "POST", here).json["code"] == "no-such-substitution"
    assert door.call("security", "POST", here).status_code == 200


@pytest.mark.parametrize(("who", "status"), [("bystander", 404), ("far", 404), ("auditor", 403), (None, 401)])
def test_a_substitution_is_nobody_elses(
    door: Door, office: dict[str, Caller], at: datetime, who: str | None, status: int
):
    named = door.call(office["away"].id, "POST", "/substitutions", json=told(office, at)).json["id"]
    caller = office[who].id if who in office else who
    assert door.call(caller, "POST", f"/substitutions/{named}/endings").status_code == status
    listed = door.call(caller, "GET", "/substitutions")
    assert listed.status_code == (200 if status == 404 else status)
    assert listed.json.get("items", []) == []


def test_the_substitute_does_not_end_it(door: Door, office: dict[str, Caller], at: datetime):
    named = door.call(office["away"].id, "POST", "/substitutions", json=told(office, at)).json["id"]
    refused = door.call(office["acting"].id, "POST", f"/substitutions/{named}/endings")
    assert refused.json["reason"] == "not-yours"


@pytest.mark.parametrize(
    ("peculiar", "code"),
    [
        ({"substitute": "nobody"}, "no-such-person"),
        ({"substitute": "x" * 65}, "invalid-input"),
        ({"valid_until": "2026-11-21"}, "invalid-input"),
        ({"valid_until": "2026-11-21T02:30:00Z"}, "unusable-substitution"),
        ({"colour": "red"}, "invalid-input"),
        ({"person": "nobody"}, "no-such-person"),
    ],
)
def test_what_cannot_be_is_refused(
    door: Door, office: dict[str, Caller], at: datetime, peculiar: dict[str, Any], code: str
):
    answer = door.call(office["away"].id, "POST", "/substitutions", json=told(office, at, **peculiar))
    assert answer.json["code"] == code
