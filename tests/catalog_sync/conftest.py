"""Houses with a platform in memory: on SQLite where the database is not what is tested, and on both."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

import app
from base.db import Database, DatabaseSettings, connect
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House


@pytest.fixture
def house(_sqlite_template: Path, tmp_path: Path, at: datetime) -> Iterator[House]:
    """Open a house with one platform, on SQLite."""
    file = tmp_path / "house.db"
    shutil.copy(_sqlite_template, file)
    database = connect(DatabaseSettings(url=f"sqlite:///{file}", pool_size=8), app.LAST_ACTS)
    yield houses.opened(database, tmp_path, at)
    database.close()


@pytest.fixture
def both(database: Database, tmp_path: Path, at: datetime) -> House:
    """Open a house with one platform, on SQLite and on PostgreSQL."""
    return houses.opened(database, tmp_path, at)
