"""A front library as it is reached: its address by reference, its failures told apart, its tables as they really are.

A database says three things with its errors: it does not answer, it does not let us in (or has other tables than we
know), or it does not take these rows. Its own words may repeat a row, so only the driver's number of it is told.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, event, inspect
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from catalog_sync.targets.front import columns, ddl
from catalog_sync.targets.front.columns import Layout
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from exchange.feeds.errors import PushDestinationFailed
from exchange.feeds.pushes.destinations.engines import engine_of
from keys.signers.errors import SecretFileUnusable

# PostgreSQL, appendix A: authorisation, no such database, privileges; no such table or column; data, constraints.
NOT_LET_IN: Final = ("28", "3D", "42501")
OTHER_SHAPE: Final = ("42P01", "42703", "3F000")
OTHER_DATA: Final = ("22", "23")
# How sure a table of refusals must be for its absence to be a fault.
KNOWN: Final = "known"
# MySQL server error reference: access denied, no such database, command denied; no such table, column; data.
MYSQL_NOT_LET_IN: Final = frozenset({1044, 1045, 1049, 1142, 1143, 1227, 1698})
MYSQL_OTHER_SHAPE: Final = frozenset({1054, 1146})
MYSQL_OTHER_DATA: Final = frozenset({1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 4025})


class RowsNotTaken(Exception):
    """The database does not take these rows; the argument is its number of the reason."""


class FrontDatabase:
    """One front library, opened when it is first needed."""

    def __init__(
        self,
        target: str,
        address: Callable[[], str],
        seconds: float,
        layout: Layout,
        theirs: MetaData | None = None,
    ) -> None:
        """Build it; nothing is reached yet. `theirs` are its tables where they are none of a front library."""
        self._target = target
        self._address = address
        self._seconds = seconds
        self._layout = layout
        self._engine: Engine | None = None
        self._tables: Mapping[str, columns.Table] | None = None
        self._theirs = ddl.theirs(layout) if theirs is None else theirs
        self.present: frozenset[str] = frozenset()

    def table(self, name: str) -> Any:
        """Give one of its tables, to write statements with."""
        return self._theirs.tables[name]

    def tables(self) -> Mapping[str, columns.Table]:
        """Give the tables that go up as they really are there. Raises `ChannelRefused` where they are other ones."""
        if self._tables is None:
            with self._translated():
                self._tables = self._seen(inspect(self.engine()))
        return self._tables

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction. Raises `RowsNotTaken`, `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        with self._translated(), self.engine().begin() as connection:
            yield connection

    def engine(self) -> Engine:
        """Give its engine. Raises `ChannelRefused` for an address that cannot be used."""
        if self._engine is None:
            try:
                self._engine = engine_of(self._address(), self._seconds)
            except (PushDestinationFailed, SecretFileUnusable, UnicodeDecodeError) as error:
                reason = error.reason if isinstance(error, PushDestinationFailed) else "no-address"
                raise ChannelRefused(self._target, reason) from error
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _bytes_where_no_text)
        return self._engine

    def lacks(self, name: str, wanted: Collection[str]) -> str:
        """Tell what of a table is not there; nothing where all is. Raises as `transaction` does."""
        with self._translated():
            looked = inspect(self.engine())
            if not looked.has_table(name):
                return f"no-table:{name}"
            there = {each["name"] for each in looked.get_columns(name)}
        missing = sorted(set(wanted) - there)
        return f"no-column:{name}.{missing[0]}" if missing else ""

    def forget(self) -> None:
        """Look at everything anew the next time: after a failure its tables may be others."""
        self._tables = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            self.forget()
            raise self._failure(error) from error
        except NoSuchTableError as error:
            self.forget()
            raise ChannelRefused(self._target, f"no-table:{error}") from error
        except UnicodeDecodeError as error:
            self.forget()
            raise HostileAnswer(self._target, "encoding", bytes(error.object)) from error
        except (SQLAlchemyError, UnicodeError, OverflowError) as error:
            self.forget()
            raise ChannelDown(self._target, "database") from error

    def _seen(self, looked: Any) -> Mapping[str, columns.Table]:
        """Look at every table; one of refusals that nobody has seen elsewhere need not be there."""
        for name in ddl.OURS.tables:
            self._compare(looked, name, {each.name for each in ddl.OURS.tables[name].columns})
        found = {}
        present = set(looked.get_table_names())
        for name, laid in self._theirs.tables.items():
            if name in self._layout.data:  # looked at when it is read
                continue
            rejects = self._layout.rejects.get(name)
            if rejects is not None and rejects.confidence != KNOWN and name not in present:
                continue
            there = self._compare(looked, name, {each.name for each in laid.columns})
            lengths = {each: size for each, told in there.items() if (size := getattr(told["type"], "length", None))}
            if name in self._layout.tables:
                found[name] = self._layout.tables[name].narrowed(lengths)
        self.present = frozenset(present)
        return found

    def _compare(self, looked: Any, name: str, wanted: set[str]) -> Mapping[str, Any]:
        """See that a table has our columns, and asks for none that we know nothing of."""
        there = {each["name"]: each for each in looked.get_columns(name)}
        if missing := sorted(wanted - set(there)):
            raise ChannelRefused(self._target, f"no-column:{name}.{missing[0]}")
        asked = [
            each["name"]
            for each in there.values()
            if each["name"] not in wanted
            and not each["nullable"]
            and each.get("default") is None
            and each.get("autoincrement") is not True
        ]
        if asked:
            raise ChannelRefused(self._target, f"unknown-column:{name}.{asked[0]}")
        return there

    def _failure(self, error: DBAPIError) -> Exception:
        reason, family = _family(error.orig)
        if family == "data":
            return RowsNotTaken(reason)
        return (ChannelRefused if family == "refused" else ChannelDown)(self._target, reason)


def _bytes_where_no_text(connection: Any, _record: object) -> None:
    """Have SQLite give the bytes of a text that is none, so that they can be judged and kept."""
    connection.text_factory = _text


def _text(told: bytes) -> str | bytes:
    try:
        return told.decode()
    except UnicodeDecodeError:
        return told


def _family(error: BaseException | None) -> tuple[str, str]:
    """Tell a driver's failure by its number, and which of the three it is."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    state = getattr(error, "sqlstate", None)
    if state:
        known = ((NOT_LET_IN, "refused"), (OTHER_SHAPE, "refused"), (OTHER_DATA, "data"))
        return f"sqlstate-{state}", next((family for states, family in known if state.startswith(states)), "down")
    number = error.args[0] if error is not None and error.args else None
    if not isinstance(number, int):
        return "unreachable", "down"
    if number in MYSQL_OTHER_DATA:
        return f"mysql-{number}", "data"
    return f"mysql-{number}", "refused" if number in MYSQL_NOT_LET_IN | MYSQL_OTHER_SHAPE else "down"


def _of_sqlite(error: sqlite3.Error) -> tuple[str, str]:
    name = str(getattr(error, "sqlite_errorname", "sqlite")).lower().replace("_", "-")
    if name.startswith(("sqlite-constraint", "sqlite-toobig", "sqlite-mismatch")):
        return name, "data"
    refused = name.startswith(("sqlite-readonly", "sqlite-auth", "sqlite-perm")) or "no such" in str(error)
    return name, "refused" if refused else "down"
