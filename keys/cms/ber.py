"""Definite lengths for messages that were written with indefinite ones, as some libraries do by default.

DER is what the standards ask for (GB/T 35275-2017 5, ISO 32000-2 12.8.3.3). What is read here is no more of BER than
the two forms in which signed messages are met: indefinite lengths, and octet strings that come in pieces. An element
without either is kept byte for byte, so that everything a signature goes over (signed attributes, certificates, time
stamps) is still the original; inside those nothing is ever rewritten, since they must be DER where they stand.
"""

from typing import Final

from keys.algorithms import der
from keys.algorithms.der import CONSTRUCTED, DEPTH_LIMIT, OCTET_STRING
from keys.errors import MalformedDer

INDEFINITE: Final = 0x80
END: Final = b"\x00\x00"
# A message in pieces has pieces of a kilobyte or more; a million elements are an attack.
ELEMENTS_LIMIT: Final = 100_000
_HIGH_TAG: Final = 0x1F


def definite(data: bytes) -> tuple[bytes, int, bool]:
    """Give the first element with definite lengths, how many bytes it took, and whether anything was rewritten.

    Raises `MalformedDer`.
    """
    walker = _Walker(data)
    parts, end, changed = walker.element(0, 0)
    return (b"".join(parts) if changed else data[:end]), end, changed


class _Walker:
    """One pass over the bytes; every element is looked at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen = 0

    def element(self, at: int, depth: int) -> tuple[list[bytes], int, bool]:
        """Give the element at a place, where it ends, and whether it was rewritten."""
        self._count(at, depth)
        tag, length, start = self._header(at)
        if length is None:
            if not tag & CONSTRUCTED:
                raise MalformedDer("indefinite-or-huge-length", at)
            parts, end, _ = self._inside(tag, start, None, depth)
            return parts, end, True
        end = start + length
        if end > len(self._data):
            raise MalformedDer("truncated", at)
        if not tag & CONSTRUCTED or not self._may_hold(at, end):
            return [self._data[at:end]], end, False
        parts, _, changed = self._inside(tag, start, end, depth)
        return (parts, end, True) if changed else ([self._data[at:end]], end, False)

    def _inside(self, tag: int, start: int, end: int | None, depth: int) -> tuple[list[bytes], int, bool]:
        """Rewrite the content of a constructed element up to its end, which may be two zero bytes."""
        content: list[bytes] = []
        split = tag == OCTET_STRING | CONSTRUCTED
        at, changed = start, split
        while end is None or at < end:
            if end is None and self._data[at : at + 2] == END:
                at += 2
                break
            limit = len(self._data) if end is None else end
            child = at
            parts, at, rewritten = self.element(at, depth + 1)
            if at > limit:
                raise MalformedDer("truncated", child)
            changed = changed or rewritten
            content.extend([der.Reader(b"".join(parts)).content(OCTET_STRING)] if split else parts)
        return [der.element(OCTET_STRING if split else tag, *content)], at, changed

    def _may_hold(self, start: int, end: int) -> bool:
        """Tell whether bytes can hold either form: no element that does lacks the byte 80 or 24."""
        return (
            self._data.find(INDEFINITE, start, end) >= 0 or self._data.find(OCTET_STRING | CONSTRUCTED, start, end) >= 0
        )

    def _count(self, at: int, depth: int) -> None:
        self._seen += 1
        if depth > DEPTH_LIMIT:
            raise MalformedDer("too-deep", at)
        if self._seen > ELEMENTS_LIMIT:
            raise MalformedDer("too-many-elements", at)

    def _header(self, at: int) -> tuple[int, int | None, int]:
        """Read a tag and a length; None where the length is indefinite."""
        if at + 2 > len(self._data):
            raise MalformedDer("truncated", at)
        tag, first = self._data[at], self._data[at + 1]
        if tag & _HIGH_TAG == _HIGH_TAG:
            raise MalformedDer("high-tag-number", at)
        if first == INDEFINITE:
            return tag, None, at + 2
        if first < INDEFINITE:
            return tag, first, at + 2
        count = first - INDEFINITE
        start = at + 2 + count
        if count > der.LENGTH_BYTES_LIMIT or start > len(self._data):
            raise MalformedDer("indefinite-or-huge-length", at)
        return tag, int.from_bytes(self._data[at + 2 : start]), start
