"""Large results: gathered page by page, sealed at rest, downloaded in pieces, ended by a revoked grant or by time."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import clock
from base.db import Database
from exchange.agreements.contracts import Quota
from exchange.door import asking, result_files
from exchange.door.models import ResultPart, Usage
from exchange.routes.results import results
from tests import rooms
from tests.exchange import gateway_house
from tests.exchange.gateway_house import PEOPLE, ROWS, House, purpose


@pytest.fixture
def opened(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clock, "now", lambda: at)
    monkeypatch.setattr(asking, "EXPORTED_ROWS", 2)

    def open_house(**told: Any) -> House:
        house = gateway_house.opened(database, tmp_path, at, **told)
        house.door = rooms.door(database, (results,), PEOPLE, house.parts, house.sources)
        return house

    return open_house


def asked(house: House, who: str = "window", **told: Any) -> Any:
    body = {"purpose": purpose(), **told}
    return house.door.call(who, "POST", f"/data/{house.code}/exports", json=body)


def gathered(house: House, result: str, at: datetime) -> int:
    pages = 1
    while result_files.gather(house.database, house.parts, house.sources, result, at):
        pages += 1
    return pages


def ready(house: House, at: datetime) -> str:
    result = asked(house, fields=["许可证编号", "单位名称"]).json["id"]
    gathered(house, result, at)
    return f"/data-exports/{result}"


def test_a_large_result_is_gathered_in_pages_and_each_is_a_use(opened, at):
    house = opened(quota=Quota(per_day=10))
    answer = asked(house, fields=["许可证编号"])
    assert (answer.status_code, answer.json["state"]) == (202, "running")
    place = f"/data-exports/{answer.json['id']}"
    assert house.get(f"{place}/content").json["code"] == "result-not-ready"
    assert gathered(house, answer.json["id"], at) == 2
    told = house.get(place).json
    assert (told["state"], told["rows"]) == ("ready", 3)
    content = house.get(f"{place}/content")
    assert [json.loads(line)["许可证编号"] for line in content.data.splitlines()] == [row[0] for row in ROWS]
    assert hashlib.new("sm3", content.data).hexdigest() == told["sm3"] == content.headers["ETag"].strip('"')
    with house.database.reading() as session:
        assert sorted(use.rows for use in session.scalars(select(Usage))) == [1, 2]


def test_a_download_goes_on_where_it_broke_off(opened, at):
    house = opened()
    place = ready(house, at)
    whole = house.get(f"{place}/content").data
    for told, begins, ends in (("bytes=0-9", 0, 10), ("bytes=40-", 40, None), ("bytes=-7", len(whole) - 7, None)):
        answer = house.door.call("window", "GET", f"{place}/content", headers={"Range": told})
        assert (answer.status_code, answer.data) == (206, whole[begins:ends])
    for told in ("bytes=9999-", "bytes=5-2", "lines=1", "bytes=-", "bytes=0-1,4-5"):
        answer = house.door.call("window", "GET", f"{place}/content", headers={"Range": told})
        assert answer.json["code"] == "range-not-satisfiable"
    stale = {"Range": "bytes=3-", "If-Range": '"old"'}
    assert house.door.call("window", "GET", f"{place}/content", headers=stale).data == whole


def test_what_is_kept_is_sealed(opened, at):
    house = opened()
    ready(house, at)
    with house.database.reading() as session:
        kept = b"".join(part.sealed for part in session.scalars(select(ResultPart)))
    assert "演示".encode() not in kept
    assert b"rows" not in kept


def test_a_page_that_two_processes_fetch_is_kept_once(opened, at, monkeypatch):
    house = opened()
    result = asked(house).json["id"]
    source = house.sources.source

    def meeting(plan):
        monkeypatch.setattr(house.sources, "source", source)
        gathered(house, result, at)
        return source(plan)

    monkeypatch.setattr(house.sources, "source", meeting)
    result_files.gather(house.database, house.parts, house.sources, result, at)
    assert house.get(f"/data-exports/{result}").json["rows"] == 3


def test_a_revoked_grant_ends_the_gathering(opened, at):
    house = opened()
    result = asked(house).json["id"]
    assert result_files.gather(house.database, house.parts, house.sources, result, at)
    gateway_house.revoked(house.database, at)
    assert not result_files.gather(house.database, house.parts, house.sources, result, at)
    told = house.get(f"/data-exports/{result}").json
    assert (told["state"], told["reason"]) == ("failed", "not-granted")
    with house.database.reading() as session:
        assert not list(session.scalars(select(ResultPart)))


def test_a_quota_bounds_a_large_result(opened, at):
    house = opened(quota=Quota(per_day=1))
    result = asked(house).json["id"]
    assert gathered(house, result, at) == 2
    assert house.get(f"/data-exports/{result}").json["reason"] == "quota-exceeded"


def test_who_is_not_granted_gets_no_result_and_nobody_elses(opened, at):
    house = opened()
    place = ready(house, at)
    assert asked(house, "other").status_code == 403
    for path in (place, f"{place}/content", "/data-exports/none"):
        answer = house.get(path, "other")
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-result")
    assert house.door.call("other", "DELETE", place).status_code == 404


def test_a_result_expires_and_can_be_removed_before(opened, at):
    house = opened()
    first, second = ready(house, at), ready(house, at)
    assert house.door.call("window", "DELETE", first).status_code == 204
    assert house.get(first).status_code == 404
    with house.database.transaction() as session:
        result_files.clear_away(session, at + timedelta(days=3))
    assert house.get(second).status_code == 404
    with house.database.reading() as session:
        assert not list(session.scalars(select(ResultPart)))


def test_too_many_or_too_large_results_are_refused(opened, at, monkeypatch):
    monkeypatch.setattr(result_files, "MOST_RESULTS", 1)
    house = opened(settings={"result_rows": 2})
    result = asked(house).json["id"]
    assert asked(house).json["code"] == "too-many-results"
    gathered(house, result, at)
    assert house.get(f"/data-exports/{result}").json["reason"] == "answer-too-large"


def test_a_result_that_is_asked_for_again_under_the_same_key_is_the_same_one(opened):
    house = opened()
    body, headers = {"purpose": purpose()}, {"Idempotency-Key": "export-1"}
    first, again = (
        house.door.call("window", "POST", f"/data/{house.code}/exports", json=body, headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.status_code, again.json) == (202, 202, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = house.door.call(
        "window", "POST", f"/data/{house.code}/exports", json={**body, "fields": ["面积"]}, headers=headers
    )
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
