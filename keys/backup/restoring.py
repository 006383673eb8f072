"""Bringing a backup back into an empty place.

1. The backup is looked through to the last frame before anything is changed (`checking.examined`).
2. The place is empty: a database without tables, which gets the schema, or with tables and no row in any; folders that
   are not there or empty.
3. The schema is the one that the backup was made on.
4. Files are written beside their final places.
5. In one transaction: every table is loaded and counted again; the ledger is verified whole, entry by entry and node by
   node, and its head is the backup's, and continues the heads that the caller remembers.
6. Only then the folders get their names and the transaction ends; until there, a failure leaves the place as it was.

Nothing is added to the ledger: it goes on from the very head that witnesses have seen. That a site was restored stands
in its logs and in the caller's hands, and shows in the time between two entries.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from base import ledger_verification, schema
from base.audit import Tree
from base.db import Database, refusal_for
from base.durable import names_kept
from keys.backup import checking, folders, places, tables
from keys.backup.checking import Examined, Opened, Progress
from keys.backup.errors import BackupDamaged, BackupOfAnotherVersion, FolderNotConfigured, NotEmpty, RestoreDiffers
from keys.backup.manifest import FOLDER, TABLE, Part

BESIDE: Final = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What was brought back, as it was counted afterwards."""

    examined: Examined
    tables: int
    ledger: Tree


@dataclass(frozen=True)
class Into:
    """Where a backup goes: the database, and a folder for each name of folders in it."""

    database: Database
    folders: Mapping[str, Path]
    remembered: Sequence[Tree] = ()
    accept_damaged_ledger: bool = False


def restored(
    backup: Opened,
    into: Into,
    progress: Progress = lambda _done, _all, _name: None,
    *,
    examined: Examined | None = None,
) -> Restored:
    """Bring a backup back, all of it or nothing; `examined` is handed in by who has looked it through already.

    Raises `NotEmpty`, `BackupOfAnotherVersion`, `FolderNotConfigured`, `BackupDamaged`, `RestoreDiffers`, and the
    database's refusals.
    """
    examined = examined or checking.examined(backup)
    require_empty(backup, into)
    require_version(backup, into.database)
    with ExitStack() as undone:
        moves = [_beside(backup, each, into.folders[each.name], undone) for each in _folders(backup)]
        with tables.loading(into.database) as connection:
            _require_no_rows(connection)
            for done, part in enumerate(backup.manifest.tables):
                progress(done, len(backup.manifest.tables), part.name)
                _load(backup, part, connection)
            _require_references(connection)
            head = _judged(backup, into, connection)
            for source, target in moves:
                _named(source, target, undone)
        undone.pop_all()
    return Restored(examined, len(backup.manifest.tables), head)


def require_empty(backup: Opened, into: Into) -> None:
    """Insist that there is nothing where the backup goes. Raises `NotEmpty`, `FolderNotConfigured`."""
    for each in _folders(backup):
        if each.name not in into.folders:
            raise FolderNotConfigured(each.name)
        place = into.folders[each.name]
        with places.readable(place):
            if place.exists() and (not place.is_dir() or any(place.iterdir())):
                raise NotEmpty(str(place))
    with into.database.translated(), into.database.engine.connect().execution_options(reading=True) as connection:
        _require_no_rows(connection)


def require_version(backup: Opened, database: Database) -> None:
    """Make the schema where there is none, and insist that it is the backup's. Raises `BackupOfAnotherVersion`."""
    found, needed = backup.manifest.schema, schema.schema_state(database).needed
    with database.translated(), database.engine.connect().execution_options(reading=True) as connection:
        bare = not inspect(connection).get_table_names()
    if bare and found == needed:
        schema.upgrade(database)
    stands = schema.schema_state(database).found
    if found != stands:
        raise BackupOfAnotherVersion(found, needed if bare else stands, backup.manifest.tool)


def _require_no_rows(connection: Connection) -> None:
    for name in tables.occupied(connection):
        raise NotEmpty(name)


def _folders(backup: Opened) -> list[Part]:
    return [each for each in backup.manifest.parts if each.kind == FOLDER]


def _load(backup: Opened, part: Part, connection: Connection) -> None:
    made = _table(part, connection)
    with backup.texts(part) as pieces:
        lines = checking.rows_of(pieces, part, tables.columns_of(made))
        try:
            loaded = tables.filled(connection, made, lines)
        except _not_taken(connection) as error:
            if isinstance(error, DBAPIError) and refusal_for(error, ""):
                raise  # the database's own trouble, which is told as such
            raise RestoreDiffers(part.name, "rows that this database takes", type(error).__name__) from error
    found = tables.counted(connection, made)
    if not loaded == found == part.rows:
        raise RestoreDiffers(part.name, str(part.rows), str(found))


def _not_taken(connection: Connection) -> tuple[type[Exception], ...]:
    """Name what a value raises that this database does not take, as PostgreSQL does not take NUL in a text."""
    driver: type[Exception] = connection.dialect.loaded_dbapi.Error
    return (StatementError, driver, TypeError, ValueError, AttributeError)


def _table(part: Part, connection: Connection) -> Table:
    found = next((each for each in tables.present(connection) if each.name == part.name), None)
    if found is None:
        raise RestoreDiffers(part.name, TABLE, "")
    return found


def _require_references(connection: Connection) -> None:
    """Insist that every row that is pointed at is there; PostgreSQL has seen to it while loading."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("pragma foreign_key_check")).first()
        if broken is not None:
            raise RestoreDiffers(str(broken[0]), str(broken[2]), "")


def _judged(backup: Opened, into: Into, connection: Connection) -> Tree:
    """Verify the ledger in the transaction that loaded it."""
    told = backup.manifest.ledger
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        found = ledger_verification.verify(session, remembered=into.remembered)
    if not found.sound and (told.sound or not into.accept_damaged_ledger):
        raise RestoreDiffers("ledger", "sound", str(found.findings[0]))
    if told.sound and (found.tree.size, found.tree.root.hex()) != (told.size, told.root):
        raise RestoreDiffers("ledger", f"{told.size}:{told.root}", f"{found.tree.size}:{found.tree.root.hex()}")
    return found.tree


def _beside(backup: Opened, part: Part, target: Path, undone: ExitStack) -> tuple[Path, Path]:
    """Write a folder's files beside its place; they go again unless all ends well."""
    beside = target.with_name(target.name + BESIDE)
    undone.callback(shutil.rmtree, beside, ignore_errors=True)
    with places.readable(beside):
        shutil.rmtree(beside, ignore_errors=True)
        with backup.texts(part) as pieces:
            count = folders.brought_back(pieces, part.file, beside)
    if count != part.rows:
        raise BackupDamaged(part.file, "another-number-of-rows")
    return beside, target


def _named(source: Path, target: Path, undone: ExitStack) -> None:
    """Give a folder its name, and take it away again if what follows fails."""
    with places.readable(target):
        if target.exists():
            target.rmdir()
        source.rename(target)
        undone.callback(os.rename, target, source)
        names_kept(target.parent)
