"""Folders of files: into a part as one stream, and out of it into a place beside the final one.

A stream is, for each file in the order of names: a line of JSON with its name, mode and time, then blocks, each with
its length in four bytes, up to a block of length zero. A file that grows meanwhile is carried as far as it was
read; one that goes before it is opened is not carried.

Left out are private keys: a backup holds references to keys, never keys, which have a way of their own (a device's, or
shares in envelopes). A file counts as one when it stands in a place of keys, or reads as a private key or a secret that
was drawn here. Links and devices are left out too: what they point at is not in the folder.
"""

import json
import os
import stat
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from base.durable import names_kept
from keys.algorithms import der, pbes2
from keys.backup.errors import BackupDamaged
from keys.errors import MalformedDer

BLOCK: Final = 1 << 16
# The largest private key, of RSA with 16,384 bits, has 13 KiB in PEM.
KEY_LOOK: Final = 64 * 1024
LINE_LIMIT: Final = 16 * 1024
_LENGTH: Final = struct.Struct(">I")
_DRAWN: Final = b"yinxin-drawn-"


@dataclass
class Carried:
    """How many files went in, and how many were left out."""

    files: int = 0
    left_out: int = 0


def stream(folder: Path, private: Collection[Path], carried: Carried) -> Iterator[bytes]:
    """Give a folder's files as one stream, and count them."""
    apart = {each.resolve() for each in private}
    for file in _files(folder, apart, carried):
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        with os.fdopen(descriptor, "rb") as opened:
            beginning = opened.read(KEY_LOOK)
            if is_private(beginning):
                carried.left_out += 1
                continue
            told = os.fstat(opened.fileno())
            name = os.fsencode(file.relative_to(folder)).hex()
            head = {"mode": stat.S_IMODE(told.st_mode), "name": name, "time": told.st_mtime_ns}
            yield json.dumps(head).encode() + b"\n"
            block = beginning
            while block:
                yield _LENGTH.pack(len(block)) + block
                block = opened.read(BLOCK)
            yield _LENGTH.pack(0)
            carried.files += 1


def is_private(beginning: bytes) -> bool:
    """Tell whether a file begins as a private key does, or as a secret that was drawn here."""
    if b"PRIVATE KEY-----" in beginning or beginning.startswith(_DRAWN):
        return True
    return beginning.startswith(bytes((der.SEQUENCE,))) and _is_private_der(beginning)


def files(pieces: Iterator[bytes], file: str) -> Iterator[tuple["Head", Iterator[bytes]]]:
    """Give each file of a stream with its content in blocks, which must be taken before the next.

    Raises `BackupDamaged`.
    """
    reader = _Reader(pieces, file)
    while not reader.ended:
        yield reader.head(), reader.blocks()


def brought_back(pieces: Iterator[bytes], file: str, into: Path) -> int:
    """Write a stream's files below a new folder and sync them; tell how many. Raises `BackupDamaged`."""
    into.mkdir(mode=0o700, parents=True)
    count, seen = 0, {into}
    for head, blocks in files(pieces, file):
        place = into / head.path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen.update(each for each in place.parents if each.is_relative_to(into))
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            for block in blocks:
                opened.write(block)
            opened.flush()
            os.fchmod(opened.fileno(), head.mode)
            os.fsync(opened.fileno())
        os.utime(place, ns=(head.time, head.time))
        count += 1
    for each in seen:
        names_kept(each)
    return count


@dataclass(frozen=True)
class Head:
    """What is told of a file before its content."""

    path: Path
    mode: int
    time: int


class _Reader:
    """Reads a stream that comes in pieces."""

    def __init__(self, pieces: Iterator[bytes], file: str) -> None:
        self._pieces, self._file = pieces, file
        self._held = b""

    @property
    def ended(self) -> bool:
        return not self._held and not self._more()

    def head(self) -> Head:
        while b"\n" not in self._held:
            if len(self._held) > LINE_LIMIT or not self._more():
                raise self._damaged()
        line, self._held = self._held.split(b"\n", 1)
        try:
            told = json.loads(line)
            path = Path(os.fsdecode(bytes.fromhex(told["name"])))
            head = Head(path, int(told["mode"]) & 0o777, int(told["time"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._damaged() from error
        if path.is_absolute() or not path.parts or {"..", "."} & set(path.parts) or "\0" in str(path):
            raise self._damaged()
        return head

    def blocks(self) -> Iterator[bytes]:
        while size := _LENGTH.unpack(self._take(_LENGTH.size))[0]:
            if size > KEY_LOOK:
                raise self._damaged()
            yield self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            if not self._more():
                raise self._damaged()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _more(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._held += piece
                return True
        return False

    def _damaged(self) -> BackupDamaged:
        return BackupDamaged(self._file, "broken-stream")


def _files(folder: Path, apart: Collection[Path], carried: Carried) -> Iterator[Path]:
    """Walk a folder in the order of names, counting what is left out."""
    for each in sorted(folder.iterdir()):
        if each.is_symlink() or each.resolve() in apart:
            carried.left_out += 1
        elif each.is_dir():
            yield from _files(each, apart, carried)
        elif each.is_file():
            yield each
        else:
            carried.left_out += 1


def _is_private_der(data: bytes) -> bool:
    """Tell PKCS#8, plain or encrypted, SEC1, PKCS#1 and PKCS#12 by how they begin."""
    try:
        reader = der.Reader(data).inside()
        if reader.next_tag == der.SEQUENCE:
            return pbes2.is_encrypted(data) and _names_encryption(reader)
        # PKCS#8 and PKCS#12 go on with a SEQUENCE, SEC1 with an OCTET STRING, PKCS#1 with a second INTEGER.
        return reader.natural() in (0, 1, 3) and reader.next_tag in (der.SEQUENCE, der.OCTET_STRING, der.INTEGER)
    except MalformedDer:
        return False


def _names_encryption(reader: der.Reader) -> bool:
    """Tell an EncryptedPrivateKeyInfo, whose algorithm is of PKCS#5 or PKCS#12, from other sequences."""
    return reader.inside().oid().startswith(("1.2.840.113549.1.5.", "1.2.840.113549.1.12."))
