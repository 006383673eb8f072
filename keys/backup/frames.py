"""A part's file: frames of SM4-GCM, each of at most a mebibyte of text, that open only where they were written.

The file is a mark of eight bytes, then frames: the length of the sealed text in four bytes, and the sealed text. The
text is squeezed with zlib first. A frame's nonce is the part's number (4 bytes) and its own (8), never twice under the
key of one backup; bound to it are the backup's id, both numbers, and whether it is the last. So a frame does not open
in another place, another part or another backup, and a file that ends early has no last frame.

Memory holds one frame at a time, whatever the part's size.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from keys.algorithms import sm4
from keys.backup.errors import BackupDamaged
from keys.errors import CiphertextAltered

MARK: Final = b"YXPART1\n"
# Large enough that a frame's 20 bytes of overhead do not count, small enough for any machine's memory.
FRAME: Final = 1 << 20
# zlib grows text that cannot be squeezed by five bytes in 16 KiB and eleven for the whole.
SEALED_LIMIT: Final = FRAME + FRAME // 1024 + 64 + sm4.TAG
# A row with a document of 20 MiB, the largest that is taken in, has 27 MiB of base64.
LINE_LIMIT: Final = 128 << 20
_LENGTH: Final = struct.Struct(">I")
_NONCE: Final = struct.Struct(">IQ")
_BOUND: Final = struct.Struct(">16sIQ?")


class Readable(Protocol):
    """What frames are read from."""

    def read(self, size: int, /) -> bytes:
        """Give that many bytes, or fewer at the end."""
        ...


class FrameWriter:
    """Takes text in pieces and writes frames; `close` writes the last."""

    def __init__(self, write: Callable[[bytes], object], key: bytes, backup: bytes, part: int) -> None:
        self._write = write
        self._key, self._backup, self._part = key, backup, part
        self._held = bytearray()
        self._index = 0
        self.plain_bytes = 0
        write(MARK)

    def write(self, text: bytes) -> None:
        """Take more text."""
        self.plain_bytes += len(text)
        self._held += text
        while len(self._held) > FRAME:
            self._frame(bytes(self._held[:FRAME]), last=False)
            del self._held[:FRAME]

    def close(self) -> None:
        """Write the last frame, which may be empty."""
        self._frame(bytes(self._held), last=True)
        self._held.clear()

    def _frame(self, text: bytes, *, last: bool) -> None:
        bound = _BOUND.pack(self._backup, self._part, self._index, last)
        nonce = _NONCE.pack(self._part, self._index)
        sealed = sm4.gcm_seal(self._key, nonce, zlib.compress(text, 1), bound)
        self._write(_LENGTH.pack(len(sealed)))
        self._write(sealed)
        self._index += 1


def texts(source: Readable, key: bytes, backup: bytes, part: int, file: str) -> Iterator[bytes]:
    """Open frame after frame and give their text. Raises `BackupDamaged`."""
    if source.read(len(MARK)) != MARK:
        raise BackupDamaged(file, "no-part")
    index, header = 0, source.read(_LENGTH.size)
    while True:
        if len(header) != _LENGTH.size:
            raise BackupDamaged(file, "truncated")
        size = _LENGTH.unpack(header)[0]
        if not sm4.TAG <= size <= SEALED_LIMIT:
            raise BackupDamaged(file, "frame-of-no-size")
        sealed = source.read(size)
        if len(sealed) != size:
            raise BackupDamaged(file, "truncated")
        header = source.read(_LENGTH.size)
        last = not header
        try:
            bound = _BOUND.pack(backup, part, index, last)
            squeezed = sm4.gcm_open(key, _NONCE.pack(part, index), sealed, bound)
        except CiphertextAltered as error:
            raise BackupDamaged(file, f"frame {index}") from error
        yield _spread(squeezed, file, index)
        if last:
            return
        index += 1


def lines(pieces: Iterator[bytes], file: str) -> Iterator[bytes]:
    """Give the lines of a text that comes in pieces, without their ends. Raises `BackupDamaged`."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        if len(held) > LINE_LIMIT:
            raise BackupDamaged(file, "line-too-long")
        yield from whole
    if held:
        raise BackupDamaged(file, "broken-line")


def _spread(squeezed: bytes, file: str, index: int) -> bytes:
    """Undo the squeezing, never beyond a frame's size: what is authentic was written by this module."""
    undone = zlib.decompressobj()
    try:
        text = undone.decompress(squeezed, FRAME)
    except zlib.error as error:
        raise BackupDamaged(file, f"frame {index}") from error
    if not undone.eof or undone.unused_data:
        raise BackupDamaged(file, f"frame {index}")
    return text
