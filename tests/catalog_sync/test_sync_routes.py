"""Synchronisation over HTTP: seen, retried, corrected, paused and run; and who may do that."""

from datetime import datetime
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.metrics import Metrics, MetricsSettings, opened
from base.paging import Pager
from catalog_sync import gauges
from catalog_sync.routes import API_BLUEPRINTS
from catalog_sync.targets.target import Outcome, Reply
from catalog_sync.wiring import Sync, SyncSettings
from keys.parties.sample import code_of
from tests import rooms
from tests.catalog_sync.house import House
from tests.rooms import Door


def person(name: str, organisation: str, *roles: str) -> Caller:
    """Make somebody."""
    return Caller("person", name, name, code_of(organisation), roles=frozenset(roles))


OPERATOR = person("operator", "data", "operator")
OTHER = person("other", "police", "operator")
AUDITOR = person("auditor", "data", "auditor")
CLERK = person("clerk", "police", "window")
SYSTEM = Caller("system", "sync", "演示系统", code_of("data"), scopes=frozenset({"sync:admin"}))
PEOPLE = (OPERATOR, OTHER, AUDITOR, CLERK, SYSTEM)


@pytest.fixture
def door(house: House, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Open the door of a house with three things, one of which was refused."""
    monkeypatch.setattr(clock, "now", lambda: at)
    sync = house.sync
    settings = SyncSettings(organisation=OPERATOR.organisation)
    house.sync = Sync(settings, sync.targets, sync.kinds, sync.keys, sync.parts)
    house.platform.replying = lambda record: (
        Reply(Outcome.REFUSED, code="E7", words="演示某人已存在") if record.subject.id == "t000001" else None
    )
    house.fill(3)
    house.write()
    house.push()
    return rooms.door(house.database, API_BLUEPRINTS, PEOPLE, house.sync, Pager("s" * 32))


def given(answer: Any, status: int = 200) -> Any:
    """Give the body of an answer that ought to have this status."""
    assert answer.status_code == status, answer.text
    return answer.json


def test_the_outbox_is_listed_by_state_and_page_by_page(door: Door) -> None:
    first = given(door.call("operator", "GET", "/sync/outbox?limit=2&target=platform"))
    rest = given(door.call("operator", "GET", f"/sync/outbox?limit=2&target=platform&cursor={first['next_cursor']}"))
    assert [each["thing"] for each in first["items"] + rest["items"]] == ["t000000", "t000001", "t000002"]
    stored = given(door.call("operator", "GET", "/sync/outbox?state=stored&kind=thing"))["items"]
    assert [each["operation"] for each in stored] == ["I", "I"]
    assert "content" not in stored[0]
    door_faults = given(door.call("operator", "GET", "/sync/outbox?state=lost"), 422)
    assert door_faults["code"] == "invalid-input"


def test_a_refused_row_is_shown_with_its_history_corrected_and_told_again(house: House, door: Door) -> None:
    row = given(door.call("operator", "GET", "/sync/dead-letters"))["items"][0]
    path = f"/sync/outbox/{row['number']}"
    shown = given(door.call("operator", "GET", path))
    assert [each["after"] for each in shown["transitions"]] == ["waiting", "sent", "refused"]
    assert shown["transitions"][-1]["words"] == "演示某人已存在"
    assert shown["stuck"][0]["code"] == "refused"
    assert shown["content"] == {"name": "演示 t000001"}
    body = {"content": {"name": "演示更正"}, "reason": "核对后更正"}
    corrected = given(door.call("operator", "POST", f"{path}/corrections", json=body))
    assert (corrected["state"], corrected["is_corrected"]) == ("waiting", True)
    house.platform.replying = lambda _record: None
    house.push()
    assert given(door.call("operator", "GET", path))["state"] == "stored"
    again = given(door.call("operator", "POST", f"{path}/retries"), 409)
    assert again["code"] == "sync-step-not-allowed"


def test_several_rows_are_retried_and_those_that_cannot_be_are_named(house: House, door: Door) -> None:
    numbers = [each.number for each in house.rows()]
    told = given(door.call("operator", "POST", "/sync/dead-letters/retries", json={"numbers": [*numbers, 999]}))
    assert told["retried"] == [numbers[1]]
    assert [each["code"] for each in told["problems"]] == [
        "sync-step-not-allowed",
        "sync-step-not-allowed",
        "no-such-outbox-row",
    ]


def test_a_channel_is_seen_paused_resumed_and_run(house: House, door: Door) -> None:
    channel = given(door.call("operator", "GET", "/sync/channels"))["items"][0]
    assert (channel["counts"]["stored"], channel["counts"]["refused"], channel["state"]) == (2, 1, "running")
    one = "/sync/channels/platform"
    paused = given(door.call("operator", "POST", f"{one}/pauses", json={"reason": "对方停机"}))
    assert (paused["state"], paused["reason"]) == ("paused", "对方停机")
    given(door.call("operator", "POST", f"{one}/runs"), 409)
    assert given(door.call("operator", "POST", f"{one}/resumptions"))["state"] == "running"
    assert given(door.call("operator", "POST", f"{one}/runs"), 202)["asked_at"]
    assert given(door.call("operator", "GET", "/sync/channels/nowhere"), 404)["code"] == "no-such-sync-channel"
    assert given(door.call("operator", "GET", "/sync/runs"))["items"] == []
    given(door.call("operator", "POST", f"{one}/pauses", json={"reason": "x", "extra": 1}), 422)


def test_only_those_who_run_synchronisation_decide_and_read_what_records_say(door: Door, house: House) -> None:
    """Records of every organisation pass here: others see that they do, and not what they say."""
    path = f"/sync/outbox/{house.rows()[1].number}"
    for name in ("other", "auditor"):
        shown = given(door.call(name, "GET", path))
        assert "content" not in shown
        assert {each["words"] for each in shown["transitions"]} == {""}
    for who in ("other", "auditor", "clerk", None):
        status = 401 if who is None else 403
        given(door.call(who, "POST", f"{path}/retries"), status)
        given(door.call(who, "POST", "/sync/channels/platform/pauses", json={"reason": "x"}), status)
    given(door.call("clerk", "GET", "/sync/outbox"), 403)
    assert given(door.call("sync", "GET", path))["content"]


def test_prometheus_is_told_how_channels_stand(house: House, door: Door, at: datetime) -> None:
    del door
    metrics: Metrics = opened(MetricsSettings())
    with house.database.reading() as session:
        gauges.tell(session, house.sync, metrics, at)
    shown = metrics.exposition().decode()
    assert 'yinxin_sync_rows{state="refused",target="platform"} 1.0' in shown
    assert 'yinxin_sync_lag_seconds{target="platform"} 0.0' in shown
    assert 'yinxin_sync_paused{target="platform"} 0.0' in shown
    assert "yinxin_sync_last_success_timestamp_seconds" in shown
