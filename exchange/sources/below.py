"""Opens files below a folder and nowhere else, step by step and without following a link.

Each step is opened relative to the one before (openat, O_NOFOLLOW), so that nothing can be exchanged between looking
and opening, and neither `..` nor a link leads out. Devices and pipes are no files.
"""

import os
import stat
from pathlib import Path
from typing import Final

from exchange.sources.reading import Failed
from exchange.sources.source import Down, Refused

DEEPEST: Final = 8
# NAME_MAX of Linux, in bytes.
LONGEST_STEP: Final = 255
FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


def steps_of(path: str) -> tuple[str, ...] | None:
    """Split a relative path into its steps; none where it is not a plain one."""
    steps = tuple(path.removesuffix("/").split("/"))
    plain = all(step not in {"", ".", ".."} and step.isprintable() and "\\" not in step for step in steps)
    return (
        steps if plain and len(steps) <= DEEPEST and all(len(step.encode()) <= LONGEST_STEP for step in steps) else None
    )


def open_file(root: Path, steps: tuple[str, ...]) -> int:
    """Open a regular file for reading; the caller closes it. Raises `Failed`."""
    folder = open_folder(root, steps[:-1])
    try:
        return _file(steps[-1], folder)
    finally:
        os.close(folder)


def open_folder(root: Path, steps: tuple[str, ...]) -> int:
    """Open a folder; the caller closes it. Raises `Failed`."""
    try:
        at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Failed(Down("no-folder")) from error
    for step in steps:
        try:
            below = os.open(step, FOLDER_FLAGS, dir_fd=at)
        except OSError as error:
            raise Failed(_failure(error)) from error
        finally:
            os.close(at)
        at = below
    return at


def _file(name: str, folder: int) -> int:
    try:
        opened = os.open(name, FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        raise Failed(_failure(error)) from error
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise Failed(Refused("no-plain-file"))
    return opened


def _failure(error: OSError) -> Down | Refused:
    """Tell what is not there from what must not be followed: a link gives ELOOP or, for a folder, ENOTDIR."""
    return Down("no-such-file") if isinstance(error, FileNotFoundError) else Refused("no-plain-file")
