"""Front libraries of the tests: on SQLite, on PostgreSQL, and on MariaDB where one is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from catalog_sync.targets.front import columns, ddl
from tests import mariadb, postgres
from tests.catalog_sync.targets import front_house
from tests.catalog_sync.targets.front_house import Front


@pytest.fixture(scope="package")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run one MariaDB for all these tests, with a front library in it."""
    if mariadb.SERVER is None or mariadb.INSTALL is None:
        pytest.skip("no MariaDB is installed")
    pytest.importorskip("pymysql")
    with mariadb.running(tmp_path_factory.mktemp("my")) as server:
        engine = create_engine(server)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE DATABASE front CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        engine.dispose()
        address = server.replace("/mysql?", "/front?")
        _made(address)
        yield address


@pytest.fixture(scope="package")
def postgresql_front(postgres_server: URL) -> Iterator[str]:
    """Make one front library on PostgreSQL for all these tests, of this process alone."""
    with postgres.own(postgres_server, "front") as url:
        address = url.render_as_string(hide_password=False)
        _made(address)
        yield address


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    """Give an empty front library on a database of each kind."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/front.db"
    else:
        named = {"postgresql": "postgresql_front", "mariadb": "mariadb_server"}[request.param]
        address = str(request.getfixturevalue(named))
    made = front_house.opened(address, tmp_path)
    made.empty()
    yield made
    made.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Front]:
    """Give one on SQLite, where the database is not what is tested."""
    made = front_house.opened(f"sqlite:///{tmp_path}/front.db", tmp_path)
    yield made
    made.close()


def _made(address: str) -> None:
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    ddl.create(engine, columns.shipped())
    engine.dispose()
