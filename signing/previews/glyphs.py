"""Glyphs as outlines, out of typefaces that nobody vouches for.

fontTools reads the tables; what drives it is bounded here: how many points a glyph has, how often and how deep glyphs
and subroutines call one another. A typeface that breaks the rules has no such glyph, and nothing else happens.
"""

import io
import logging
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

from fontTools.agl import toUnicode
from fontTools.cffLib import CFFFontSet
from fontTools.misc.psCharStrings import T2OutlineExtractor
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from signing.previews.character_maps import CharacterMap, character_map
from signing.previews.outlines import NOTHING, Outline, Segment

# The richest ideographs of decorated typefaces have some hundred curves; maps and logos a few thousand.
MOST_SEGMENTS: Final = 20_000
MOST_CALLS: Final = 2_000
MOST_BYTES_RUN: Final = 1 << 20
DEEPEST: Final = 8
COLLECTION: Final = b"ttcf"
BARE_CFF: Final = b"\x01\x00"
USUAL_UNITS: Final = 1000
LARGEST_UNITS: Final = 16_384
# What a library may raise over foreign bytes is anything; memory and interrupts stay errors.
FOREIGN: Final = Exception
# What fontTools has to say of a foreign typeface is told by code; its log would be the document's to fill.
logging.getLogger("fontTools").setLevel(logging.CRITICAL)


class UnusableFace(Exception):
    """The bytes are no typeface that can be drawn with."""


class Glyphs(Protocol):
    """Where outlines come from."""

    def draw(self, glyph: int, pen: "Pen") -> None:
        """Draw a glyph by its number; raises anything."""


class Pen(BasePen):
    """Collects segments, upside down as pages are, up to a limit."""

    def __init__(self) -> None:
        super().__init__(None)
        self.segments: list[Segment] = []
        self.calls = 0

    def add(self, name: str, *points: tuple[float, float]) -> None:
        """Take a segment. Raises `UnusableFace` for one too many."""
        if len(self.segments) >= MOST_SEGMENTS:
            raise UnusableFace
        self.segments.append((name, tuple(each for x, y in points for each in (float(x), -float(y)))))

    def _moveTo(self, pt: Any) -> None:  # noqa: N802 - fontTools' names
        self.add("M", pt)

    def _lineTo(self, pt: Any) -> None:  # noqa: N802
        self.add("L", pt)

    def _curveToOne(self, pt1: Any, pt2: Any, pt3: Any) -> None:  # noqa: N802
        self.add("C", pt1, pt2, pt3)

    def _qCurveToOne(self, pt1: Any, pt2: Any) -> None:  # noqa: N802
        self.add("Q", pt1, pt2)

    def _closePath(self) -> None:  # noqa: N802
        self.add("Z")

    def _endPath(self) -> None:  # noqa: N802
        self.add("Z")


@dataclass(frozen=True)
class Face:
    """A typeface that can be drawn with: glyphs by number, characters by what its map says."""

    units: float
    count: int
    glyphs: Glyphs = field(repr=False)
    characters: CharacterMap = field(repr=False)
    metrics: bytes = field(repr=False, default=b"")
    measured: int = 0
    _drawn: dict[int, Outline | None] = field(repr=False, default_factory=dict)

    def glyph(self, character: str) -> int:
        """Give the glyph of a character, or 0."""
        found = self.characters.glyph(ord(character))
        return found if found < self.count else 0

    def outline(self, glyph: int) -> Outline | None:
        """Give the outline in units of the typeface, y downwards; None where it cannot be had."""
        if glyph not in self._drawn:
            self._drawn[glyph] = self._outline(glyph)
        return self._drawn[glyph]

    def advance(self, glyph: int) -> float:
        """Tell how far the next glyph is by the typeface's own measure."""
        if not self.measured:
            return self.units
        place = 4 * min(glyph, self.measured - 1)
        if place + 2 > len(self.metrics):
            return self.units
        found: int = struct.unpack_from(">H", self.metrics, place)[0]
        return float(found)

    def _outline(self, glyph: int) -> Outline | None:
        if not 0 <= glyph < self.count:
            return None
        pen = Pen()
        try:
            self.glyphs.draw(glyph, pen)
        except FOREIGN:
            return None
        return Outline(tuple(pen.segments)) if pen.segments else NOTHING


def face(data: bytes, number: int = 0) -> Face:
    """Read a typeface: TrueType, OpenType, a collection, or bare CFF. Raises `UnusableFace`."""
    try:
        if data.startswith(BARE_CFF) and not data.startswith(b"\x01\x00\x00\x00"):
            return _bare(data)
        return _sfnt(data, number if data.startswith(COLLECTION) else -1)
    except UnusableFace:
        raise
    except FOREIGN as error:
        raise UnusableFace from error


def names(data: bytes) -> list[str]:
    """Give the family names of the faces of a file. Raises `UnusableFace`."""
    try:
        count = struct.unpack_from(">L", data, 8)[0] if data.startswith(COLLECTION) else 1
        opened = [_opened(data, place if data.startswith(COLLECTION) else -1) for place in range(min(count, 32))]
        return [str(each["name"].getDebugName(1) or "") for each in opened]
    except FOREIGN as error:
        raise UnusableFace from error


