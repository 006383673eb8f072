"""Imports: what a workbook tells, what is wrong with its cells, and what becomes of its rows."""

import io
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from base import bulk, sheets
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from exchange import directories, form
from exchange.imports import applying, columns, judging, returning, tables, uploads, workbook
from exchange.imports.errors import ImportUnderWay, NothingToApply, OriginalGone, RowAlreadyApplied, TooManyImports
from exchange.imports.models import DirectoryImport, ImportRow
from exchange.imports.standing import settle, standings
from exchange.life import Step
from exchange.models import Directory, DirectoryVersion
from keys.parties import people
from keys.parties.errors import UnreadableTable
from keys.parties.models import Person
from keys.parties.sample import code_of
from tests.exchange import departments, import_house
from tests.exchange.departments import MAKER, STEWARD
from tests.exchange.import_house import book, edited, place, row_of, states, taken_in, told, work_off


@pytest.fixture
def steward(database: Database, at: datetime) -> Caller:
    return import_house.opened(database, at)


def apply(database: Database, known: str, by: Caller, at: datetime) -> int:
    with database.transaction() as session:
        return applying.apply(session, uploads.import_of(session, known, by), by, at)


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


# --- the workbook ---------------------------------------------------------------------------------------------


def test_the_template_has_every_field_of_the_form_with_its_drop_down():
    found = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    assert found.sheetnames == ["目录", "信息项", "代码表", "说明"]
    heads = [str(cell.value) for cell in found["目录"][1]]
    assert [each.rstrip("*") for each in heads[1:]] == [each.zh for each in form.fields().values()]
    needed = {each.zh for each in form.fields().values() if each.needed.always}
    assert {each.rstrip("*") for each in heads if each.endswith("*")} == needed
    offered = {str(each.sqref).split("2:")[0]: each.formula1 for each in found["目录"].data_validations.dataValidation}
    for field in form.fields().values():
        if field.kind in {"choice", "flag"}:
            assert place(field.name) in offered, field.name


def test_each_drop_down_offers_just_the_words_of_its_code_table():
    found = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    sheet = found["代码表"]
    for each in found["目录"].data_validations.dataValidation:
        letters = str(each.sqref).split("2:")[0]
        field = next(field for field in form.fields().values() if place(field.name) == letters)
        if field.kind == "choice":
            cells = each.formula1.partition("!")[2].replace("$", "")
            words = tuple(row[0].value for row in sheet[cells])
            assert words == columns.allowed(field)


def test_an_empty_template_has_no_rows(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, workbook.template(), steward, at)
    assert states(database, known) == {}


def test_rows_are_counted_as_new_changed_same_and_faulty(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        same, _ = departments.published(session, at, **told(1))
        changed, _ = departments.published(session, at, **told(2))
        codes = same.code, changed.code
    rows = [
        row_of(told(1), codes[0]),
        row_of(told(2, summary="另一种说法"), codes[1]),
        row_of(told(3)),
        row_of(told(4, update_cycle="fortnight")),
    ]
    known = taken_in(database, workbook.filled(rows), steward, at)
    assert states(database, known) == {"new": 1, "changed": 1, "same": 1, "error": 1}


def test_a_wrong_cell_is_named_with_what_it_may_say(database: Database, steward: Caller, at: datetime):
    cell = f"{place('update_cycle')}2"
    known = taken_in(database, edited(book([told(1)]), **{cell: "两周一次"}), steward, at)
    fault = import_house.faults(database, known)[0]
    assert (fault["sheet"], fault["cell"], fault["code"]) == ("目录", cell, "not-in-dictionary")
    letters = place("update_cycle")
    assert fault["zh"].startswith(f"第 2 行 {letters} 列「更新周期」：不在代码表中；可填：实时、每日、每周")
    assert fault["en"].startswith(f"Row 2, column {letters} “Update cycle”: it is not in the code table; one of: Real")


def test_a_wrong_item_is_named_on_the_sheet_of_items(database: Database, steward: Caller, at: datetime):
    sent = edited(book([told(1), told(2)]), 信息项__D5="图片")
    known = taken_in(database, sent, steward, at)
    fault = import_house.faults(database, known)[0]
    assert (fault["sheet"], fault["cell"], fault["field"]) == ("信息项", "D5", "type")
    assert import_house.row(database, known, 3).state == "error"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", None, "missing"),
        ("name", "长" * 201, "too-long"),
        ("department", "91320000MA1MA1MA1X", "check-digits"),
        ("department", code_of("police"), "other-provider"),
        ("is_certificate", "也许", "wrong-type"),
        ("storage", "数据库表；磁带", "not-in-dictionary"),
        ("storage", "数据库表；数据库表", "twice"),
        ("matter_code", "123", "wrong-length"),
        ("share_type", "4", "not-in-dictionary"),
        ("code", "不是代码", "invalid-resource-code"),
        ("open_type", "有条件开放", "missing"),
    ],
)
def test_each_kind_of_fault_has_its_cell(
    database: Database, steward: Caller, at: datetime, name: str, value: Any, code: str
):
    known = taken_in(database, edited(book([told(1)]), **{f"{place(name)}2": value}), steward, at)
    found = import_house.faults(database, known)
    where = "open_conditions" if name == "open_type" else name
    assert (where, code) in {(each["field"], each["code"]) for each in found}
    assert states(database, known) == {"error": 1}


