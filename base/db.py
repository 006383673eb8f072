"""The database: SQLite as the embedded default, PostgreSQL for more. Transactions open and commit only at the edges.

On SQLite a transaction that may write begins IMMEDIATE, so that two writers wait for each other instead of failing
half-way; the pragmas are set on every connection because SQLite forgets them (with its own defaults an acknowledged
transaction can be lost on a power cut).
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from base.errors import DomainError, Kind
from base.settings import setting

T = TypeVar("T")

# A transaction of this house takes milliseconds; a writer that waits longer than this is behind something broken.
BUSY_MILLISECONDS = 5000
# Whole idempotent units are tried this often when the server goes away in between; a PostgreSQL restart takes 1–2 s.
TRIES_AFTER_LOST_CONNECTION = 5
# The index of its write-ahead log, which SQLite makes at the first connection, takes two pages of 32 KiB.
SQLITE_NEEDS_BYTES = 64 * 1024
# admin_shutdown, crash_shutdown, cannot_connect_now; 57014 is a statement that was cancelled, which is our own limit.
SERVER_GOES_DOWN = frozenset({"57P01", "57P02", "57P03"})


@dataclass(frozen=True)
class DatabaseSettings:
    """What the database can be told."""

    SECTION: ClassVar[str] = "database"
    url: str = setting("sqlite:///yinxin.db", "Where the database is: sqlite:///file or postgresql://…", secret=True)
    pool_size: int = setting(32, "Connections kept open by one process; at least its number of threads.")
    pool_wait_seconds: float = setting(5.0, "How long a request waits for a free connection before it is refused.")
    statement_seconds: float = setting(30.0, "PostgreSQL ends a statement that runs longer.")


@dataclass(eq=False)
class DatabaseUnreachable(DomainError):
    """The database does not answer."""

    where: str
    code: ClassVar[str] = "database-unreachable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class DatabaseBusy(DomainError):
    """Other writers held the database for longer than a writer waits."""

    code: ClassVar[str] = "database-busy"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class DiskFull(DomainError):
    """The database has no room to write."""

    code: ClassVar[str] = "disk-full"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class UnusableDatabase(DomainError):
    """The database's address names nothing this installation can open."""

    where: str
    needed: str
    code: ClassVar[str] = "unusable-database"
    kind: ClassVar[Kind] = Kind.MALFORMED


class Base(DeclarativeBase):
    """The root of every table; constraint names follow one rule, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; a time without a zone is refused on the way in and cannot come out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write in UTC; SQLite, which knows no zones, gets the bare UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment without a time zone"
            raise ValueError(message)
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class LastAct(Protocol):
    """Something that must happen as a transaction's last statement, such as appending to the ledger."""

    def __call__(self, session: Session) -> None:
        """Write what has gathered in the session; nothing slow, since others may be waiting."""
        ...


