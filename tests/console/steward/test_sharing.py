"""Requests, grants, demands, the negative list and mounts on pages without scripts, and who may see which page."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import event, select

from base.db import Database
from exchange.agreements.models import Grant, ShareRequest
from exchange.demands.models import Demand
from exchange.mounting.models import Mount
from tests.console.people import Reader
from tests.console.steward.house import PEOPLE, WINDOW
from tests.exchange import sharing_house
from tests.exchange.demands import house as demand_house
from tests.exchange.departments import AUTHORITY, REVIEWER, STEWARD, drafted, published
from tests.exchange.sharing_house import CHECKER, LICENCE, PROVIDER, REQUESTER

HOSTILE = '"><script>alert(1)</script>'
LISTS = (
    *("/console/directories", "/console/directory-figures", "/console/reviews", "/console/imports", "/console/mounts"),
    *("/console/quality", "/console/usage", "/console/share-requests", "/console/grants", "/console/demands"),
    *("/console/negative-entries", "/console/objections", "/console/tickets"),
)
FORMS = (
    "/console/directories/new",
    "/console/imports/new",
    "/console/demands/new",
    "/console/negative-entries/new",
    "/console/objections/new",
)
OPEN_TO = {
    "/console/directories": set(PEOPLE) - {WINDOW},
    "/console/reviews": {REVIEWER, CHECKER, AUTHORITY},
    "/console/imports": {each for each in PEOPLE if "steward" in each.roles},
    "/console/negative-entries/new": {AUTHORITY},
}


def test_a_request_is_written_checked_and_granted(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row = sharing_house.directory(session, at)
    new = f"/console/share-requests/new?directory={row.code}"
    read = Reader(app, REQUESTER.id).open(new)
    told = {"legal_basis": HOSTILE, "scene": "窗口核验", "purpose": "核验许可证", "matters": LICENCE}
    chosen = {"stages": ["intake"], "grounds": ["statutory"], "modes": ["query"], "fields": ["单位名称"]}
    read.send("/console/share-requests/new", **told, **chosen, begins="2026-11-21", ends="")
    assert read.status == 422
    assert "日期应形如" in read.text
    assert "<script>alert" not in read.answer.text
    read.send("/console/share-requests/new", **told, **chosen, begins="2026-11-21", ends="2027-06-30").follow()
    with database.reading() as session:
        known = session.scalars(select(ShareRequest.id)).one()
    base = f"/console/share-requests/{known}"
    read.open(f"{base}/acts/submit").send(f"{base}/acts/submit").follow()
    checker = Reader(app, CHECKER.id).open("/console")
    assert base in checker.links()
    checker.open(f"{base}/acts/forward").send(f"{base}/acts/forward").follow()
    provider = Reader(app, PROVIDER.id).open(base)
    assert {f"{base}/acts/{step}" for step in ("approve", "offer", "refuse", "extend")} <= set(provider.links())
    refused = provider.open(f"{base}/acts/refuse").send(f"{base}/acts/refuse", reason="")
    assert refused.status >= 400
    provider.open(f"{base}/acts/approve").send(f"{base}/acts/approve").follow()
    assert "已授权" in provider.text
    with database.reading() as session:
        grant = session.scalars(select(Grant.code)).one()
    revoke = f"/console/grants/{grant}/acts/revoke"
    assert provider.open(f"/console/grants/{grant}").status == 200
    assert provider.open(revoke).send(revoke, reason="停止使用").follow().status == 200
    assert "已撤销授权" in provider.text


def test_a_demand_is_asked_and_refused_with_its_rule(app: Flask, database: Database):
    read = Reader(app, REQUESTER.id).open("/console/demands/new")
    told = {
        "name": "消毒产品评价",
        "items": "产品名称\n责任单位",
        "provider": demand_house.HEALTH,
        "update_cycle": "week",
        "delivery": "interface",
        "basis": "办法（演示）",
        "purpose": "核验",
    }
    read.send("/console/demands/new", **told).follow()
    with database.reading() as session:
        known = session.scalars(select(Demand.id)).one()
    act = f"/console/demands/{known}/acts/refuse"
    read = (
        Reader(app, PROVIDER.id).open(act).send(act, ground="no-basis", rule="无依据", reason="没有法律依据").follow()
    )
    assert "已拒绝" in read.text


def test_a_mount_is_proposed_tested_and_confirmed(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, _ = published(session, at)
    read = Reader(app, STEWARD.id).open(f"/console/mounts/new?directory={row.code}")
    assert read.send("/console/mounts/new", name="文件", kind="files", declaration="{bad").status == 422
    read.send(
        "/console/mounts/new",
        name="文件",
        kind="files",
        declaration='{"path": "a.csv", "format": "csv"}',
        columns='{"许可证编号": "no"}',
    ).follow()
    with database.reading() as session:
        known = session.scalars(select(Mount.id)).one()
    base = f"/console/mounts/{known}"
    read.open(f"{base}/acts/probe").send(f"{base}/acts/probe").follow()
    read = Reader(app, REVIEWER.id).open(f"{base}/acts/confirm").send(f"{base}/acts/confirm").follow()
    assert "使用中" in read.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_list_and_form_opens_or_says_that_it_is_not_for_one(app: Flask, language: str):
    for who in PEOPLE:
        for path in (*LISTS, *FORMS):
            read = Reader(app, who.id).open(f"{path}?lang={language}")
            assert read.status in {200, 403}, (who.id, path, read.status)
            if path in OPEN_TO:
                assert (read.status == 200) is (who in OPEN_TO[path]), (who.id, path)


@pytest.mark.parametrize("path", ["/console/directories", "/console/share-requests", "/console/demands"])
def test_a_list_asks_as_often_for_fifty_rows_as_for_five(app: Flask, database: Database, at: datetime, path: str):
    with database.transaction() as session:
        rows = [drafted(session, at, name=f"演示{number}")[0] for number in range(5)]
        one = sharing_house.directory(session, at)
        for _ in range(5):
            sharing_house.forwarded(session, one, at)
        for number in range(5):
            demand_house.begun(session, at, name=f"演示需求{number:03d}")
    assert rows
    few = asked(app, database, path)
    with database.transaction() as session:
        for number in range(45):
            drafted(session, at, name=f"更多{number}")
            sharing_house.forwarded(session, one, at)
            demand_house.begun(session, at, name=f"更多需求{number:03d}")
    assert asked(app, database, path) == few


def asked(app: Flask, database: Database, path: str) -> int:
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        assert Reader(app, STEWARD.id if path.endswith("directories") else REQUESTER.id).open(path).status == 200
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(statements)
