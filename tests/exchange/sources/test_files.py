"""Files: every format gives the same rows; nothing outside the folder is opened, nothing too large is taken."""

import csv
import io
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exchange.mounting.errors import UnaskableQuestion, UnusableMount
from exchange.sources import questions
from exchange.sources.questions import Asked
from exchange.sources.source import (
    Column,
    Difference,
    Down,
    Drift,
    Empty,
    Found,
    Outcome,
    Question,
    Refused,
    TimedOut,
    TooLarge,
)
from tests.exchange.sources.sites import COLUMNS, INJECTIONS, OWNER, place, source, ticking

HEADER = ["no", "holder", "area", "issued", "valid", "internal"]
LINES: list[list[Any]] = [
    ["苏卫0001", "演示饭店", "120.5", "2024-03-01", "是", "x"],
    ["苏卫0002", "演示,浴室", "88.00", "20240402", "否", "x"],
    ["苏卫0003", "演示\n书店", "", "2025/1/15", "是", "x"],
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / OWNER / "files"
    folder.mkdir(parents=True)
    return folder


def written(file: Path, lines: list[list[Any]], encoding: str = "utf-8-sig") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *lines])
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def workbook(file: Path, lines: list[list[Any]], sheet: str = "数据") -> Path:
    book = openpyxl.Workbook()
    page = book.create_sheet(sheet, 0)
    for line in [HEADER, *lines]:
        page.append(line)
    book.save(file)
    return file


def opened(root: Path, path: str, form: str = "csv", limits: dict[str, Any] | None = None, **peculiar: Any) -> Any:
    return source("files", {"path": path, "format": form, **peculiar}, place(root.parent.parent, **limits or {}))


def asked(*conditions: Asked, limit: int = 10, cursor: str | None = None) -> Question:
    return questions.read(COLUMNS, (), conditions, limit, cursor)


def numbers(answer: Any) -> list[Any]:
    assert isinstance(answer, Found), answer
    return [row["许可证编号"] for row in answer.rows]


@pytest.mark.parametrize("form", ["utf-8", "gb18030", "xlsx", "parquet"])
def test_every_format_gives_the_same_rows(root: Path, form: str):
    told: dict[str, Any] = {}
    if form == "xlsx":
        native = [[*line[:2], float(line[2]) if line[2] else None, *line[3:]] for line in LINES]
        workbook(root / "a.xlsx", native)
        told = {"form": "xlsx", "sheet": "数据"}
    elif form == "parquet":
        arrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")

        columns = list(zip(*LINES, strict=True))
        parquet.write_table(
            arrow.table({name: list(cells) for name, cells in zip(HEADER, columns, strict=True)}), root / "a.parquet"
        )
        told = {"form": "parquet"}
    else:
        written(root / "a.csv", LINES, {"utf-8": "utf-8-sig", "gb18030": "gb18030"}[form])
        told = {"encoding": form}
    files = opened(root, f"a.{told.get('form', 'csv')}", **told)
    answer = files.ask(asked())
    assert numbers(answer) == ["苏卫0001", "苏卫0002", "苏卫0003"]
    assert [row["面积"] for row in answer.rows] == [Decimal("120.5"), Decimal(88), None]
    assert [row["发证日期"] for row in answer.rows] == [date(2024, 3, 1), date(2024, 4, 2), date(2025, 1, 15)]
    assert numbers(files.ask(asked(Asked("有效", "equal", [False])))) == ["苏卫0002"]
    assert files.ask(asked(Asked("许可证编号", "equal", ["无"]))) == Empty()
    probe = files.probe()
    assert (probe.outcome, probe.rows) == (Outcome.FOUND, 3)
    assert [(each.item, each.difference) for each in probe.differences] == [("internal", Difference.UNKNOWN)]


def test_a_folder_is_read_file_after_file_and_paged_across(root: Path):
    (root / "days").mkdir()
    for place_, line in enumerate(LINES):
        written(root / "days" / f"2026010{place_}.csv", [line])
    files, seen, cursor = opened(root, "days/"), [], None
    for _ in range(3):
        page = files.ask(asked(limit=1, cursor=cursor))
        seen += numbers(page)
        cursor = page.next
    assert (seen, cursor) == (["苏卫0001", "苏卫0002", "苏卫0003"], None)


def test_a_list_is_not_continued_in_files_that_changed(root: Path):
    file = written(root / "a.csv", LINES)
    files = opened(root, "a.csv")
    cursor = files.ask(asked(limit=1)).next
    written(file, [*LINES, ["苏卫0004", "新", "1", "20260101", "是", "x"]])
    assert files.ask(asked(limit=1, cursor=cursor)) == Refused("files-changed")
    assert files.ask(asked(limit=1, cursor="99999999999.x")) == Refused("cursor")


@pytest.mark.parametrize(
    "path",
    [
        "../a.csv",
        "/etc/passwd",
        "a/../../b.csv",
        "./a.csv",
        "a//b.csv",
        "..",
        "",
        "a\\b.csv",
        "a\x00.csv",
        "/".join("abcdefghij"),
    ],
)
def test_a_path_that_is_not_plain_is_refused_when_it_is_written(root: Path, path: str):
    with pytest.raises(UnusableMount):
        opened(root, path)