def test_codes_words_and_other_spellings_are_read_alike(database: Database, steward: Caller, at: datetime):
    """1 = 无条件共享 = Unconditional, 05 that became 5, a comma for a semicolon, a header in English."""
    changes = {
        f"{place('share_type')}2": "Conditional",
        f"{place('matter_type')}2": 1,
        f"{place('scene')}2": "政务服务,3",
        f"{place('is_certificate')}2": True,
        f"{place('name')}1": "NAME",
    }
    known = taken_in(database, edited(book([told(1)]), **changes), steward, at)
    assert states(database, known) == {"new": 1}
    assert import_house.row(database, known, 2).content == told(1)


def test_a_directory_is_known_again_by_its_name(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        departments.drafted(session, at, **told(1))
    assert states(database, taken_in(database, book([told(1)]), steward, at)) == {"same": 1}


def test_a_name_that_means_two_directories_needs_the_code(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        departments.drafted(session, at, **told(1))
        departments.drafted(session, at, **told(1))
    known = taken_in(database, book([told(1)]), steward, at)
    assert [each["code"] for each in import_house.faults(database, known)] == ["ambiguous-name"]


def test_another_departments_directory_is_not_touched(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        by = departments.person("x", "police", "steward")
        other, _ = departments.drafted(session, at, by, name="别人的目录")
        code = other.code
    known = taken_in(database, workbook.filled([row_of(told(1), code)]), steward, at)
    assert "other-department" in {each["code"] for each in import_house.faults(database, known)}
    with database.reading() as session:
        assert directories.directory_of(session, code).name == "别人的目录"


def test_a_directory_under_review_waits(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        row, version = departments.drafted(session, at, **told(1))
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
    known = taken_in(database, book([told(1, summary="新")]), steward, at)
    assert [each["code"] for each in import_house.faults(database, known)] == ["under-review"]


def test_the_second_of_two_rows_that_mean_the_same_is_a_fault(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1), told(2), {**told(1), "items": []}]), steward, at)
    assert states(database, known) == {"new": 2, "error": 1}
    assert (4, "name", "twice") in [
        (each["row"], each["field"], each["code"]) for each in import_house.faults(database, known)
    ]


def test_a_file_without_a_column_leaves_the_field_as_it_is(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        departments.published(session, at, **told(1))
    sent = "名称不认识的列,信息资源名称,摘要\n甲,演示目录00001,只改摘要\n".encode()
    known = taken_in(database, sent, steward, at)
    assert states(database, known) == {"changed": 1}
    content = import_house.row(database, known, 2).content
    assert content == {**told(1), "summary": "只改摘要"}
    with database.reading() as session:
        of = uploads.import_of(session, known, steward)
        assert of.remarks == [{"code": "unknown-column", "place": "CSV A", "text": "名称不认识的列"}]


def test_items_that_name_no_directory_are_remarked_on(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, edited(book([told(1)]), 信息项__A3="没有的目录"), steward, at)
    with database.reading() as session:
        remarks = uploads.import_of(session, known, steward).remarks
    assert [(each["code"], each["text"]) for each in remarks] == [("items-of-no-directory", "没有的目录")]


# --- applied ----------------------------------------------------------------------------------------------------


def test_good_rows_become_drafts_and_faulty_ones_stay(database: Database, steward: Caller, at: datetime):
    with database.transaction() as session:
        old, _ = departments.published(session, at, **told(1))
        code = old.code
    rows = [row_of(told(1, summary="新说法"), code), row_of(told(2)), row_of(told(3, format="papyrus"))]
    known = taken_in(database, workbook.filled(rows), steward, at)
    work_off(database, apply(database, known, steward, at), at)
    assert states(database, known) == {"applied": 2, "error": 1}
    with database.reading() as session:
        versions = directories.versions(session, directories.directory_of(session, code))
        assert [(each.number, each.state, each.content["summary"]) for each in versions] == [
            (2, "draft", "新说法"),
            (1, "published", told(1)["summary"]),
        ]
        assert versions[0].author == f"person:{steward.id}"
        made = session.scalars(select(Directory).where(Directory.name == "演示目录00002")).one()
        assert (made.owner, made.state, made.published) == (steward.organisation, "draft", None)
    assert count(database, Directory) == 2


def test_a_corrected_row_can_be_applied_after_the_others(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1), told(2, format="papyrus")]), steward, at)
    work_off(database, apply(database, known, steward, at), at)
    with database.transaction() as session:
        of = uploads.import_of(session, known, steward)
        fixed = uploads.correct(session, of, uploads.row_of(session, of, 3), {"format": "数据库"}, None, steward, at)
        assert (fixed.state, fixed.faults) == ("new", [])
        with pytest.raises(RowAlreadyApplied):
            uploads.correct(session, of, uploads.row_of(session, of, 2), {"format": "数据库"}, None, steward, at)
    work_off(database, apply(database, known, steward, at), at)
    assert states(database, known) == {"applied": 2}
    with database.transaction() as session, pytest.raises(NothingToApply):
        applying.apply(session, uploads.import_of(session, known, steward), steward, at)


