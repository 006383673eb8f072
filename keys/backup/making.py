"""Making a backup while the site serves.

1. Room is made sure of: what the database takes, and the share of the disk that stays free.
2. A key is drawn for this backup alone, and an id.
3. In one snapshot: each table into its part, by primary key; the ledger's root is computed from its entries on the way.
4. The settings (secrets struck out: keys are there as references) and the configured folders, each into its part.
5. The manifest; the envelope with the key and the manifest's digest, for every public key; the list of digests.
6. Everything is synced, then the folder gets the name under which it counts.

Asked to, what was written is read again from the disk and opened frame by frame, with the key that is still in memory:
later only the holder of the private half can. Who may make a backup is not decided here.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table

from base import clock, ledger, schema
from base.canonical import Json, canonical
from base.db import Database
from base.models import AuditEntry, LedgerTail
from keys import envelopes
from keys.algorithms import sm4
from keys.algorithms.sm3 import SM3
from keys.backup import checking, folders, places, tables
from keys.backup.checking import Opened
from keys.backup.frames import FrameWriter
from keys.backup.manifest import (
    ENVELOPE,
    FOLDER,
    MANIFEST,
    SETTINGS,
    SUMS,
    TABLE,
    Ledger,
    Manifest,
    Part,
    Sealed,
    digest,
    sums,
)
from keys.envelopes import Recipient

ID_BYTES: Final = 16
# Room is looked at anew after so many bytes of a part.
LOOK_EVERY: Final = 64 << 20
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Plan:
    """What goes into a backup besides the database, for whom, and how it is made."""

    recipients: tuple[Recipient, ...]
    tool: str
    folders: Mapping[str, Path] = field(default_factory=dict)
    private: tuple[Path, ...] = ()
    settings: tuple[Json, ...] = ()
    least_free_share: float = 0.05
    verify: bool = True


@dataclass(frozen=True)
class Made:
    """A backup that was made, and whether it was read again."""

    folder: Path
    manifest: Manifest
    verified: bool


def new_id() -> bytes:
    """Draw the id of a backup."""
    return secrets.token_bytes(ID_BYTES)


def made(
    database: Database,
    into: Path,
    plan: Plan,
    at: datetime,
    progress: Progress = lambda _done, _all, _name: None,
    *,
    backup: bytes | None = None,
) -> Made:
    """Make a backup in a folder of backups.

    Raises `NoRoomForBackup`, `BackupUnreadable`, `CannotBeCarried`, `DatabaseUnreachable`, `BackupDamaged`.
    """
    backup = backup or new_id()
    name = places.name_for(at, backup.hex())
    with places.making(into, name) as folder:
        maker = _Maker(folder, plan, backup, secrets.token_bytes(sm4.KEY), progress)
        manifest = maker.make(database, at)
        verified = plan.verify and bool(checking.examined(Opened(folder, manifest, maker.key)))
    return Made(into / name, manifest, verified)


@dataclass
class _Maker:
    """One backup being made."""

    folder: Path
    plan: Plan
    backup: bytes
    key: bytes = field(repr=False)
    progress: Progress
    parts: list[Part] = field(default_factory=list)
    carried: folders.Carried = field(default_factory=folders.Carried)
    frontier: ledger.Frontier = field(default_factory=ledger.Frontier)
    tail: tuple[int, bytes] | None = None

    def make(self, database: Database, at: datetime) -> Manifest:
        """Go through the numbered steps of the module."""
        version = schema.schema_state(database).found
        with tables.snapshot(database) as connection:
            self._require_room(tables.size_of(connection))
            found = tables.present(connection)
            steps = len(found) + len(self.plan.folders) + 1
            for each in found:
                self.progress(len(self.parts), steps, each.name)
                self._table(connection, each)
        self._settings()
        for name in sorted(self.plan.folders):
            self.progress(len(self.parts), steps, name)
            self._folder(name, self.plan.folders[name])
        manifest = self._manifest(database, version, at)
        self._seal(manifest)
        self.progress(steps, steps, "")
        return manifest

    def _table(self, connection: Connection, made: Table) -> None:
        count, seen = 0, self._looking_at(made)
        with self._part(TABLE, made.name) as (writer, told):
            writer.write(canonical({"columns": list(tables.columns_of(made)), "table": made.name}) + b"\n")
            for line in tables.lines_of(connection, made, seen):
                writer.write(line)
                count += 1
            told(count)

    def _looking_at(self, made: Table) -> Callable[[Sequence[Any]], None]:
        """Watch the rows of the ledger go by: the root is computed from what is carried."""
        if made is AuditEntry.__table__:
            place = tables.columns_of(made).index("content")
            return lambda row: self._leaf(row[place])
        if made is LedgerTail.__table__:
            names = tables.columns_of(made)
            size, frontier = names.index("size"), names.index("frontier")
            return lambda row: setattr(self, "tail", (row[size], row[frontier]))
        return lambda _row: None

    def _leaf(self, content: bytes) -> None:
        self.frontier, _ = ledger.append(self.frontier, [ledger.leaf_hash(content)])

    def _settings(self) -> None:
        with self._part(SETTINGS, SETTINGS) as (writer, told):
            for each in self.plan.settings:
                writer.write(canonical(each) + b"\n")
            told(len(self.plan.settings))

    def _folder(self, name: str, place: Path) -> None:
        before = self.carried.files
        private = (*self.plan.private, self.folder.parent)
        with self._part(FOLDER, name) as (writer, told), places.readable(place):
            for piece in folders.stream(place, private, self.carried):
                writer.write(piece)
            told(self.carried.files - before)

    @contextmanager
    def _part(self, kind: str, name: str) -> Any:
        """Write a part; the caller tells at its end how many rows it has."""
        number = len(self.parts) + 1
        file, running, size, rows = f"{number:03d}.part", SM3.start(), 0, 0
        looked = 0

        def told(count: int) -> None:
            nonlocal rows
            rows = count

        with places.writing(self.folder / file) as write:

            def written(data: bytes) -> None:
                nonlocal size, looked
                write(data)
                running.update(data)
                size += len(data)
                if size - looked >= LOOK_EVERY:
                    looked = size
                    self._require_room(0)

            writer = FrameWriter(written, self.key, self.backup, number)
            yield writer, told
            writer.close()
        digested = running.finish().hex()
        self.parts.append(Part(number, file, kind, name, rows, writer.plain_bytes, size, digested))

    def _manifest(self, database: Database, version: str, at: datetime) -> Manifest:
        tail = self.tail or (0, b"")
        stored = ledger.Frontier.of_blob(*tail)
        sound = stored == self.frontier
        return Manifest(
            id=self.backup.hex(),
            made_at=clock.rfc3339(at),
            tool=self.plan.tool,
            database=database.engine.dialect.name,
            schema=version,
            ledger=Ledger(self.frontier.size, self.frontier.root.hex(), sound),
            parts=tuple(self.parts),
            recipients=tuple(envelopes.key_id(each.public).hex() for each in self.plan.recipients),
            left_out=self.carried.left_out,
        )

    def _seal(self, manifest: Manifest) -> None:
        """Write what belongs to the whole: manifest, envelope, and the digests of every file."""
        sealed = Sealed(manifest.id, self.key, digest(manifest.content))
        small = {
            MANIFEST: manifest.content,
            ENVELOPE: envelopes.closed(sealed.content, self.plan.recipients),
        }
        digests = {each.file: each.sm3 for each in self.parts}
        small[SUMS] = sums(digests | {name: digest(content) for name, content in small.items()})
        for name, content in small.items():
            with places.writing(self.folder / name) as write:
                write(content)

    def _require_room(self, needed: int) -> None:
        places.require_room(self.folder, needed, self.plan.least_free_share)
