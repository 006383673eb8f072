"""Connections to the databases of mounts: few of them, reading only, cut off when their time is over.

SQLite is opened read only and asked with an authorizer that lets nothing pass but reading the one table (through a
view, if it is one); a progress handler ends what takes too long. PostgreSQL and MySQL are told to read only and to end
statements themselves; since a server that hangs tells nothing, its connection is shut down from this side too.
"""

import os
import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exchange.sources.place import Place
from exchange.sources.reading import Failed, drifted
from exchange.sources.source import Difference, Down, Failure, Refused, TimedOut, TooLarge
from exchange.sources.values import BEIJING, LONGEST_TEXT

# What a mount may ask at once is fewer (MountSettings.concurrent); a probe wants one beside.
CONNECTIONS: Final = 5
CHECKOUT_SECONDS: Final = 1.0
CONNECT_SECONDS: Final = 3
# Looked at every so many steps of SQLite's machine: some tenth of a millisecond.
STEPS: Final = 10_000
DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
# SQLite functions that reach outside the database file.
FORBIDDEN_FUNCTIONS: Final = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
# PostgreSQL, appendix A: query_canceled; undefined table, column; insufficient privilege.
CANCELLED: Final = "57014"
NO_TABLE: Final = frozenset({"42P01", "3F000"})
NO_COLUMN: Final = "42703"
NOT_ALLOWED: Final = "42501"
# Data exceptions and operators that do not exist: the column is of another type than the directory says.
OTHER_TYPE: Final = ("22", "42883", "42804", "42846")
# MySQL server error reference: 1142, 1143, 1792 refuse; 1146, 1054 are not there; the others are about time.
MYSQL: Final[Mapping[int, Failure]] = {
    1142: Refused("not-authorised"),
    1143: Refused("not-authorised"),
    1792: Refused("not-authorised"),
    1146: drifted([("*", Difference.NO_TABLE)]),
    1054: drifted([("*", Difference.MISSING)]),
    1292: drifted([("*", Difference.WRONG_TYPE)]),
    1969: TimedOut("statement"),
    2013: TimedOut("statement"),
    3024: TimedOut("statement"),
}


class Engines:
    """The connections of one mount, opened when they are first needed."""

    def __init__(self, database: str, table: str, place: Place) -> None:
        self._database = database
        self._table = table
        self._place = place
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection that reads. Raises `Failed` for whatever the database does."""
        engine = self._opened()
        overdue = threading.Event()
        try:
            with engine.connect() as connection, self._bounded(connection, overdue):
                yield connection
        except PoolTimeout as error:
            raise Failed(Down("busy")) from error
        except DBAPIError as error:
            raise Failed(TimedOut("statement") if overdue.is_set() else failure_of(error)) from error
        except (SQLAlchemyError, UnicodeError, OverflowError) as error:
            raise Failed(Refused("value")) from error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = engine_of(self._place.database(self._database), self._place)
            return self._engine

    @contextmanager
    def _bounded(self, connection: Connection, overdue: threading.Event) -> Iterator[None]:
        driver: Any = connection.connection.driver_connection
        seconds = self._place.limits.statement_seconds
        if isinstance(driver, sqlite3.Connection):
            until = self._place.stopwatch() + seconds
            driver.set_progress_handler(lambda: self._place.stopwatch() > until, STEPS)
            driver.set_authorizer(only_reading(self._table))
            try:
                yield
            finally:
                driver.set_authorizer(None)
                driver.set_progress_handler(None, 0)
            return
        # The server is given its own time first, so that it can tell; one second is for the way.
        with _cut_off(driver, seconds + 1, overdue):
            yield


def engine_of(address: str, place: Place) -> Engine:
    """Make the engine for an address that the operator wrote. Raises `Failed`."""
    try:
        url = make_url(address)
        driver = DRIVERS.get(url.get_backend_name())
        if driver is None:
            raise Failed(Refused("unknown-database"))
        url = url.set(drivername=driver)
        return _sqlite(url) if driver == "sqlite" else _server(url, place)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise Failed(Refused("unusable-database")) from error


def failure_of(error: DBAPIError) -> Failure:
    """Tell which outcome a driver's error is."""
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(str(error.orig).lower())
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if isinstance(number, int):
        return MYSQL.get(number, Down("database"))
    return _of_postgres(getattr(error.orig, "sqlstate", None) or "")


