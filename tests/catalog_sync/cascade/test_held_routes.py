"""What other sites told, shown to operators: that it is there to readers, what it says to those who run things."""

from datetime import datetime
from typing import Any

import pytest

from base import clock
from base.paging import Pager
from catalog_sync.cascade import holding
from catalog_sync.cascade.holding import Handed, Source
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.routes import API_BLUEPRINTS
from catalog_sync.wiring import Sync, SyncSettings
from tests import rooms
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.test_sync_routes import OPERATOR, PEOPLE, given
from tests.rooms import Door

PARTNER = "city-320900"


def category(name: str) -> Record:
    content = {"code": name, "name": f"演示类目 {name}"}
    return Record(Subject("category", name), 1, Operation.INSERT, content, (), "2026-11-20")


@pytest.fixture
def door(house: House, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Open the door of a house that a city told three categories, and something that is none."""
    monkeypatch.setattr(clock, "now", lambda: at)
    sync = house.sync
    settings = SyncSettings(organisation=OPERATOR.organisation)
    house.sync = Sync(settings, sync.targets, sync.kinds, sync.keys, sync.parts)
    records = [category(name) for name in ("a", "b", "c")]
    handed = [Handed(each, each.key) for each in records]
    with house.database.transaction() as session:
        holding.take_in(session, sync.keys, Source("told", PARTNER, "320900"), handed, BY, at)
    return rooms.door(house.database, API_BLUEPRINTS, PEOPLE, house.sync, Pager("s" * 32))


def listed(door: Door, query: str, who: str = "operator") -> Any:
    return given(door.call(who, "GET", f"/sync/held?{query}"))


def test_what_was_told_is_listed_page_by_page(door: Door) -> None:
    first = listed(door, f"partner={PARTNER}&kind=category&limit=2")
    rest = listed(door, f"partner={PARTNER}&kind=category&limit=2&cursor={first['next_cursor']}")
    assert [each["thing"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert "content" not in first["items"][0]
    assert listed(door, "partner=nobody")["items"] == []
    assert listed(door, "way=returned")["items"] == []


def test_only_those_who_run_synchronisation_read_what_it_says(door: Door) -> None:
    number = listed(door, "thing=a")["items"][0]["id"]
    shown = given(door.call("operator", "GET", f"/sync/held/{number}"))
    assert shown["content"] == {"code": "a", "name": "演示类目 a"}
    assert [each["outcome"] for each in shown["versions"]] == ["stored"]
    for name in ("other", "auditor"):
        assert "content" not in given(door.call(name, "GET", f"/sync/held/{number}"))
    given(door.call("clerk", "GET", f"/sync/held/{number}"), 403)
    assert given(door.call("operator", "GET", "/sync/held/999"), 404)["code"] == "no-such-held-record"