def _opened(data: bytes, number: int) -> Any:
    return TTFont(io.BytesIO(data), lazy=True, fontNumber=number, recalcBBoxes=False, recalcTimestamp=False)


def _sfnt(data: bytes, number: int) -> Face:
    font = _opened(data, number)
    tables = font.reader
    units = struct.unpack_from(">H", tables["head"], 18)[0]
    count = struct.unpack_from(">H", tables["maxp"], 4)[0]
    if not 0 < units <= LARGEST_UNITS or not count:
        raise UnusableFace
    characters = character_map(tables["cmap"]) if "cmap" in tables else CharacterMap()
    glyphs: Glyphs
    if "glyf" in tables:
        # Names of glyphs are of no use here, and reading them is another table that can lie.
        font.setGlyphOrder([f"g{place}" for place in range(count)])
        glyphs = _Quadratic(font["glyf"])
    elif "CFF " in tables:
        glyphs = _Cubic(tables["CFF "])
        count = min(count, glyphs.count)
    else:
        raise UnusableFace
    measured = struct.unpack_from(">H", tables["hhea"], 34)[0] if "hhea" in tables and "hmtx" in tables else 0
    return Face(units, count, glyphs, characters, tables["hmtx"] if measured else b"", measured)


def _bare(data: bytes) -> Face:
    """Read CFF without a container, as subsets from PDF writers have it: characters by the names of the glyphs."""
    glyphs = _Cubic(data)
    by_character = glyphs.by_character
    table = CharacterMap((lambda character: by_character.get(character, 0),))
    return Face(glyphs.units, glyphs.count, glyphs, table)


class _Quadratic:
    """TrueType outlines; a glyph made of others is put together here, so that they are counted."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def draw(self, glyph: int, pen: Pen) -> None:
        self._draw(f"g{glyph}", pen, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)

    def _draw(self, name: str, pen: Pen, matrix: tuple[float, ...], depth: int) -> None:
        pen.calls += 1
        if depth > DEEPEST or pen.calls > MOST_CALLS:
            raise UnusableFace
        found = self.table[name]
        if not found.isComposite():
            found.draw(_Turned(pen, matrix), self.table)
            return
        for part in found.components:
            below, own = part.getComponentInfo()
            a, b, c, d, e, f = own
            p, q, r, s, t, u = matrix
            together = (
                a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u,
            )  # fmt: skip
            self._draw(below, pen, together, depth + 1)


class _Turned(Pen):
    """Draws with another pen, through a matrix."""

    def __init__(self, pen: Pen, matrix: tuple[float, ...]) -> None:
        super().__init__()
        self.pen = pen
        self.matrix = matrix

    def add(self, name: str, *points: tuple[float, float]) -> None:
        """Map the points and hand them on."""
        a, b, c, d, e, f = self.matrix
        self.pen.add(name, *((a * x + c * y + e, b * x + d * y + f) for x, y in points))


class _Cubic:
    """Outlines of CFF, by number, whatever the glyphs are called."""

    def __init__(self, data: bytes) -> None:
        fonts = CFFFontSet()
        fonts.decompile(io.BytesIO(data), _NoFont(), isCFF2=False)
        self.top = fonts.topDictIndex[0]
        self.strings = self.top.CharStrings
        self.index = self.strings.charStringsIndex
        self.count = len(self.index)

    @property
    def units(self) -> float:
        matrix = getattr(self.top, "FontMatrix", None)
        scale = float(matrix[0]) if matrix else 1 / USUAL_UNITS
        return 1 / scale if 1 / LARGEST_UNITS <= scale <= 1 else USUAL_UNITS

    @cached_property
    def by_character(self) -> Mapping[int, int]:
        if hasattr(self.top, "ROS"):
            return {}
        found: dict[int, int] = {}
        for glyph, name in enumerate(self.top.charset[: self.count]):
            text = toUnicode(name)
            if len(text) == 1:
                found.setdefault(ord(text), glyph)
        return found

    def draw(self, glyph: int, pen: Pen) -> None:
        string = self.index[glyph]
        private = string.private
        extractor = _Counted(
            pen,
            getattr(private, "Subrs", []),
            string.globalSubrs,
            getattr(private, "nominalWidthX", 0),
            getattr(private, "defaultWidthX", 0),
            private,
        )
        extractor.execute(string)


class _NoFont:
    """What fontTools wants to know of the font around CFF: nothing is said."""

    recalcBBoxes = False  # noqa: N815 - fontTools' name
    lazy = True


class _Counted(T2OutlineExtractor):
    """Runs a charstring within limits of calls and of bytes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.calls = 0
        self.run = 0
        self.depth = 0

    def execute(self, charString: Any) -> None:  # noqa: N803 - fontTools' name
        self.calls += 1
        self.run += len(charString.bytecode or b"")
        if self.calls > MOST_CALLS or self.run > MOST_BYTES_RUN or self.depth > 2 * DEEPEST:
            raise UnusableFace
        self.depth += 1
        try:
            super().execute(charString)
        finally:
            self.depth -= 1