def test_a_correction_that_repeats_another_row_is_a_fault(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1), told(2)]), steward, at)
    with database.transaction() as session:
        of = uploads.import_of(session, known, steward)
        row = uploads.row_of(session, of, 3)
        uploads.correct(session, of, row, {"name": "演示目录00001"}, None, steward, at)
        assert [each["code"] for each in row.faults] == ["twice"]


class Killed(Exception):
    """The process ended here."""


def test_an_application_killed_anywhere_goes_on_and_applies_nothing_twice(
    database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    known = taken_in(database, book(told(number) for number in range(45)), steward, at)
    task = apply(database, known, steward, at)
    original, calls = applying._drafted, iter(range(1000))

    def dying(*given: Any) -> Any:
        if next(calls) in {7, 30, 31, 55}:
            raise Killed
        return original(*given)

    monkeypatch.setattr(applying, "_drafted", dying)
    kills = 0
    while True:
        try:
            work_off(database, task, at)
            break
        except Killed:
            kills += 1
            with database.transaction() as session:
                row = session.get(bulk.BulkTask, task)
                assert row is not None
                row.state = bulk.TaskState.QUEUED
    assert kills == 4
    assert states(database, known) == {"applied": 45}
    assert (count(database, Directory), count(database, DirectoryVersion)) == (45, 45)


def test_a_row_that_is_refused_when_its_turn_comes_keeps_the_reason(database: Database, steward: Caller, at: datetime):
    """Between staging and applying the directory went under review; the other row is applied all the same."""
    with database.transaction() as session:
        row, _ = departments.drafted(session, at, **told(1))
        code = row.code
    known = taken_in(database, book([told(1, summary="新"), told(2)]), steward, at)
    with database.transaction() as session:
        row = directories.directory_of(session, code)
        directories.take(session, row, directories.version_of(session, row, 1), Step.SUBMIT, "", STEWARD, at)
    work_off(database, apply(database, known, steward, at), at)
    assert states(database, known) == {"error": 1, "applied": 1}
    fault = import_house.faults(database, known)[0]
    assert fault["code"] == "refused"
    assert "directory-step-not-allowed" in fault["zh"]


def test_whoever_lost_the_role_meanwhile_has_nothing_applied(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1)]), steward, at)
    task = apply(database, known, steward, at)
    with database.transaction() as session:
        person = session.get(Person, steward.id)
        assert person is not None
        people.suspend(session, person, "离岗", MAKER, at)
    with pytest.raises(DomainError) as refused:
        work_off(database, task, at)
    assert refused.value.code == "import-applier-gone"
    assert count(database, Directory) == 0


