"""The sandbox's feeds, seen through the API: a delivery log, a pushed table, a drop of files with its rejects."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.db import Database
from base.fetch import FetchSettings
from base.identifiers import CreditCode, RegionCode
from exchange.agreements import grants
from exchange.agreements import sample as sharing_sample
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.feeds import sample
from exchange.feeds.wiring import Deliveries, DeliverySettings, Pushes, PushSettings
from exchange.mounting import sample as mount_sample
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.pushes import pushed
from exchange.routes.subscriptions import subscribed
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import organisations, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import SYSTEMS, code_of
from keys.parties.systems import NewSystem, system_of
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, published
from tests.exchange.sources.sites import unused
from tests.rooms import Door

NAMES = ("许可证编号", "单位名称", "统一社会信用代码")


@pytest.fixture
def door(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Make the sample as the sandbox does, and open the door to what it made."""
    monkeypatch.setattr(clock, "now", lambda: at)
    departments.opened(database, at)
    mounts = MountParts(MountSettings(folder=str(tmp_path / "mounts")), unused, FetchSettings())
    signer: Any = lambda _session, _key: None  # noqa: E731 - nothing here is signed
    parts = Pushes(PushSettings(folder=str(tmp_path / "pushes")), mounts, grants.require, signer)
    kept = DataKeys(FileKek(tmp_path / "kek"))
    deliveries = Deliveries(DeliverySettings(), unused, kept, signer, grants.require)
    with database.transaction() as session:
        window = NewOrganisation(CreditCode(code_of("city-window")), "演示中心", RegionCode("320900"), "city", None)
        organisations.add(session, window, MAKER, at)
        for each in SYSTEMS:
            systems.add(session, NewSystem(each.id, each.name, code_of(each.organisation)), MAKER, at)
            systems.grant_scopes(session, system_of(session, each.id), each.scopes, MAKER, at)
        for name in ("公共场所卫生许可证信息", "食品经营许可证信息", "公共场所卫生许可证注销信息"):
            published(session, at, name=name, items=[item(each, 50) for each in NAMES])
        mount_sample.mounted(session, tmp_path, mounts, at)
        made = sharing_sample.made(session, at, SYSTEMS[0].organisation, [SYSTEMS[1].organisation])
    purpose = PurposeSchema().load({**made["purpose"]})
    sample.subscribed(database, deliveries, at)
    sample.pushed(database, parts, tmp_path, purpose, at)
    opened = rooms.door(database, (subscribed, pushed), (sample.by(),), parts, deliveries)
    yield opened
    parts.close()
    mounts.close()


def told(door: Door, path: str) -> Any:
    answer = door.call(sample.by().id, "GET", path)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_subscription_has_a_delivery_log_with_a_try_that_failed_and_rests(door: Door):
    (subscription,) = told(door, "/subscriptions")["items"]
    assert subscription["state"] == "paused"
    log = told(door, f"/subscriptions/{subscription['id']}/deliveries")["items"]
    assert {each["state"] for each in log} == {"delivered"}
    assert len(log) == 3
    statuses = sorted(try_["status"] for each in log for try_ in each["tries"])
    assert statuses == [200, 200, 200, 503]


def test_a_table_was_pushed_and_holds_the_rows(door: Door, tmp_path: Path):
    (table,) = [each for each in told(door, "/pushes")["items"] if each["kind"] == "table"]
    (run,) = told(door, f"/pushes/{table['id']}/runs")["items"]
    assert (run["state"], run["read"], run["rejected"]) == ("done", 40, 0)
    with sqlite3.connect(tmp_path / "pushes" / "warehouse.db") as warehouse:
        assert warehouse.execute("SELECT count(*) FROM yanshi").fetchone() == (40,)
    warehouse.close()


def test_a_drop_of_files_has_its_rejects(door: Door, tmp_path: Path):
    (files,) = [each for each in told(door, "/pushes")["items"] if each["kind"] == "files"]
    (run,) = told(door, f"/pushes/{files['id']}/runs")["items"]
    assert (run["state"], run["read"], run["rejected"]) == ("done", 40, 2)
    rejects = told(door, f"/pushes/{files['id']}/runs/{run['id']}/rejects")["items"]
    assert [(each["row"], each["reason"]) for each in rejects] == [(39, "too-long"), (40, "too-long")]
    latest = tmp_path / "pushes" / sample.by().organisation / "drops" / "yanshi" / "latest.json"
    assert json.loads(latest.read_text("utf-8"))["run"] == run["id"]


def test_a_sandbox_without_a_granted_purpose_shows_none():
    told_: dict[str, Any] = {"purpose": None}
    nothing: Any = None
    sample.sample(nothing, replace(sample_box(), told=told_))
    assert told_ == {"purpose": None}


def sample_box() -> Any:
    from base.program import Sandbox

    return Sandbox(Path(), "", {})
