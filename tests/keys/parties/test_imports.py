"""Registers taken in: each fault at its cell, nothing by halves, and the same table twice changes nothing."""

import io
import struct
import zipfile
import zlib
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from base import audit
from base.audit import Search
from base.db import Database
from base.errors import DomainError
from keys.parties import imports, sample, tables
from keys.parties.errors import TableRefused, TableTooLarge, UnreadableTable
from keys.parties.imports import Outcome
from keys.parties.models import Organisation, Person
from keys.parties.organisations import organisation_of
from keys.parties.people import person_by_login
from keys.parties.tables import cell_name
from tests.keys.parties import builders
from tests.keys.parties.builders import MAKER, PROVINCE
from tests.keys.parties.conftest import COOKIE

A, B, C, D = (sample.code_of(short) for short in ("data", "market", "city-data", "county-window"))
HEAD = ["统一社会信用代码", "机构名称", "行政区划", "层级", "上级机构"]
GOOD: list[list[Any]] = [
    HEAD,
    [D, "演示区政务服务中心", "320902", "县级", C],
    [C, "演示市数据局", "320900", "市", A],
    [A, "演示省数据局", "320000", "province", ""],
]


def csv_of(rows: list[list[Any]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


def xlsx_of(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def take_in(database: Database, content: bytes, at: datetime, *, apply: bool = True) -> Outcome:
    with database.transaction() as session:
        return imports.take_in_organisations(session, content, MAKER, at, apply=apply)


def organisations(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Organisation)) or 0


@pytest.mark.parametrize("content", [csv_of(GOOD), csv_of(GOOD, "gb18030"), csv_of(GOOD, "utf-8-sig"), xlsx_of(GOOD)])
def test_a_table_is_taken_in_whole_whatever_its_form_and_order(database: Database, at: datetime, content: bytes):
    done = take_in(database, content, at)
    assert (done.applied, done.rows, done.added, done.changed, done.unchanged) == (True, 3, 3, 0, 0)
    with database.reading() as session:
        row = organisation_of(session, D)
        assert (row.parent, row.level, row.region) == (C, "county", "320902")
        assert len(audit.search(session, Search(act="organisation.added"))) == 3


def test_the_same_table_twice_changes_nothing(database: Database, at: datetime):
    take_in(database, csv_of(GOOD), at)
    again = take_in(database, xlsx_of(GOOD), at)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    with database.reading() as session:
        assert organisation_of(session, A).version == 1


def test_a_preview_tells_everything_and_leaves_nothing(database: Database, at: datetime):
    done = take_in(database, csv_of(GOOD), at, apply=False)
    assert (done.applied, done.added, done.faults) == (False, 3, ())
    assert organisations(database) == 0
    with database.reading() as session:
        assert audit.tree_size(session) == 0


def test_a_changed_row_is_a_change(database: Database, at: datetime):
    take_in(database, csv_of(GOOD), at)
    changed = [HEAD, [A, "演示省大数据局", "320000", "省级", ""]]
    assert take_in(database, csv_of(changed), at).changed == 1
    with database.reading() as session:
        assert organisation_of(session, A).name == "演示省大数据局"


def test_a_table_may_move_a_branch_at_once(database: Database, at: datetime):
    """Parent and child go to another city together; either alone would not fit."""
    take_in(database, csv_of(GOOD), at)
    moved = [HEAD, [D, "演示区", "320802", "县", C], [C, "演示市", "320800", "市", A]]
    assert take_in(database, csv_of(moved), at).changed == 2


BAD = [
    ([A[:-1] + "1", "演示", "320000", "省", ""], "A2", "invalid"),
    (["", "演示", "320000", "省", ""], "A2", "missing"),
    ([A, "", "320000", "省", ""], "B2", "missing"),
    ([A, "演示", "999999", "省", ""], "C2", "invalid"),
    ([A, "演示", "", "省", ""], "C2", "missing"),
    ([A, "演示", "320000", "部", ""], "D2", "invalid"),
    ([A, "演示", "320000", "省", B], "E2", "no-such-organisation"),
    ([A, "演示", "320000", "省", A], "E2", "unfit-parent"),
    ([A, "演示", "320000", "省", "x"], "E2", "invalid"),
    ([A, "演", "320000"], "D2", "missing"),
]


@pytest.mark.parametrize(("row", "cell", "code"), BAD)
@pytest.mark.parametrize("form", [csv_of, xlsx_of])
def test_a_fault_is_told_with_its_cell_and_nothing_is_taken_in(database, at: datetime, form, row, cell, code):
    table = [HEAD, row, [C, "演示市数据局", "320900", "市", ""]]
    done = take_in(database, form(table), at, apply=False)
    assert [(fault.cell, fault.code) for fault in done.faults] == [(cell, code)]
    with pytest.raises(TableRefused) as refusal:
        take_in(database, form(table), at)
    (told,) = refusal.value.members["errors"]
    assert (told["row"], told["cell"], told["code"]) == (2, cell, code)
    assert told["zh"]
    assert told["en"]
    assert organisations(database) == 0


def test_every_fault_of_a_table_is_told_at_once(database: Database, at: datetime):
    rows = [[A, "演示", "320000", "省", ""], [A.lower(), "演示", "320000", "省", ""], ["x", "", "9", "部", "y"]]
    done = take_in(database, csv_of([HEAD, *rows]), at, apply=False)
    assert [fault.cell for fault in done.faults] == ["A3", "A4", "B4", "C4", "D4", "E4"]
    assert done.faults[0].code == "twice"


def test_a_circle_inside_a_table_is_found(database: Database, at: datetime):
    rows = [[A, "演示", "320000", "省", B], [B, "演示", "320000", "省", A]]
    done = take_in(database, csv_of([HEAD, *rows]), at, apply=False)
    assert {fault.code for fault in done.faults} == {"unfit-parent"}


def test_a_parent_that_leaves_its_children_behind_is_found(database: Database, at: datetime):
    take_in(database, csv_of(GOOD), at)
    done = take_in(database, csv_of([HEAD, [A, "演示", "330000", "省", ""]]), at, apply=False)
    assert [fault.code for fault in done.faults] == ["unfit-parent"]


def test_a_code_kept_as_a_number_is_called_lost_and_a_short_one_is_read(database: Database, at: datetime):
    rows: list[list[Any]] = [HEAD, [A, "演示省", 320000, "省", ""], [123456789012345678, "演示", 320900.0, "市", ""]]
    done = take_in(database, xlsx_of(rows), at, apply=False)
    assert [(fault.cell, fault.code) for fault in done.faults] == [("A3", "lost-digits")]


def test_spelling_is_mended(database: Database, at: datetime):
    full_width = A.translate({ord(sign): ord(sign) + 0xFEE0 for sign in A})
    done = take_in(database, csv_of([HEAD, [f" {full_width.lower()} ", "演示省", "３２００００", "省", ""]]), at)
    assert done.added == 1


@pytest.mark.parametrize(
    "heading",
    [
        ["统一社会信用代码", "机构名称", "行政区划"],
        [*HEAD, "颜色"],
        [*HEAD, "名称"],
        ["a"],
        [""],
    ],
)
def test_headings_must_be_known_and_complete(database: Database, at: datetime, heading: list[str]):
    with pytest.raises(UnreadableTable):
        take_in(database, csv_of([heading, GOOD[3]]), at)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xd0\xcf\x11\xe0old excel",
        b"PK\x03\x04broken",
        b'"open quote',
        b'a"b,"c"d\n',
        b"a\0b",
        b"\xff\xff\xff\xff\xff",
        xlsx_of(GOOD)[:-30],
        xlsx_of(GOOD)[:500],
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_what_is_no_table_is_unreadable(content: bytes):
    with pytest.raises(UnreadableTable):
        tables.rows(content)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda tail: xlsx_of(GOOD)[:-60] + tail)))
