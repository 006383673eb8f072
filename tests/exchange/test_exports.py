"""Exports: a table that no spreadsheet runs, and a workbook that comes in again without a change."""

import csv
import io
from datetime import datetime
from typing import Any, cast

import openpyxl
import pytest

from base import clock
from base.db import Database
from base.sheets import FORMULA_SIGNS
from exchange import directories
from exchange.exports import reading, tables
from exchange.exports.dcat import Published
from exchange.imports import tables as import_tables
from exchange.imports import workbook
from exchange.life import Step
from exchange.quality import Measures
from exchange.routes.directories import directories as directory_routes
from exchange.routes.exports import exports
from exchange.routes.imports import imports
from exchange.routes.quality import quality
from keys.parties.sample import code_of
from keys.parties.wiring import Parties
from tests import rooms
from tests.exchange import departments, import_house
from tests.exchange.departments import STEWARD, content, item
from tests.exchange.import_house import states, taken_in, told
from tests.rooms import Door

BLUEPRINTS = (imports, exports, quality, directory_routes)
# What spreadsheets run: formulas in every opening, in full width, behind what is trimmed, and links that call out.
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.invalid","x")',
    "+1+1",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "'=1+1",
    "''=1",
]


def one(at: datetime, **peculiar: Any) -> Published:
    return Published("307015/000001", code_of("health"), "演示省卫生健康委员会", at, at, content(**peculiar))


def lines(sent: bytes, encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(sent.decode(encoding), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_no_cell_of_a_table_begins_as_a_formula(at: datetime, encoding: str, text: str):
    directory = one(at, name=text, summary=text, office=text, items=[item(text, 3)])
    sent = b"".join(tables.comma_separated([directory], encoding))
    for line in lines(sent, "utf-8-sig" if encoding == "utf-8" else encoding):
        assert not [cell for cell in line if cell.startswith(FORMULA_SIGNS)]
    row = next(import_tables.read(sent).rows)
    assert (row.cells["name"], row.cells["office"]) == (text.strip(), text.strip())


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_workbook_is_a_formula(text: str):
    sent = import_house.book([told(1, name=text.strip(), summary=text, items=[item(text, 3)])])
    found = openpyxl.load_workbook(io.BytesIO(sent))
    assert all(cell.data_type in {"s", "n"} for sheet in found for row in sheet.iter_rows() for cell in row)
    assert all(cell.data_type == "s" or cell.value is None for row in found["目录"].iter_rows() for cell in row)


def test_a_table_says_its_encoding(at: datetime):
    assert b"".join(tables.comma_separated([one(at)], "utf-8")).startswith(b"\xef\xbb\xbf")
    told_ = b"".join(tables.comma_separated([one(at)], "gb18030")).decode("gb18030")
    assert told_.startswith("资源目录代码,信息资源名称")


def test_control_characters_of_a_draft_do_not_break_a_workbook():
    sent = import_house.book([told(1, summary="控制\x01\x0b字符\ud800")])
    assert next(import_tables.read(sent).rows).cells["summary"] == "控制\ufffd\ufffd字符\ufffd"


def test_what_is_exported_comes_in_without_a_change(database: Database, at: datetime):
    """Drafts, published ones, one that is being revised: the export holds what a change would start from."""
    steward = import_house.opened(database, at)
    with database.transaction() as session:
        for number in range(12):
            departments.published(session, at, **told(number, storage=["API", "FILE_STRUCTURED"]))
        row, _ = departments.published(session, at, **told(50))
        revised = directories.revise(session, row, "改", STEWARD, at)
        directories.write(session, row, revised, told(50, summary="多行\n文字；带、分隔|符"), STEWARD, at)
        departments.drafted(session, at, **told(60))
        gone, version = departments.drafted(session, at, **told(70))
        directories.take(session, gone, version, Step.DISCARD, "", STEWARD, at)
    with database.reading() as session:
        own = list(reading.own(session, steward.organisation))
        published = list(reading.published(session))
    assert (len(own), len(published)) == (14, 13)
    rows = [import_house.row_of(content_, code) for code, content_ in own]
    known = taken_in(database, workbook.filled(rows), steward, at)
    found = states(database, known)
    assert (found["same"], found.get("new", 0), found.get("changed", 0)) == (14, 0, 0)
    sent = b"".join(tables.comma_separated(published, "gb18030"))
    found = states(database, taken_in(database, sent, steward, at, "目录.csv"))
    # The one that is being revised differs from what others read of it.
    assert found == {"same": 12, "changed": 1}


# --- over HTTP --------------------------------------------------------------------------------------------------


@pytest.fixture
def door(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    departments.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.transaction() as session:
        departments.published(session, at, name="已发布目录")
        departments.drafted(session, at, name="只是草稿")
    requester = departments.person("requester", "police", "requester")
    parties = Parties("https://data.example.gov.cn", cast("Any", None), 600, demo=True)
    return rooms.door(database, BLUEPRINTS, (STEWARD, requester), Measures(), parties)


def test_others_get_what_is_published_and_nothing_else(door: Door):
    for path, word in (
        ("/directory-exports/table", "已发布目录"),
        ("/directory-exports/table?encoding=gb18030", "已发布目录"),
        ("/directory-exports/catalogue", "已发布目录"),
        ("/directory-exports/catalogue?form=turtle", "已发布目录"),
    ):
        answer = door.call("requester", "GET", path)
        text = answer.data.decode("gb18030" if "gb" in path else "utf-8")
        assert (answer.status_code, word in text, "只是草稿" in text) == (200, True, False), path


def test_things_in_a_catalogue_keep_their_names_by_whatever_name_the_site_is_called(door: Door):
    for form in ("json-ld", "turtle"):
        path = f"/directory-exports/catalogue?form={form}"
        first, second = (
            door.call("requester", "GET", path, base_url=f"http://{name}") for name in ("a.lan", "10.0.0.1")
        )
        assert first.data == second.data
        assert b"https://data.example.gov.cn/" in first.data
        assert b"a.lan" not in first.data


def test_a_table_of_another_owner_is_empty(door: Door):
    answer = door.call("requester", "GET", f"/directory-exports/table?owner={code_of('police')}")
    assert len(lines(answer.data)) == 1


def test_stewards_get_their_own_workbook_and_others_none(door: Door):
    answer = door.call("steward", "GET", "/directory-exports/workbook")
    found = openpyxl.load_workbook(io.BytesIO(answer.data))
    names = [row[1].value for row in found["目录"].iter_rows(min_row=2)]
    assert sorted(map(str, names)) == ["只是草稿", "已发布目录"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert door.call("requester", "GET", "/directory-exports/workbook").status_code == 403
    assert door.call(None, "GET", "/directory-exports/table").status_code == 401


@pytest.mark.parametrize("query", ["form=rdf", "form=turtle&form=json-ld", "unknown=1", "form="])
def test_a_wrong_question_is_refused(door: Door, query: str):
    assert 400 <= door.call("steward", "GET", f"/directory-exports/catalogue?{query}").status_code < 500
