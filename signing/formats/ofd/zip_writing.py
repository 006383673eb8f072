"""Archives written the same way every time: fixed times, no descriptors, entries in the order given.

The packed bytes of an entry that did not change are copied as they stand, so that nothing is packed twice and no
content can differ.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

from signing.formats.ofd.container import DEFLATED, STORED, Entry
from signing.formats.ofd.zip_records import CENTRAL, CENTRAL_MAGIC, END, END_MAGIC, LOCAL, LOCAL_MAGIC

# The first day that the archive's calendar has: when a document was written is said inside it.
DOS_DAY: Final = 0x0021
VERSION: Final = 20
UTF8: Final = 0x0800
# zlib's own middle; pages of XML gain less than one part in a hundred from more.
LEVEL: Final = 6


@dataclass(slots=True)
class Archive:
    """An archive that is being written."""

    _parts: list[bytes | memoryview] = field(default_factory=list)
    _directory: list[bytes] = field(default_factory=list)
    _at: int = 0

    def copy(self, entry: Entry) -> None:
        """Take over an entry as it is packed."""
        self._add(entry.name, entry.method, entry.crc, entry.size, entry.packed)

    def folder(self, name: str) -> None:
        """Add a folder."""
        self._add(name, STORED, 0, 0, b"")

    def write(self, name: str, content: bytes, *, pack: bool = True) -> None:
        """Add a file, packed or as it is."""
        packed = content
        if pack:
            stream = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
            packed = stream.compress(content) + stream.flush()
        self._add(name, DEFLATED if pack else STORED, zlib.crc32(content), len(content), packed)

    def finished_with(self, name: str, content: bytes) -> bytes:
        """Give the bytes with one more file at the end; the archive itself stays as it was."""
        last = Archive(list(self._parts), list(self._directory), self._at)
        last.write(name, content, pack=False)
        return last.finished()

    def finished(self) -> bytes:
        """Give the bytes."""
        directory = b"".join(self._directory)
        count = len(self._directory)
        end = END.pack(END_MAGIC, 0, 0, count, count, len(directory), self._at, 0)
        return b"".join((*self._parts, directory, end))

    def _add(self, name: str, method: int, crc: int, size: int, packed: bytes | memoryview) -> None:
        raw = name.encode()
        flags = 0 if name.isascii() else UTF8
        length = len(packed)
        local = LOCAL.pack(LOCAL_MAGIC, VERSION, flags, method, 0, DOS_DAY, crc, length, size, len(raw), 0)
        central = CENTRAL.pack(
            CENTRAL_MAGIC,
            VERSION,
            VERSION,
            flags,
            method,
            0,
            DOS_DAY,
            crc,
            length,
            size,
            len(raw),
            0,
            0,
            0,
            0,
            0,
            self._at,
        )
        self._parts.extend((local, raw, packed))
        self._directory.append(central + raw)
        self._at += len(local) + len(raw) + length
