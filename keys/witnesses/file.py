"""A folder that heads are added to and nothing is taken from: another machine's share, a WORM store, a mounted tape.

Each head is a file of its own, named by its size, so that a person can read and copy it. A file is written beside its
place, made durable, and linked there, which fails where something stands already: nothing is ever overwritten. The
folder itself must exist; one that is not mounted must not be mistaken for an empty one.
"""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from base.durable import filled, names_kept
from base.fetch import Fetch
from keys.algorithms.sm3 import SM3
from keys.checkpoints.errors import WitnessRefused, WitnessUnreachable
from keys.checkpoints.head import NOTE_LIMIT, SignedHead, read
from keys.checkpoints.history import require_head_continues
from keys.witnesses.witness import WitnessSetting

SUFFIX: Final = ".note"
MODE: Final = 0o444
# File systems end at 255 bytes; a log whose name is longer than this has a folder named by its SM3.
LONGEST_NAME: Final = 200
_FILE: Final = re.compile(r"[0-9]{20}-[0-9a-f]{16}\.note", re.ASCII)


@dataclass(frozen=True)
class FileWitness:
    """A folder that remembers."""

    name: str
    folder: Path
    tells_all: bool = True

    def remembers(self, origin: str) -> bytes | None:
        """Give the newest note. Raises `WitnessUnreachable`."""
        try:
            newest = self._newest(self._place(origin))
            if newest is None:
                return None
            with newest.open("rb") as file:
                return file.read(NOTE_LIMIT + 1)
        except OSError as error:
            raise WitnessUnreachable(self.name, error.strerror or type(error).__name__) from error

    def show(self, shown: SignedHead, old: int, path: tuple[bytes, ...]) -> str:
        """Add the head when it continues the newest one; `old` is what the shower takes that to be.

        Raises `WitnessUnreachable`, `WitnessRefused`, and what `require_head_continues` raises.
        """
        known = self.remembers(shown.head.origin)
        if known is not None and known != shown.note:
            head, _ = read(known)
            if head.size != old:
                raise WitnessRefused(self.name, "proof-from-another-size")
            require_head_continues(head, shown.head, path)
        name = f"{shown.head.size:020d}-{SM3.of(shown.note).hex()[:16]}{SUFFIX}"
        try:
            self._add(self._place(shown.head.origin), name, shown.note)
        except OSError as error:
            raise WitnessUnreachable(self.name, error.strerror or type(error).__name__) from error
        return name

    def _place(self, origin: str) -> Path:
        """Give the folder of a log below the witness's own, which must be there."""
        if not self.folder.is_dir():
            raise WitnessUnreachable(self.name, "no-such-folder")
        name = quote(origin, safe="")
        return self.folder / (name if len(name) <= LONGEST_NAME else SM3.of(origin.encode()).hex())

    def _newest(self, place: Path) -> Path | None:
        names = [each.name for each in place.iterdir() if _FILE.fullmatch(each.name)] if place.is_dir() else []
        return place / max(names, key=lambda name: (name[:20], self._told_at(place / name))) if names else None

    def _told_at(self, file: Path) -> str:
        """Order heads of one size by the time in them, which is written so that texts sort as times do."""
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        return lines[4] if len(lines) > 4 else ""  # noqa: PLR2004 - the fifth line

    def _add(self, place: Path, name: str, note: bytes) -> None:
        place.mkdir(exist_ok=True)
        part = place / f".{name}.{secrets.token_hex(8)}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            filled(descriptor, note)
            try:
                os.link(part, place / name)
            except FileExistsError:
                if (place / name).read_bytes() != note:
                    raise WitnessRefused(self.name, "another-file-stands-there") from None
        finally:
            part.unlink()
        for each in (place, self.folder):
            names_kept(each)


def opened(setting: WitnessSetting, _fetch: Fetch) -> FileWitness:
    """Open the folder that the settings name; nothing is touched yet."""
    return FileWitness(setting.name, Path(urlsplit(setting.url).path))
