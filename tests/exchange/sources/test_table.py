"""Tables: the same stories on SQLite and PostgreSQL, and what their own guards forbid."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, text

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
    Source,
    TimedOut,
    TooLarge,
)
from exchange.sources.table_engines import only_reading
from exchange.sources.values import ItemType
from tests import postgres
from tests.exchange.sources.sites import COLUMNS, INJECTIONS, kept, place, source, ticking

MADE = (
    "CREATE TABLE licences (no VARCHAR(200) PRIMARY KEY, holder TEXT, area NUMERIC(9,2), issued DATE, valid BOOLEAN)",
    "ALTER TABLE licences ADD internal TEXT",
    "CREATE TABLE secrets (no VARCHAR(200) PRIMARY KEY, holder TEXT, area NUMERIC(12,2), issued DATE, valid BOOLEAN)",
    "INSERT INTO secrets VALUES ('秘密', '他人', 1, '2020-01-01', {true})",
    'CREATE TABLE "奇怪 表 ""名"" %s" (no VARCHAR(20) PRIMARY KEY, "占 比 %(x)s :y" TEXT)',
    'INSERT INTO "奇怪 表 ""名"" %s" VALUES (\'1\', \'好\')',
    "CREATE VIEW open_licences AS SELECT no, upper(holder) AS holder, area, issued, valid FROM licences",
    "CREATE VIEW one_key AS SELECT '苏卫' AS no, holder, area, issued, valid FROM licences",
    "INSERT INTO licences VALUES ('苏卫0001', '演示饭店', 120.50, '2024-03-01', {true}, 'x')",
    "INSERT INTO licences VALUES ('苏卫0002', '演示浴室', 88, '2024-04-02', {false}, 'x')",
    "INSERT INTO licences VALUES ('苏卫0003', '演示书店', NULL, '2025-01-15', {true}, 'x')",
)


@dataclass(frozen=True)
class Site:
    """A database that was made, and the folder in which its address lies."""

    folder: Path
    count: Callable[[], list[int]]
    sources: list[Source] = field(default_factory=list)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("mounted")
    if request.param == "sqlite":
        yield made(f"sqlite:///{folder}/source.db", folder, "1", "0")
        return
    with postgres.own(request.getfixturevalue("postgres_server"), "mounted") as url:
        yield made(url.render_as_string(hide_password=False), folder, "true", "false")


@pytest.fixture
def site(prepared: Site) -> Iterator[Site]:
    """Give the database, and close afterwards whatever was opened on it."""
    yield prepared
    while prepared.sources:
        prepared.sources.pop().close()


def made(url: str, folder: Path, true: str, false: str) -> Site:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in MADE:
            connection.exec_driver_sql(
                statement.replace("{true}", true)
                .replace("{false}", false)
                .replace("%", "%%" if "postgres" in url else "%")
            )
    kept(folder, "databases", "licences", url)

    def count() -> list[int]:
        with engine.begin() as connection:
            counts = text("SELECT (SELECT count(*) FROM licences) AS a, (SELECT count(*) FROM secrets) AS b")
            found = list(connection.execute(counts).one())
        engine.dispose()
        return found

    assert count() == [3, 1]
    return Site(folder, count)


TOLD = {"database": "licences", "table": "licences", "key": "许可证编号"}


def opened(site: Site, columns: tuple[Column, ...] = COLUMNS, **peculiar: Any) -> Any:
    made_one = source("table", {**TOLD, **peculiar}, place(site.folder), columns)
    site.sources.append(made_one)
    return made_one


def asked(*conditions: Asked, limit: int = 10, cursor: str | None = None, fields: tuple[str, ...] = ()) -> Question:
    return questions.read(COLUMNS, fields, conditions, limit, cursor)


def numbers(answer: Any) -> list[Any]:
    assert isinstance(answer, Found), answer
    return [row["许可证编号"] for row in answer.rows]


def test_rows_are_found_by_each_test_and_each_type(site: Site):
    table = opened(site)
    cases: list[tuple[Asked, list[str]]] = [
        (Asked("许可证编号", "equal", ["苏卫0002"]), ["苏卫0002"]),
        (Asked("许可证编号", "in", ["苏卫0001", "苏卫0003"]), ["苏卫0001", "苏卫0003"]),
        (Asked("面积", "at_least", ["100"]), ["苏卫0001"]),
        (Asked("面积", "equal", ["88.00"]), ["苏卫0002"]),
        (Asked("发证日期", "at_most", ["20240402"]), ["苏卫0001", "苏卫0002"]),
        (Asked("有效", "equal", [False]), ["苏卫0002"]),
    ]
    for condition, found in cases:
        assert numbers(table.ask(asked(condition))) == found
    assert table.ask(asked(Asked("许可证编号", "equal", ["没有"]))) == Empty()
    answer = table.ask(asked(fields=("面积", "发证日期", "有效")))
    assert {type(value).__name__ for value in answer.rows[0].values()} == {"Decimal", "date", "bool"}
    assert answer.rows[2]["面积"] is None


def test_two_questions_of_one_form_get_each_their_own_rows(site: Site):
    table = opened(site)
    for number in ("苏卫0002", "苏卫0001", "苏卫0003"):
        assert numbers(table.ask(asked(Asked("许可证编号", "equal", [number])))) == [number]
    several = asked(Asked("许可证编号", "in", ["苏卫0003", "苏卫0001"]))
    assert numbers(table.ask(several)) == ["苏卫0001", "苏卫0003"]
    assert [len(table.ask(asked(limit=limit)).rows) for limit in (1, 3, 2)] == [1, 3, 2]


def test_pages_follow_the_key(site: Site):
    table, seen, cursor = opened(site), [], None
    for _ in range(3):
        page = table.ask(asked(limit=1, cursor=cursor))
        seen += numbers(page)
        cursor = page.next
    assert (seen, cursor) == (["苏卫0001", "苏卫0002", "苏卫0003"], None)


def test_rows_of_one_key_across_a_page_are_refused_and_not_lost(site: Site):
    """The next page begins after a key; a second row of the same key would never be given."""
    table = opened(site, table="one_key")
    refused = table.ask(asked(limit=1))
    assert isinstance(refused, Refused)
    assert refused.reason == "key-not-unique"
    assert len(numbers(table.ask(asked(limit=3)))) == 3


def test_a_probe_tells_what_is_missing_and_what_is_unknown(site: Site):
    columns = (*COLUMNS, Column("法人", "boss", ItemType.STRING), Column("内部号", "internal", ItemType.INTEGER))
    table = opened(site, columns)
    probe = table.probe()
    assert probe.outcome is Outcome.DRIFT
    assert {(each.item, each.difference) for each in probe.differences} == {
        ("法人", Difference.MISSING),
        ("内部号", Difference.WRONG_TYPE),
    }
    good = opened(site)
    probe = good.probe()
    assert (probe.outcome, probe.rows) == (Outcome.FOUND, 3)
    assert ("internal", Difference.UNKNOWN) in {(each.item, each.difference) for each in probe.differences}


def test_a_column_that_is_not_there_is_drift_and_never_a_text(site: Site):
    """SQLite takes an unknown "name" for the text 'name'; qualified by the table it cannot."""
    columns = (*COLUMNS, Column("法人", "boss", ItemType.STRING))
    answer = opened(site, columns).ask(Question(("许可证编号", "法人")))
    assert isinstance(answer, Drift)
    assert [(each.item, each.difference) for each in answer.differences] == [("法人", Difference.MISSING)]
    judged = questions.read(columns, ("许可证编号",), [Asked("法人", "equal", ["x"])], 5)
    assert isinstance(opened(site, columns).ask(judged), Drift)


def test_a_table_that_is_not_there_is_drift_and_a_database_that_is_not_there_is_down(site: Site, tmp_path: Path):
    answer = opened(site, table="nothing").ask(asked())
    assert isinstance(answer, Drift)
    assert answer.differences[0].difference is Difference.NO_TABLE
    assert opened(site, database="unheard-of").ask(asked()) == Refused("no-such-database")
    kept(site.folder, "databases", "away", f"sqlite:///{tmp_path}/away.db")
    assert opened(site, database="away").ask(asked()) == Down("database")
    assert not (tmp_path / "away.db").exists()
    kept(site.folder, "databases", "odd", "oracle://x")
    assert opened(site, database="odd").ask(asked()) == Refused("unknown-database")


def test_strange_names_are_quoted_and_found(site: Site):
    columns = (Column("编号", "no", ItemType.STRING), Column("占比", "占 比 %(x)s :y", ItemType.STRING))
    table = opened(site, columns, table='奇怪 表 "名" %s', key="编号")
    answer = table.ask(questions.read(columns, (), [Asked("占比", "equal", ["好"])], 5))
    assert isinstance(answer, Found), answer
    assert answer.rows == ({"编号": "1", "占比": "好"},)


def test_a_view_can_be_mounted(site: Site):
    table = opened(site, table="open_licences")
    assert len(numbers(table.ask(asked()))) == 3


@pytest.mark.parametrize("given", INJECTIONS)
def test_an_injection_finds_no_row_and_changes_nothing(site: Site, given: str):
    table = opened(site)
    tests = ("equal", "in")
    for item in ("许可证编号", "单位名称"):
        for test in tests:
            try:
                question = asked(Asked(item, test, [given]))
            except UnaskableQuestion:
                continue
            assert table.ask(question) == Empty(), given
    try:
        page = table.ask(asked(limit=2, cursor=given))
        assert page.outcome in {Outcome.REFUSED, Outcome.EMPTY, Outcome.FOUND, Outcome.DRIFT}
        assert not isinstance(page, Found) or "秘密" not in str(page.rows)
    except UnaskableQuestion:
        pass
    for change in ({"table": given}, {"schema": given}, {"database": given}, {"key": given}, {given: "x"}):
        try:
            strange = opened(site, COLUMNS, **change)
        except UnusableMount:
            continue
        answer = strange.ask(asked())
        # "secrets" is a name like another: the department's own operator decides what its database shows.
        assert not isinstance(answer, Found) or change == {"table": "secrets"}, change
    columns = (*COLUMNS[:1], Column("单位名称", given, ItemType.STRING))
    answer = opened(site, columns).ask(Question(("单位名称",)))
    assert isinstance(answer, Drift | Refused), given
    assert site.count() == [3, 1]


def test_nothing_but_reading_passes_the_authorizer(tmp_path: Path):
    connection = sqlite3.connect(tmp_path / "x.db")
    for statement in (
        "CREATE TABLE licences (no)",
        "CREATE TABLE secrets (no)",
        "CREATE INDEX i ON licences (no)",
        "INSERT INTO licences VALUES (1)",
    ):
        connection.execute(statement)
    connection.commit()
    connection.set_authorizer(only_reading("licences"))
    assert connection.execute("SELECT no FROM licences").fetchall() == [(1,)]
    forbidden = (
        "SELECT * FROM secrets", "SELECT no FROM licences UNION SELECT no FROM secrets", "SELECT * FROM sqlite_master",
        "CREATE TABLE x (a)", "DROP TABLE licences", "ALTER TABLE licences ADD b", "CREATE INDEX i ON licences (no)",
        "INSERT INTO licences VALUES (2)", "UPDATE licences SET no = 2", "DELETE FROM licences",
        "PRAGMA writable_schema=1",
        "PRAGMA table_info(licences)", "ATTACH DATABASE ':memory:' AS y", "DETACH DATABASE main", "BEGIN",
        "SAVEPOINT a",
        "ANALYZE", "REINDEX i", "CREATE TRIGGER t AFTER INSERT ON licences BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT 1", "CREATE TEMP TABLE t (a)", "SELECT load_extension('x')", "SELECT randomblob(1)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n",
        "SELECT no, (SELECT no FROM secrets) FROM licences",
    )  # fmt: skip
    for statement in forbidden:
        with pytest.raises(sqlite3.DatabaseError):
            pytest.fail(f"{statement}: {connection.execute(statement)}")
    connection.close()


@pytest.fixture
def slow_url(postgres_server: URL) -> Iterator[URL]:
    with postgres.own(postgres_server, "mounted_slow") as url:
        yield url


def test_postgresql_is_told_to_read_only_and_to_end_slow_statements(slow_url: URL, tmp_path: Path):
    engine = create_engine(slow_url)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE log (no int)",
            "CREATE FUNCTION slow() RETURNS text AS $$ SELECT pg_sleep(60)::text $$ LANGUAGE sql",
            "CREATE FUNCTION writes() RETURNS text AS $$ INSERT INTO log VALUES (1) RETURNING 'x' $$ LANGUAGE sql",
            "CREATE VIEW slow_ones AS SELECT 'a' AS no, slow() AS holder",
            "CREATE VIEW writing_ones AS SELECT 'a' AS no, writes() AS holder",
            "CREATE VIEW wide_ones AS SELECT 'a' AS no, repeat('x', 10000000) AS holder",
        ):
            connection.exec_driver_sql(statement)
    kept(tmp_path, "databases", "licences", slow_url.render_as_string(hide_password=False))
    columns, site = COLUMNS[:2], place(tmp_path, statement_seconds=0.5)

    def ask(table: str) -> Any:
        opened = source("table", {**TOLD, "table": table}, site, columns)
        answer = opened.ask(Question(("许可证编号", "单位名称")))
        opened.close()
        return answer

    assert ask("slow_ones") == TimedOut("statement")
    assert ask("writing_ones") == Down("database")
    wide = ask("wide_ones")
    assert isinstance(wide, Drift)  # cut off by the server after what a text may have, and then too long to be one
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM log")).scalar_one() == 0
    engine.dispose()


def test_sqlite_is_interrupted_when_its_time_is_over(tmp_path: Path):
    file = tmp_path / "slow.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE licences (no TEXT, holder TEXT)")
    connection.executemany("INSERT INTO licences VALUES (?, ?)", [(f"{n}", "x") for n in range(5000)])
    connection.commit()
    connection.close()
    kept(tmp_path, "databases", "licences", f"sqlite:///{file}")
    site = replace(place(tmp_path), stopwatch=ticking())
    answer = source("table", TOLD, site, COLUMNS[:2]).ask(Question(("许可证编号",)))
    assert answer == TimedOut("statement")


def test_a_value_without_end_stops_at_the_limit(tmp_path: Path):
    file = tmp_path / "wide.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE licences (no TEXT, holder TEXT)")
    connection.execute("INSERT INTO licences VALUES ('1', ?)", ("x" * 10_000_000,))
    connection.executemany("INSERT INTO licences VALUES (?, ?)", [(f"2{n:03}", "x" * 60_000) for n in range(20)])
    connection.commit()
    connection.close()
    kept(tmp_path, "databases", "licences", f"sqlite:///{file}")
    table = source("table", TOLD, place(tmp_path), COLUMNS[:2])
    assert isinstance(table.ask(Question(("单位名称",))), TooLarge)
    assert table.ask(Question(("单位名称",), cursor='"1"')) == TooLarge("bytes", 256 * 1024)


def test_a_department_cannot_name_what_was_given_to_another(site: Site):
    other = replace(place(site.folder), organisation="11320000MB00000099")
    assert source("table", TOLD, other).ask(asked()) == Refused("no-such-database")


def test_a_table_tells_when_it_was_updated_by_the_newest_value_of_a_column(site: Site):
    assert opened(site).probe().updated is None
    assert opened(site, updated="发证日期").probe().updated == datetime(2025, 1, 14, 16, tzinfo=UTC)
    with pytest.raises(UnusableMount):
        opened(site, updated="单位名称")
