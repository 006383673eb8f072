"""Watched provinces: on SQLite where the database is not what is tested, and on both."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

import app
from base.db import Database, DatabaseSettings, connect
from tests.exchange.monitoring import watch_house
from tests.exchange.monitoring.watch_house import Watch

TOLD = {"volume_least": 10, "rejected_least": 5}


@pytest.fixture(scope="session")
def _watched_template(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay a province out once."""
    file = tmp_path_factory.mktemp("watched") / "watched.db"
    shutil.copy(_sqlite_template, file)
    database = connect(DatabaseSettings(url=f"sqlite:///{file}"), app.LAST_ACTS)
    watch_house.laid_out(database, watch_house.BEGAN)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return file


@pytest.fixture
def watch(_watched_template: Path, tmp_path: Path) -> Iterator[Watch]:
    """Watch a province on SQLite."""
    file = tmp_path / "watched.db"
    shutil.copy(_watched_template, file)
    database = connect(DatabaseSettings(url=f"sqlite:///{file}", pool_size=8), app.LAST_ACTS)
    yield watch_house.watching(database, watch_house.BEGAN, **TOLD)
    database.close()


@pytest.fixture
def both(database: Database, at: datetime) -> Watch:
    """Watch a province on SQLite and on PostgreSQL."""
    watch_house.laid_out(database, at)
    return watch_house.watching(database, at, **TOLD)
