"""Matters brought as tables: what is taken in, what a dry run tells, and every fault by its cell."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine, text

from base import clock
from base.db import Database
from certs.filing.matters import annex
from certs.filing.matters.wiring import FrontLibrary
from certs.routes.matter_imports import matter_imports
from certs.routes.matters import matters
from certs.wiring import Certs, CertsSettings
from tests import rooms
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import item_code
from tests.certs.papers import HYGIENE, TYPES
from tests.keys.parties.builders import PROVINCE, populate
from tests.rooms import Door

CODE = item_code()
OTHER = item_code(basic="000119001000")
HEADING = (
    *("业务办理项编码", "事项名称", "行政区划", "实施主体", "生效日期", "法定办结时限（工作日）", "情形", "材料名称"),
    *("必要性", "替代方式", "证照或资源名称", "所需字段", "依据", "可信度", "可告知承诺", "容缺工作日", "随便一列"),
)
WRITTEN = f"""
{CODE},演示许可,320900,演示市卫健委,2026-01-01,20,新办,申请表,必要,提交,,,演示条例,,,,
{CODE},,,,,,新办,营业执照,必要,证照,营业执照,名称|住所,演示条例,known,,,
{CODE},,,,,,延续/变更,原许可证,必要,证照,{HYGIENE.name},证号,演示条例,,,,
{CODE},,,,,,新办·用空调,检测报告,情形必要,数据,没有的数据,,演示条例,,是,10,
{CODE},,,,,,,房产证明,不应收取,取消,,,,assumed,,,
"""
ROWS = tuple(tuple(line.split(",")) for line in WRITTEN.strip().splitlines())


@dataclass
class Desk:
    """Where tables are brought to."""

    door: Door
    at: Any

    def bring(self, content: bytes, who: str = "authority", query: str = "?dry_run=false", name: str = "f.csv") -> Any:
        """Send one file."""
        return self.send([(content, name)], who, query)

    def send(self, files: list[tuple[bytes, str]], who: str = "authority", query: str = "?dry_run=false") -> Any:
        """Send files."""
        data = {"file": [(io.BytesIO(content), name) for content, name in files]}
        return self.door.call(who, "POST", f"/matter-imports{query}", data=data)

    def one(self, code: str = CODE, more: str = "") -> Any:
        """Read a matter."""
        return self.door.call(None, "GET", f"/matters/{code}{more}")


@pytest.fixture
def desk(database: Database, at: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return opened(database, at, monkeypatch)


def opened(database: Database, at: Any, monkeypatch: pytest.MonkeyPatch, url: str = "") -> Desk:
    """Open the desk."""
    populate(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    parts = Certs(CertsSettings(), TYPES, None, lambda: None, "")  # type: ignore[arg-type, return-value]
    door = rooms.door(database, (matters, matter_imports), builders.PEOPLE, parts, FrontLibrary(url))
    return Desk(door, at)


def table(*rows: tuple[str, ...], heading: tuple[str, ...] = HEADING) -> bytes:
    """Write a CSV."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([heading, *rows])
    return file.getvalue().encode()


