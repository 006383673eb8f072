"""Byte ranges: what of the file is signed, and where the signature value stands.

ISO 32000-1 12.8.1: /ByteRange names the file but for the value in /Contents. Here that is checked and not believed:
exactly four plain integers, the first part from byte 0, the gap exactly one hexadecimal string, the end inside the
file. A value is read straight from its gap, never through a parser.

pyHanko reads a hexadecimal string one character at a time, which costs more than verifying the signature. So the
reader is shown a *view*, in which each gap holds a short marker and numbers that nobody asks for. The markers come
from a digest of the whole file, so no file can hold its own; a gap counts only where the reader then finds its marker
as the /Contents of a signature, which proves at the same time that the two are the same place. Where a gap turns out
to be something else the reading starts again without its marker (`signing.formats.pdf.reading`).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from signing.formats.format import Message

__all__ = ["Claim", "Gap", "Refused", "candidates", "claim", "message", "object_end", "show"]

_BYTE_RANGE: Final = re.compile(
    rb"/ByteRange[\0\t\n\f\r ]*\[[\0\t\n\f\r ]*(\d{1,12})[\0\t\n\f\r ]+(\d{1,12})"
    rb"[\0\t\n\f\r ]+(\d{1,12})[\0\t\n\f\r ]+(\d{1,12})[\0\t\n\f\r ]*\]"
)
_HEX: Final = b"0123456789abcdefABCDEF"
_MARKER_SIZE: Final = 16
# Shorter gaps are read by pyHanko as they are; below it there is no room for a marker.
_WORTH_IT: Final = 2 * _MARKER_SIZE + 8
# How many texts that look like a byte range are followed; signatures beyond are read the slow way.
_MOST: Final = 128
# As long as a number may be without costing more to read than a string.
_LONGEST_FILLER: Final = 2048
# Indefinite lengths may nest; CMS needs some seven.
_DEEPEST: Final = 64


@dataclass(frozen=True)
class Gap:
    """A hexadecimal string with its angle brackets, by its place in the file."""

    start: int
    end: int


@dataclass(frozen=True)
class Claim:
    """A byte range that keeps every rule: the gap, and how far it reaches."""

    gap: Gap
    end: int


@dataclass(frozen=True)
class Refused:
    """A byte range that breaks a rule."""

    reason: str


def candidates(data: bytes) -> tuple[Gap, ...]:
    """Find the gaps that texts which look like byte ranges leave."""
    found: dict[Gap, None] = {}
    for number, match in enumerate(_BYTE_RANGE.finditer(data)):
        if number >= _MOST:
            break
        first, size, second, _ = (int(part) for part in match.groups())
        if first == 0 and is_hex_string(data, size, second) and second - size >= _WORTH_IT:
            found[Gap(size, second)] = None
    apart = sorted(found, key=lambda gap: (gap.start, gap.end))
    return tuple(gap for number, gap in enumerate(apart) if not number or apart[number - 1].end <= gap.start)


def show(data: bytes, end: int, gaps: Iterable[Gap], stream: BytesIO) -> dict[bytes, Gap]:
    """Write the file up to `end` as the reader is to see it, and give the marker of each gap."""
    stream.write(memoryview(data)[:end])
    markers: dict[bytes, Gap] = {}
    inside = [gap for gap in gaps if gap.end <= end]
    seed = hashlib.sha256(data).digest() if inside else b""
    for number, gap in enumerate(inside):
        marker = hashlib.sha256(seed + number.to_bytes(4, "big")).digest()[:_MARKER_SIZE]
        markers[marker] = gap
        stream.seek(gap.start)
        stream.write(_shown(marker.hex(), gap.end - gap.start))
    return markers


def _shown(marker: str, size: int) -> bytes:
    """Spell a marker and fill the room behind it with entries that nobody reads: numbers are read fastest."""
    parts = [f"<{marker}>".encode()]
    room = size - len(parts[0])
    while room > _LONGEST_FILLER:
        name = f" /Y{marker}{len(parts)} 0.".encode()
        parts.append(name.ljust(_LONGEST_FILLER, b"0"))
        room -= _LONGEST_FILLER
    return b"".join(parts) + b" " * room


def claim(data: bytes, numbers: Sequence[object]) -> Claim | Refused:
    """Check the four numbers of a byte range against the file (ISO 32000-1 12.8.1, table 252)."""
    if len(numbers) != 4 or not all(type(number) is int for number in numbers):  # noqa: PLR2004 - two pairs
        return Refused("four-integers")
    first, size, second, rest = (number for number in numbers if isinstance(number, int))
    if min(first, size, second, rest) < 0:
        return Refused("negative")
    if first != 0 or size == 0:
        return Refused("start")
    if second < size + 2 or second + rest > len(data):
        return Refused("overlap" if second < size + 2 else "outside")
    if not is_hex_string(data, size, second):
        return Refused("gap")
    return Claim(Gap(size, second), second + rest)


def is_hex_string(data: bytes, start: int, end: int) -> bool:
    """Tell whether these bytes are one hexadecimal string of whole bytes and nothing else."""
    if not 0 <= start < end <= len(data) or (end - start) % 2:
        return False
    if data[start : start + 1] != b"<" or data[end - 1 : end] != b">":
        return False
    return not data[start + 1 : end - 1].translate(None, _HEX)


def contents(data: bytes, gap: Gap) -> bytes:
    """Give the bytes that a gap spells."""
    return bytes.fromhex(data[gap.start + 1 : gap.end - 1].decode("ascii"))


def message(data: bytes, numbers: Sequence[object]) -> Message:
    """Give what the numbers say is signed, as far as the file has it; nothing where they say nothing."""
    whole = memoryview(data)
    parts = [number for number in numbers if type(number) is int]
    if len(parts) != len(numbers) or len(parts) % 2 or not all(0 <= part <= len(data) for part in parts):
        return ()
    return tuple(whole[start : start + size] for start, size in zip(parts[::2], parts[1::2], strict=True))


def object_end(data: bytes) -> int | None:
    """Find where the first ASN.1 object ends, also one of indefinite length (X.690 8.1.3.6); None where it is cut."""
    at = unended = 0
    size = len(data)
    while at + 2 <= size:
        if unended and data[at : at + 2] == b"\0\0":
            at, unended = at + 2, unended - 1
        else:
            header = _header(data, at)
            if header is None:
                return None
            after, length = header
            if length is None:
                at, unended = after, unended + 1
            else:
                at = after + length
        if at > size or unended > _DEEPEST:
            return None
        if not unended:
            return at
    return None


def _header(data: bytes, at: int) -> tuple[int, int | None] | None:
    """Read a tag and a length; the length is None where it is indefinite."""
    if data[at] & 0x1F == 0x1F:  # noqa: PLR2004 - X.690 8.1.2.4: the number of the tag follows
        return None
    length = data[at + 1]
    if length < 0x80:  # noqa: PLR2004 - X.690 8.1.3.4
        return at + 2, length
    if length == 0x80:  # noqa: PLR2004 - X.690 8.1.3.6
        return (at + 2, None) if data[at] & 0x20 else None
    octets = length & 0x7F
    if octets > 4:  # noqa: PLR2004 - no file is longer
        return None
    return at + 2 + octets, int.from_bytes(data[at + 2 : at + 2 + octets], "big")
