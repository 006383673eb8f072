"""Files that come down: staged once, with typed rejects; bad ones are evidence, and nothing of them is applied."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.canonical import canonical
from base.db import Database
from catalog_sync.arrivals import staging
from catalog_sync.arrivals.models import Arrival, ArrivalRow
from catalog_sync.kinds import KINDS
from catalog_sync.models import PAUSED, Channel, Evidence
from catalog_sync.targets.files import coming_down, data_file
from catalog_sync.targets.files.data_file import Field, UnreadableFile
from catalog_sync.wiring import Sync, SyncSettings
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from tests.catalog_sync.targets import file_house
from tests.catalog_sync.targets.file_house import OURS, Files
from tests.catalog_sync.targets.front_house import certificate


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Files]:
    made = file_house.opened(f"sqlite:///{tmp_path}/control.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def sync(tmp_path: Path, lite: Files, at: datetime) -> Sync:
    keys = DataKeys(FileKek(tmp_path / "kek"), (), lambda: at)
    return Sync(SyncSettings(), {lite.target.name: lite.target}, KINDS, keys, {})


def staged(database: Database) -> list[Arrival]:
    with database.reading() as session:
        found = list(session.scalars(select(Arrival).order_by(Arrival.id)))
        session.expunge_all()
    return found


def collect(database: Database, sync: Sync, lite: Files, at: datetime) -> staging.Taken:
    return staging.collect(database, sync, lite.target, lambda: at)


def test_a_file_is_staged_row_by_row_and_the_other_side_is_told(
    database: Database, sync: Sync, lite: Files, at: datetime
):
    lite.comes_down([certificate(1), certificate(2)], at)
    done = collect(database, sync, lite, at)
    assert (done.staged, done.rows, done.rejects, done.refused) == (1, 2, 0, 0)
    (row,) = staged(database)
    assert (row.state, row.table_name, row.rows, row.evidence) == ("staged", "up_lic_data", 2, None)
    with database.reading() as session:
        kept = session.scalars(select(ArrivalRow)).all()
        assert [each.operation for each in kept] == ["insert", "insert"]
        assert all("演示企业".encode() not in each.content for each in kept)
        opened = sync.keys.open(session, kept[0].content, b"sync:arrival:d1:1")
    assert "演示企业1有限公司".encode() in opened
    (told,) = lite.rows("data_desc_down")
    assert told["operatStat"] == "1"
    assert collect(database, sync, lite, at) == staging.Taken()


def test_a_death_before_the_other_side_is_told_stages_nothing_twice(
    database: Database, sync: Sync, lite: Files, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    class Killed(BaseException):
        pass

    def die(*_told: Any) -> None:
        raise Killed

    if not database.is_sqlite:
        pytest.skip("the database is not what is tried")
    lite.comes_down([certificate(1)], at)
    with monkeypatch.context() as bent:
        bent.setattr(coming_down, "taken", die)
        with pytest.raises(Killed):
            collect(database, sync, lite, at)
    assert collect(database, sync, lite, at) == staging.Taken()
    assert len(staged(database)) == 1
    assert [each["operatStat"] for each in lite.rows("data_desc_down")] == ["1"]


BAD: dict[str, dict[str, Any]] = {
    "path": {"filePath": "../../etc/passwd", "lies": False},
    "no-file": {"lies": False},
    "size": {"fileSize": 7},
    "count": {"dataCount": 9},
    "signature": {"key": OURS},
    "signature-form": {"fileSignature": "MD5:900150983cd24fb0d6963f7d28e17f72"},
    "expired": {"createTime": datetime(2026, 10, 1, 9, 0)},  # noqa: DTZ001 - as the column has it
    "schema": {"schema": '{"Table": {"name": "x", "FieldList": []}}'},
    "not-gzip": {"content": b"no archive"},
    "cells: fileSignature": {"fileSignature": "a\0b"},
}


@pytest.mark.parametrize("reason", sorted(BAD))
def test_a_bad_file_is_evidence_and_what_means_harm_pauses_the_channel(
    tmp_path: Path, sync: Sync, lite: Files, at: datetime, reason: str, request: pytest.FixtureRequest
):
    lite.comes_down([certificate(1)], at, **dict(BAD[reason]))
    (described,) = coming_down.waiting(lite.target)
    arrived = coming_down.opened(lite.target, described, at)
    assert (arrived.reason, arrived.rows) == (reason, ())
    assert arrived.is_hostile == (reason in {"path", "signature", "signature-form", "cells: fileSignature"})


def test_a_forged_file_is_kept_the_channel_stops_and_nothing_is_applied(
    database: Database, sync: Sync, lite: Files, at: datetime
):
    if not database.is_sqlite:
        pytest.skip("the database is not what is tried")
    lite.comes_down([certificate(1)], at, key=OURS)
    assert collect(database, sync, lite, at).refused == 1
    (row,) = staged(database)
    assert (row.state, row.reason, row.rows) == ("refused", "signature", 0)
    with database.reading() as session:
        channel = session.get_one(Channel, lite.target.name)
        assert (channel.state, channel.reason[:23]) == (PAUSED, "sync-answer-not-believed"[:23])
        assert session.scalars(select(Evidence.asked)).all() == ["arrivals"]
        assert session.scalars(select(ArrivalRow)).all() == []
        assert row.evidence is not None
        assert len(sync.keys.open(session, row.evidence, b"sync:arrival:d1:file")) == row.size
    assert [each["operatStat"] for each in lite.rows("data_desc_down")] == ["2"]
    lite.comes_down([certificate(2)], at, id="d2", filePath="down/other.json.gz")
    assert collect(database, sync, lite, at) == staging.Taken()


def test_a_link_in_the_folder_is_not_followed(lite: Files, tmp_path: Path, at: datetime):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 10)
    (lite.folder / "link").symlink_to(secret)
    lite.comes_down([certificate(1)], at, filePath="link", lies=False)
    (described,) = coming_down.waiting(lite.target)
    arrived = coming_down.opened(lite.target, described, at)
    assert (arrived.reason, arrived.is_hostile, arrived.content) == ("link", True, b"")


FIELDS = (Field("id", 12, 5, is_key=True, nullable=False), Field("n", 4, None, is_key=False, nullable=True))


@pytest.mark.parametrize(
    ("told", "fault", "column"),
    [
        ({"opType": "insert", "columns": [{"name": "id", "value": "a"}, {"name": "n", "value": "1"}]}, "", ""),
        ({"opType": "delete", "columns": [{"name": "id", "value": "a"}]}, "", ""),
        ({"opType": "drop", "columns": []}, "operation", ""),
        ({"opType": "insert", "columns": [{"name": "n", "value": "1"}]}, "missing", "id"),
        ({"opType": "insert", "columns": [{"name": "id", "value": "abcdef"}]}, "too-long", "id"),
        ({"opType": "insert", "columns": [{"name": "id", "value": 7}]}, "not-text", "id"),
        ({"opType": "insert", "columns": [{"name": "x", "value": "1"}]}, "unknown-column", "x"),
        (
            {"opType": "update", "columns": [{"name": "id", "value": "a"}, {"name": "n", "value": "x"}]},
            "not-a-value-of-its-type",
            "n",
        ),
        (
            {"opType": "update", "columns": [{"name": "id", "value": "a"}, {"name": "id", "value": "b"}]},
            "column-twice",
            "",
        ),
    ],
)
def test_a_row_that_does_not_fit_its_schema_is_a_typed_reject(told: Any, fault: str, column: str):
    (read,) = data_file.rows(canonical(told), FIELDS)
    assert (read.fault, read.column) == (fault, column)
    assert bool(read.values) == (not fault)


@pytest.mark.parametrize("line", [b"{", b'{"opType":"insert"}', b"[]", b'{"opType":"insert","columns":[1]}', b"\xff"])
def test_a_line_that_is_no_row_makes_the_file_unreadable(line: bytes):
    with pytest.raises(UnreadableFile):
        list(data_file.rows(line, FIELDS))


def test_a_small_archive_of_a_huge_file_is_refused(monkeypatch: pytest.MonkeyPatch):
    import gzip

    monkeypatch.setattr(data_file, "LARGEST", 1000)
    with pytest.raises(UnreadableFile, match="too-large"):
        data_file.opened(gzip.compress(b"0" * 100_000), compressed=True)


def test_an_expiry_is_counted_in_days_from_its_making(lite: Files, at: datetime):
    lite.comes_down([certificate(1)], at)
    (described,) = coming_down.waiting(lite.target)
    local = timedelta(hours=8)  # the house wrote UTC where Beijing's time is meant
    assert not coming_down.opened(lite.target, described, at - local + timedelta(days=30, seconds=-1)).reason
    assert coming_down.opened(lite.target, described, at - local + timedelta(days=30)).reason == "expired"
