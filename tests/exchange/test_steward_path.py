"""A steward's whole path over HTTP, and the documented walk, carried out command by command.

Excel in → errors → fix → drafts → review → published → mounted → probed → served → revised → withdrawn.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import clock
from base.callers import Caller
from base.db import Database
from base.fetch import FetchSettings
from base.models import AuditEntry
from exchange.directories import directory_of
from exchange.measures import MEASURES
from exchange.mounting import mounts
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.sources.source import Found, Question
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import import_house
from tests.exchange.departments import AUTHORITY, REVIEWER
from tests.exchange.import_house import book, edited, place, told, work_off
from tests.exchange.sources.sites import unused
from tests.exchange.test_matrix import BLUEPRINTS
from tests.exchange.walks import Walk, commands
from tests.rooms import Door

PAGES = ("directories.md", "zh/directories.md")
OWN_WORDS = re.compile(r'"(?:reason|name)": "[^"]*"')


@pytest.fixture
def steward(database: Database, at: datetime) -> Caller:
    return import_house.opened(database, at)


@pytest.fixture
def parts(tmp_path: Path) -> MountParts:
    folder = tmp_path / code_of("health") / "files"
    folder.mkdir(parents=True)
    (folder / "licences.csv").write_text("no,单位名称\n苏卫0001,演示饭店\n", encoding="utf-8")
    return MountParts(MountSettings(folder=str(tmp_path)), unused, FetchSettings())


@pytest.fixture
def door(database: Database, steward: Caller, parts: MountParts, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: at)
    return rooms.door(database, BLUEPRINTS, (steward, REVIEWER, AUTHORITY), parts, MEASURES)


def test_a_stewards_whole_path(door: Door, database: Database, steward: Caller, parts: MountParts, at: datetime):
    def call(who: str, method: str, path: str, status: int, body: Any = None, **more: Any) -> Any:
        answer = door.call(who, method, path, **({} if body is None else {"json": body}), **more)
        assert answer.status_code == status, (path, answer.json)
        return answer

    me = steward.id
    # Excel in, with an error; mended where it stands.
    sent = edited(book([told(1)]), **{f"{place('update_cycle')}2": "两周一次"})
    taken = call(me, "POST", "/directory-imports", 202, data=sent).json
    here = f"/directory-imports/{taken['id']}"
    work_off(database, taken["task"], at)
    assert call(me, "GET", here, 200).json["rows"]["error"] == 1
    row = call(me, "GET", f"{here}/rows/2", 200)
    mend = {"cells": {"update_cycle": "每日"}}
    call(me, "PATCH", f"{here}/rows/2", 200, mend, headers={"If-Match": row.headers["ETag"]})
    work_off(database, call(me, "POST", f"{here}/applications", 202).json["task"], at)
    draft = call(me, "GET", "/directories", 200).json["items"][0]
    code, first = draft["code"], f"/directories/{draft['code']}/versions/1"
    # Review and publication, by three people.
    call(me, "POST", f"{first}/submissions", 200, {})
    call("reviewer", "POST", f"{first}/reviews", 200, {"decision": "forward"})
    assert call("authority", "POST", f"{first}/reviews", 200, {"decision": "publish"}).json["state"] == "published"
    # Mounted, probed, confirmed by another, and it serves.
    declaration = {"path": "licences.csv", "format": "csv"}
    new = {"name": "许可证", "kind": "files", "declaration": declaration, "columns": {"许可证编号": "no"}}
    mount = f"/mounts/{call(me, 'POST', f'/directories/{code}/mounts', 201, new).json['id']}"
    assert call(me, "POST", f"{mount}/probes", 201).json["outcome"] == "found"
    assert call("reviewer", "POST", f"{mount}/confirmations", 200).json["state"] == "serving"
    with database.reading() as session:
        plan = mounts.serving_of(session, directory_of(session, code))[0]
    answer = parts.source(plan).ask(Question(("许可证编号",)))
    assert isinstance(answer, Found)
    assert answer.rows[0]["许可证编号"] == "苏卫0001"
    fresh = next(
        each for each in call(me, "GET", f"/directories/{code}/quality", 200).json["parts"] if each["name"] == "fresh"
    )
    assert fresh["name"] == "fresh"
    # Revised and published again; then withdrawn, and nothing serves any more.
    second = f"/directories/{code}/versions/2"
    revised = call(me, "POST", f"/directories/{code}/versions", 201, {"reason": "补充说明"})
    wider = {**revised.json["content"], "remarks": "自2015年起"}
    call(me, "PUT", second, 200, {"content": wider}, headers={"If-Match": revised.headers["ETag"]})
    call(me, "POST", f"{second}/submissions", 200, {})
    call("reviewer", "POST", f"{second}/reviews", 200, {"decision": "forward"})
    call("authority", "POST", f"{second}/reviews", 200, {"decision": "publish"})
    call(me, "POST", f"{second}/withdrawals", 200, {"reason": "职责划转"})
    assert call("authority", "POST", f"{second}/reviews", 200, {"decision": "withdraw"}).json["state"] == "withdrawn"
    with database.reading() as session:
        assert mounts.serving_of(session, directory_of(session, code)) == []
        acts = set(session.scalars(select(AuditEntry.act)))
    assert acts >= {
        *("directory-import.received", "directory-import.staged", "directory-import.applied", "directory.begun"),
        *("directory.submit", "directory.forward", "directory.publish", "mount.proposed", "mount.probed"),
        *("mount.confirmed", "directory.ask-to-withdraw", "directory.withdraw"),
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_documented_walk_works_as_it_stands(
    door: Door, database: Database, steward: Caller, parts: MountParts, at: datetime, page: str
):
    """As documented, row 37 of the workbook has an unknown cycle; a worker does what the page says a worker does."""
    source = Path(parts.settings.folder) / code_of("health") / "files" / "licences.csv"
    source.write_text("许可证编号,单位名称\n苏卫0001,演示饭店\n", encoding="utf-8")
    sent = edited(book([told(number) for number in range(36)]), **{f"{place('update_cycle')}37": "两周一次"})
    colleague = import_house.account(database, "colleague", "health", at)
    people = {"STEWARD": steward.id, "REVIEWER": REVIEWER.id, "AUTHORITY": AUTHORITY.id}
    walk = Walk(door, people, {"Y": "", "COLLEAGUE": colleague.id}, {"directories.xlsx": sent})
    seen: list[Any] = []
    for command in commands(page):
        answer = walk.do(command)
        body = answer.get_json(silent=True) or {}
        seen.append(body)
        if answer.status_code == 202:
            walk.known.setdefault("ID", body.get("id", ""))
            work_off(database, body["task"], at)
        known = {"ETAG": answer.headers.get("ETag"), "MOUNT": body["id"] if command.text.endswith("/mounts") else None}
        known |= {"SUBSTITUTION": body.get("id") if "substitute" in body else None}
        listed = body.get("items") if command.text.endswith("/directories") else None
        known |= {"CODE": listed[0]["code"] if listed else None}
        if command.text.endswith("/versions"):
            revised = {"content": {**body["content"], "remarks": "自2015年起"}}
            walk.files["revised.json"] = json.dumps(revised).encode()
        walk.known |= {name: str(value) for name, value in known.items() if value}
    rows = [each["rows"] for each in seen if isinstance(each.get("rows"), dict)]
    assert [(each["error"], each["applied"]) for each in rows[-2:]] == [(1, 0), (0, 36)]
    assert {each["state"] for each in seen if "state" in each} >= {"published", "serving", "withdrawn"}
    assert set(walk.files) == {"directories.xlsx", "template.xlsx", "returned.xlsx", "revised.json"}


def test_both_languages_document_the_same_walk():
    """All but the reasons and the name of a mount, which a reader gives in words of their own."""
    here, there = ([OWN_WORDS.sub("", each.text) for each in commands(page)] for page in PAGES)
    assert here == there
    assert len(here) == 26
