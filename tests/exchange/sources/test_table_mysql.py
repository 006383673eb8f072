"""Tables of MySQL and MariaDB: the stories that differ from the others, on a real server where one is installed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from exchange.mounting.errors import UnaskableQuestion
from exchange.sources import questions
from exchange.sources.questions import Asked
from exchange.sources.source import Column, Difference, Drift, Empty, Found, Outcome, Question, Refused
from exchange.sources.values import ItemType
from tests import mariadb
from tests.exchange.sources.sites import COLUMNS, INJECTIONS, kept, place, source

pytestmark = pytest.mark.skipif(mariadb.SERVER is None or mariadb.INSTALL is None, reason="no MariaDB is installed")

MADE = (
    "CREATE DATABASE mounted CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "CREATE TABLE mounted.licences (no CHAR(9) PRIMARY KEY, holder TEXT, area DECIMAL(9,2), issued DATE, valid INT)",
    "INSERT INTO mounted.licences VALUES ('苏卫0001', '演示饭店', 120.50, '2024-03-01', 1)",
    "INSERT INTO mounted.licences VALUES ('苏卫0002', '演示浴室', 88, '2024-04-02', 0)",
    "CREATE TABLE mounted.log (no INT)",
    "CREATE VIEW mounted.slow AS SELECT 'a' AS no, SLEEP(60) AS holder",
)
TOLD = {"database": "licences", "table": "licences", "key": "许可证编号"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    pytest.importorskip("pymysql")
    made = tmp_path_factory.mktemp("my")
    with mariadb.running(made) as address:
        engine = create_engine(address)
        with engine.begin() as connection:
            for statement in MADE:
                connection.exec_driver_sql(statement)
        engine.dispose()
        kept(made, "databases", "licences", address.replace("/mysql?", "/mounted?"))
        yield made


def opened(folder: Path, columns: tuple[Column, ...] = COLUMNS, **peculiar: Any) -> Any:
    return source("table", {**TOLD, **peculiar}, place(folder, statement_seconds=0.5), columns)


def asked(*conditions: Asked, limit: int = 10, cursor: str | None = None) -> Question:
    return questions.read(COLUMNS, (), conditions, limit, cursor)


def test_rows_are_found_paged_and_probed(folder: Path):
    table = opened(folder)
    for condition, number in (
        (Asked("面积", "at_least", ["100"]), "苏卫0001"),
        (Asked("发证日期", "at_least", ["20240402"]), "苏卫0002"),
        (Asked("有效", "equal", [False]), "苏卫0002"),
    ):
        answer = table.ask(asked(condition))
        assert isinstance(answer, Found), answer
        assert [row["许可证编号"] for row in answer.rows] == [number]
    first = table.ask(asked(limit=1))
    second = table.ask(asked(limit=1, cursor=first.next))
    assert (second.rows[0]["许可证编号"], second.next) == ("苏卫0002", None)
    assert table.probe().outcome is Outcome.FOUND
    table.close()


def test_what_is_missing_is_drift_and_what_is_slow_is_cut_off(folder: Path):
    missing = opened(folder, (*COLUMNS, Column("法人", "boss", ItemType.STRING)))
    answer = missing.ask(Question(("法人",)))
    assert isinstance(answer, Drift)
    assert answer.differences[0].difference is Difference.MISSING
    missing.close()
    gone = opened(folder, table="nothing")
    assert isinstance(gone.ask(asked()), Drift)
    gone.close()
    slow = opened(folder, COLUMNS[:2], table="slow")
    assert slow.ask(Question(("单位名称",))).outcome is Outcome.TIMED_OUT
    slow.close()


def test_an_injection_finds_no_row(folder: Path):
    table = opened(folder)
    for text in INJECTIONS:
        try:
            question = asked(Asked("单位名称", "equal", [text]))
        except UnaskableQuestion:
            continue
        assert table.ask(question) == Empty(), text
        columns = (*COLUMNS[:1], Column("单位名称", text[:60], ItemType.STRING))
        strange = opened(folder, columns)
        assert isinstance(strange.ask(Question(("单位名称",))), Drift | Refused)
        strange.close()
    table.close()