def test_any_bytes_are_rows_or_a_refusal(content: bytes):
    try:
        tables.rows(content)
    except DomainError as refusal:
        assert refusal.code in {"unreadable-table", "table-too-large"}  # noqa: PT017 - both outcomes are right


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return written.getvalue()


def test_a_zip_bomb_is_measured_before_it_goes_off():
    with pytest.raises(TableTooLarge, match="bytes unpacked"):
        tables.rows(zipped({"xl/workbook.xml": bytes(70 * 1024 * 1024)}))


def test_a_zip_that_lies_about_its_size_is_measured_all_the_same():
    """The directory says one byte and gives its checksum; the packed stream goes on for 70 MiB."""
    honest = bytearray(zipped({"a": bytes(70 * 1024 * 1024)}))
    directory = honest.rindex(b"PK\x01\x02")
    struct.pack_into("<I", honest, directory + 16, zlib.crc32(b"\0"))
    struct.pack_into("<I", honest, directory + 24, 1)
    with pytest.raises(TableTooLarge, match="bytes unpacked"):
        tables.rows(bytes(honest))


def test_other_packing_than_spreadsheets_use_is_refused():
    with pytest.raises(UnreadableTable):
        tables.rows(zipped({"xl/workbook.xml": b"x"}, zipfile.ZIP_LZMA))