class Database:
    """An engine and its transactions."""

    def __init__(self, engine: Engine, last_acts: tuple[LastAct, ...] = ()) -> None:
        self.engine = engine
        self.last_acts = last_acts
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @property
    def where(self) -> str:
        """The address without its password: for messages."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open one transaction that may write; commit at the end, roll back on any exception.

        Raises `DatabaseUnreachable`, `DatabaseBusy` or `DiskFull` where the database itself failed.
        """
        with self.translated(), self._sessions.begin() as session:
            session.connection()  # on SQLite the writer's turn is taken here, before anything is read
            yield session
            session.flush()
            for act in self.last_acts:
                act(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads: no writer waits for it, and it cannot write.

        Raises `DatabaseUnreachable`.
        """
        with self.translated(), self._sessions() as session:
            options = {"reading": True} if self.is_sqlite else {"postgresql_readonly": True}
            session.connection(execution_options=options)
            yield session

    def repeat(self, unit: Callable[[Session], T]) -> T:
        """Run a whole idempotent unit in a transaction, again from the start when the connection is lost in it.

        Raises `DatabaseUnreachable` when the last try fails too.
        """
        for left in reversed(range(TRIES_AFTER_LOST_CONNECTION)):
            try:
                with self.transaction() as session:
                    return unit(session)
            except DatabaseUnreachable:
                if not left:
                    raise
        raise AssertionError

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _has_no_room(self) -> bool:
        """Tell whether SQLite's files have no room: then it says that it cannot open them, or that reading failed."""
        file = self.engine.url.database if self.is_sqlite else None
        folder = Path(file).parent if file else None
        return folder is not None and folder.exists() and shutil.disk_usage(folder).free < SQLITE_NEEDS_BYTES

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the database's own failures into refusals."""
        try:
            yield
        except PoolTimeoutError as error:
            raise DatabaseBusy from error
        except DBAPIError as error:
            refusal = refusal_for(error, self.where)
            if refusal is None:
                raise
            if isinstance(refusal, DatabaseUnreachable) and self._has_no_room():
                refusal = DiskFull()
            raise refusal from error


def inserting(on: Session | Connection, table: Any) -> Any:
    """Begin an INSERT that can say what happens to a row that is there already, in the words of the database in use."""
    bind = on.get_bind() if isinstance(on, Session) else on
    return (postgresql.insert if bind.dialect.name == "postgresql" else sqlite.insert)(table)


def refusal_for(error: DBAPIError, where: str) -> DomainError | None:
    """Tell which refusal of ours a driver's error is, or none when it is a fault of the code."""
    text = str(error.orig).lower()
    state = getattr(error.orig, "sqlstate", None) or ""
    if "database or disk is full" in text or state == "53100":
        return DiskFull()
    if "database is locked" in text or state in {"55P03", "40P01", "40001"}:
        return DatabaseBusy()
    of_sqlite = isinstance(error.orig, sqlite3.Error)
    lost = error.connection_invalidated or state[:2] == "08" or state in SERVER_GOES_DOWN
    if of_sqlite:
        lost = "unable to open database file" in text or "disk i/o error" in text
    elif isinstance(error, OperationalError) and not state:
        lost = True  # psycopg tells no state when no connection could be made
    return DatabaseUnreachable(where) if lost else None


def connect(settings: DatabaseSettings, last_acts: tuple[LastAct, ...] = ()) -> Database:
    """Open the database that the settings name; no connection is made yet.

    Raises `UnusableDatabase`.
    """
    try:
        url = make_url(settings.url)
        if url.drivername in {"postgresql", "postgres"}:
            url = url.set(drivername="postgresql+psycopg")
        engine = _sqlite(url.database, settings) if url.get_backend_name() == "sqlite" else _server(url, settings)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UnusableDatabase(settings.url.split("@")[-1], "sqlite:///… | postgresql://…") from error
    except ModuleNotFoundError as error:
        raise UnusableDatabase(url.render_as_string(hide_password=True), "pip install 'yinxin[pg]'") from error
    return Database(engine, last_acts)


def _sqlite(file: str | None, settings: DatabaseSettings) -> Engine:
    url = f"sqlite:///{Path(file).absolute()}" if file and file != ":memory:" else "sqlite://"
    engine = create_engine(
        url,
        hide_parameters=True,  # values of personal data must not stand in a traceback
        connect_args={"timeout": BUSY_MILLISECONDS / 1000},
        **_pool(settings) if file else {},
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("reading")
        # Told to the driver itself what waits for nobody, and so has no failure that would have to be translated.
        driver = connection.connection.driver_connection
        driver.execute(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        if reading:
            driver.execute("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _server(url: Any, settings: DatabaseSettings) -> Engine:
    milliseconds = int(settings.statement_seconds * 1000)
    return create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # values of personal data must not stand in a traceback
        connect_args={"options": f"-c statement_timeout={milliseconds} -c timezone=UTC", "connect_timeout": 5},
        **_pool(settings),
    )


def _pool(settings: DatabaseSettings) -> dict[str, Any]:
    return {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": settings.pool_wait_seconds}