def test_no_link_pipe_or_folder_is_read_as_a_file(root: Path, tmp_path: Path):
    secret = written(tmp_path / "secret.csv", LINES)
    (root / "link.csv").symlink_to(secret)
    (root / "out").symlink_to(tmp_path)
    (root / "days").mkdir()
    (root / "days" / "a.csv").symlink_to(secret)
    os.mkfifo(root / "pipe.csv")
    (root / "folder.csv").mkdir()
    for path in ("link.csv", "out/secret.csv", "days/", "pipe.csv", "folder.csv"):
        assert opened(root, path).ask(asked()) == Refused("no-plain-file"), path
        assert not opened(root, path).probe().is_proof
    assert opened(root, "nothing.csv").ask(asked()) == Down("no-such-file")


def test_limits_end_what_is_too_large_or_takes_too_long(root: Path):
    written(root / "a.csv", LINES * 1000)
    assert opened(root, "a.csv", limits={"file_bytes": 100}).ask(asked()) == TooLarge("bytes", 100)
    late = asked(Asked("许可证编号", "equal", ["无"]))
    assert opened(root, "a.csv", limits={"scanned_rows": 2000}).ask(late) == TooLarge("scanned-rows", 2000)
    from dataclasses import replace

    slow = replace(place(root.parent.parent), stopwatch=ticking())
    told = {"path": "a.csv", "format": "csv"}
    assert source("files", told, slow).ask(late) == TimedOut("scan")
    (root / "line.csv").write_bytes(b"no,holder,area,issued,valid\n" + b"x" * 3_000_000)
    assert opened(root, "line.csv").ask(asked()).outcome is Outcome.TOO_LARGE


def test_a_workbook_that_unpacks_to_more_than_it_says_is_not_opened(root: Path):
    file = workbook(root / "a.xlsx", LINES)
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b"<x>" + b" " * 300_000_000
    with zipfile.ZipFile(root / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    assert opened(root, "bomb.xlsx", "xlsx").ask(asked()).outcome is Outcome.TOO_LARGE
    lying = bytearray((root / "bomb.xlsx").read_bytes())
    size = (300_000_003).to_bytes(4, "little")
    start = 0
    while (start := lying.find(size, start)) >= 0:  # both headers say a thousand bytes instead
        lying[start : start + 4] = (1000).to_bytes(4, "little")
    (root / "liar.xlsx").write_bytes(lying)
    assert opened(root, "liar.xlsx", "xlsx").ask(asked()).outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"PK\x03\x04junk",
        b"PAR1" + b"\x00" * 50 + b"PAR1",
        b"no,no\n1,2\n",
        b'no,holder\n"unclosed',
        b"no,holder\n1,2,3\n",
        b"\x00" * 1000,
    ],
    ids=["empty", "utf-16", "zip", "parquet", "twice", "unclosed", "ragged", "zeros"],
)
def test_a_broken_file_is_drift_and_nothing_worse(root: Path, form: str, data: bytes):
    (root / f"a.{form}").write_bytes(data)
    assert isinstance(opened(root, f"a.{form}", form).ask(asked()), Drift)


def test_a_sheet_that_is_not_there_and_a_column_that_is_missing_are_drift(root: Path):
    workbook(root / "a.xlsx", LINES)
    answer = opened(root, "a.xlsx", "xlsx", sheet="别的").ask(asked())
    assert isinstance(answer, Drift)
    assert answer.differences[0].difference is Difference.NO_TABLE
    written(root / "a.csv", LINES)
    columns = (*COLUMNS, Column("法人", "boss", COLUMNS[0].type))
    answer = source("files", {"path": "a.csv", "format": "csv"}, place(root.parent.parent), columns).ask(
        Question(("法人",))
    )
    assert isinstance(answer, Drift)
    assert answer.differences[0].item == "法人"


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_finds_no_row(root: Path, text: str):
    written(root / "a.csv", LINES)
    written(root.parent / "secret.csv", LINES)
    try:
        assert opened(root, "a.csv").ask(asked(Asked("单位名称", "equal", [text]))) == Empty()
        assert opened(root, "a.csv").ask(asked(cursor=text)).outcome is Outcome.REFUSED
    except UnaskableQuestion:
        pass
    for change in (
        {"path": text},
        {"path": f"{text}/a.csv"},
        {"form": text},
        {"encoding": text},
        {"delimiter": text},
        {text: "x"},
    ):
        told: dict[str, Any] = {"path": "a.csv", **change}
        try:
            answer = opened(root, told.pop("path"), **told).ask(asked())
        except UnusableMount:
            continue
        assert not isinstance(answer, Found), change


def test_files_tell_when_they_were_updated_by_their_time_or_by_an_item(root: Path):
    written(root / "a.csv", LINES)
    os.utime(root / "a.csv", (1_700_000_000, 1_700_000_000))
    assert opened(root, "a.csv").probe().updated == datetime.fromtimestamp(1_700_000_000, UTC)
    told = opened(root, "a.csv", updated="发证日期").probe()
    assert told.updated == datetime(2025, 1, 14, 16, tzinfo=UTC)
    assert opened(root, "a.csv", updated="发证日期", limits={"scanned_rows": 2}).probe().updated is None


@pytest.mark.parametrize("item", ["面积", "没有", 5])
def test_only_an_item_that_is_a_time_tells_when_files_were_updated(root: Path, item: Any):
    with pytest.raises(UnusableMount):
        opened(root, "a.csv", updated=item)