@pytest.mark.parametrize(
    "content",
    [
        b"a," * 200 + b"b\n",
        b"a\n" * (tables.ROWS_LIMIT + 1),
        b"x" * (tables.CELL_LIMIT + 1),
        b"x" * (tables.BYTES_LIMIT + 1),
        zipped({f"f{number}": b"" for number in range(tables.FILES_LIMIT + 1)}),
    ],
    ids=["columns", "rows", "cell", "bytes", "files"],
)
def test_a_table_over_a_limit_is_too_large(content: bytes):
    with pytest.raises(TableTooLarge):
        tables.rows(content)


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A1"), (25, "Z1"), (26, "AA1"), (51, "AZ1"), (52, "BA1"), (702, "AAA1")]
)
def test_cells_are_named_as_spreadsheets_do(column: int, name: str):
    assert cell_name(1, column) == name


# --- people -------------------------------------------------------------------------------------------------------

PEOPLE = [
    ["账号", "姓名", "所属机构", "邮箱"],
    ["anna", "演示甲", PROVINCE, ""],
    ["bert", "演示乙", PROVINCE, "b@x.org"],
]


def test_accounts_are_taken_in_without_roles(database: Database, at: datetime):
    builders.populate(database, at)
    with database.transaction() as session:
        done = imports.take_in_people(session, xlsx_of(PEOPLE), MAKER, at, apply=True)
        assert done.added == 2
        again = imports.take_in_people(session, csv_of(PEOPLE), MAKER, at, apply=True)
        assert (again.added, again.unchanged) == (0, 2)
        found = person_by_login(session, "BERT")
        assert found is not None
        assert found.email == "b@x.org"


def test_an_account_of_an_unknown_organisation_is_a_fault_of_its_cell(database: Database, at: datetime):
    builders.populate(database, at)
    table = [*PEOPLE, ["carl", "演示丙", B, ""], ["dora", "演示丁", PROVINCE, "nobody"]]
    with database.transaction() as session:
        done = imports.take_in_people(session, csv_of(table), MAKER, at, apply=False)
    assert [(fault.cell, fault.code) for fault in done.faults] == [("C4", "no-such-organisation"), ("D5", "invalid")]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


# --- over HTTP ----------------------------------------------------------------------------------------------------


def test_a_table_is_looked_at_and_then_taken_in(sysadmin):
    client, place = sysadmin.client, "/api/v1/organisation-imports"
    rows = [HEAD, [D, "演示区", "320902", "县级", builders.CITY]]
    looked = client.post(place, data=csv_of(rows), headers={**COOKIE, "Content-Type": "text/csv"})
    assert (looked.status_code, looked.json["applied"], looked.json["added"]) == (200, False, 1)
    sent = {"file": (io.BytesIO(xlsx_of(rows)), "organisations.xlsx")}
    taken = client.post(f"{place}?apply=true", data=sent, headers=COOKIE)
    assert (taken.json["applied"], taken.json["added"]) == (True, 1)
    assert client.get(f"/api/v1/organisations/{D}", headers=COOKIE).status_code == 200


def test_a_table_with_faults_is_refused_with_every_place(sysadmin):
    rows = [HEAD, ["x", "演示区", "320902", "县级", ""]]
    answer = sysadmin.client.post("/api/v1/organisation-imports?apply=true", data=csv_of(rows), headers=COOKIE)
    assert (answer.status_code, answer.json["code"], answer.json["faults"]) == (422, "table-refused", 1)
    assert answer.json["errors"][0]["cell"] == "A2"


def test_an_upload_without_a_file_is_refused(sysadmin):
    assert sysadmin.client.post("/api/v1/person-imports", headers=COOKIE).status_code == 400
    assert sysadmin.client.post("/api/v1/person-imports", data={"a": "b"}, headers=COOKIE).status_code in {400, 422}


def test_a_security_administrator_takes_no_tables_in(secadmin):
    assert secadmin.client.post("/api/v1/person-imports", data=b"x", headers=COOKIE).status_code == 403
