"""Data that comes down through a front library: staged once, in its order, judged, applied, and evidence where bad."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from catalog_sync.arrivals import from_front, staging
from catalog_sync.channels import channel_of
from catalog_sync.models import PAUSED
from catalog_sync.returns import applying
from catalog_sync.returns.errors import UnusableReturn
from exchange.feeds.pushes.destinations.table import TableDestination
from tests import postgres
from tests.catalog_sync.returns import front_returns
from tests.catalog_sync.returns.front_returns import COLUMNS, TABLE, FrontReturns, firm
from tests.catalog_sync.returns.return_house import ELSEWHERE, KEY, STAFF


class Killed(BaseException):
    """What `kill -9` does: nothing after it happens."""


@pytest.fixture
def county(request: pytest.FixtureRequest, database: Database, tmp_path: Path, at: datetime) -> Iterator[FrontReturns]:
    """Keep all three databases on the kind of the house's own."""
    with ExitStack() as stack:

        def address(name: str) -> str:
            if database.is_sqlite:
                return ""
            url = stack.enter_context(postgres.own(request.getfixturevalue("postgres_server"), name))
            drivers = {"returns": "postgresql", "front": "postgresql"}
            return url.set(drivername=drivers[name]).render_as_string(hide_password=False)

        made = front_returns.opened(database, tmp_path, at, address, most_rejected_percent=100)
        yield made
        made.close()


@pytest.fixture
def lite(county: FrontReturns) -> FrontReturns:
    if county.front.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite keeps anything in any column")
    return county


def test_rows_of_the_region_come_in_and_those_of_others_are_told(county: FrontReturns):
    county.writes("b1", firm(1), firm(2), firm(3, region=ELSEWHERE), firm(4, region=None))
    done = county.run()
    assert (done.applied, done.rows, done.rejects) == (1, 4, 2)
    assert county.stands() == [("C00001", "演示企业1"), ("C00002", "演示企业2")]
    assert [reason for _, _, reason in county.house.rejects()] == ["other-region", "no-region"]


def test_rows_that_lie_there_for_days_are_taken_in_once(county: FrontReturns):
    county.writes("b1", firm(1))
    assert county.run().applied == 1
    assert county.run().applied == 0
    county.writes("b1", firm(2))
    county.writes("b2", firm(3), minutes=1)
    assert county.run().applied == 2
    assert [each.described_as for each in county.arrivals()] == [f"{TABLE}@b1#1", f"{TABLE}@b1#2", f"{TABLE}@b2#1"]
    county.later(days=20)
    county.writes("b3", firm(4))
    assert county.run().applied == 1
    assert county.run().applied == 0
    assert [key for key, _ in county.stands()] == ["C00001", "C00002", "C00003", "C00004"]


def test_time_batch_and_operation_place_a_row_whatever_the_order_of_writing(county: FrontReturns):
    county.writes("b3", {"certificate_sno": "C00002"}, operation="D", minutes=2)
    county.writes("b2", firm(1, "二"), operation="U", minutes=1)
    county.writes("b1", firm(1, "一"), firm(2), firm(3))
    county.writes("b1", firm(3, "改"), operation="U")
    county.run()
    assert county.stands() == [("C00001", "二"), ("C00003", "改")]


def test_a_row_that_comes_late_does_not_undo_a_later_one(county: FrontReturns):
    county.writes("b2", firm(1, "新"), minutes=5)
    county.run()
    county.writes("b1", firm(1, "旧"), firm(2), minutes=0)
    county.run()
    assert county.stands() == [("C00001", "新"), ("C00002", "演示企业2")]
    ((fault, column, kept),) = county.faults()
    assert (fault, column) == ("overtaken", "cd_time")
    assert "C00001" in kept


