"""Connections are set as the power-cut figures demand, and the database's own failures become refusals."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from base.db import (
    Database,
    DatabaseBusy,
    DatabaseSettings,
    DatabaseUnreachable,
    DiskFull,
    UnusableDatabase,
    connect,
    refusal_for,
)


def test_every_sqlite_connection_of_the_pool_carries_the_pragmas(tmp_path):
    database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}", pool_size=4))
    opened = [database.engine.connect().execution_options(reading=True) for _ in range(4)]
    told = [
        tuple(
            each.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        )
        for each in opened
    ]
    assert told == [("wal", 2, 1, 5000)] * 4
    for each in opened:
        each.close()
    database.close()


def test_a_reading_transaction_cannot_write(database: Database):
    with database.transaction() as session:
        session.execute(text("create table base_probe (n integer)"))
    with pytest.raises(Exception, match=r"read-?only"), database.reading() as session:
        session.execute(text("insert into base_probe values (1)"))
    with database.transaction() as session:
        session.execute(text("drop table base_probe"))


def test_a_failed_transaction_leaves_nothing(database: Database):
    with database.transaction() as session:
        session.execute(text("create table base_probe (n integer)"))
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        assert session.execute(text("insert into base_probe values (1)")).closed == bool(1 / 0)
    with database.transaction() as session:
        assert session.execute(text("select count(*) from base_probe")).scalar() == 0
        session.execute(text("drop table base_probe"))


def test_a_last_act_that_fails_takes_the_whole_transaction_back(database_settings):
    def fail(_session):
        raise RuntimeError

    plain, failing = connect(database_settings), connect(database_settings, (fail,))
    with plain.transaction() as session:
        session.execute(text("create table base_probe (n integer)"))
    with pytest.raises(RuntimeError), failing.transaction() as session:
        session.execute(text("insert into base_probe values (1)"))
    with plain.transaction() as session:
        assert session.execute(text("select count(*) from base_probe")).scalar() == 0
        session.execute(text("drop table base_probe"))
    plain.close()
    failing.close()


def test_an_unreachable_server_is_told_without_its_password():
    database = connect(DatabaseSettings(url="postgresql://clerk:hush@127.0.0.1:1/none"))
    with pytest.raises(DatabaseUnreachable) as refusal, database.transaction() as session:
        session.execute(text("select 1"))
    assert "hush" not in refusal.value.where
    assert "127.0.0.1:1" in refusal.value.where
    database.close()


def test_an_unreachable_sqlite_folder_is_unreachable(tmp_path: Path):
    database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'none' / 'a.db'}"))
    with pytest.raises(DatabaseUnreachable), database.transaction():
        pass
    database.close()


@pytest.mark.parametrize("url", ["oracle://x", "no address", "mongodb://a/b"])
def test_an_address_that_nothing_opens_is_refused(url: str):
    with pytest.raises(UnusableDatabase):
        connect(DatabaseSettings(url=url))


def test_a_writer_that_waits_too_long_is_told_so():
    locked = OperationalError("insert", {}, sqlite3.OperationalError("database is locked"))
    assert isinstance(refusal_for(locked, "here"), DatabaseBusy)


def test_a_fault_of_the_code_is_no_refusal():
    fault = OperationalError("insert", {}, sqlite3.OperationalError("no such table: x"))
    assert refusal_for(fault, "here") is None


def test_a_full_disk_is_its_own_refusal():
    full = OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full"))
    assert isinstance(refusal_for(full, "here"), DiskFull)


def test_a_database_that_is_full_keeps_what_it_had_and_goes_on_when_there_is_room(tmp_path: Path):
    """SQLite's own page limit stands for the disk's end: the same error, on the same path."""
    database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}", pool_size=1))
    with database.transaction() as session:
        session.execute(text("create table base_probe (b blob)"))
        session.execute(text("insert into base_probe values (zeroblob(1000))"))
        session.execute(text("pragma max_page_count = 10"))
    with pytest.raises(DiskFull), database.transaction() as session:
        session.execute(text("insert into base_probe values (zeroblob(1000000))"))
    with database.reading() as session:
        assert session.execute(text("select count(*) from base_probe")).scalar() == 1
        assert session.execute(text("pragma integrity_check")).scalar() == "ok"
    with database.transaction() as session:
        session.execute(text("pragma max_page_count = 100000"))
        session.execute(text("insert into base_probe values (zeroblob(1000000))"))
    database.close()


def test_a_disk_without_room_for_the_log_is_told_as_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """SQLite then says that it cannot open its file; the disk is looked at, so that the operator is not misled."""
    database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path}"))  # a folder is no database: it cannot be opened
    with pytest.raises(DatabaseUnreachable), database.transaction():
        pass
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(DiskFull), database.transaction():
        pass
    database.close()


def test_a_unit_is_repeated_whole_after_a_lost_connection(database: Database):
    tries = []

    def unit(session):
        tries.append(session)
        if len(tries) < 3:
            raise DatabaseUnreachable("here")
        return session.execute(text("select 7")).scalar()

    assert database.repeat(unit) == 7
    assert len(tries) == 3


def test_a_unit_that_never_succeeds_is_refused_at_last(database: Database):
    def unit(session):
        raise DatabaseUnreachable("here")

    with pytest.raises(DatabaseUnreachable):
        database.repeat(unit)