def test_while_rows_are_applied_nothing_else_touches_them(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1)]), steward, at)
    apply(database, known, steward, at)
    with database.transaction() as session:
        of = uploads.import_of(session, known, steward)
        for act in (
            lambda: applying.apply(session, of, steward, at),
            lambda: uploads.drop(session, of, steward, at),
            lambda: uploads.correct(session, of, uploads.row_of(session, of, 2), {}, None, steward, at),
        ):
            with pytest.raises(ImportUnderWay):
                act()


def test_an_import_whose_task_was_cancelled_can_be_applied_again(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1)]), steward, at)
    task = apply(database, known, steward, at)
    with database.transaction() as session:
        bulk.cancel(session, task, at)
        of = uploads.import_of(session, known, steward)
        assert (of.state, standings(session, [of])[of.id].state) == ("applying", "staged")
        settle(session, of, at)
    work_off(database, apply(database, known, steward, at), at)
    assert states(database, known) == {"applied": 1}


def test_imports_are_forgotten_after_seven_days(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1)]), steward, at)
    with database.transaction() as session:
        assert uploads.forget(session, at + timedelta(days=7) - timedelta(seconds=1)) == 0
        assert uploads.forget(session, at + timedelta(days=7)) == 1
    assert (count(database, DirectoryImport), count(database, ImportRow)) == (0, 0)
    assert known


def test_a_department_keeps_so_many_imports_and_no_more(
    database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "IMPORTS_KEPT", 2)
    for _ in range(2):
        taken_in(database, book([told(1)]), steward, at)
    with pytest.raises(TooManyImports):
        taken_in(database, book([told(1)]), steward, at)


def test_a_file_that_breaks_off_leaves_nothing_behind(
    database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "PIECE", 2)
    sent = '信息资源名称,摘要\n甲,一\n乙,二\n丙,三\n丁,"没有结束'.encode()
    with pytest.raises(UnreadableTable):
        taken_in(database, sent, steward, at)
    assert (count(database, DirectoryImport), count(database, ImportRow)) == (0, 0)


# --- and back ---------------------------------------------------------------------------------------------------


def returned(database: Database, known: str, by: Caller) -> openpyxl.Workbook:
    with database.reading() as session:
        return openpyxl.load_workbook(io.BytesIO(returning.workbook_of(session, uploads.import_of(session, known, by))))


def test_the_same_workbook_comes_back_with_red_cells_and_comments(database: Database, steward: Caller, at: datetime):
    cell = f"{place('update_cycle')}3"
    sent = edited(
        book([told(1), told(2)]), **{cell: "两周一次", "信息项__D4": "图片", "BA1": "我的备注", "BA3": "勿删"}
    )
    found = returned(database, taken_in(database, sent, steward, at), steward)
    assert found["目录"][cell].fill.fgColor.rgb == "00FF9999"
    assert "可填：实时" in found["目录"][cell].comment.text
    assert found["目录"]["BA3"].value == "勿删"
    assert found["信息项"]["D4"].fill.fgColor.rgb == "00FF9999"
    assert found["目录"][f"{place('update_cycle')}2"].fill.fgColor.rgb != "00FF9999"


def test_a_merged_cell_is_marked_where_it_begins(database: Database, steward: Caller, at: datetime):
    found = openpyxl.load_workbook(io.BytesIO(book([told(1), told(2)])))
    letters = place("format")
    found["目录"].merge_cells(f"{letters}2:{letters}3")
    file = io.BytesIO()
    found.save(file)
    back = returned(database, taken_in(database, file.getvalue(), steward, at), steward)
    assert back["目录"][f"{letters}2"].fill.fgColor.rgb == "00FF9999"


