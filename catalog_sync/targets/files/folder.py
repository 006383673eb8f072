"""A folder as an object store: a file is there whole or not at all, and no path leads out of it.

A file is written beside its place, brought to the disk, and then takes its name; so is the name. What is read is opened
step by step from the folder itself, never through a link, and only as far as the limit.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from base.durable import filled, names_kept

FILE_MODE: Final = 0o640
FOLDER_MODE: Final = 0o750
# A part of a path in this store; others write such names too.
NAME: Final = re.compile(r"(?!\.)[\w.\-]{1,200}")
DEEPEST: Final = 8


class PathRefused(Exception):
    """A path does not stay in the folder, or leads to what is no plain file; the argument says why."""


def put(folder: Path, path: str, content: bytes) -> None:
    """Write a file under its path. Raises `OSError`, `PathRefused`."""
    parts = _parts(path)
    place = folder
    for each in parts[:-1]:
        place = place / each
        if place.is_symlink():
            raise PathRefused("link")
        if not place.is_dir():
            place.mkdir(mode=FOLDER_MODE, exist_ok=True)
            names_kept(place.parent)
    part = place / f".{parts[-1]}.part"
    filled(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE), content)
    part.rename(place / parts[-1])
    names_kept(place)


def get(folder: Path, path: str, most: int) -> bytes:
    """Read a file. Raises `PathRefused`, also for one that is larger; `FileNotFoundError`, `OSError`."""
    parts = _parts(path)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for each in parts[:-1]:
            here = _entered(here, each)
        descriptor = _opened(here, parts[-1], os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PathRefused("no-plain-file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise PathRefused("too-large")
    return content


def remove(folder: Path, path: str) -> None:
    """Take a file away, if it is there."""
    (folder / "/".join(_parts(path))).unlink(missing_ok=True)


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if not 1 <= len(parts) <= DEEPEST or not all(NAME.fullmatch(each) for each in parts):
        raise PathRefused("path")
    return parts


def _entered(here: int, name: str) -> int:
    inner = _opened(here, name, os.O_RDONLY | os.O_DIRECTORY)
    os.close(here)
    return inner


def _opened(here: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=here)
    except FileNotFoundError:
        raise
    except OSError as error:  # ELOOP: a link; ENOTDIR: a file where a folder should be
        raise PathRefused("link") from error
