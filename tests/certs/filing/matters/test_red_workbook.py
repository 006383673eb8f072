"""A workbook of matters comes back with its faulty cells red; the basic catalogue is listed."""

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import app
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from tests.certs.filing.matters import test_imports as imports
from tests.certs.filing.matters.test_imports import CODE, HEADING, ROWS, Desk, cell, table, workbook


@pytest.fixture
def desk(tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    database: Database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}"), app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    monkeypatch.setattr(clock, "now", lambda: at)
    return imports.opened(database, at, monkeypatch)


def looked_through(desk: Desk, content: bytes, who: str = "authority") -> Any:
    """Send a workbook to be looked through."""
    data = {"file": [(io.BytesIO(content), "matters.xlsx")]}
    return desk.door.call(who, "POST", "/matter-imports/workbook", data=data)


def test_faulty_cells_come_back_red_with_a_comment_and_nothing_is_taken_in(desk: Desk) -> None:
    rows = cell(ROWS, 3, "必要性", "看情况")
    answer = looked_through(desk, workbook(材料清单=[HEADING, *rows]))
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    place = sheet.cell(3, HEADING.index("必要性") + 1)
    assert (place.value, place.fill.fill_type) == ("看情况", "solid")
    assert "不在可填的词语中" in str(place.comment)
    assert sheet.cell(2, 1).comment is None
    assert desk.one().status_code == 404


def test_what_is_no_workbook_is_not_marked(desk: Desk) -> None:
    assert looked_through(desk, table(*ROWS)).status_code == 422
    assert looked_through(desk, workbook(材料清单=[HEADING, *ROWS]), "window").status_code in {401, 403}


def test_the_basic_catalogue_is_listed_by_name_and_code(desk: Desk) -> None:
    desk.bring(table(*ROWS))
    found = desk.door.call(None, "GET", "/matter-catalogue?q=演示").json["items"]
    assert [(each["basic_code"], each["name"]) for each in found] == [(CODE[19:31], "演示许可")]
    assert desk.door.call(None, "GET", f"/matter-catalogue?code={CODE[19:25]}").json["items"] == found
    assert desk.door.call(None, "GET", "/matter-catalogue?code=999").json["items"] == []
    assert desk.door.call(None, "GET", "/matter-catalogue?q=%25").json["items"] == []
