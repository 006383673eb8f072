"""The mirror over HTTP: found by words and facets, code tables by version, read now, held and decided."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from base import clock
from base.paging import Pager
from base.scheduling import SchedulingSettings, joined
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from catalog_sync.mirror.jobs import JOBS
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, KINDS
from catalog_sync.routes import API_BLUEPRINTS
from catalog_sync.wiring import MIRROR, Sync
from tests import rooms
from tests.catalog_sync.house import House
from tests.catalog_sync.mirror import library as of
from tests.catalog_sync.mirror.library import Library, directory, table
from tests.catalog_sync.platform import Platform
from tests.catalog_sync.test_sync_routes import PEOPLE, given, person
from tests.rooms import Door

STEWARD = person("steward", "police", "steward")
CODES = "/sync/mirror/codes/kind"
SEARCH = "/sync/mirror/catalogs"


@pytest.fixture
def library() -> Library:
    made = Library("platform")
    of.filled(made)
    return made


@pytest.fixture
def opened(both: House, library: Library) -> House:
    """Open a house with a library, and a platform that offers nothing."""
    both.sync = replace(both.sync, targets={"other": Platform("other"), "platform": library})
    return both


@pytest.fixture
def door(opened: House, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: opened.at)
    assert carried_out(opened) is Outcome.DONE
    opened.later(days=2)
    return rooms.door(opened.database, API_BLUEPRINTS, (*PEOPLE, STEWARD), opened.sync, Pager("s" * 32))


def carried_out(house: House) -> Outcome | None:
    """Carry the job out, as `yinxin sync run mirror` does."""
    return run_by_hand(house.database, joined(JOBS), MIRROR, SchedulingSettings(), parts={Sync: house.sync})[1]


def names(answer: Any) -> list[str]:
    return [each["upstream_id"] for each in given(answer)["items"]]


def test_directories_are_found_by_words_narrowed_and_shown_page_by_page(
    opened: House, door: Door, library: Library
) -> None:
    library.put(CATALOG, "d9", directory(9, share_type="2", region="320000"))
    library.put(CATALOG, "d1", directory(1), is_gone=True)
    for kind in KINDS:
        of.again(opened, library, kind)
    first = given(door.call("steward", "GET", f"{SEARCH}?limit=5"))
    rest = given(door.call("steward", "GET", f"{SEARCH}?limit=5&cursor={first['next_cursor']}"))
    assert [each["upstream_id"] for each in first["items"] + rest["items"]] == [f"d{each}" for each in range(2, 10)]
    assert first["facets"]["share_type"] == {"1": 7, "2": 1}
    assert first["facets"]["source"] == {"platform": 8}
    assert "own" not in first
    assert names(door.call("steward", "GET", f"{SEARCH}?q=纳税信用等级9")) == ["d9"]
    assert names(door.call("steward", "GET", f"{SEARCH}?q=没有这个词")) == []
    assert names(door.call("steward", "GET", f"{SEARCH}?region=32&share_type=2&source=platform")) == ["d9"]
    assert names(door.call("steward", "GET", f"{SEARCH}?gone=true&q=演示国家目录1")) == ["d1"]
    assert given(door.call("steward", "GET", f"{SEARCH}?q=演示&own=true"))["own"] == []
    shown = given(door.call("steward", "GET", f"{SEARCH}/{first['items'][0]['id']}"))
    assert shown["content"]["items"][0]["name"] == "纳税信用等级2"
    assert given(door.call("steward", "GET", f"{SEARCH}/999"), 404)["code"] == "not-mirrored"


def test_a_code_table_is_given_at_each_of_its_versions(opened: House, door: Door, library: Library) -> None:
    library.put(CODE_TABLE, "kind", table("2026.2", "1", "2", "3"))
    for kind in KINDS:
        of.again(opened, library, kind)
    now = given(door.call("steward", "GET", CODES))
    assert (now["version"], [each["code"] for each in now["codes"]]) == ("2026.2", ["1", "2", "3"])
    assert [(each["version"], each["gone_since"] is None) for each in now["versions"]] == [
        ("2026.2", True),
        ("2026.1", False),
    ]
    before = given(door.call("steward", "GET", f"{CODES}?version=2026.1&source=platform"))
    assert [each["words"] for each in before["codes"]] == ["演示1", "演示2"]
    assert given(door.call("steward", "GET", f"{CODES}?version=1999"), 404)["code"] == "not-mirrored"
    assert given(door.call("steward", "GET", "/sync/mirror/codes/none"), 404)["code"] == "not-mirrored"


def test_a_reading_is_asked_for_held_seen_and_decided(opened: House, door: Door, library: Library) -> None:
    library.shelves[CATALOG] = {"d1": library.shelves[CATALOG]["d1"], "x": (99, of.Offered("x", {}))}
    body = {"kind": CATALOG, "whole": True}
    told = given(door.call("operator", "POST", "/sync/mirror/runs", json=body), 202)
    assert told == {"asked": [{"target": "platform", "kind": CATALOG}]}
    carried_out(opened)
    (held,) = given(door.call("auditor", "GET", "/sync/mirror/loads?state=held"))["items"]
    assert (held["reason"], held["gone"], held["rejects"], held["whole"]) == ("many-gone", 7, 1, True)
    one = f"/sync/mirror/loads/{held['id']}"
    (reject,) = given(door.call("auditor", "GET", f"{one}/rejects"))["items"]
    assert reject == {"number": 1, "upstream_id": "x", "fault": "missing-field", "member": "name"}
    decision = {"applies": True, "reason": "对方确认已撤销"}
    applied = given(door.call("operator", "POST", f"{one}/decisions", json=decision))
    assert (applied["state"], applied["decided_by"]) == ("applied", "person:operator")
    assert names(door.call("steward", "GET", SEARCH)) == ["d1"]
    again = given(door.call("operator", "POST", f"{one}/decisions", json=decision), 409)
    assert again["code"] == "mirror-load-not-held"
    runs = given(door.call("auditor", "GET", "/sync/runs?job=sync.mirror"))["items"]
    assert [each["note"] for each in runs] == ["rejects 0, applied 2, held 0", "rejects 1, applied 0, held 1"]
    nobody = given(door.call("operator", "POST", "/sync/mirror/runs", json={"target": "other"}), 409)
    assert nobody["code"] == "nothing-offered"


def test_only_those_who_run_synchronisation_ask_and_decide(door: Door) -> None:
    paths = {"/sync/mirror/runs": {}, "/sync/mirror/loads/1/decisions": {"applies": True, "reason": "x"}}
    for path, body in paths.items():
        for who in ("steward", "auditor", "clerk", None):
            given(door.call(who, "POST", path, json=body), 401 if who is None else 403)
    given(door.call("clerk", "GET", SEARCH), 403)
    given(door.call("steward", "GET", "/sync/mirror/loads"), 403)