def test_a_formula_comes_back_as_a_value(database: Database, steward: Caller, at: datetime):
    sent = edited(book([told(1)]), BA2='=HYPERLINK("http://evil.invalid","x")', **{f"{place('format')}2": "?"})
    found = returned(database, taken_in(database, sent, steward, at), steward)
    assert all(cell.data_type != "f" for sheet in found for row in sheet.iter_rows() for cell in row)


def test_a_table_comes_back_as_a_workbook_with_what_it_told(database: Database, steward: Caller, at: datetime):
    sent = "信息资源名称,更新周期\n=1+1,两周一次\n".encode("gb18030")
    found = returned(database, taken_in(database, sent, steward, at, "目录.csv"), steward)
    cell = found["目录"][f"{place('update_cycle')}2"]
    assert (cell.value, cell.fill.fgColor.rgb) == ("两周一次", "00FF9999")
    name = found["目录"][f"{place('name')}2"]
    assert (name.value, name.data_type) == ("=1+1", "s")


def test_a_large_workbook_comes_back_written_anew(
    database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workbook, "MARKED_CELLS_LIMIT", 10)
    sent = book([told(1), told(2, format="papyrus")])
    found = returned(database, taken_in(database, sent, steward, at), steward)
    cell = found["目录"][f"{place('format')}3"]
    assert (cell.value, cell.fill.fgColor.rgb) == ("papyrus", "00FF9999")
    assert [row[1].value for row in found["信息项"].iter_rows(min_row=2)] == ["许可证编号", "单位名称"] * 2


def test_the_original_of_a_foreign_import_is_not_given(database: Database, steward: Caller, at: datetime):
    known = taken_in(database, book([told(1)]), steward, at)
    with database.transaction() as session:
        of = uploads.import_of(session, known, steward)
        of.original = None
        session.flush()
        with pytest.raises(OriginalGone):
            uploads.original(session, of)


# --- laws -------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip)
SOME_TEXT = TEXT.filter(bool)


def values(field: form.Field) -> st.SearchStrategy[Any]:
    if field.codes:
        codes = st.sampled_from([each.code for each in field.codes.entries])
        return codes if field.kind == "choice" else st.lists(codes, min_size=1, unique=True)
    return {
        "flag": st.booleans(),
        "number": st.integers(0, 10**9 - 1),
        "words": st.lists(SOME_TEXT, min_size=1, max_size=4),
        "credit-code": st.just(code_of("health")),
        "matter-code": st.just("000123010000"),
    }.get(field.kind, SOME_TEXT)


def contents(fields: dict[str, form.Field]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(field) for name, field in fields.items()})


CONTENTS = contents(dict(form.fields()))
ITEMS = st.lists(contents(dict(form.item_fields())).filter(bool), max_size=4)


@given(CONTENTS)
def test_reading_what_was_written_gives_the_content(content: dict[str, Any]):
    assert columns.content_of(columns.cells_of(content)) == content


@given(ITEMS)
def test_items_in_one_cell_come_back(items: list[dict[str, Any]]):
    cells = columns.items_from_a_cell(columns.items_in_a_cell(items))
    assert [columns.item_of(each) for each in cells] == items


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(CONTENTS, ITEMS), max_size=3))
def test_a_filled_workbook_tells_what_was_filled_in(pairs: list[tuple[dict[str, Any], list[dict[str, Any]]]]):
    named = [{**content, "name": f"目录{place}", "items": items} for place, (content, items) in enumerate(pairs)]
    rows = list(tables.read(book(named)).rows)
    assert [columns.content_of(row.cells) for row in rows] == [
        {name: value for name, value in each.items() if name != "items"} for each in named
    ]
    assert [[columns.item_of(item["cells"]) for item in row.items or ()] for row in rows] == [
        each["items"] for each in named
    ]


@given(st.text(max_size=10))
def test_what_is_made_harmless_for_spreadsheets_comes_back(text: str):
    made = sheets.neutralised(text)
    assert sheets.unneutralised(made) == text
    assert not made.startswith(sheets.FORMULA_SIGNS)


@given(contents(dict(form.fields())))
def test_what_comes_back_from_cells_is_no_change(content: dict[str, Any]):
    assert judging.normal(judging.normal(content)) == judging.normal(content)
