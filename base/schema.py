"""The schema's version: told, checked and upgraded with Alembic, on SQLite and PostgreSQL alike."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any, ClassVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, ForeignKeyConstraint, Index

from base.db import Base, Database
from base.errors import DomainError, Kind


@dataclass(eq=False)
class OldSchema(DomainError):
    """The database's schema is not the one this program needs."""

    found: str
    needed: str
    code: ClassVar[str] = "old-schema"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True)
class SchemaState:
    """Where the database stands and where the program needs it."""

    found: str
    needed: str


def schema_state(database: Database) -> SchemaState:
    """Tell both versions; an empty database stands at `none`."""
    with database.translated(), database.engine.connect().execution_options(reading=True) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return SchemaState(found or "none", ScriptDirectory.from_config(_config()).get_current_head() or "none")


def require_current(database: Database) -> None:
    """Let nothing start on a schema of another version.

    Raises `OldSchema`.
    """
    state = schema_state(database)
    if state.found != state.needed:
        raise OldSchema(state.found, state.needed)


def steps() -> list[str]:
    """List every step, oldest first."""
    return [each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the schema to a version, in one transaction where the database can."""
    with _connected(database) as connection:
        command.upgrade(_config(connection=connection), to)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to a version; rows that the older form cannot hold are lost with their tables."""
    with _connected(database) as connection:
        command.downgrade(_config(connection=connection), to)


def upgrade_sql(dialect: str, found: str) -> str:
    """Write the statements that an administrator would run by hand."""
    written = io.StringIO()
    config = _config(dialect=dialect, output=written)
    command.upgrade(config, f"{found}:head" if found != "none" else "head", sql=True)
    return written.getvalue()


def differences(database: Database) -> list[Any]:
    """List where the database differs from the models: empty when the migrations tell the whole story."""
    with database.engine.connect().execution_options(reading=True) as connection:
        opts = {"compare_type": True, "include_name": _ours, "include_object": _is_of(connection)}
        context = MigrationContext.configure(connection, opts={**opts, "target_metadata": Base.metadata})
        return list(compare_metadata(context, Base.metadata))


def _is_of(connection: Connection) -> Callable[..., bool]:
    """Leave out what the models have for the other database alone (a search table's index, say), and keys to parts.

    PostgreSQL tells a key to a partitioned table once more for each of its parts.
    """

    def is_of(thing: object, _name: str | None, _kind: str, _reflected: object, _other: object) -> bool:
        if isinstance(thing, ForeignKeyConstraint):
            return thing.referred_table.name in Base.metadata.tables
        if not isinstance(thing, Index):
            return True
        ways = {name.partition("_")[0] for name in thing.dialect_kwargs if name.endswith("_using")}
        return not ways or connection.dialect.name in ways

    return is_of


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave tables alone that another program keeps in the same database."""
    return kind != "table" or name in Base.metadata.tables


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    with database.translated(), database.engine.connect() as connection:
        if database.is_sqlite:
            # SQLite cannot alter tables in place; batch copies must not trip over foreign keys meanwhile
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.commit()
        finally:
            if database.is_sqlite:
                connection.invalidate()


def _config(connection: Connection | None = None, dialect: str = "", output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    config.attributes.update(connection=connection, dialect=dialect)
    return config
