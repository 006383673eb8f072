"""Batches over HTTP: taken in at once, carried out by a worker, fetched by the system that brought them."""

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from signing.batches.schemas import MOST_DOCUMENTS
from signing.routes.batches import batches
from tests import rooms
from tests.rooms import Door
from tests.signing.batches import house
from tests.signing.batches.house import BROKEN, OFD, PDF
from tests.signing.offices import CLERK, HEAD, TYPE, WINDOW

OTHER = Caller("system", "other", "other", WINDOW.organisation, scopes=frozenset({"seal:use"}))
UNALLOWED = Caller("system", "reader", "reader", WINDOW.organisation, scopes=frozenset({"cert:read"}))


@pytest.fixture
def told(tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> dict[type[Any], Any]:
    monkeypatch.setattr(clock, "now", lambda: at)
    return house.parts(tmp_path)


@pytest.fixture
def seal(database: Database, at: datetime) -> str:
    return house.sealed_site(database, at)


@pytest.fixture
def door(database: Database, told: dict[type[Any], Any]) -> Door:
    return rooms.door(database, (batches,), (WINDOW, OTHER, UNALLOWED, CLERK, HEAD), *told.values())


def order(seal: str, *contents: bytes, **peculiar: Any) -> dict[str, Any]:
    files = [
        {"name": f"{number}.pdf", "document": base64.b64encode(each).decode()} for number, each in enumerate(contents)
    ]
    told = {"seal": seal, "document_type": TYPE, "act": "issue", "region": "320902", "reason": "演示批量"}
    return {**told, "documents": files, **peculiar}


def sent(door: Door, seal: str, *contents: bytes, who: str = WINDOW.id, **peculiar: Any) -> Any:
    return door.call(who, "POST", "/signature-batches", json=order(seal, *contents, **peculiar))


def work_off(database: Database, told: dict[type[Any], Any], known: str, at: datetime) -> None:
    with database.reading() as session:
        task = house.keeping.batch_of(session, known, WINDOW).task
    assert task is not None
    house.worked(database, told, task, at)


def test_a_batch_is_taken_in_sealed_and_fetched(
    door: Door, database: Database, told: dict[type[Any], Any], seal: str, at: datetime
):
    answer = sent(door, seal, OFD, BROKEN, PDF, places=[{"page": 1, "x_mm": 120, "y_mm": 200}])
    assert answer.status_code == 202, answer.json
    assert (answer.json["state"], answer.json["documents"]) == ("running", {"waiting": 3, "sealed": 0, "failed": 0})
    place = f"/signature-batches/{answer.json['id']}"
    work_off(database, told, answer.json["id"], at)
    found = door.call(WINDOW.id, "GET", place).json
    assert (found["state"], found["documents"]) == ("done", {"waiting": 0, "sealed": 2, "failed": 1})
    items = door.call(WINDOW.id, "GET", f"{place}/documents").json["items"]
    assert [each["state"] for each in items] == ["sealed", "failed", "sealed"]
    assert items[1]["problem"]["zh"]
    assert items[1]["problem"]["en"]
    failed = door.call(WINDOW.id, "GET", f"{place}/documents", query_string={"state": "failed"}).json["items"]
    assert [each["number"] for each in failed] == [2]
    for number, media_type, start in ((1, "application/ofd", b"PK"), (3, "application/pdf", b"%PDF")):
        file = door.call(WINDOW.id, "GET", f"{place}/documents/{number}/file")
        assert (file.content_type, file.data[: len(start)]) == (media_type, start)
    assert door.call(WINDOW.id, "GET", f"{place}/documents/2/file").json["code"] == "no-such-batch-document"


def test_a_batch_is_cancelled_and_resumed(
    door: Door, database: Database, told: dict[type[Any], Any], seal: str, at: datetime
):
    known = sent(door, seal, OFD).json["id"]
    place = f"/signature-batches/{known}"
    assert door.call(WINDOW.id, "POST", f"{place}/resumptions", json={}).json["code"] == "seal-batch-under-way"
    assert door.call(WINDOW.id, "POST", f"{place}/cancellations").json["state"] == "cancelled"
    resumed = door.call(WINDOW.id, "POST", f"{place}/resumptions", json={})
    assert (resumed.status_code, resumed.json["state"]) == (202, "running")
    work_off(database, told, known, at)
    assert door.call(WINDOW.id, "GET", place).json["state"] == "done"
    again = door.call(WINDOW.id, "POST", f"{place}/resumptions", json={"failed_too": True})
    assert (again.status_code, again.json["code"]) == (409, "nothing-left-to-seal")


def test_the_same_order_sent_twice_is_one_batch(door: Door, seal: str):
    told = {"json": order(seal, OFD), "headers": {"Idempotency-Key": "once"}}
    first, second = (door.call(WINDOW.id, "POST", "/signature-batches", **told) for _ in range(2))
    assert first.json["id"] == second.json["id"]


def test_another_system_finds_nothing(door: Door, seal: str):
    known = sent(door, seal, OFD).json["id"]
    for path in ("", "/documents", "/documents/1/file"):
        answer = door.call("other", "GET", f"/signature-batches/{known}{path}")
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-seal-batch")


@pytest.mark.parametrize("who", ["clerk", "head", "reader", None])
def test_only_systems_that_may_use_seals_bring_batches(door: Door, seal: str, who: Any):
    assert sent(door, seal, OFD, who=who).status_code in {401, 403}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"documents": []}, 422),
        ({"documents": [{"name": "x", "document": "???"}]}, 422),
        ({"documents": [{"name": "x", "document": ""}] * (MOST_DOCUMENTS + 1)}, 422),
        ({"seal": "00000000000000"}, 404),
        ({"region": "99"}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_a_bad_order_is_refused(door: Door, seal: str, change: dict[str, Any], status: int):
    told = {**order(seal, OFD), **change}
    assert door.call(WINDOW.id, "POST", "/signature-batches", json=told).status_code == status