def workbook(**sheets: list[tuple[str, ...]]) -> bytes:
    """Write a workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cell(rows: tuple[tuple[str, ...], ...], row: int, column: str, value: str) -> tuple[tuple[str, ...], ...]:
    """Change one cell; the first row has the number 2."""
    place = HEADING.index(column)
    changed = [list(each) for each in rows]
    changed[row - 2][place] = value
    return tuple(tuple(each) for each in changed)


@pytest.mark.parametrize("form", ["csv", "gb18030", "xlsx"])
def test_a_table_of_an_office_becomes_a_matter_with_questions_and_correspondence(desk: Desk, form: str):
    """Situations in words become questions, names of certificates become types."""
    content = {
        "csv": table(*ROWS),
        "gb18030": table(*ROWS).decode().encode("gb18030"),
        "xlsx": workbook(事项=[HEADING, *ROWS], 说明=[]),
    }[form]
    told = desk.bring(content).json
    assert {name: told[name] for name in ("matters", "new", "faulty", "materials", "without_basis", "unmapped")} == {
        "matters": 1,
        "new": 1,
        "faulty": 0,
        "materials": 5,
        "without_basis": 1,
        "unmapped": 1,
    }
    assert told["unknown_columns"] == ["materials: 随便一列"]
    one = desk.one().json
    assert (one["name"], one["elements"]["legal_working_days"], one["confidence"]) == ("演示许可", 20, "known")
    assert [each["zh"] for each in one["questions"]] == ["办理情形", "是否用空调"]
    by_name = {each["name"]: each for each in one["materials"]}
    assert by_name["营业执照"]["replacements"][0]["fields"] == ["holder_name", "address"]
    assert by_name["原许可证"]["replacements"][0]["target"] == HYGIENE.code
    assert not by_name["检测报告"]["replacements"][0]["is_mapped"]
    assert (by_name["检测报告"]["may_be_promised"], by_name["检测报告"]["later_working_days"]) == (True, 10)
    assert [each["name"] for each in one["materials"] if not each["legal"]] == ["房产证明"]
    asked = desk.one(more="/materials?situation=kind:kind-1,q1:yes").json
    assert [each["name"] for each in asked["materials"]] == ["申请表", "营业执照", "检测报告", "房产证明"]


def test_a_dry_run_counts_the_same_and_keeps_nothing(desk: Desk):
    looked = desk.bring(table(*ROWS), query="").json
    assert looked["dry_run"]
    assert desk.one().status_code == 404
    done = desk.bring(table(*ROWS)).json
    assert {**looked, "dry_run": False} == done
    again = desk.bring(table(*ROWS)).json
    assert (again["new"], again["same"]) == (0, 1)
    assert desk.one().json["version"] == 1
    changed = desk.bring(table(*cell(ROWS, 2, "事项名称", "改名"))).json
    assert (changed["changed"], desk.one().json["version"]) == (1, 2)


@pytest.mark.parametrize(
    ("row", "column", "value", "code", "where"),
    [
        (2, "业务办理项编码", CODE[:31], "not-an-item-code", "A2"),
        (2, "业务办理项编码", CODE[:18] + "9" + CODE[19:], "not-an-item-code", "A2"),
        (2, "业务办理项编码", "11320900YNX000116X" + CODE[18:], "not-a-credit-code", "A2"),
        (2, "事项名称", "", "empty", "B2"),
        (2, "行政区划", "3209", "not-a-region", "C2"),
        (3, "行政区划", "320902", "not-the-same", "C3"),
        (2, "生效日期", "2026-02-30", "not-a-date", "E2"),
        (2, "法定办结时限（工作日）", "二十", "not-a-number-of-days", "F2"),
        (3, "材料名称", "", "empty", "H3"),
        (3, "材料名称", "申请表", "twice", "H3"),
        (3, "材料名称", "名" * 301, "too-long", "H3"),
        (3, "必要性", "也许", "not-in-list", "I3"),
        (3, "替代方式", "魔法", "not-in-list", "J3"),
        (3, "证照或资源名称", "", "empty", "K3"),
        (3, "可信度", "听说", "not-in-list", "N3"),
        (5, "可告知承诺", "也许", "not-yes-or-no", "O5"),
        (5, "容缺工作日", "一周", "not-a-number-of-days", "P5"),
        (5, "容缺工作日", "9999", "not-a-number-of-days", "P5"),
        (5, "容缺工作日", "٣", "not-a-number-of-days", "P5"),
    ],
)
def test_every_fault_is_told_by_its_cell_and_its_matter_is_left_out(
    desk: Desk, row: int, column: str, value: str, code: str, where: str
):
    """The other matter of the file is taken in."""
    other = tuple((OTHER, *each[1:]) for each in ROWS)
    told = desk.bring(table(*cell(ROWS, row, column, value), *other)).json
    faults = {(each["cell"], each["code"]) for each in told["faults"]}
    assert (where, code) in faults
    assert all(each["zh"] and each["en"] for each in told["faults"])
    assert desk.one(OTHER).status_code == 200
    assert desk.one().status_code == 404


def test_a_file_without_a_needed_column_or_without_rows_is_told_and_not_taken(desk: Desk):
    told = desk.bring(table(("x",), heading=("材料名称",))).json
    assert {each["column"] for each in told["faults"]} == {"事项编码", "事项名称", "必要性", "替代方式"}
    assert desk.bring(table()).json["faults"][0]["code"] == "no-rows"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "malformed-request"),
        (b"PK\x03\x04nothing", 422, "unreadable-table"),
        (b"\xd0\xcf\x11\xe0old", 422, "unreadable-table"),
        (b"a\0b,c\n1,2\n", 422, "unreadable-table"),
        (b"x" * (5 * 1024 * 1024 + 1), 413, "table-too-large"),
        (b"a,b\n" + b"1,2\n" * 20_001, 413, "table-too-large"),
    ],
)
def test_what_is_no_table_or_too_large_is_refused(desk: Desk, content: bytes, status: int, code: str):
    answer = desk.door.call("authority", "POST", "/matter-imports", data=content, content_type="text/csv")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_only_who_speaks_for_a_matter_brings_it(desk: Desk):
    assert desk.bring(table(*ROWS), "steward").json["new"] == 1
    assert desk.bring(table(*ROWS), "stranger").json["code"] == "not-your-matter"
    assert desk.bring(table(*ROWS), "gm").status_code == 403
    assert desk.send([(b"a", "f")] * 9).status_code == 400


# --- the national tables --------------------------------------------------------------------------------------------

DIRECTORY = (("catalog_code", "task_name", "use_level", "by_law"), (builders.BASIC, "演示许可", "市级|县级", "演示法"))
BASIC = (
    ("task_code", "task_handle_item", "task_name", "area_code", "dept_name", "anticipate_day", "anticipate_type",
     "promise_day", "promise_type", "handle_type", "cd_operation"),
    (CODE[:31], CODE, "演示许可", "320900000000", "演示市卫健委", "20", "工作日", "30", "自然日", "窗口", "I"),
    (OTHER[:31], "", "没有分项的事项", "320900", "演示市水利局", "", "", "", "", "", ""),
)  # fmt: skip
EXTEND = (("task_code", "task_handle_item", "result_name", "result_guid"), (CODE[:31], CODE, "演示许可证", "g1"))
MATERIAL = (
    ("task_code", "task_handle_item", "material_name", "is_need", "by_law", "order_num", "source_explain"),
    (CODE[:31], CODE, "第二份", "1", "演示法第二条", "2", "政府部门核发"),
    (CODE[:31], CODE, "第一份", "1", "", "1", "申请人自备"),
    (CODE[:31], CODE, "有时要的", "0", "演示法第三条", "3", ""),
)
NATIONAL = {
    "up_task_directory": DIRECTORY,
    "up_task_general_basic": BASIC,
    "up_task_general_extend": EXTEND,
    "up_task_general_material": MATERIAL,
}


def national() -> list[tuple[bytes, str]]:
    """Write the four tables as files; their columns tell them apart, whatever they are called."""
    return [(table(*rows[1:], heading=rows[0]), f"{place}.csv") for place, rows in enumerate(NATIONAL.values())]


def require_taken(desk: Desk, told: dict[str, Any]) -> None:
    """Look at what the four tables become."""
    assert (told["new"], told["faulty"], told["materials"], told["without_basis"]) == (2, 0, 3, 1)
    one = desk.one().json
    assert [(each["name"], each["legal"]) for each in one["materials"]] == [
        ("第一份", False),
        ("第二份", True),
        ("有时要的", True),
    ]
    elements = one["elements"]
    assert (elements["legal_working_days"], elements["result_name"]) == (20, "演示许可证")
    assert "promised_working_days" not in elements
    assert "自然日" in elements["term_note"]
    assert one["questions"][0]["key"] == "further"
    assert desk.one(OTHER[:31]).json["item_code"] == OTHER[:31] + "00"


def test_the_national_task_tables_are_taken_in_as_files(desk: Desk):
    require_taken(desk, desk.send(national()).json)


def test_a_task_that_is_taken_from_the_tables_is_withdrawn_once(desk: Desk):
    desk.send(national())
    gone = (BASIC[0], (*BASIC[1][:-1], "D"), BASIC[2])
    files = [(table(*gone[1:], heading=gone[0]), "up_task_general_basic.csv")]
    assert desk.send(files).json["changed"] == 1
    assert desk.one().status_code == 404
    assert desk.send(files).json["same"] == 2
    assert len(desk.one(CODE, "/versions").json["items"]) == 1


@pytest.mark.parametrize(
    ("name", "row", "place", "value", "code"),
    [
        ("up_task_directory", 1, 0, "12", "not-a-matter-code"),
        ("up_task_general_basic", 1, 1, "12", "not-an-item-code"),
        ("up_task_general_basic", 1, 2, "", "empty"),
        ("up_task_general_basic", 1, 3, "9", "not-a-region"),
        ("up_task_general_basic", 1, 5, "x", "not-a-number-of-days"),
        ("up_task_general_basic", 1, 10, "X", "not-an-operation"),
        ("up_task_general_material", 1, 1, item_code(item="77"), "no-such-task"),
        ("up_task_general_material", 1, 2, "", "empty"),
        ("up_task_general_material", 1, 3, "9", "not-in-list"),
        ("up_task_general_material", 1, 5, "x", "not-in-list"),
    ],
)
def test_faults_of_the_national_tables_are_told_by_table_row_and_column(
    desk: Desk, name: str, row: int, place: int, value: str, code: str
):
    changed = {key: [list(each) for each in rows] for key, rows in NATIONAL.items()}
    changed[name][row][place] = value
    files = [
        (table(*(tuple(each) for each in rows[1:]), heading=tuple(rows[0])), f"{key}.csv")
        for key, rows in changed.items()
    ]
    told = desk.send(files, query="").json
    (fault,) = (each for each in told["faults"] if each["code"] == code)
    assert (fault["table"], fault["row"]) == (name, row + 1)


def test_the_front_library_of_the_site_is_read(
    database: Database, at: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The same tables in a database, under the names of the national scheme."""
    url = f"sqlite:///{tmp_path / 'front.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        for name, rows in NATIONAL.items():
            connection.execute(text(f"create table {name} ({', '.join(f'{each} varchar' for each in rows[0])})"))
            marks = ", ".join(f":{each}" for each in rows[0])
            written = text(f"insert into {name} values ({marks})")  # noqa: S608 - our own names
            connection.execute(written, [dict(zip(rows[0], row, strict=True)) for row in rows[1:]])
    engine.dispose()
    desk = opened(database, at, monkeypatch, url)
    path = "/matter-imports/front-library?dry_run=false"
    require_taken(desk, desk.door.call("authority", "POST", path).json)
    assert desk.door.call("steward", "POST", path).status_code == 403


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("", 409, "no-front-library"),
        ("sqlite:////no/such/folder/secret-password.db", 503, "front-library-down"),
        ("nonsense", 503, "front-library-down"),
        ("sqlite://", 422, "unreadable-table"),
    ],
)
def test_a_front_library_that_is_not_there_is_told_without_its_address(
    database: Database, at: Any, monkeypatch: pytest.MonkeyPatch, url: str, status: int, code: str
):
    answer = opened(database, at, monkeypatch, url).door.call("authority", "POST", "/matter-imports/front-library")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert "secret" not in answer.text


def test_the_sandboxs_own_table_of_materials_can_be_brought_by_hand(desk: Desk):
    """The 144 rows, with invented items for their 17 matters: no cell of them is refused."""
    rows = []
    for place, listed in enumerate(annex.listed().values()):
        code = item_code(PROVINCE, "4", listed.code, f"{place:02d}")
        rows += [
            (code, listed.name, "320902", row.situation, row.material, "必要", "提交", "", row.basis)
            for row in listed.rows
        ]
    heading = (
        "业务办理项编码",
        "事项名称",
        "行政区划",
        "情形",
        "材料名称",
        "必要性",
        "替代方式",
        "证照或资源名称",
        "依据",
    )
    told = desk.bring(table(*rows, heading=heading)).json
    assert (told["new"], told["materials"], told["faults"]) == (17, 144, [])
