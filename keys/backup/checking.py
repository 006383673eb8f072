"""Looking a backup through: with no key by its digests, with the key to the last frame.

Without a key: every file is there and none besides, each with the digest of the list, and the manifest agrees. This
finds what disks and copying do, and is all that a site can ask of older backups: the private half is elsewhere.

With the key: the envelope opens, names this backup and this manifest, and every frame of every part opens where it
stands; rows are counted, and the ledger's root is computed from its entries. This finds everything else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from base import ledger
from base.models import AuditEntry
from keys import envelopes
from keys.algorithms import sm4
from keys.backup import folders, frames, places, rows
from keys.backup.errors import BackupDamaged, BackupForAnotherKey
from keys.backup.manifest import (
    ENVELOPE,
    FOLDER,
    MANIFEST,
    SETTINGS,
    SIZE_LIMIT,
    SUMS,
    TABLE,
    Manifest,
    Part,
    Sealed,
    digest,
    read_sums,
)
from keys.certificates import Certificate
from keys.envelopes import EnvelopeAltered, EnvelopeNotForUs
from keys.signers.signer import Signer

# An envelope for 64 recipients has 20 KiB.
ENVELOPE_LIMIT: Final = 1 << 20
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Opened:
    """A backup with its key at hand."""

    folder: Path
    manifest: Manifest
    key: bytes = field(repr=False)

    @contextmanager
    def texts(self, part: Part) -> Iterator[Iterator[bytes]]:
        """Open a part and give its text in pieces. Raises `BackupDamaged`, `BackupUnreadable`."""
        file = self.folder / part.file
        with places.readable(file), file.open("rb", buffering=frames.FRAME) as source:
            yield frames.texts(source, self.key, bytes.fromhex(self.manifest.id), part.number, part.file)


@dataclass(frozen=True)
class Examined:
    """What was counted in a backup: rows of tables, files of folders, and entries of the ledger."""

    rows: int
    files: int
    entries: int


def intact(folder: Path) -> Manifest:
    """Look a backup through without a key. Raises `BackupDamaged`, `BackupUnreadable`."""
    listed = read_sums(places.content_of(folder / SUMS, SIZE_LIMIT))
    with places.readable(folder):
        there = {each.name for each in folder.iterdir()} - {SUMS}
    for name in sorted(there ^ set(listed)):
        raise BackupDamaged(name, "missing" if name in listed else "not-of-this-backup")
    for name in sorted(listed):
        if places.digest_of(folder / name) != listed[name]:
            raise BackupDamaged(name, "digest-differs")
    manifest = Manifest.of(places.content_of(folder / MANIFEST, SIZE_LIMIT))
    told = {each.file: each.sm3 for each in manifest.parts}
    if told != {name: told for name, told in listed.items() if name not in (MANIFEST, ENVELOPE)}:
        raise BackupDamaged(MANIFEST, "names-other-parts")
    return manifest


def opened(folder: Path, signer: Signer, certificate: Certificate | None = None) -> Opened:
    """Look a backup through as `intact` does, and open its envelope.

    Raises `BackupDamaged`, `BackupForAnotherKey`, `BackupUnreadable`, and what the signer raises.
    """
    manifest = intact(folder)
    try:
        content = envelopes.opened(places.content_of(folder / ENVELOPE, ENVELOPE_LIMIT), signer, certificate)
    except EnvelopeNotForUs as error:
        raise BackupForAnotherKey(folder.name) from error
    except (EnvelopeAltered, envelopes.MalformedEnvelope, envelopes.EnvelopeUnsupported) as error:
        raise BackupDamaged(ENVELOPE, error.code) from error
    sealed = Sealed.of(content)
    if sealed.id != manifest.id or sealed.manifest != digest(manifest.content) or len(sealed.key) != sm4.KEY:
        raise BackupDamaged(MANIFEST, "of-another-backup")
    return Opened(folder, manifest, sealed.key)


def examined(backup: Opened, progress: Progress = lambda _done, _all, _name: None) -> Examined:
    """Open every frame of every part, count, and compute the ledger's root. Raises `BackupDamaged`."""
    counted = {TABLE: 0, FOLDER: 0, SETTINGS: 0}
    frontier = ledger.Frontier()
    manifest = backup.manifest
    for done, part in enumerate(manifest.parts):
        progress(done, len(manifest.parts), part.name)
        if part.kind == FOLDER:
            found = _count_files(backup, part)
        elif part.kind == TABLE:
            found, frontier = _count_rows(backup, part, frontier)
        else:
            with backup.texts(part) as pieces:
                found = sum(1 for _ in frames.lines(pieces, part.file))
        if found != part.rows:
            raise BackupDamaged(part.file, "another-number-of-rows")
        counted[part.kind] += found
    if (frontier.size, frontier.root.hex()) != (manifest.ledger.size, manifest.ledger.root):
        raise BackupDamaged(MANIFEST, "another-ledger")
    return Examined(counted[TABLE], counted[FOLDER], frontier.size)


def rows_of(pieces: Iterator[bytes], part: Part, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a table's part, whose columns must be these. Raises `BackupDamaged`."""
    lines = frames.lines(pieces, part.file)
    if rows.head(next(lines, b"")) != (part.name, columns):
        raise BackupDamaged(part.file, "other-columns")
    for line in lines:
        yield _row(line, len(columns), part)


def columns_of(backup: Opened, part: Part) -> list[str]:
    """Name the columns that a table's part holds. Raises `BackupDamaged`."""
    with backup.texts(part) as pieces:
        name, columns = rows.head(next(frames.lines(pieces, part.file), b""))
    if name != part.name:
        raise BackupDamaged(part.file, "of-another-table")
    return columns


def _row(line: bytes, columns: int, part: Part) -> tuple[Any, ...]:
    try:
        return rows.read(line, columns)
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BackupDamaged(part.file, "broken-line") from error


def _count_rows(backup: Opened, part: Part, frontier: ledger.Frontier) -> tuple[int, ledger.Frontier]:
    columns, count = columns_of(backup, part), 0
    entries = part.name == AuditEntry.__tablename__
    place = columns.index("content") if entries else 0
    with backup.texts(part) as pieces:
        for row in rows_of(pieces, part, columns):
            count += 1
            if entries:
                frontier, _ = ledger.append(frontier, [ledger.leaf_hash(row[place])])
    return count, frontier


def _count_files(backup: Opened, part: Part) -> int:
    count = 0
    with backup.texts(part) as pieces:
        for _, blocks in folders.files(pieces, part.file):
            for _ in blocks:
                pass
            count += 1
    return count
