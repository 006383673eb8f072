"""What every test may ask for: a database of each kind, a moment, and a network that is closed but for this machine."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import URL, Connection

import app
from base.db import Base, Database, DatabaseSettings, connect
from tests import memory, postgres

# The moment of most stories; a Saturday, so that working days are not taken for granted.
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


# What is smaller might not hold a run.
ROOM = 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Keep the stories' files in memory where there is room for them."""
    if place := memory.folder(ROOM):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
    # Drawing a traceback with colours and all local values takes seconds, and nobody looks at it here.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


class NetworkIsClosed(Exception):
    """A test tried to reach another machine."""


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    original = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise NetworkIsClosed(str(address))
        original(self, address)

    socket.socket.connect = connect_here  # type: ignore[method-assign, assignment]
    yield
    socket.socket.connect = original  # type: ignore[method-assign]


@pytest.fixture
def at() -> datetime:
    """Give the moment of the story."""
    return AT


@pytest.fixture(scope="session")
def postgres_server() -> URL:
    """Give a PostgreSQL server on which databases may be made."""
    return postgres.address(durable=False)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    database = connect(DatabaseSettings(url=f"sqlite:///{file}"))
    Base.metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return file


@dataclass(frozen=True)
class _Shared:
    """A database that story after story finds empty; the connection that empties it stays open."""

    settings: DatabaseSettings
    kept: Connection

    def emptied(self) -> DatabaseSettings:
        """Remove what the last story left, in one round to the server."""
        with self.kept.begin():
            self.kept.exec_driver_sql("select emptied()")
        return self.settings


EMPTIED = """create function emptied() returns void language plpgsql as $$ begin {steps} end $$"""
EMPTIED_OF = "if exists (select 1 from {table}) then delete from {table}; end if;"


@pytest.fixture(scope="session")
def _postgres_database(postgres_server: URL) -> Iterator[_Shared]:
    with postgres.own(postgres_server, "stories") as url:
        settings = DatabaseSettings(url=url.render_as_string(hide_password=False), pool_size=8)
        database = connect(settings)
        Base.metadata.create_all(database.engine)
        steps = " ".join(EMPTIED_OF.format(table=table.name) for table in reversed(Base.metadata.sorted_tables))
        with database.engine.begin() as connection:
            connection.exec_driver_sql(EMPTIED.format(steps=steps))
        with database.engine.connect() as kept:
            yield _Shared(settings, kept)
        database.close()


Opener = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseSettings:
    """Name an empty database with today's schema, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "yinxin.db"
        shutil.copy(request.getfixturevalue("_sqlite_template"), file)
        return DatabaseSettings(url=f"sqlite:///{file}", pool_size=8)
    shared: _Shared = request.getfixturevalue("_postgres_database")
    return shared.emptied()


@pytest.fixture
def database(database_settings: DatabaseSettings) -> Iterator[Database]:
    """Open that database as the house does, with the ledger as each transaction's last act."""
    opened = connect(database_settings, app.LAST_ACTS)
    yield opened
    opened.close()
