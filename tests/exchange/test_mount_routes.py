"""Mounts over HTTP: the whole path, who sees what, and that bad input is refused and never breaks anything."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from base import clock
from base.db import Database
from base.fetch import FetchSettings
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.mounts import mounted
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import (
    AUTHORITY,
    CITY_AUTHORITY,
    COUNTY_STEWARD,
    MAKER,
    REVIEWER,
    STEWARD,
    STRANGER,
    drafted,
    person,
    published,
)
from tests.exchange.sources.sites import INJECTIONS, unused
from tests.rooms import Door

AUDITOR = person("auditor", "data", "auditor")
OPERATOR = person("operator", "police", "operator")
REQUESTER = person("requester", "police", "requester")
PEOPLE = (STEWARD, REVIEWER, AUTHORITY, CITY_AUTHORITY, COUNTY_STEWARD, STRANGER, AUDITOR, OPERATOR, REQUESTER, MAKER)
BODY = {
    "name": "许可证文件",
    "kind": "files",
    "declaration": {"path": "a.csv", "format": "csv"},
    "columns": {"许可证编号": "no"},
}


@pytest.fixture
def door(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    departments.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    folder = tmp_path / code_of("health") / "files"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("no,单位名称\n苏卫0001,演示饭店\n", encoding="utf-8")
    parts = MountParts(MountSettings(folder=str(tmp_path)), unused, FetchSettings())
    return rooms.door(database, (mounted,), PEOPLE, parts)


def place_of(database: Database, at: datetime, *, draft: bool = False) -> str:
    with database.transaction() as session:
        row, _ = drafted(session, at) if draft else published(session, at)
        return f"/directories/{row.code}/mounts"


def made(door: Door, place: str) -> str:
    answer = door.call("steward", "POST", place, json=BODY)
    assert answer.status_code == 201, answer.json
    return f"/mounts/{answer.json['id']}"


def served(door: Door, place: str) -> str:
    mount = made(door, place)
    assert door.call("steward", "POST", f"{mount}/probes").json["outcome"] == "found"
    assert door.call("reviewer", "POST", f"{mount}/confirmations").json["state"] == "serving"
    return mount


def test_a_mounts_whole_path(door: Door, database: Database, at: datetime):
    place = place_of(database, at)
    mount = served(door, place)
    told = door.call("steward", "GET", mount)
    assert (told.json["state"], told.json["health"], told.json["is_proven"]) == ("serving", "healthy", False)
    tag = {"If-Match": told.headers["ETag"]}
    changed = {**BODY, "name": "改名"}
    assert door.call("steward", "PATCH", mount, json=changed).json["code"] == "precondition-required"
    assert door.call("steward", "PATCH", mount, json=changed, headers=tag).json["proposed"]["kind"] == "files"
    assert door.call("steward", "PATCH", mount, json=changed, headers=tag).json["code"] == "precondition-failed"
    assert door.call("reviewer", "POST", f"{mount}/confirmations").json["code"] == "mount-not-proven"
    assert door.call("reviewer", "POST", f"{mount}/probes").status_code == 201
    assert len(door.call("steward", "GET", f"{mount}/probes").json["items"]) == 2
    assert door.call("authority", "POST", f"{mount}/suspensions", json={"reason": "核查"}).json["state"] == "suspended"
    assert door.call("steward", "POST", f"{mount}/withdrawals", json={"reason": "停用"}).json["state"] == "withdrawn"


WHO = (
    *("reviewer", "authority", "auditor", "city-authority", "county-steward", "stranger", "requester", "operator"),
    *("maker", None),
)
INSIDE = {"reviewer", "authority", "auditor"}


@pytest.mark.parametrize("who", WHO)
def test_where_data_is_only_those_inside_see(door: Door, database: Database, at: datetime, who: str | None):
    place = place_of(database, at)
    proposed, serving = made(door, place), served(door, place)
    answer = door.call(who, "GET", place)
    if who in {"maker", None}:
        assert answer.status_code in {401, 403}
        assert door.call(who, "GET", serving).status_code in {401, 403}
        return
    items = answer.json["items"]
    if who in INSIDE:
        assert len(items) == 2
        assert door.call(who, "GET", proposed).json["proposed"]["declaration"] == BODY["declaration"]
        assert door.call(who, "GET", f"{serving}/probes").status_code == 200
        return
    assert [sorted(each) for each in items] == [
        ["directory", "health", "health_since", "id", "kind", "name", "state", "version"]
    ]
    assert "a.csv" not in answer.text + door.call(who, "GET", serving).text
    assert door.call(who, "GET", proposed).status_code == 404
    assert door.call(who, "GET", f"{serving}/probes").status_code == 404


@pytest.mark.parametrize("who", [each for each in WHO if each not in {"maker", None} | INSIDE])
def test_a_drafts_mounts_are_not_there_for_others(door: Door, database: Database, at: datetime, who: str):
    place = place_of(database, at, draft=True)
    mount = served(door, place)
    for path in (place, mount, f"{mount}/probes"):
        assert door.call(who, "GET", path).status_code == 404


# Every route that changes something × everyone who may not: nothing but refusals.
CHANGES = (
    ("PATCH", "", BODY),
    ("POST", "/probes", None),
    ("POST", "/confirmations", None),
    ("POST", "/suspensions", {"reason": "x"}),
    ("POST", "/withdrawals", {"reason": "x"}),
)


@pytest.mark.parametrize("who", [each for each in WHO if each not in {"reviewer", "authority"}])
def test_nobody_else_changes_a_mount(door: Door, database: Database, at: datetime, who: str | None):
    place = place_of(database, at)
    mount = served(door, place)
    tag = {"If-Match": door.call("steward", "GET", mount).headers["ETag"]}
    assert door.call(who, "POST", place, json=BODY).status_code in {401, 403}
    for method, path, body in CHANGES:
        answer = door.call(who, method, f"{mount}{path}", json=body, headers=dict(tag))
        assert answer.status_code in {401, 403, 404}, (who, path)
    assert door.call("steward", "GET", mount).json["state"] == "serving"


def injected(text: str) -> list[dict[str, Any]]:
    """Write a mount with a text in each of its members."""
    return [
        {**BODY, "name": text},
        {**BODY, "kind": text},
        {**BODY, "declaration": {"path": text, "format": "csv"}},
        {**BODY, "declaration": {text: text}},
        {**BODY, "columns": {text: "no"}},
        {**BODY, "columns": {"许可证编号": text}},
        {**BODY, text: text},
        {**BODY, "kind": "rest", "declaration": {"origin": text, "path": text, "rows": text}},
        {**BODY, "kind": "table", "declaration": {"database": text, "table": text, "key": text}},
    ]


def test_an_injection_in_any_member_is_refused_or_harmless(door: Door, database: Database, at: datetime):
    place = place_of(database, at)
    # What HTTP refuses does not depend on the database; a sample on the other is enough.
    for text in INJECTIONS if database.is_sqlite else INJECTIONS[::10]:
        for body in injected(text):
            written = json.dumps(body)  # escapes what UTF-8 cannot say
            answer = door.call("steward", "POST", place, data=written, content_type="application/json")
            assert answer.status_code in {201, 400, 422}, answer.text
            if answer.status_code == 201:
                mount = f"/mounts/{answer.json['id']}"
                probe = door.call("steward", "POST", f"{mount}/probes")
                assert probe.status_code == 201
                is_harmless = body["declaration"] == BODY["declaration"] and body["columns"] == BODY["columns"]
                assert probe.json["outcome"] != "found" or is_harmless
                assert door.call("steward", "POST", f"{mount}/withdrawals", json={"reason": "x"}).status_code == 200
        spelt = quote(text.encode("utf-8", "replace"), safe="")
        for path in (f"/mounts/{spelt}", f"{place}/{spelt}", f"/directories/{spelt}/mounts"):
            assert door.call("steward", "GET", path).status_code in {308, 400, 404, 405}, text
