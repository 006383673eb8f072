"""Imports over HTTP: a steward's path from the template to drafts, who may see it, and files sent in bad faith."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import event

from base import clock
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from exchange.imports import workbook
from exchange.routes.directories import directories as directory_routes
from exchange.routes.imports import imports
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import import_house
from tests.exchange.import_house import book, edited, place, told, uploaded, work_off
from tests.rooms import Door


@pytest.fixture
def people(database: Database, at: datetime) -> dict[str, Caller]:
    steward = import_house.opened(database, at)
    stranger = import_house.account(database, "import-stranger", "police", at)
    colleague = import_house.account(database, "import-colleague", "health", at, "requester")
    return {"steward": steward, "stranger": stranger, "colleague": colleague}


@pytest.fixture
def door(database: Database, people: dict[str, Caller], at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: at)
    blueprints = (imports, directory_routes)
    return rooms.door(database, blueprints, people.values(), Pager("p" * 32))


def test_a_stewards_path_from_the_template_to_drafts(
    door: Door, database: Database, people: dict[str, Caller], at: datetime
):
    """Template, filled in with one mistake, sent, red cell back, mended in place, applied, drafts to be submitted."""
    by = people["steward"]
    template = door.call(by.id, "GET", "/directory-imports/template")
    assert template.content_type == workbook.MEDIA_TYPE
    cells: dict[str, object] = {}
    for number, name in ((2, "甲目录"), (3, "乙目录")):
        whole, items = import_house.row_of(told(1, name=name))
        cells |= {f"{place(field)}{number}": value for field, value in whole.items() if value}
        letters = "BCDEFGHI"
        names = [each.name for each in import_house.columns.item_columns()[1:]]
        cells[f"信息项__A{number}"] = name
        cells |= {f"信息项__{letters[names.index(field)]}{number}": value for field, value in items[0].items() if value}
    wrong = f"{place('update_cycle')}3"
    filled = edited(template.data, **cells | {wrong: "两周一次"})
    answer = door.call(by.id, "POST", "/directory-imports", data={"file": (io.BytesIO(filled), "卫健目录.xlsx")})
    assert (answer.status_code, answer.json["state"]) == (202, "reading"), answer.json
    assert answer.json["progress"] == {"done": 0, "total": None}
    assert door.call(by.id, "POST", f"/directory-imports/{answer.json['id']}/applications").status_code == 409
    work_off(database, answer.json["task"], at)
    answer = door.call(by.id, "GET", f"/directory-imports/{answer.json['id']}")
    assert (answer.json["state"], answer.json["progress"], answer.json["problem"]) == ("staged", None, None)
    assert answer.json["rows"] == {"new": 1, "changed": 0, "same": 0, "error": 1, "applied": 0}
    assert answer.json["file_name"] == "卫健目录.xlsx"
    here = f"/directory-imports/{answer.json['id']}"
    rows = door.call(by.id, "GET", f"{here}/rows?state=error").json["items"]
    assert [(each["number"], each["faults"][0]["cell"]) for each in rows] == [(3, wrong)]
    returned = openpyxl.load_workbook(io.BytesIO(door.call(by.id, "GET", f"{here}/workbook").data))
    assert returned["目录"][wrong].comment is not None
    row = door.call(by.id, "GET", f"{here}/rows/3")
    change = {"cells": {"update_cycle": "每月"}}
    assert door.call(by.id, "PATCH", f"{here}/rows/3", json=change).status_code == 428
    mended = door.call(by.id, "PATCH", f"{here}/rows/3", json=change, headers={"If-Match": row.headers["ETag"]})
    assert (mended.status_code, mended.json["state"]) == (200, "new")
    stale = door.call(by.id, "PATCH", f"{here}/rows/3", json=change, headers={"If-Match": row.headers["ETag"]})
    assert stale.status_code == 412
    begun = door.call(by.id, "POST", f"{here}/applications")
    assert (begun.status_code, begun.json["state"]) == (202, "applying")
    assert door.call(by.id, "POST", f"{here}/applications").json["code"] == "import-under-way"
    work_off(database, begun.json["task"], at)
    done = door.call(by.id, "GET", here).json
    assert (done["state"], done["rows"]["applied"]) == ("applied", 2)
    drafts = door.call(by.id, "GET", "/directories").json["items"]
    assert sorted(each["name"] for each in drafts) == ["乙目录", "甲目录"]
    submitted = door.call(by.id, "POST", f"/directories/{drafts[0]['code']}/versions/1/submissions", json={})
    assert (submitted.status_code, submitted.json["state"]) == (200, "checking")
    assert door.call(by.id, "DELETE", here).status_code == 204
    assert door.call(by.id, "GET", here).status_code == 404


PLACES = [
    ("GET", ""),
    ("GET", "/rows"),
    ("GET", "/rows/2"),
    ("PATCH", "/rows/2"),
    ("GET", "/workbook"),
    ("POST", "/applications"),
    ("DELETE", ""),
]


@pytest.mark.parametrize(("method", "tail"), PLACES)
def test_an_import_is_its_departments_stewards_alone(door: Door, people: dict[str, Caller], method: str, tail: str):
    here = f"/directory-imports/{uploaded(door, people['steward'], book([told(1)])).json['id']}{tail}"
    body: dict[str, Any] = {"json": {"cells": {}}} if method == "PATCH" else {}
    for who, status in ((people["stranger"].id, 404), (people["colleague"].id, 403), (None, 401)):
        assert door.call(who, method, here, **body).status_code == status
    assert door.call(people["stranger"].id, "GET", "/directory-imports").json["items"] == []


def test_a_department_sees_its_imports_the_newest_first(door: Door, people: dict[str, Caller]):
    for _ in range(3):
        uploaded(door, people["steward"], book([told(1)]))
    items = door.call(people["steward"].id, "GET", "/directory-imports").json["items"]
    assert len(items) == 3
    assert all(each["rows"]["new"] == 1 for each in items)


def test_a_correction_of_a_column_that_is_not_there_is_refused(door: Door, people: dict[str, Caller]):
    here = f"/directory-imports/{uploaded(door, people['steward'], book([told(1)])).json['id']}/rows/2"
    tag = {"If-Match": door.call(people["steward"].id, "GET", here).headers["ETag"]}
    for body, code in (
        ({"cells": {"颜色": "红"}}, "unknown-import-column"),
        ({"items": [{"颜色": "红"}]}, "unknown-import-column"),
        ({"cells": {"name": 5}}, "invalid-input"),
        ({"celles": {}}, "invalid-input"),
        ({"items": [{"name": "x" * 5000}]}, "invalid-input"),
    ):
        answer = door.call(people["steward"].id, "PATCH", here, json=body, headers=tag)
        assert (answer.status_code, answer.json["code"]) == (422, code), answer.json
    wrong = door.call(people["steward"].id, "PATCH", here, json={"items": [{"name": "甲"}]}, headers=tag)
    assert wrong.json["state"] == "error"


# --- files sent in bad faith ------------------------------------------------------------------------------------


def rebuilt(change: Callable[[dict[str, bytes]], None], base: bytes | None = None) -> bytes:
    """Take a workbook apart, change its files, and put it together again."""
    with zipfile.ZipFile(io.BytesIO(base or book([told(1)]))) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    change(files)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def sheet(xml: str) -> bytes:
    """Make a workbook whose first sheet is this."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

    def change(files: dict[str, bytes]) -> None:
        files["xl/worksheets/sheet1.xml"] = f"<worksheet {space}><sheetData>{xml}</sheetData></worksheet>".encode()

    return rebuilt(change)