def test_a_batch_that_comes_again_undoes_nothing(county: FrontReturns):
    county.writes("b1", firm(1, "一"))
    county.writes("b2", firm(1, "二"), operation="U", minutes=1)
    county.run()
    county.writes("b1", firm(1, "一"), minutes=2)
    county.later(days=1)
    county.run()
    county.later(days=30)
    county.writes("b3", firm(2))
    county.run()
    county.writes("b1", firm(1, "一"), firm(9))
    county.run()
    assert county.stands() == [("C00001", "二"), ("C00002", "演示企业2")]
    assert [(fault, column) for fault, column, _ in county.faults()] == [("batch-doubled", "cd_batch")] * 3


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"cd_operation": "X"}, ("operation", "cd_operation")),
        ({"cd_operation": None}, ("missing", "cd_operation")),
        ({"cd_batch": None}, ("missing", "cd_batch")),
        ({"cd_time": None}, ("missing", "cd_time")),
        ({"certificate_sno": None}, ("missing", "certificate_sno")),
        ({"cd_time": datetime(2099, 1, 1)}, ("time-ahead", "cd_time")),  # noqa: DTZ001 - the column knows no zone
    ],
)
def test_a_row_that_is_not_what_it_should_be_is_a_reject_with_its_column(
    county: FrontReturns, told: dict[str, Any], fault: tuple[str, str]
):
    county.writes("b1", firm(1), {**firm(2), **told})
    for _ in range(2):
        county.run()
    assert county.stands() == [("C00001", "演示企业1")]
    assert [each[:2] for each in county.faults()] == [fault]
    assert county.channel().state != PAUSED
    assert [(item, reason) for _, item, reason in county.house.rejects()] == [(fault[1], fault[0])]


def test_a_text_that_is_longer_than_its_column_is_a_reject(lite: FrontReturns):
    lite.writes("b1", firm(1), firm(2, corp_type="长" * 17))
    lite.run()
    assert lite.stands() == [("C00001", "演示企业1")]
    assert [each[:2] for each in lite.faults()] == [("too-long", "corp_type")]


HOSTILE = [
    ({"corp_name": b"\xff\xfe\x00"}, "corp_name not-text"),
    ({"address": "长" * 65_536}, "address huge"),
    ({"address": b"\x00" * 2_000_000}, "address not-text"),
    ({"corp_name": "演示\0企业"}, "corp_name nul"),
    ({"reg_capital": "很多"}, "reg_capital not-a-number"),
    ({"reg_date": "昨天"}, "reg_date not-a-time"),
    ({"cd_time": "某日"}, "cd_time not-a-time"),
]


@pytest.mark.parametrize(("told", "reason"), HOSTILE)
def test_a_row_that_no_honest_database_holds_pauses_the_channel_and_nothing_of_it_is_applied(
    lite: FrontReturns, told: dict[str, Any], reason: str
):
    lite.writes("b1", firm(1))
    lite.raw("b1", 2, **told)
    assert lite.run().applied == 0
    assert lite.arrivals() == []
    (kept,) = lite.arrivals("refused")
    assert kept.reason == f"cells: {TABLE}.{reason}"
    assert kept.evidence
    assert lite.channel().state == PAUSED
    assert reason in lite.channel().reason
    assert len(lite.evidence()) == 1
    lite.resume()
    assert lite.run().applied == 1
    assert lite.stands() == [("C00001", "演示企业1")]
    lite.run()
    assert (lite.channel().state, len(lite.evidence())) == ("running", 1)


def test_a_text_in_another_encoding_is_evidence_and_not_a_database_that_is_down(lite: FrontReturns):
    with lite.front.engine.begin() as connection:
        blob = "演示企业".encode("gb18030").hex()
        stamp = f"{lite.at:%Y-%m-%d %H:%M:%S}"
        connection.exec_driver_sql(
            f"INSERT INTO {TABLE} (certificate_sno, corp_name, region_code, cd_batch, cd_operation, cd_time) "  # noqa: S608
            f"VALUES ('C00001', CAST(x'{blob}' AS TEXT), '320902', 'b1', 'I', '{stamp}')"
        )
    lite.run()
    assert lite.channel().state == PAUSED
    (kept,) = lite.arrivals("refused")
    assert kept.reason == f"cells: {TABLE}.corp_name not-text"


