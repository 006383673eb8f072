"""The static files of the pages: read once, known by name and mark, so that no path from outside ever opens a file."""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# The length of a mark: enough that two versions of a file never share it.
MARK_LENGTH = 12


@dataclass(frozen=True)
class Asset:
    """One static file and the mark that changes with it."""

    content: bytes
    media_type: str
    mark: str


@functools.cache
def assets() -> Mapping[str, Asset]:
    """Read all static files, some two megabytes; licences and locks are there for people, as plain text."""
    folder = Path(__file__).parent / "static"
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): _read(file) for file in files}


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:MARK_LENGTH]
    return Asset(content, MEDIA_TYPES.get(file.suffix, "text/plain"), mark)
