"""Old stock over HTTP: from the table to its closing; who may do what; bad input answered with codes."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from base import calendar, clock
from base.bulk import TaskState
from base.callers import Caller
from base.db import Database
from certs.faces.typefaces import typeface
from certs.routes.certificates import certificates
from certs.routes.old_stock import old_stock
from tests import rooms
from tests.certs.office import STRANGER, office
from tests.certs.old_stock.stocks import ELSEWHERE, HEAD, MIXED, UPLOADER, Stock, row, table, workbook
from tests.certs.papers import firm
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door
from tests.signing.offices import SYSTEM, WINDOW

GM = replace(WINDOW, scopes=frozenset({"cert:issue", "seal:use"}))
STEWARD = Caller("person", "steward", "steward", PROVINCE, frozenset({"steward"}))


@pytest.fixture
def stock(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Stock:
    house = office(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.at)
    with house.database.transaction() as session:
        calendar.seed(session)
        for year in (2026, 2027):
            if not session.get(calendar.CalendarYear, year):
                session.add(calendar.CalendarYear(year=year, source="演示"))
    return Stock(house).open()


@pytest.fixture
def door(stock: Stock) -> Door:
    sealer = stock.house.issuer().sealer
    people = (GM, HEAD, UPLOADER, ELSEWHERE, STEWARD, replace(STRANGER, id="stranger"))
    blueprints = (old_stock, certificates)
    return rooms.door(stock.database, blueprints, people, stock.parts, sealer.signing, sealer.authority)


def bring(door: Door, content: bytes, who: str = "clerk", kind: str = "text/csv") -> Any:
    path = f"/old-stock?type={MIXED.code}&file_name=演示.csv"
    return door.call(who, "POST", path, data=content, content_type=kind)


def post(door: Door, who: str, path: str, told: dict[str, Any] | None = None, method: str = "POST") -> Any:
    return door.call(who, method, f"/old-stock/{path}", json=told or {})


def test_the_whole_way_of_a_batch(door: Door, stock: Stock):
    """Brought, signed off by another, made, sampled, published, objected to, closed."""
    brought = bring(door, workbook([row(1), row(2, number="")]))
    assert brought.status_code == 202, brought.json
    batch = brought.json["id"]
    assert stock.work(batch) is TaskState.DONE
    told = door.call("clerk", "GET", f"/old-stock/{batch}").json
    assert (told["state"], told["rows"], told["profile"]["faults"]["missing-number"]) == (
        "profiled",
        {"faulty": 1, "sound": 1},
        1,
    )
    faulty = door.call("clerk", "GET", f"/old-stock/{batch}/rows?state=faulty").json["items"]
    assert [(each["number"], each["faults"][0]["code"]) for each in faulty] == [(3, "missing-number")]
    statement = {"statement": "演示核对", "leaves_out_faulty": True}
    assert post(door, "clerk", f"{batch}/sign-off", statement).json["code"] == "old-stock-signed-off-by-uploader"
    assert post(door, "head", f"{batch}/sign-off", statement).json["state"] == "signed-off"
    assert post(door, "head", f"{batch}/makings", {"system": SYSTEM}).status_code == 202
    stock.work(batch)
    assert post(door, "head", f"{batch}/samples", {"size": 1}).json["state"] == "sampled"
    (drawn,) = door.call("head", "GET", f"/old-stock/{batch}/rows?is_sampled=true").json["items"]
    identifier = drawn["identifier"]
    assert door.call("gm", "GET", f"/certificates/{identifier}").json["status"] == "staged"
    looked = post(door, "head", f"{batch}/rows/{drawn['number']}/look", {"look": "right"}, "PUT")
    assert looked.json["look"] == "right"
    assert post(door, "head", f"{batch}/publications", {"objection_days": 5}).status_code == 202
    stock.work(batch)
    assert door.call("gm", "GET", f"/certificates/{identifier}").json["status"] == "valid"
    objection = post(door, "gm", f"{batch}/objections", {"identifier": identifier, "reason": "演示"})
    assert objection.status_code == 201
    decision = {"state": "rejected", "decision": "演示无误"}
    place = f"{batch}/objections/{objection.json['id']}/decision"
    assert post(door, "head", place, decision, "PUT").json["state"] == "rejected"
    assert post(door, "head", place, decision, "PUT").json["code"] == "no-such-old-stock-objection"
    assert post(door, "head", f"{batch}/closing").json["code"] == "old-stock-objections-open"
    assert len(door.call("head", "GET", f"/old-stock/{batch}/objections").json["items"]) == 1
    rolled = post(door, "head", f"{batch}/rollbacks", {"reason": "演示退回"})
    assert (rolled.status_code, rolled.json["state"]) == (202, "rolling-back")
    stock.work(batch)
    assert door.call("gm", "GET", f"/certificates/{identifier}").json["status"] == "cancelled"
    assert door.call("head", "GET", "/old-stock").json["items"][0]["state"] == "rolled-back"


def test_no_cell_of_a_row_is_told(door: Door, stock: Stock):
    """Whoever lists rows learns what is wrong with them, not who they are of."""
    batch = bring(door, table([row(1, holder_code=firm(1).lower())])).json["id"]
    stock.work(batch)
    told = door.call("head", "GET", f"/old-stock/{batch}/rows").json
    assert firm(1) not in json.dumps(told).upper()
    assert "演示企业" not in json.dumps(told, ensure_ascii=False)


def test_a_form_with_the_file_is_taken_too(door: Door, stock: Stock):
    """As browsers send it."""
    form = {"file": (io.BytesIO(table([row(1)])), "旧表.csv")}
    answer = door.call("clerk", "POST", f"/old-stock?type={MIXED.code}", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["name"], stock.parts.types[MIXED.code]) == (202, "旧表.csv", MIXED)


def test_a_batch_is_dropped(door: Door, stock: Stock):
    """By whoever brought it, before anyone signs."""
    batch = bring(door, table([row(1)])).json["id"]
    stock.work(batch)
    assert door.call("clerk", "DELETE", f"/old-stock/{batch}").status_code == 204
    assert post(door, "head", f"{batch}/sign-off", {"statement": "x"}).json["code"] == "old-stock-step-not-allowed"


def test_a_scan_is_attached(door: Door, stock: Stock):
    """To a row of paper alone."""
    batch = bring(door, table([row(1, medium="纸质")])).json["id"]
    stock.work(batch)
    place = f"/old-stock/{batch}/rows/2/scan"
    answer = door.call("head", "PUT", place, data=b"%PDF-1.7 x", content_type="application/pdf")
    assert (answer.status_code, answer.json["has_scan"]) == (200, True)
    bad = door.call("head", "PUT", place, data=b"MZ", content_type="application/pdf")
    assert (bad.status_code, bad.json["code"]) == (422, "old-stock-scan-not-usable")


def test_another_organ_sees_no_batch(door: Door, stock: Stock):
    """Theirs and none give the same answer."""
    batch = bring(door, table([row(1)])).json["id"]
    for each in (batch, "x"):
        answer = door.call("other", "GET", f"/old-stock/{each}")
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-old-stock")
    assert door.call("other", "GET", "/old-stock").json["items"] == []
    assert stock.of(batch).organisation == CITY


def test_who_succeeded_whom_is_recorded_by_stewards(door: Door):
    """An issuer does not make itself somebody's heir."""
    told = {"former": "演示市旧局", "successor": CITY, "since": "2019-01-01", "basis": "演示方案"}
    assert door.call("steward", "POST", "/successions", json=told).status_code == 201
    assert door.call("head", "POST", "/successions", json=told).status_code == 403
    found = door.call("head", "GET", "/successions").json["items"]
    assert ("演示市旧局", CITY) in [(each["former"], each["successor"]) for each in found]
    circle = door.call("steward", "POST", "/successions", json={**told, "former": CITY})
    assert (circle.status_code, circle.json["code"]) == (409, "circular-succession")


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        (f"/old-stock?type={MIXED.code}", b"", 400, "malformed-request"),
        (f"/old-stock?type={MIXED.code}", b"a,b\n1,2\n", 422, "unreadable-old-stock"),
        ("/old-stock?type=11100000YNX090019T999", b"a\n", 404, "no-such-certificate-type"),
        ("/old-stock", b"a\n", 422, "invalid-input"),
        (f"/old-stock?type={MIXED.code}&colour=red", b"a\n", 422, "invalid-input"),
    ],
    ids=range(5),
)
def test_bad_input_is_refused_with_a_code(door: Door, path: str, content: bytes, status: int, code: str):
    """Whatever is wrong with it."""
    answer = door.call("clerk", "POST", path, data=content, content_type="text/csv")
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("who", [None, "steward"])
@pytest.mark.parametrize("path", ["x/sign-off", "x/makings", "x/samples", "x/publications", "x/closing", "x/rollbacks"])
def test_who_does_not_issue_acts_on_no_batch(door: Door, who: str | None, path: str):
    """The guard comes before everything."""
    assert post(door, who, path).status_code in {401, 403}  # type: ignore[arg-type]