def test_a_table_that_is_not_there_or_lacks_a_column_is_told_and_stops_nothing_else(county: FrontReturns):
    county.front.run(f"ALTER TABLE {TABLE} RENAME TO gone")
    county.run()
    assert county.house.returned(county.returned).reason == f"no-table:{TABLE}"
    county.front.run(f"ALTER TABLE gone RENAME TO {TABLE}", f"ALTER TABLE {TABLE} RENAME COLUMN corp_name TO other")
    county.run()
    assert county.house.returned(county.returned).reason == f"no-column:{TABLE}.corp_name"
    assert county.channel().state == "running"
    county.front.run(f"ALTER TABLE {TABLE} RENAME COLUMN other TO corp_name")
    county.writes("b1", firm(1))
    county.run()
    assert county.house.returned(county.returned).reason == ""
    assert len(county.stands()) == 1


def test_more_rows_than_a_page_come_in_whole_and_in_order(county: FrontReturns, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(from_front, "PAGE", 5)
    county.writes("b1", *(firm(number) for number in range(17)))
    county.writes("b2", *(firm(number, "改") for number in range(0, 17, 2)), operation="U", minutes=1)
    county.run()
    stands = county.stands()
    assert len(stands) == 17
    assert sum(name == "改" for _, name in stands) == 9


EDGES = [
    (staging, "take_in"),
    (from_front, "take_in"),
    (applying, "_next"),
    (applying, "_apply"),
    (TableDestination, "staged"),
    (TableDestination, "finished"),
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("place", "edge"), EDGES)
def test_whoever_is_killed_between_reading_and_applying_goes_on_and_nothing_is_lost_or_doubled(
    county: FrontReturns, monkeypatch: pytest.MonkeyPatch, place: Any, edge: str, moment: str
):
    county.writes("b1", *(firm(number) for number in range(1, 6)))
    county.run()
    county.writes("b2", firm(1, "改"), operation="U", minutes=1)
    county.writes("b2", {"certificate_sno": "C00002"}, operation="D", minutes=1)
    county.writes("b3", firm(6), firm(7), minutes=2)
    real = getattr(place, edge)
    died: list[int] = []

    def dies(*args: Any, **told: Any) -> Any:
        died.append(1)
        if moment == "before":
            raise Killed
        real(*args, **told)
        raise Killed

    with monkeypatch.context() as bent:
        bent.setattr(place, edge, dies)
        with pytest.raises(Killed):
            county.run()
    assert died
    county.run()
    assert county.stands() == [
        ("C00001", "改"),
        *((f"C{number:05d}", f"演示企业{number}") for number in (3, 4, 5, 6, 7)),
    ]
    assert [each.rows for each in county.arrivals()] == [5, 2, 2]
    assert [each.state for each in county.house.loads()] == ["applied"] * 3


def test_of_two_processes_that_read_one_page_one_stages_it(county: FrontReturns):
    county.writes("b1", firm(1), firm(2))
    data = county.front.target.data(TABLE)
    assert data is not None
    page = county.front.target.lying(data, None, 0, 10).rows
    told = []
    for _ in range(2):
        with county.house.database.transaction() as session:
            staged = from_front.take_in(session, county.house.sync, county.front.target, data, page, county.at)
            told.append((staged.goes_on, staged.rows))
    assert told == [(True, 2), (True, 0)]
    county.run()
    assert [each.rows for each in county.arrivals()] == [2]


def test_a_channel_that_is_paused_reads_nothing(county: FrontReturns):
    with county.house.database.transaction() as session:
        channel_of(session, county.front.target.name, locked=True).state = PAUSED
    county.writes("b1", firm(1))
    assert county.run().applied == 0
    assert county.arrivals() == []


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"table": "up_lic_data"}, "#/table"),
        ({"table": "dn_lic_data_error"}, "#/table"),
        ({"columns": {**COLUMNS, STAFF: "nothing"}}, f"#/columns/{STAFF}"),
        ({"key_item": STAFF}, "#/key_item"),
        ({"mode": "whole"}, "#/mode"),
    ],
)
def test_a_return_from_a_table_that_cannot_be_read_is_not_declared(
    county: FrontReturns, told: dict[str, Any], pointer: str
):
    usual = {"target": county.front.target.name, "table": TABLE, "columns": COLUMNS, "key_item": KEY}
    with pytest.raises(UnusableReturn) as refusal:
        county.house.declare(**{**usual, **told})
    assert refusal.value.pointer == pointer