def changed(name: str, old: bytes, new: bytes) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    return rebuilt(change)


def with_file(name: str, content: bytes) -> bytes:
    return rebuilt(lambda files: files.update({name: content}))


def without(name: str) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        del files[name]

    return rebuilt(change)


def lying(content: bytes) -> bytes:
    """Say of every entry that it unpacks to ten bytes."""
    told_ = bytearray(content)
    place_ = told_.find(b"PK\x01\x02")
    while place_ >= 0:
        told_[place_ + 24 : place_ + 28] = struct.pack("<I", 10)
        place_ = told_.find(b"PK\x01\x02", place_ + 4)
    return bytes(told_)


def encrypted(content: bytes) -> bytes:
    told_ = bytearray(content)
    place_ = told_.find(b"PK\x01\x02")
    told_[place_ + 8] |= 1
    return bytes(told_)


def bomb(size: int) -> bytes:
    return with_file("xl/media/x.bin", b"\0" * size)


HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>信息资源名称</t></is></c></row>'
INLINE = '<c r="A2" t="inlineStr"><is><t>{}</t></is></c>'
JSON_LD = b'{"@id": "urn:x", "@type": "http://www.w3.org/ns/dcat#Dataset", "urn:p": "TEXT"}'
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>'

# name, file, the refusal's code
# The tables below are made when they run: some files are large.
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("nothing but a zip's mark", lambda: b"PK\x03\x04", "unreadable-table"),
    ("a zip of nothing", lambda: b"PK\x05\x06" + b"\0" * 18, "unreadable-table"),
    ("half a workbook", lambda: book([told(1)])[:2000], "unreadable-table"),
    ("a workbook without its end", lambda: book([told(1)])[:-30], "unreadable-table"),
    ("an old workbook", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unreadable-table"),
    ("a document, not a workbook", lambda: without("xl/workbook.xml"), "unreadable-table"),
    ("no relations", lambda: without("_rels/.rels"), "unreadable-table"),
    ("no sheet", lambda: without("xl/worksheets/sheet1.xml"), "unreadable-table"),
    ("a bomb", lambda: bomb(300 * 1024 * 1024), "table-too-large"),
    ("a bomb that lies of its size", lambda: lying(bomb(300 * 1024 * 1024)), "unreadable-table"),
    ("a workbook that lies of its size", lambda: lying(book([told(1)])), "unreadable-table"),
    ("an encrypted entry", lambda: encrypted(book([told(1)])), "unreadable-table"),
    ("macros", lambda: with_file("xl/vbaProject.bin", b"x"), "unreadable-table"),
    ("macro sheets", lambda: with_file("xl/macrosheets/sheet1.xml", b"<x/>"), "unreadable-table"),
    ("a thousand files", lambda: rebuilt(lambda f: f.update({f"x/{n}": b"" for n in range(1000)})), "table-too-large"),
    (
        "a cell at the far end",
        lambda: sheet(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "table-too-large",
    ),
    ("a million columns", lambda: sheet('<row r="1">' + "<c><v>1</v></c>" * 1_000_000 + "</row>"), "table-too-large"),
    ("a column beyond the last", lambda: sheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "table-too-large"),
    ("too many rows", lambda: sheet(HEAD + '<row r="20002"><c r="A20002"><v>1</v></c></row>'), "table-too-large"),
    ("a row of a strange number", lambda: sheet('<row r="-1"><c><v>1</v></c></row>'), "unreadable-table"),
    ("a row of a long number", lambda: sheet(f'<row r="{"9" * 5000}"><c><v>1</v></c></row>'), "unreadable-table"),
    ("a cell in another row", lambda: sheet('<row r="1"><c r="A9"><v>1</v></c></row>'), "unreadable-table"),
    ("a cell without a column", lambda: sheet('<row r="1"><c r="1"><v>1</v></c></row>'), "unreadable-table"),
    ("a cell with a small letter", lambda: sheet('<row r="1"><c r="xfd1"><v>1</v></c></row>'), "unreadable-table"),
    (
        "a text that is not there",
        lambda: sheet('<row r="1"><c r="A1" t="s"><v>99999999</v></c></row>'),
        "unreadable-table",
    ),
    (
        "a text of a negative number",
        lambda: sheet('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'),
        "unreadable-table",
    ),
    (
        "a text of a number of many digits",
        lambda: sheet(f'<row r="1"><c r="A1" t="s"><v>{"9" * 5000}</v></c></row>'),
        "unreadable-table",
    ),
    (
        "a cell of a megabyte",
        lambda: sheet(HEAD + f'<row r="2">{INLINE.format("长" * 400_000)}</row>'),
        "table-too-large",
    ),
    ("no rows", lambda: sheet(""), "unreadable-table"),
    ("no column that names", lambda: sheet(HEAD.replace("信息资源名称", "备注")), "unreadable-table"),
    (
        "a heading twice",
        lambda: sheet(HEAD.replace("</row>", '<c r="B1" t="inlineStr"><is><t>信息资源名称*</t></is></c></row>')),
        "unreadable-table",
    ),
    ("entities", lambda: changed("xl/workbook.xml", b"<workbook", DOCTYPE.encode() + b"<workbook"), "unreadable-table"),
    (
        "entities in a sheet",
        lambda: with_file("xl/worksheets/sheet1.xml", DOCTYPE.encode() + b"<x>&c;</x>"),
        "unreadable-table",
    ),
    (
        "an entity outside",
        lambda: with_file("xl/worksheets/sheet1.xml", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
        "unreadable-table",
    ),
    (
        "XML that does not close",
        lambda: with_file("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>"),
        "unreadable-table",
    ),
    (
        "XML in another encoding than it says",
        lambda: with_file("xl/worksheets/sheet1.xml", b'<?xml version="1.0" encoding="UTF-8"?><x>\xff</x>'),
        "unreadable-table",
    ),
    (
        "an encoding that there is not",
        lambda: with_file("xl/worksheets/sheet1.xml", b'<?xml version="1.0" encoding="x-no"?><x/>'),
        "unreadable-table",
    ),
    ("no XML", lambda: with_file("xl/worksheets/sheet1.xml", b"\0" * 100), "unreadable-table"),
    (
        "a way out of the file",
        lambda: changed("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"../../../etc/passwd"),
        "unreadable-table",
    ),
    (
        "a sheet elsewhere",
        lambda: changed("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"http://127.0.0.1/x"),
        "unreadable-table",
    ),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "unreadable-table"),
    ("nothing but spaces", lambda: b"  \n \n", "unreadable-table"),
    ("nothing but a mark", lambda: b"\xef\xbb\xbf", "unreadable-table"),
    ("a NUL", "信息资源名称\n甲\0乙".encode, "unreadable-table"),
    ("bytes of no encoding", lambda: b"\xef\xbb\xbf" + "信息资源名称\n".encode() + b"\xff\xff\xff", "unreadable-table"),
    ("UTF-16 cut in half", lambda: "信息资源名称\n甲".encode("utf-16")[:-1], "unreadable-table"),
    ("a quote that does not end", '信息资源名称\n"甲'.encode, "unreadable-table"),
    ("a quote in the middle", '信息资源名称\n"甲"乙"\n'.encode, "unreadable-table"),
    ("a million columns in a table", lambda: b"," * 1_000_000, "table-too-large"),
    ("a table without names", "备注\n甲".encode, "unreadable-table"),
    ("a heading twice in a table", "信息资源名称,name\n甲,乙".encode, "unreadable-table"),
    ("a table of too many rows", ("信息资源名称\n" + "甲\n" * 20_001).encode, "table-too-large"),
    ("a cell too long in a table", ("信息资源名称\n" + "长" * 100_001).encode, "table-too-large"),
    ("a file too large", lambda: b"a" * (20 * 1024 * 1024 + 1), "table-too-large"),
    ("JSON that is no catalogue", lambda: b'{"a": 1}', "unreadable-catalogue"),
    ("a remote context", lambda: b'{"@context": "http://127.0.0.1/x"}', "remote-context"),
    ("a NUL in a catalogue", lambda: JSON_LD.replace(b"TEXT", b"\\u0000"), "unreadable-catalogue"),
    ("half a pair in a catalogue", lambda: JSON_LD.replace(b"TEXT", b"\\ud800"), "unreadable-catalogue"),
    ("half a pair in a property", lambda: JSON_LD.replace(b"urn:p", b"urn:\\udfff"), "unreadable-catalogue"),
    ("Turtle without data sets", lambda: b"@prefix a: <urn:a#> . a:b a a:c .", "unreadable-catalogue"),
]


@pytest.mark.parametrize(("made", "code"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_file_in_bad_faith_is_refused_and_leaves_nothing(
    door: Door, people: dict[str, Caller], made: Callable[[], bytes], code: str
):
    """What the first look does not find, the reading does; then only the reason is kept, and can be removed."""
    by = people["steward"]
    answer = uploaded(door, by, made())
    if answer.status_code in {413, 422, 400}:
        assert answer.json["code"] == code, answer.json
        assert door.call(by.id, "GET", "/directory-imports").json["items"] == []
        return
    assert (answer.json["state"], answer.json["problem"]["code"]) == ("refused", code), answer.json
    assert "{" not in answer.json["problem"]["zh"] + answer.json["problem"]["en"]
    assert set(answer.json["rows"].values()) == {0}
    here = f"/directory-imports/{answer.json['id']}"
    assert door.call(by.id, "POST", f"{here}/applications").json["code"] == "nothing-to-apply"
    assert door.call(by.id, "GET", f"{here}/workbook").status_code in {200, 404}
    assert door.call(by.id, "DELETE", here).status_code == 204


# name, file, the states of its rows
TAKEN: list[tuple[str, Callable[[], bytes], dict[str, int]]] = [
    ("an empty sheet below its heading", lambda: sheet(HEAD), {}),
    ("an error value", lambda: sheet(HEAD + '<row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>'), {"error": 1}),
    (
        "a name of control characters",
        lambda: sheet(HEAD + f'<row r="2">{INLINE.format("甲_x0001_")}</row>'),
        {"error": 1},
    ),
    (
        "a formula with what it last showed",
        lambda: sheet(HEAD + '<row r="2"><c r="A2" t="str"><f>1+1</f><v>甲</v></c></row>'),
        {"error": 1},
    ),
    (
        "a number of twenty digits",
        lambda: sheet(HEAD + '<row r="2"><c r="A2"><v>12345678901234567890</v></c></row>'),
        {"error": 1},
    ),
    ("a number that is none", lambda: sheet(HEAD + '<row r="2"><c r="A2"><v>NaN</v></c></row>'), {"error": 1}),
    ("a number without end", lambda: sheet(HEAD + '<row r="2"><c r="A2"><v>1e999</v></c></row>'), {"error": 1}),
    ("cells without addresses", lambda: sheet(HEAD.replace(' r="1"', "").replace(' r="A1"', "")), {}),
    ("a phonetic guide", lambda: sheet(HEAD.replace("</is>", "<rPh><t>xx</t></rPh></is>")), {}),
    ("UTF-16 with its mark", lambda: "信息资源名称\t摘要\n甲\t乙".encode("utf-16"), {"error": 1}),
    ("two marks", lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + "信息资源名称\n甲".encode(), {"error": 1}),
    ("GB 18030", lambda: "信息资源名称\n甲".encode("gb18030"), {"error": 1}),
    ("lines of other systems", "信息资源名称,摘要\r甲,一\r乙,二".encode, {"error": 2}),
    ("rows shorter and longer than the heading", "信息资源名称,摘要\n甲\n乙,二,三,四".encode, {"error": 2}),
    (
        "another department's rows",
        lambda: edited(book([told(1)]), **{f"{place('department')}2": code_of("police")}),
        {"error": 1},
    ),
    ("many of the same", lambda: book([told(1)] * 5), {"error": 5}),
    ("markup", lambda: book([told(1, name="<script>alert(1)</script>")]), {"new": 1}),
    ("SQL", lambda: book([told(1, name="'; drop table exchange_imports; --")]), {"new": 1}),
    (
        "a name of another script's direction",
        lambda: book([told(1, name="\u202e甲")]),
        {"new": 1},
    ),
    ("an items cell of strokes", "信息资源名称,信息项\n甲,||||||||||||||||||".encode, {"error": 1}),
    ("a backslash at the end", "信息资源名称,信息项,应用场景\n甲,a\\,1\\".encode, {"error": 1}),
    ("links to other files", lambda: with_file("xl/externalLinks/externalLink1.xml", b"<externalLink/>"), {"new": 1}),
]


@pytest.mark.parametrize(("made", "states"), [each[1:] for each in TAKEN], ids=[each[0] for each in TAKEN])
def test_a_strange_file_has_a_clear_outcome_and_comes_back(
    door: Door, people: dict[str, Caller], made: Callable[[], bytes], states: dict[str, int]
):
    answer = uploaded(door, people["steward"], made())
    assert answer.json["state"] == "staged", answer.json
    assert {state: count for state, count in answer.json["rows"].items() if count} == states
    here = f"/directory-imports/{answer.json['id']}"
    assert door.call(people["steward"].id, "GET", f"{here}/workbook").status_code == 200
    for row in door.call(people["steward"].id, "GET", f"{here}/rows").json["items"]:
        assert (row["state"] == "error") == bool(row["faults"])


def test_nothing_sent_is_refused(door: Door, people: dict[str, Caller]):
    assert uploaded(door, people["steward"], b"").status_code == 400
    answer = door.call(
        people["steward"].id, "POST", "/directory-imports", data={"other": "x"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 400


def test_a_file_sent_twice_under_one_key_is_taken_in_once(door: Door, people: dict[str, Caller]):
    by, content = people["steward"], book([told(1)])
    answers = [
        door.call(by.id, "POST", "/directory-imports", data=content, headers={"Idempotency-Key": "abc-1"})
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json == answers[1].json
    assert len(door.call(people["steward"].id, "GET", "/directory-imports").json["items"]) == 1


def test_the_number_of_queries_does_not_grow_with_the_rows(door: Door, database: Database, people: dict[str, Caller]):
    """One import of one row, then more of many: the list, the rows and the judging of a piece ask as often."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def queries(act: Callable[[], Any]) -> int:
        asked.clear()
        answer = act()
        assert answer.status_code in {200, 201}
        return len(asked)

    by = people["steward"]
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        taken = [queries(lambda: uploaded(door, by, book([told(1)])))]
        listed = [queries(lambda: door.call(by.id, "GET", "/directory-imports"))]
        taken.append(queries(lambda: uploaded(door, by, book(told(number) for number in range(2, 40)))))
        known = door.call(by.id, "GET", "/directory-imports").json["items"]
        listed.append(queries(lambda: door.call(by.id, "GET", "/directory-imports")))
        rows = {
            queries(lambda each=each: door.call(by.id, "GET", f"/directory-imports/{each['id']}/rows"))  # type: ignore[misc]
            for each in known
        }
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert (listed[0], len(rows), taken[0]) == (listed[1], 1, taken[1])


@pytest.mark.parametrize("said", ["\\u0000", "\\ud800", "\\udfff\\ud800", "x" * 5000])
@pytest.mark.parametrize(
    "body", ['{"cells": {"name": "%s"}}', '{"items": [{"name": "%s"}]}', '{"items": [{"%s": "x"}]}']
)
def test_what_no_database_keeps_is_refused_or_named(door: Door, people: dict[str, Caller], body: str, said: str):
    by = people["steward"]
    here = f"/directory-imports/{uploaded(door, by, book([told(1)])).json['id']}/rows/2"
    tag = {"If-Match": door.call(by.id, "GET", here).headers["ETag"]}
    raw = (body % said).encode()
    answer = door.call(by.id, "PATCH", here, data=raw, content_type="application/json", headers=tag)
    assert answer.status_code < 500, answer.json
    again = door.call(by.id, "GET", here)
    assert again.status_code == 200
    assert answer.status_code >= 400 or again.json["state"] == "error"
