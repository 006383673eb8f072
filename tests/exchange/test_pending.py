"""A source that answers later, seen through the gate: pending, recorded as such, with what to do next; then found."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import clock
from base.db import Database
from base.fetch import FetchSettings
from exchange.door import outcomes, result_files
from exchange.door.models import ResultFile, Usage
from exchange.door.outcomes import Outcome
from exchange.mounting import calls, mounts
from exchange.mounting.health import Health, judge
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.gateway import gateway
from exchange.routes.results import results
from exchange.sources import source
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import REVIEWER, STEWARD, published
from tests.exchange.gateway_house import FIELDS, PEOPLE, ROWS, House, granted, items, parts_of, purpose
from tests.exchange.sources.sites import guarded
from tests.simulators.data_source import honest, later
from tests.simulators.http import HttpSimulator

MEMBERS = [dict(zip(FIELDS, row, strict=True)) | {"no": row[0]} for row in ROWS]


def asks(number: str) -> list[dict[str, Any]]:
    return [{"item": "许可证编号", "values": [number]}]


@pytest.fixture
def house(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a gateway before an interface that was honest when it was probed, and answers late from then on."""
    monkeypatch.setattr(clock, "now", lambda: at)
    departments.opened(database, at)
    with HttpSimulator() as server, closing(guarded()) as fetch:
        sources = MountParts(
            MountSettings(folder=str(tmp_path)), fetch, FetchSettings(intranet_networks=("127.0.0.0/8",))
        )
        server.on("/licences", honest(MEMBERS))
        told = {
            "origin": server.url("").rstrip("/"),
            "intranet": True,
            "path": "/licences",
            "parameters": [
                {"in": "query", "name": "no", "item": "许可证编号", "test": "equal"},
                {"in": "query", "name": "size", "gives": "limit"},
                {"in": "query", "name": "start", "gives": "offset"},
            ],
            "rows": "/data/list",
        }
        with database.transaction() as session:
            directory, _ = published(session, at, items=items())
            mount = mounts.add(session, directory, NewMount("接口", "rest", told), sources, STEWARD, at)
            plan, of_proposal = mounts.probe_plan(session, mount)
            looked = mounts.look(sources, plan, of_proposal=of_proposal)
            mounts.keep_probe(session, plan, looked, sources, STEWARD, at, of_proposal=of_proposal)
            name = mounts.confirm(session, mount, REVIEWER, at).id
            granted(session, directory.code, at)
            code = directory.code
        server.on("/licences", later(2, "30", MEMBERS))
        parts = parts_of(tmp_path)
        door = rooms.door(database, (results, gateway), PEOPLE, parts, sources)
        yield House(database, door, parts, sources, tmp_path, code, name, at)
        sources.close()


def test_it_is_pending_with_what_to_do_next_and_found_when_asked_again(house: House):
    first, second = (house.ask(conditions=asks("苏卫0002"), fields=["单位名称"]).json for _ in range(2))
    assert (first["outcome"], first["reason"]["code"], first["retry_after"]) == ("pending", "answers-later", 30)
    assert (first["rows"], first["next_cursor"], first["source"]["mount"]) == ([], None, house.mount)
    assert "retry_after" in first["reason"]["zh"]
    assert "retry_after" in first["reason"]["en"]
    assert (second["outcome"], second["rows"], second["retry_after"]) == ("found", [{"单位名称": "演示浴室"}], None)
    with house.database.reading() as session:
        assert session.scalars(select(Usage.outcome).order_by(Usage.outcome)).all() == ["found", "pending"]


def test_each_subject_of_a_batch_has_its_own_wait(house: House):
    house.ask(conditions=asks("苏卫0001"), limit=20)
    told = house.ask(subjects=[asks("苏卫0001"), asks("苏卫0003")], limit=20).json
    assert [(each["outcome"], each["retry_after"]) for each in told["items"]] == [("found", None), ("pending", 30)]
    assert told["outcome"] == "found"


def test_a_large_result_waits_until_its_source_has_answered(house: House, at: datetime):
    asked = house.door.call("window", "POST", f"/data/{house.code}/exports", json={"purpose": purpose()}).json["id"]
    assert not result_files.gather(house.database, house.parts, house.sources, asked, at)
    with house.database.reading() as session:
        assert session.get_one(ResultFile, asked).state == "running"
        assert session.scalars(select(Usage)).all() == []
    result_files.gather(house.database, house.parts, house.sources, asked, at)
    with house.database.reading() as session:
        assert (session.get_one(ResultFile, asked).state, session.get_one(ResultFile, asked).rows) == ("ready", 3)


def test_a_source_that_answers_later_is_well(house: House, at: datetime):
    for number in range(6):
        house.ask(conditions=asks(f"苏卫{number:04}"))
    with house.database.transaction() as session:
        assert calls.judge_called(session, STEWARD, at) == 0
        assert mounts.mount_of(session, house.mount).health == "healthy"
    assert judge(None, {source.Outcome.PENDING: 6}) is Health.HEALTHY


def test_a_batch_of_nothing_found_is_a_source_that_failed_before_one_that_is_pending():
    pending, missing = (Outcome.PENDING, "answers-later"), (Outcome.NOT_FOUND, "no-such-row")
    down = (Outcome.SOURCE_DOWN, "source-silent")
    assert outcomes.of_all([missing, pending]) == pending
    assert outcomes.of_all([pending, down]) == down
    assert outcomes.of(source.Pending(5)) == pending
