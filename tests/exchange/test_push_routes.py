"""Changes, subscriptions and pushes over HTTP: the whole paths, and who may do and see what."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from exchange.routes.changes import feed
from exchange.routes.pushes import pushed
from exchange.routes.subscriptions import subscribed
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import push_house
from tests.exchange.departments import STEWARD, STRANGER, person
from tests.exchange.gateway_house import purpose
from tests.exchange.push_house import House, row
from tests.exchange.sources.sites import INJECTIONS
from tests.exchange.webhook_house import SECRET, Receiver, deliver
from tests.rooms import Door
from tests.simulators.http import HttpSimulator

OTHER = person("other", "city-market", "requester", "operator")
AUDITOR = person("auditor", "data", "auditor")
CLERK = person("clerk", "police", "window")
SYSTEM = Caller("system", "reader", "演示系统", code_of("police"), scopes=frozenset({"data:read"}))
PEOPLE = (STEWARD, STRANGER, OTHER, AUDITOR, CLERK, SYSTEM)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    opened = push_house.opened(database, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    yield opened
    opened.close()


@pytest.fixture
def door(house: House) -> Door:
    return rooms.door(
        house.database, (feed, subscribed, pushed), (*PEOPLE, house.requester), house.parts, house.deliveries
    )


@pytest.fixture
def server() -> Iterator[HttpSimulator]:
    with HttpSimulator() as running:
        yield running.on("/hook", Receiver())


def push_body(house: House, **told: Any) -> dict[str, Any]:
    return {
        "name": "演示推送",
        "directory": house.code,
        "purpose": purpose(),
        "key": "许可证编号",
        "kind": "table",
        "destination": {"database": "warehouse", "table": "licences"},
        **told,
    }


def subscription_body(server: HttpSimulator, **told: Any) -> dict[str, Any]:
    return {"name": "演示订阅", "url": server.url("/hook"), "secret": SECRET, **told}


def test_the_feed_is_read_on_by_its_cursor(door: Door, house: House):
    answer = door.call("reader", "GET", "/changes")
    told = [each["type"] for each in answer.json["items"]]
    assert told == ["yinxin.directory.published", "yinxin.mount.health", "yinxin.mount.serving"]
    cursor = answer.json["next_cursor"]
    assert door.call("clerk", "GET", f"/changes?after={cursor}").json == {
        "items": [],
        "next_cursor": cursor,
        "more": False,
    }
    assert door.call("clerk", "GET", "/changes/now").json["next_cursor"] == cursor
    only = door.call("clerk", "GET", f"/changes?types=mount.serving&directories={house.code}").json["items"]
    assert [each["type"] for each in only] == ["yinxin.mount.serving"]
    assert door.call(None, "GET", "/changes").status_code == 401
    gone = door.call("clerk", "GET", "/changes?after=7-00000000")
    assert (gone.status_code, gone.json["code"]) == (410, "change-cursor-gone")
    assert door.call("clerk", "GET", "/changes?types=x").json["code"] == "unknown-change-type"
    kinds = door.call("clerk", "GET", "/changes/types").json["items"]
    assert {each["type"] for each in kinds} >= {"directory.published", "data.pushed"}


def test_a_subscriptions_whole_path(door: Door, house: House, server: HttpSimulator):
    me = house.requester.id
    made = door.call(me, "POST", "/subscriptions", json=subscription_body(server))
    assert (made.status_code, made.json["state"], "secret" in made.json) == (201, "pending", False)
    assert SECRET not in made.text
    place = f"/subscriptions/{made.json['id']}"
    assert door.call(me, "POST", f"{place}/verifications").json["state"] == "active"
    assert door.call(me, "POST", f"{place}/verifications").json["code"] == "subscription-step-not-allowed"
    push = door.call(me, "POST", "/pushes", json=push_body(house)).json["id"]
    assert push
    with house.database.transaction() as session:
        from tests.exchange.departments import published

        published(session, house.at, name="另一个")
    assert deliver(house).delivered == 1
    (told,) = door.call(me, "GET", f"{place}/deliveries?state=delivered").json["items"]
    assert (told["state"], [each["status"] for each in told["tries"]]) == ("delivered", [204])
    assert door.call(me, "POST", f"{place}/deliveries/{told['id']}/resends").json["resend"] == 1
    assert door.call(me, "POST", f"{place}/deliveries/999/resends").json["code"] == "no-such-delivery"
    assert door.call(me, "POST", f"{place}/pauses").json["state"] == "paused"
    assert door.call(me, "POST", f"{place}/resumptions").json["state"] == "active"
    assert door.call(me, "GET", "/subscriptions").json["items"][0]["id"] == made.json["id"]
    assert door.call(me, "POST", f"{place}/endings").json["state"] == "ended"


def test_a_pushs_whole_path(door: Door, house: House):
    me = house.requester.id
    house.write([row(1), row(2, 面积="x"), row(3)])
    made = door.call(me, "POST", "/pushes", json=push_body(house))
    assert made.status_code == 201, made.text
    place = f"/pushes/{made.json['id']}"
    run = door.call(me, "POST", f"{place}/runs")
    assert (run.status_code, run.json["state"]) == (202, "running")
    assert door.call(me, "POST", f"{place}/runs").json["code"] == "push-under-way"
    with house.database.reading() as session:
        row_of = session.get_one(push_house.PushRun, run.json["id"])
    while not house.step(row_of):
        pass
    told = door.call(me, "GET", f"{place}/runs/{run.json['id']}").json
    assert (told["state"], told["read"], told["rejected"], told["inserted"]) == ("done", 3, 1, 2)
    assert door.call(me, "GET", f"{place}/runs").json["items"][0]["id"] == run.json["id"]
    rejects = door.call(me, "GET", f"{place}/runs/{run.json['id']}/rejects").json["items"]
    assert rejects == [{"row": 2, "item": "面积", "reason": "wrong-type"}]
    file = door.call(me, "GET", f"{place}/runs/{run.json['id']}/rejects.csv")
    assert (file.mimetype, file.text) == ("text/csv", "row,item,reason\r\n2,面积,wrong-type\r\n")
    assert door.call(me, "POST", f"{place}/pauses").json["state"] == "paused"
    assert door.call(me, "POST", f"{place}/runs").json["code"] == "push-step-not-allowed"
    assert door.call(me, "POST", f"{place}/resumptions").json["state"] == "active"
    assert door.call(me, "POST", f"{place}/endings").json["state"] == "ended"
    assert door.call(me, "GET", f"{place}/runs/x").json["code"] == "no-such-push-run"


# Everyone × every address: the receiving department acts, the providing one and the auditor look, nobody else is there.
READS = ("", "/runs", "/runs/{run}", "/runs/{run}/rejects", "/runs/{run}/rejects.csv")
ACTS = ("/runs", "/pauses", "/resumptions", "/endings")


@pytest.mark.parametrize("who", ["steward", "stranger", "other", "auditor", "clerk", "reader", None])
def test_who_may_see_and_do_what_with_a_push(door: Door, house: House, who: str | None):
    me = house.requester.id
    push = door.call(me, "POST", "/pushes", json=push_body(house)).json["id"]
    run = door.call(me, "POST", f"/pushes/{push}/runs").json["id"]
    looks = who in {"steward", "auditor", "stranger"}
    for path in READS:
        answer = door.call(who, "GET", f"/pushes/{push}{path.format(run=run)}")
        assert answer.status_code in ({200} if looks else {401, 403, 404}), (who, path)
    for path in ACTS:
        assert door.call(who, "POST", f"/pushes/{push}{path}").status_code in {401, 403, 404}, (who, path)
    listed = door.call(who, "GET", "/pushes")
    assert [each["id"] for each in listed.json.get("items", [])] == ([push] if looks else [])
    if who == "steward":
        assert "destination" not in door.call(who, "GET", f"/pushes/{push}").json
    if who == "other":
        assert door.call(who, "POST", "/pushes", json=push_body(house)).json["code"] == "not-granted"


@pytest.mark.parametrize("who", ["steward", "stranger", "other", "auditor", "clerk", "reader", None])
def test_who_may_see_and_do_what_with_a_subscription(door: Door, house: House, server: HttpSimulator, who: str | None):
    made = door.call(house.requester.id, "POST", "/subscriptions", json=subscription_body(server)).json["id"]
    for path in ("", "/deliveries"):
        seen = door.call(who, "GET", f"/subscriptions/{made}{path}").status_code
        assert seen in ({200} if who == "auditor" else {401, 403, 404}), (who, path)
    for path in ("/verifications", "/pauses", "/resumptions", "/endings", "/deliveries/1/resends"):
        assert door.call(who, "POST", f"/subscriptions/{made}{path}").status_code in {401, 403, 404}, (who, path)
    assert len(server.received) == 0


def test_an_injection_in_any_member_is_refused_or_harmless(door: Door, house: House, server: HttpSimulator):
    me = house.requester.id
    for text in INJECTIONS if house.database.is_sqlite else INJECTIONS[::10]:
        bodies = [
            ("/pushes", push_body(house, name=text)),
            ("/pushes", push_body(house, directory=text)),
            ("/pushes", push_body(house, key=text)),
            ("/pushes", push_body(house, fields=[text])),
            ("/pushes", push_body(house, destination={"database": text, "table": "t"})),
            ("/pushes", push_body(house, kind="files", destination={"folder": text})),
            ("/pushes", push_body(house, **{text: text})),
            ("/subscriptions", subscription_body(server, name=text)),
            ("/subscriptions", subscription_body(server, url=text)),
            ("/subscriptions", subscription_body(server, secret=text)),
            ("/subscriptions", subscription_body(server, types=[text])),
            ("/subscriptions", subscription_body(server, directories=[text])),
        ]
        for path, body in bodies:
            written = json.dumps(body)  # escapes what UTF-8 cannot say
            answer = door.call(me, "POST", path, data=written, content_type="application/json")
            assert answer.status_code in {201, 400, 403, 404, 409, 422}, (path, text, answer.text)
    assert len(server.received) == 0
