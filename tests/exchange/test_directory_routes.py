"""Directories over HTTP: a steward's whole path, what others may see of it, and that lists do not grow slower."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from base import clock
from base.db import Database
from exchange import routes
from exchange.models import Directory, DirectoryVersion
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
    content,
    drafted,
    person,
    published,
)
from tests.rooms import Door

AUDITOR = person("auditor", "data", "auditor")
REQUESTER = person("requester", "police", "requester")
PEOPLE = (STEWARD, REVIEWER, AUTHORITY, CITY_AUTHORITY, COUNTY_STEWARD, STRANGER, AUDITOR, REQUESTER, MAKER)


@pytest.fixture
def province(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Database:
    departments.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    return database


@pytest.fixture
def door(province: Database) -> Door:
    return rooms.door(province, routes.API_BLUEPRINTS, PEOPLE)


def begun(door: Door) -> str:
    answer = door.call("steward", "POST", "/directories", json={"content": content()})
    assert answer.status_code == 201, answer.json
    return f"/directories/{answer.json['code']}"


def test_a_stewards_whole_path(door: Door):
    place = begun(door)
    first = f"{place}/versions/1"
    steps: list[tuple[str, str, str, dict[str, Any], int]] = [
        ("steward", "POST", f"{first}/submissions", {"reason": "首次编目"}, 200),
        ("reviewer", "POST", f"{first}/comments", {"pointer": "#/summary", "text": "请补充起始年份"}, 201),
        ("reviewer", "POST", f"{first}/reviews", {"decision": "return", "reason": "见批注"}, 200),
    ]
    for who, method, path, told, status in steps:
        answer = door.call(who, method, path, json=told)
        assert answer.status_code == status, answer.json
    draft = door.call("steward", "GET", first)
    changed = {**draft.json["content"], "summary": "自2015年起的公共场所卫生许可证。"}
    tag = {"If-Match": draft.headers["ETag"]}
    assert door.call("steward", "PUT", first, json={"content": changed}, headers=tag).status_code == 200
    stale = door.call("steward", "PUT", first, json={"content": changed}, headers=tag)
    assert stale.json["code"] == "precondition-failed"
    remark = door.call("steward", "GET", f"{first}/comments").json["items"][0]["id"]
    ways: tuple[tuple[str, str, Any], ...] = (
        ("steward", f"{place}/comments/{remark}/resolutions", None),
        ("steward", f"{first}/submissions", {}),
        ("reviewer", f"{first}/reviews", {"decision": "forward"}),
        ("authority", f"{first}/reviews", {"decision": "publish"}),
    )
    for who, path, told in ways:
        answer = door.call(who, "POST", path, json=told)
        assert answer.status_code == 200, answer.json
    found = door.call("requester", "GET", "/directories?q=ggcs").json["items"]
    assert [each["name"] for each in found] == ["公共场所卫生许可证信息"]
    revised = door.call("steward", "POST", f"{place}/versions", json={"reason": "增加字段"})
    assert revised.json["number"] == 2
    wider = {**changed, "name": "公共场所卫生许可信息"}
    tag = {"If-Match": revised.headers["ETag"]}
    door.call("steward", "PUT", f"{place}/versions/2", json={"content": wider}, headers=tag)
    difference = door.call("steward", "GET", f"{place}/versions/2/differences?against=1").json
    assert [each["field"] for each in difference["fields"]] == ["name"]
    assert door.call("steward", "DELETE", f"{place}/versions/2").json["state"] == "discarded"
    assert door.call("steward", "POST", f"{first}/withdrawals", json={"reason": "职责划转"}).status_code == 200
    withdrawn = door.call("authority", "POST", f"{first}/reviews", json={"decision": "withdraw"})
    assert withdrawn.json["state"] == "withdrawn"
    history = door.call("auditor", "GET", f"{place}/history").json["steps"]
    assert [each["step"] for each in history][-2:] == ["ask-to-withdraw", "withdraw"]


def test_a_faulty_draft_tells_its_faults_when_read(door: Door):
    answer = door.call("steward", "POST", "/directories", json={"content": {"name": "半成品"}})
    version = door.call("steward", "GET", f"/directories/{answer.json['code']}/versions/1").json
    assert {"pointer": "#/summary", "code": "missing", "field": "summary", "expected": ""} in version["faults"]
    refused = door.call("steward", "POST", f"/directories/{answer.json['code']}/versions/1/submissions", json={})
    assert (refused.status_code, refused.json["code"]) == (422, "faulty-directory")


@pytest.mark.parametrize("field", ["name", "share_type", "field_of_work", "update_cycle"])
def test_a_draft_may_say_more_than_a_list_has_room_for(door: Door, field: str):
    """On PostgreSQL a column refuses what is too long for it; the draft itself is kept whole and told as faulty."""
    answer = door.call("steward", "POST", "/directories", json={"content": content(**{field: "长" * 3000})})
    assert answer.status_code == 201, answer.json
    assert 0 < len(answer.json[field]) <= 200
    version = door.call("steward", "GET", f"/directories/{answer.json['code']}/versions/1").json
    assert len(version["content"][field]) == 3000
    assert field in {each["field"] for each in version["faults"]}


# What each caller may do with another department's draft, and with their own; everything else is refused.
READS = ("", "/versions", "/versions/1", "/versions/1/differences", "/versions/1/comments", "/history")


@pytest.mark.parametrize(
    ("who", "draft", "open_"),
    [
        ("steward", 200, 200),
        ("reviewer", 200, 200),
        ("authority", 200, 200),
        ("auditor", 200, 200),
        ("city-authority", 404, 200),
        ("county-steward", 404, 200),
        ("stranger", 404, 200),
        ("requester", 404, 200),
        ("maker", 403, 403),
        (None, 401, 401),
    ],
)
def test_a_draft_is_its_departments_and_its_authoritys(
    province: Database, door: Door, at: datetime, who: str | None, draft: int, open_: int
):
    with province.transaction() as session:
        hidden, shown = drafted(session, at)[0].code, published(session, at)[0].code
    for path in READS:
        assert door.call(who, "GET", f"/directories/{hidden}{path}").status_code == draft, path
        assert door.call(who, "GET", f"/directories/{shown}{path}").status_code == open_, path


@pytest.mark.parametrize(
    ("who", "seen"),
    [("steward", 2), ("authority", 2), ("auditor", 2), ("city-authority", 1), ("stranger", 1), ("requester", 1)],
)
def test_lists_show_what_one_may_see(province: Database, door: Door, at: datetime, who: str, seen: int):
    with province.transaction() as session:
        drafted(session, at)
        published(session, at)
    assert len(door.call(who, "GET", "/directories").json["items"]) == seen


WRITES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "/versions/1", {"content": {}}),
    ("POST", "/versions/1/submissions", {}),
    ("POST", "/versions/1/reviews", {"decision": "forward"}),
    ("POST", "/versions/1/upward-reviews", {"level": "city", "accepted": True}),
    ("POST", "/versions/1/withdrawals", {}),
    ("DELETE", "/versions/1", None),
    ("POST", "/versions", {"reason": "x"}),
    ("POST", "/versions/1/comments", {"pointer": "#/name", "text": "x"}),
    ("POST", "/comments/1/resolutions", None),
)


@pytest.mark.parametrize("who", ["stranger", "county-steward", "city-authority", "requester", "auditor", "maker", None])
def test_nobody_else_changes_a_departments_directory(province: Database, door: Door, at: datetime, who: str | None):
    with province.transaction() as session:
        row, version = drafted(session, at)
        before = (version.version, row.version)
        code = row.code
    for method, path, told in WRITES:
        answer = door.call(who, method, f"/directories/{code}{path}", json=told, headers={"If-Match": "*"})
        assert answer.status_code in {401, 403, 404, 409, 412}, (path, answer.json)
    with province.reading() as session:
        fresh = session.get_one(DirectoryVersion, (code, 1))
        assert (fresh.version, session.get_one(Directory, code).version) == before


def test_every_address_of_directories_is_in_the_matrix(door: Door):
    known = {path.replace("/1", "/<int:number>") for path in (*READS, *(path for _, path, _ in WRITES))}
    rules = {rule.rule.removeprefix("/api/v1/directories/<path:code>") for rule in door.app.url_map.iter_rules()}
    inside = {rule for rule in rules if not rule.startswith("/")} | {rule for rule in rules if "/api/" not in rule}
    assert {rule for rule in inside if rule.startswith(("/versions", "/comments", "/history"))} <= known


INJECTIONS = (
    "' OR 1=1 --",
    '" OR ""="',
    "%' UNION SELECT password FROM keys_people --",
    "'; DROP TABLE exchange_directories; --",
    "许可') OR ('1'='1",
    "NEAR(a b)",
    "a AND b OR NOT c",
    "col:value*",
    '"unbalanced',
    "& | ! ( )",
    "\\",
    "\x00",
    "{}",
    "𠮷" * 100,
)


@pytest.mark.parametrize("member", ["q", "owner", "region", "share_type", "field_of_work", "state", "cursor", "limit"])
def test_no_text_in_a_query_finds_what_it_should_not(province: Database, door: Door, at: datetime, member: str):
    with province.transaction() as session:
        published(session, at)
    for text in INJECTIONS:
        answer = door.call("requester", "GET", "/directories", query_string={member: text})
        assert answer.status_code in {200, 400, 422}, (text, answer.json)
        if answer.status_code == 200:
            assert answer.json["items"] == [], text


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/directories?limit=100", "/directories?q=许可&limit=100", "/directories/facets"])
def test_lists_ask_the_database_as_often_for_many_as_for_few(province: Database, door: Door, at: datetime, path: str):
    costs = []
    for _ in range(2):
        with province.transaction() as session:
            for _ in range(6):
                published(session, at)
        with counted(province) as seen:
            assert door.call("requester", "GET", path).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_terms_can_be_read_by_anyone_and_changed_by_the_authority(door: Door):
    told = {"days": 4, "basis": "演示市规定"}
    assert door.call("steward", "PUT", "/terms/authority-review", json=told).status_code == 403
    assert door.call("authority", "PUT", "/terms/authority-review", json=told).json["days"] == 4
    listed = door.call(None, "GET", "/terms").json["items"]
    assert {each["duty"]: each["days"] for each in listed}["authority-review"] == 4


def test_code_tables_and_tasks_are_there(door: Door):
    tables = door.call(None, "GET", "/dictionaries").json["items"]
    assert "share_type" in {each["name"] for each in tables}
    place = begun(door)
    door.call("steward", "POST", f"{place}/versions/1/submissions", json={})
    assert [each["duty"] for each in door.call("reviewer", "GET", "/tasks").json["items"]] == ["department-check"]
    assert code_of("health") in {each["organisation"] for each in door.call("reviewer", "GET", "/tasks").json["items"]}
