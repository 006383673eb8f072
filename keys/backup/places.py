"""Where backups lie: one folder each, made under a name that does not count and renamed when it is whole.

A backup is finished when its folder's name says so: everything in it was written and synced before. What was cut short
keeps its `.part`, is never restored, and is cleared away after a day. Removing renames first, too.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from base.durable import names_kept
from keys.algorithms.sm3 import SM3
from keys.backup.errors import BackupDamaged, BackupUnreadable, NoBackup, NoRoomForBackup, UnfinishedBackup
from keys.backup.manifest import MANIFEST, SUMS

NAME: Final = re.compile(r"yinxin-(\d{8}T\d{6}Z)-[0-9a-f]{8}")
UNFINISHED: Final = ".part"
GOING: Final = ".going"
STAMP: Final = "%Y%m%dT%H%M%SZ"
# No backup of this house takes a day; what is older was left behind by a process that died.
LEFT_BEHIND: Final = timedelta(days=1)
BLOCK: Final = 1 << 20
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


@dataclass(frozen=True)
class Place:
    """A finished backup on disk."""

    folder: Path
    made_at: datetime


def name_for(at: datetime, backup: str) -> str:
    """Name a backup's folder: when it was made, and the beginning of its id."""
    return f"yinxin-{at.astimezone(UTC).strftime(STAMP)}-{backup[:8]}"


def finished(folder: Path) -> list[Place]:
    """List the finished backups in a folder, oldest first. Raises `BackupUnreadable`."""
    with readable(folder):
        names = sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    found = [(match, name) for name in names if (match := NAME.fullmatch(name))]
    return [Place(folder / name, _time(match[1])) for match, name in found]


def found(place: Path) -> Path:
    """Give the backup that a place means: the place itself, or the newest finished one in it.

    Raises `NoBackup`, `UnfinishedBackup`, `BackupUnreadable`.
    """
    if (place / MANIFEST).exists() or (place / SUMS).exists():
        if place.name.endswith((UNFINISHED, GOING)):
            raise UnfinishedBackup(place.name)
        return place
    if place.name.endswith((UNFINISHED, GOING)):
        raise UnfinishedBackup(place.name)
    there = finished(place)
    if not there:
        raise NoBackup(str(place), len(_left(place)))
    return there[-1].folder


@contextmanager
def making(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty folder to write a backup into; it counts when the block ends well, and is removed when not.

    Raises `BackupUnreadable`.
    """
    part = folder / (name + UNFINISHED)
    with readable(folder):
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        part.mkdir(mode=FOLDER_MODE)
    try:
        with readable(folder):
            yield part
            names_kept(part)
            part.rename(folder / name)
            names_kept(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


@contextmanager
def writing(file: Path) -> Iterator[Callable[[bytes], object]]:
    """Write a new file that only its owner may read, and sync it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb", buffering=BLOCK) as opened:
        yield opened.write
        opened.flush()
        os.fsync(opened.fileno())


def kept(folder: Path, keep: int, at: datetime) -> list[str]:
    """Remove all but the newest finished backups, and what was left behind a day ago; give the names removed.

    Raises `BackupUnreadable`.
    """
    surplus = [each.folder for each in finished(folder)[: -keep or None]] if keep else []
    with readable(folder):
        old = [each for each in _left(folder) if (time := _begun(each)) is None or at - time > LEFT_BEHIND]
        for each in surplus:
            going = each.with_name(each.name + GOING)
            each.rename(going)
            old.append(going)
        for each in old:
            shutil.rmtree(each)
    return [each.name.removesuffix(GOING) for each in old]


def require_room(folder: Path, needed: int, least_free_share: float) -> None:
    """Insist that the disk keeps its share of free room after so many bytes. Raises `NoRoomForBackup`."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    usage = shutil.disk_usage(there)
    needed += int(usage.total * least_free_share)
    if usage.free < needed:
        raise NoRoomForBackup(usage.free, needed)


def digest_of(file: Path) -> str:
    """Digest a file in blocks. Raises `BackupUnreadable`."""
    running = SM3.start()
    with readable(file), file.open("rb") as opened:
        while block := opened.read(BLOCK):
            running.update(block)
    return running.finish().hex()


def content_of(file: Path, limit: int) -> bytes:
    """Read a small file whole. Raises `BackupDamaged`, `BackupUnreadable`."""
    with readable(file):
        if not file.is_file():
            raise BackupDamaged(file.name, "missing")
        with file.open("rb") as opened:
            content = opened.read(limit + 1)
    if len(content) > limit:
        raise BackupDamaged(file.name, "too-large")
    return content


@contextmanager
def readable(place: Path) -> Iterator[None]:
    """Tell the system's own failures in our words; the block's refusals pass."""
    try:
        yield
    except OSError as error:
        raise BackupUnreadable(str(error.filename or place), error.strerror or type(error).__name__) from error


def _left(folder: Path) -> list[Path]:
    """List what is unfinished, or was being removed, in a folder."""
    if not folder.is_dir():
        return []
    return sorted(
        each
        for each in folder.iterdir()
        if each.name.endswith((UNFINISHED, GOING)) and NAME.fullmatch(each.name.rsplit(".", 1)[0])
    )


def _begun(folder: Path) -> datetime | None:
    """Tell when something unfinished was begun; what is being removed counts as of long ago."""
    match = NAME.match(folder.name)
    return None if match is None or folder.name.endswith(GOING) else _time(match[1])


def _time(text: str) -> datetime:
    return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
