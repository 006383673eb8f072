"""Uses: who sees which, and that a use before its case is bound to it once and in time."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from base import audit, clock
from base.audit import Search
from base.db import Database
from exchange.door import usages
from tests.exchange import gateway_house
from tests.exchange.gateway_house import House, purpose

ONE = [{"item": "许可证编号", "values": ["苏卫0001"]}]


@pytest.fixture
def house(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(clock, "now", lambda: at)
    return gateway_house.opened(database, tmp_path, at)


def used(house: House, **told: Any) -> str:
    return str(house.ask(purpose=purpose(**told), conditions=ONE).json["usage_id"])


BEFORE = {"stage": "guidance", "basis": {"kind": "intake", "number": "SJ001"}}


def test_ids_sort_by_time_and_are_uuids(at):
    ids = [usages.new_id(at + timedelta(milliseconds=each)) for each in range(5)]
    assert ids == sorted(ids)
    assert {uuid.UUID(each).version for each in ids} == {7}
    assert usages.first_id(at) <= ids[0]
    assert len({usages.new_id(at) for _ in range(1000)}) == 1000
    assert usages.first_id(datetime(2026, 1, 1, tzinfo=UTC)) < ids[0]


def test_a_use_before_a_case_is_bound_to_it_once(house):
    usage = used(house, **BEFORE)
    bound = house.door.call("clerk", "POST", f"/usages/{usage}/bindings", json={"case": "3209-2026-7"})
    assert (bound.status_code, bound.json["bound_to"]) == (201, "3209-2026-7")
    again = house.door.call("clerk", "POST", f"/usages/{usage}/bindings", json={"case": "3209-2026-8"})
    assert (again.status_code, again.json["code"]) == (409, "usage-bound")
    with house.database.reading() as session:
        (entry,) = audit.search(session, Search(act="usage.bound"))
    assert entry.entry.facts == {"case": "3209-2026-7"}


def test_a_use_is_bound_within_the_period_and_by_its_own_organisation(house, at, monkeypatch):
    usage = used(house, **BEFORE)
    for who in ("stranger", "other"):
        refused = house.door.call(who, "POST", f"/usages/{usage}/bindings", json={"case": "1"})
        assert (refused.status_code, refused.json["code"]) == (404, "no-such-usage")
    assert house.door.call("provider", "POST", f"/usages/{usage}/bindings", json={"case": "1"}).status_code == 403
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(days=31))
    late = house.door.call("window", "POST", f"/usages/{usage}/bindings", json={"case": "1"})
    assert (late.status_code, late.json["code"]) == (409, "binding-too-late")


@pytest.mark.parametrize("case", ["", " ", "a b", "a\u0000", "x" * 65, None, 1])
def test_a_case_that_is_no_number_is_refused(house, case):
    usage = used(house)
    answer = house.door.call("window", "POST", f"/usages/{usage}/bindings", json={"case": case})
    assert answer.status_code in {400, 422}


def test_an_organisation_sees_its_own_uses_a_provider_those_of_its_directories(house):
    usage = used(house)
    assert [each["id"] for each in house.get("/usages").json["items"]] == [usage]
    assert house.get("/usages", "provider").json["items"] == []
    assert [each["id"] for each in house.get("/usages?of=given", "provider").json["items"]] == [usage]
    assert house.get("/usages", "stranger").json["items"] == []
    assert house.get("/usages?of=given", "stranger").json["items"] == []
    assert [each["id"] for each in house.get("/usages", "auditor").json["items"]] == [usage]
    assert house.get(f"/usages/{usage}", "stranger").status_code == 404
    for who in ("window", "provider", "auditor"):
        assert house.get(f"/usages/{usage}", who).json["fields"] == list(gateway_house.FIELDS)


def test_uses_are_narrowed_and_paged(house, at, monkeypatch):
    first = used(house)
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=1))
    second = used(house, basis={"kind": "case", "number": "X2"})
    page = house.get("/usages?limit=1").json
    assert [each["id"] for each in page["items"]] == [first]
    assert [each["id"] for each in house.get(f"/usages?limit=1&cursor={page['next_cursor']}").json["items"]] == [second]
    for query in ("basis=X2", "since=2026-11-21T02:30:30Z"):
        assert [each["id"] for each in house.get(f"/usages?{query}").json["items"]] == [second]
    assert [each["id"] for each in house.get("/usages?until=2026-11-21T02:30:30Z").json["items"]] == [first]
    assert house.get("/usages?outcome=denied").json["items"] == []
    assert house.get("/usages?outcome=other").status_code == 422
