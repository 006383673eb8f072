"""Which glyph a character has: the `cmap` of a typeface, read without laying it out.

A group of format 12 may claim four billion characters in twelve bytes, so nothing is expanded: groups are searched.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Lookup = Callable[[int], int]
# Platform and encoding, the best first: all of Unicode, then its first plane, then symbols, then what old Macs had.
PREFERRED: Final = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0), (3, 0), (1, 0))
# Symbol typefaces keep their glyphs in the private area from here.
SYMBOLS: Final = 0xF000
MOST_TABLES: Final = 64


@dataclass(frozen=True)
class CharacterMap:
    """Glyph numbers by character; 0 is none."""

    tables: tuple[Lookup, ...] = ()

    def glyph(self, character: int) -> int:
        """Give the number of the glyph, or 0."""
        for wanted in (character, SYMBOLS + character) if character < 0x100 else (character,):  # noqa: PLR2004
            for table in self.tables:
                if found := table(wanted):
                    return found
        return 0


def character_map(data: bytes) -> CharacterMap:
    """Read the table; what of it cannot be read is left out."""
    try:
        (count,) = struct.unpack_from(">H", data, 2)
        listed = [struct.unpack_from(">HHL", data, 4 + 8 * place) for place in range(min(count, MOST_TABLES))]
    except struct.error:
        return CharacterMap()
    known = sorted(
        (PREFERRED.index((platform, encoding)), offset)
        for platform, encoding, offset in listed
        if (platform, encoding) in PREFERRED
    )
    tables = []
    for _, offset in known:
        try:
            if (table := _table(data, offset)) is not None:
                tables.append(table)
        except (struct.error, IndexError):
            continue
    return CharacterMap(tuple(tables))


def _table(data: bytes, at: int) -> Lookup | None:
    (form,) = struct.unpack_from(">H", data, at)
    known: dict[int, Callable[[bytes, int], Lookup]] = {0: _bytes, 4: _segments, 6: _trimmed, 12: _groups}
    return known[form](data, at) if form in known else None


def _bytes(data: bytes, at: int) -> Lookup:
    glyphs = data[at + 6 : at + 6 + 256]
    return lambda character: glyphs[character] if character < len(glyphs) else 0


def _trimmed(data: bytes, at: int) -> Lookup:
    first, count = struct.unpack_from(">HH", data, at + 6)
    glyphs = struct.unpack_from(f">{count}H", data, at + 10)
    return lambda character: glyphs[character - first] if first <= character < first + count else 0


def _segments(data: bytes, at: int) -> Lookup:
    double: int = struct.unpack_from(">H", data, at + 6)[0]
    count = double // 2
    ends: Sequence[int] = struct.unpack_from(f">{count}H", data, at + 14)
    starts: Sequence[int] = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    shifts: Sequence[int] = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets: Sequence[int] = struct.unpack_from(f">{count}H", data, offsets_at)

    def found(character: int) -> int:
        place = bisect_left(ends, character)
        if character > 0xFFFF or place >= count or starts[place] > character:  # noqa: PLR2004
            return 0
        if not offsets[place]:
            return (character + shifts[place]) & 0xFFFF
        where = offsets_at + 2 * place + offsets[place] + 2 * (character - starts[place])
        if where + 2 > len(data):
            return 0
        glyph: int = struct.unpack_from(">H", data, where)[0]
        return (glyph + shifts[place]) & 0xFFFF if glyph else 0

    return found


def _groups(data: bytes, at: int) -> Lookup:
    (count,) = struct.unpack_from(">L", data, at + 12)
    count = min(count, (len(data) - at - 16) // 12)
    numbers = struct.unpack_from(f">{3 * count}L", data, at + 16)
    starts, ends, glyphs = numbers[0::3], numbers[1::3], numbers[2::3]

    def found(character: int) -> int:
        place = bisect_right(starts, character) - 1
        if place < 0 or character > ends[place]:
            return 0
        return int(min(glyphs[place] + character - starts[place], 0xFFFF))

    return found
