"""Connections that write to a subscriber's database: one at a time, each statement bounded in time.

SQLite transactions begin IMMEDIATE and reach the disk before they are told to be over; on MySQL the session is strict,
so that a value that does not fit is refused and never cut.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from exchange.feeds.errors import PushDestinationFailed
from exchange.sources.table_engines import CONNECT_SECONDS, DRIVERS
from exchange.sources.values import BEIJING

BUSY_SECONDS: Final = 5.0
STRICT: Final = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"


def engine_of(address: str, seconds: float) -> Engine:
    """Make the engine for an address that the operator wrote. Raises `PushDestinationFailed`."""
    try:
        url = make_url(address)
        driver = DRIVERS.get(url.get_backend_name())
        if driver is None:
            raise PushDestinationFailed("unknown-database")
        url = url.set(drivername=driver)
        return _sqlite(url.database or "") if driver == "sqlite" else _server(url, seconds)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise PushDestinationFailed("unusable-database") from error


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn a database's failure into our refusal: its own words may repeat a row. Raises `PushDestinationFailed`."""
    own: Any = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except DBAPIError as error:
        raise PushDestinationFailed(_reason(error.orig)) from error
    except (SQLAlchemyError, UnicodeError, OverflowError) as error:
        raise PushDestinationFailed("database") from error
    except own as error:  # COPY is spoken to the driver itself
        raise PushDestinationFailed(_reason(error)) from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction. Raises `PushDestinationFailed`."""
    with translated(engine), engine.begin() as connection:
        yield connection


def _reason(error: BaseException | None) -> str:
    """Tell by the driver's own number what happened, and nothing of its words."""
    state = getattr(error, "sqlstate", None)
    if state:
        return f"sqlstate-{state}"
    if isinstance(error, sqlite3.Error):
        return str(getattr(error, "sqlite_errorname", "sqlite")).lower().replace("_", "-")
    number = error.args[0] if error is not None and error.args else None
    return f"mysql-{number}" if isinstance(number, int) else "unreachable"


def _sqlite(file: str) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, check_same_thread=False, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA trusted_schema=OFF")
        return connection

    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=QueuePool, pool_size=1)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _server(url: URL, seconds: float) -> Engine:
    if url.get_backend_name() in {"mysql", "mariadb"}:
        waits = round(seconds) + 1
        given: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": waits,
            "write_timeout": waits,
            "charset": "utf8mb4",
            "local_infile": False,
            "init_command": STRICT,
        }
        return create_engine(url, connect_args=given, hide_parameters=True, poolclass=NullPool)
    milliseconds = round(seconds * 1000)
    told = {"statement_timeout": milliseconds, "lock_timeout": milliseconds, "timezone": BEIJING.key}
    options = " ".join(f"-c {name}={value}" for name, value in told.items())
    given = {"options": options, "connect_timeout": CONNECT_SECONDS, "application_name": "yinxin-push"}
    return create_engine(
        url, connect_args=given, hide_parameters=True, poolclass=QueuePool, pool_size=1, pool_pre_ping=True
    )
