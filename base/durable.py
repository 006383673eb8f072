"""Files that outlive a power cut: what was written is on the disk, and so is the name under which it is found.

Deliberately not here: which mode a file has, and whether it may replace another; whoever opens it decides that.
"""

import os
from pathlib import Path


def filled(descriptor: int, data: bytes) -> None:
    """Write a file that was opened for it, and close it when its content is on the disk."""
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def names_kept(folder: Path) -> None:
    """See that the names in a folder are on the disk too; syncing a file does not do that (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
