"""The entries of a package after the gate: a table of names, nothing else.

An entry's content is the unpacked bytes; their digest is computed once for each algorithm. Names are looked up as they
stand and, where that fails, without regard to case, which is a deviation that the caller tells.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keys.algorithms.algorithm import Digest
from signing.formats.ofd.limits import CHUNK
from signing.formats.ofd.names import folded

STORED = 0
DEFLATED = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the package: its packed bytes as they stand in the archive, and what they unpack to."""

    name: str
    method: int
    crc: int
    size: int
    packed: memoryview = field(repr=False)
    # None where the content is too large to be kept; it is then unpacked when asked for.
    kept: bytes | None = field(repr=False)

    @property
    def content(self) -> bytes:
        """Give the unpacked bytes."""
        if self.kept is not None:
            return self.kept
        return bytes(self.packed) if self.method == STORED else zlib.decompress(self.packed, -15, max(self.size, 1))

    def chunks(self) -> Iterator[bytes]:
        """Give the unpacked bytes in pieces, without holding them all."""
        if self.kept is not None:
            yield self.kept
        elif self.method == STORED:
            yield from (bytes(self.packed[at : at + CHUNK]) for at in range(0, len(self.packed), CHUNK))
        else:
            yield from inflated(self.packed)


def inflated(packed: memoryview) -> Iterator[bytes]:
    """Unpack in pieces of bounded size, over the end of the stream into nothing. Raises `zlib.error`."""
    stream = zlib.decompressobj(-15)
    feed: bytes | memoryview = packed
    while not stream.eof:
        piece = stream.decompress(feed, CHUNK)
        feed = stream.unconsumed_tail
        if not piece and not feed and not stream.eof:
            raise zlib.error("incomplete stream")
        yield piece
    if stream.unused_data:
        raise zlib.error("data behind the stream")


@dataclass(frozen=True)
class Container:
    """All entries by name, in the order of the central directory; folders are left out."""

    entries: Mapping[str, Entry]
    # Names of folders as they stand, with their slash; they carry nothing, and only a writer needs them.
    folders: tuple[str, ...]
    # What the gate let through though it is not quite right: a check code and what it was seen at.
    deviations: tuple[tuple[str, str], ...]
    prefix: bytes = field(repr=False)
    _by_fold: dict[str, Entry] = field(repr=False)
    _digests: dict[tuple[str, str], bytes] = field(repr=False, default_factory=dict)

    def find(self, name: str) -> Entry | None:
        """Look up an entry by its exact name, then without regard to case."""
        return self.entries.get(name) or self._by_fold.get(folded(name))

    def digest(self, entry: Entry, algorithm: Digest, before: bytes = b"") -> bytes:
        """Give the digest over an entry's content, behind some other bytes or none; computed once."""
        key = (entry.name, algorithm.name + before.hex())
        if (known := self._digests.get(key)) is None:
            if entry.kept is not None:
                known = algorithm.of(before, entry.kept) if before else algorithm.of(entry.kept)
            else:
                known = _digest(entry, algorithm, before)
            self._digests[key] = known
        return known


def _digest(entry: Entry, algorithm: Digest, before: bytes) -> bytes:
    running = algorithm.start()
    running.update(before)
    for piece in entry.chunks():
        running.update(piece)
    return running.finish()