def only_reading(table: str) -> Any:
    """Make SQLite's authorizer: nothing but selecting from the one table, or through it where it is a view."""

    def allow(action: int, first: str | None, second: str | None, _database: str | None, inside: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and table.lower() in {(first or "").lower(), (inside or "").lower()}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in FORBIDDEN_FUNCTIONS and inside:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    return allow


def _sqlite(url: URL) -> Engine:
    file = url.database or ""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(file)}?mode=ro", uri=True, check_same_thread=False, timeout=CHECKOUT_SECONDS
        )
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * LONGEST_TEXT)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        return connection

    return create_engine("sqlite://", creator=connect, hide_parameters=True, **_pool())


def _server(url: URL, place: Place) -> Engine:
    milliseconds = int(place.limits.statement_seconds * 1000)
    if url.get_backend_name() == "mysql":
        waits = round(place.limits.statement_seconds) + 1
        given: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": waits,
            "write_timeout": waits,
            "charset": "utf8mb4",
            "local_infile": False,
            "init_command": "SET SESSION TRANSACTION READ ONLY",
        }
        return create_engine(url, connect_args=given, hide_parameters=True, **_pool())
    told = {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "timezone": BEIJING.key,
        "datestyle": "ISO",
    }
    options = " ".join(f"-c {name}={value}" for name, value in told.items())
    given = {"options": options, "connect_timeout": CONNECT_SECONDS, "application_name": "yinxin-mount"}
    engine = create_engine(url, connect_args=given, hide_parameters=True, **_pool())
    return engine.execution_options(postgresql_readonly=True)


def _pool() -> dict[str, Any]:
    return {
        "poolclass": QueuePool,
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
        "pool_timeout": CHECKOUT_SECONDS,
        "pool_recycle": 300,
    }


@contextmanager
def _cut_off(driver: Any, seconds: float, overdue: threading.Event) -> Iterator[None]:
    """Shut the connection's socket down when the time is over, whatever the driver is waiting for."""
    number = _descriptor(driver)
    if number is None:
        yield
        return
    # A copy of the descriptor: the driver may close its own at any moment, and the number be somebody else's by then.
    with socket.socket(fileno=os.dup(number)) as wire:

        def cut() -> None:
            overdue.set()
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _descriptor(driver: Any) -> int | None:
    if hasattr(driver, "pgconn"):
        return int(driver.fileno())
    wire = getattr(driver, "_sock", None)
    return None if wire is None else int(wire.fileno())


def _of_sqlite(text: str) -> Failure:
    if "interrupted" in text:
        return TimedOut("statement")
    if "not authorized" in text or "prohibited" in text or "readonly" in text:
        return Refused("not-authorised")
    if "no such table" in text:
        return drifted([("*", Difference.NO_TABLE)])
    if "no such column" in text:
        return drifted([("*", Difference.MISSING)])
    if "too big" in text or "too large" in text:
        return TooLarge("value", 4 * LONGEST_TEXT)
    return Down("locked" if "locked" in text else "database")


def _of_postgres(state: str) -> Failure:
    if state == CANCELLED:
        return TimedOut("statement")
    if state in NO_TABLE:
        return drifted([("*", Difference.NO_TABLE)])
    if state == NO_COLUMN:
        return drifted([("*", Difference.MISSING)])
    if state.startswith(OTHER_TYPE):
        return drifted([("*", Difference.WRONG_TYPE)])
    return Refused("not-authorised") if state == NOT_ALLOWED else Down("database")
