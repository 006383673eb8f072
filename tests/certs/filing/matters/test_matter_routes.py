"""Matters over HTTP: open to all, by any of three codes, in a situation, on a day."""

from typing import Any

import pytest

from base import clock
from base.db import Database
from certs.filing.matters import keeping
from certs.routes.matters import matters
from tests import rooms
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import AUTHORITY, BASIC, item_code, matter
from tests.keys.parties.builders import populate
from tests.rooms import Door


@pytest.fixture
def door(database: Database, at: Any, monkeypatch: pytest.MonkeyPatch) -> Door:
    populate(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.transaction() as session:
        keeping.keep(session, matter(), AUTHORITY, at)
        for place in range(3):
            other = matter(item_code(basic="000119001000", item=f"0{place}"), name=f"取水许可{place}")
            keeping.keep(session, other, AUTHORITY, at)
    return rooms.door(database, (matters,), builders.PEOPLE)


def read(door: Door, path: str) -> Any:
    """Read as nobody."""
    return door.call(None, "GET", path)


def test_a_matter_is_told_whole(door: Door):
    told = read(door, f"/matters/{BASIC}").json
    assert (told["item_code"], told["implementation_code"], told["basic_code"]) == (
        item_code(),
        item_code()[:31],
        BASIC,
    )
    assert (told["level"], told["version"], told["effective_from"]) == ("3", 1, "2026-01-01")
    assert told["elements"] == {
        "legal_working_days": 20,
        "promised_working_days": 5,
        "handling_form": "窗口|网上",
    }
    assert told["questions"][0]["answers"][0] == {"key": "new", "zh": "新办", "en": "New"}
    assert told["questions"][1]["when"] == [{"question": "kind", "answers": ["new"]}]
    assert [each["name"] for each in told["materials"] if not each["legal"]] == ["房屋产权证明"]


def test_twelve_characters_of_several_matters_are_a_conflict_with_the_candidates(door: Door):
    answer = read(door, "/matters/000119001000")
    assert (answer.status_code, answer.json["code"], answer.json["count"]) == (409, "ambiguous-matter", 3)
    assert [each["name"] for each in answer.json["candidates"]] == ["取水许可0", "取水许可1", "取水许可2"]
    chosen = answer.json["candidates"][1]["item_code"]
    assert read(door, f"/matters/{chosen}").json["name"] == "取水许可1"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/matters/999999999999", 404, "no-such-matter"),
        ("/matters/x", 404, "no-such-matter"),
        (f"/matters/{BASIC}?at=2020-01-01T00:00:00Z", 404, "no-such-matter"),
        (f"/matters/{BASIC}?at=yesterday", 422, "invalid-input"),
        (f"/matters/{BASIC}?region=32", 422, "invalid-input"),
        ("/matters/999999999999/versions", 404, "no-such-matter"),
        (f"/matters/{BASIC}/materials?situation=kind", 422, "invalid-input"),
        (f"/matters/{BASIC}/materials?situation=kind:new,kind:renewal", 422, "invalid-input"),
        (f"/matters/{BASIC}/materials?situation=kind:gone", 422, "unfit-situation"),
        (f"/matters/{BASIC}/materials?situation=kind:renewal,air:yes", 422, "unfit-situation"),
        (f"/matters/{BASIC}/materials?situation={'a:b,' * 2000}c:d", 422, "invalid-input"),
        ("/matters?cursor=forged", 422, "unknown-cursor"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_refused_with_a_code(door: Door, path: str, status: int, code: str):
    answer = read(door, path)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_situation_tells_its_materials_and_what_is_still_open(door: Door):
    told = read(door, f"/matters/{BASIC}/materials?situation=kind:new").json
    assert (told["matter"], told["situation"]) == (item_code(), {"kind": "new"})
    assert [each["name"] for each in told["materials"]] == ["申请表", "营业执照", "房屋产权证明"]
    assert [each["key"] for each in told["open_questions"]] == ["air"]
    told = read(door, f"/matters/{BASIC}/materials?situation=kind:new,air:yes").json
    assert "空调检测报告" in {each["name"] for each in told["materials"]}
    assert not told["open_questions"]


def test_matters_are_paged_and_searched(door: Door):
    first = read(door, "/matters?limit=3").json
    rest = read(door, f"/matters?limit=3&cursor={first['next_cursor']}").json
    assert len({each["item_code"] for each in first["items"] + rest["items"]}) == 4
    assert rest["next_cursor"] is None
    assert len(read(door, "/matters?q=取水&region=320900").json["items"]) == 3
    assert read(door, "/matters?q=演示场所").json["items"][0]["basic_code"] == BASIC
    assert read(door, f"/matters?code={BASIC[:8]}").json["items"][0]["item_code"] == item_code()


def test_versions_are_listed_without_what_they_say(door: Door):
    (version,) = read(door, f"/matters/{item_code()}/versions").json["items"]
    assert (version["number"], version["effective_until"], len(version["content_sm3"])) == (1, None, 64)


@pytest.mark.parametrize("who", [None, "gm", "bare"])
def test_nobody_speaks_for_a_matter_without_a_role(door: Door, who: str | None):
    body = {"material": "营业执照", "replacements": []}
    assert door.call(who, "POST", f"/matters/{BASIC}/correspondence", json=body).status_code in {401, 403}
    told = {"title": "演示", "basis": "演示"}
    for path in (f"/matters/{BASIC}/use-lists", "/matter-use-lists"):
        assert door.call(who, "POST", path, json=told).status_code in {401, 403}
        assert door.call("steward", "POST", path, json=told).status_code == 403
