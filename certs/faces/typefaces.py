"""A typeface for faces: what it has, how wide it is, and the part of it that one certificate needs.

A certificate carries its typeface inside, cut down to its characters, so that it looks the same everywhere and for as
long as it is kept. Outlines are read once for each character and kept; certificates of one kind share most of them.
"""

import functools
import io
import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fontTools.cffLib import PrivateDict
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont, TTLibError

from certs.errors import FaceTypefaceMissing
from signing import typefaces
from signing.report_fonts import EmbeddedFont

# In the order of preference; each has the characters of GB/T 2312 and of names in the national registers' extensions.
NAMES: Final = (
    "NotoSerifSC-Regular",
    "NotoSansSC-Regular",
    "NotoSerifCJK-Regular",
    "NotoSansCJK-Regular",
    "SourceHanSerifSC-Regular",
    "LXGWWenKai-Regular",
)
SIMPLIFIED: Final = ("SC", "CN")
NAME: Final = "YinxinFace"
# A glyph that nobody sees: characters that are missing stop the issue before.
NOTHING: Final = ".notdef"
POSTSCRIPT_NAME: Final = 6
# The last ones made, some 60 kB each: a certificate in two forms needs one, and so do those with the same words.
CUTS_KEPT: Final = 64


@dataclass(frozen=True)
class Outline:
    """A character as it is drawn: its charstring, how far it moves the pen, and the box around it, if it has ink."""

    charstring: bytes = field(repr=False)
    width: int
    bounds: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Cut:
    """The part of a typeface that one document needs: for PDF its outlines, for OFD a whole small file."""

    embedded: EmbeddedFont
    file: bytes = field(repr=False)


class Typeface:
    """A typeface that is open; safe between threads."""

    def __init__(self, font: Any, source: str) -> None:
        """Keep it open; `source` tells operators which one it is."""
        self.source = source
        self._font = font
        self._glyphs = font.getGlyphSet()
        self._characters: dict[int, str] = font.getBestCmap()
        self._units = int(font["head"].unitsPerEm)
        self._outlines: dict[str, Outline] = {}
        self._widths: dict[str, float] = {}
        self._cuts: OrderedDict[str, Cut] = OrderedDict()
        self._turn = threading.Lock()

    def has(self, character: str) -> bool:
        """Tell whether a character can be drawn."""
        return ord(character) in self._characters

    def width(self, character: str) -> float:
        """Tell how far a character moves the pen, in ems; what is missing moves it a whole one."""
        width = self._widths.get(character)
        if width is None:
            name = self._characters.get(ord(character))
            width = float(self._font["hmtx"][name][0]) / self._units if name else 1.0
            self._widths[character] = width
        return width

    def cut(self, characters: Iterable[str]) -> Cut:
        """Make a small typeface of these characters; the same characters give the same bytes."""
        wanted = "".join(sorted({each for each in characters if self.has(each)} | {" "}))
        names = {each: f"u{ord(each):05X}" for each in wanted}
        with self._turn:
            if (known := self._cuts.get(wanted)) is not None:
                self._cuts.move_to_end(wanted)
                return known
            drawn = {names[each]: self._outline(self._characters[ord(each)]) for each in wanted}
            nothing = self._outline(NOTHING)
        made = self._built(names, {NOTHING: nothing, **drawn})
        with self._turn:
            self._cuts[wanted] = made
            while len(self._cuts) > CUTS_KEPT:
                self._cuts.popitem(last=False)
        return made

    def _outline(self, glyph: str) -> Outline:
        if glyph not in self._outlines:
            width = int(self._font["hmtx"][glyph][0])
            pen, box = T2CharStringPen(width, self._glyphs), BoundsPen(self._glyphs)
            self._glyphs[glyph].draw(pen)
            outline = pen.getCharString()
            outline.compile()
            T2CharString(bytecode=outline.bytecode, private=PrivateDict()).draw(box)
            self._outlines[glyph] = Outline(outline.bytecode, width, box.bounds)
        return self._outlines[glyph]

    def _built(self, names: dict[str, str], drawn: dict[str, Outline]) -> Cut:
        across = self._font["hhea"]
        order = list(drawn)
        extent = _extent(drawn.values())
        builder = FontBuilder(self._units, isTTF=False)
        # The boxes of all characters are known from the first time each was drawn; measured again for every
        # document, they would take nine tenths of its time.
        builder.font.recalcBBoxes = False
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap({ord(each): name for each, name in names.items()})
        # A charstring is changed by being written; each document has its own.
        outlines = {name: T2CharString(bytecode=each.charstring) for name, each in drawn.items()}
        builder.setupCFF(NAME, {"FullName": NAME, "FontBBox": list(extent.box)}, outlines, {})
        builder.setupHorizontalMetrics({name: (each.width, 0) for name, each in drawn.items()})
        builder.setupHorizontalHeader(
            ascent=across.ascent,
            descent=across.descent,
            advanceWidthMax=extent.widest,
            minRightSideBearing=extent.least_right,
            xMaxExtent=extent.farthest,
        )
        builder.setupNameTable({"familyName": NAME, "styleName": "Regular", "psName": NAME})
        builder.setupOS2(sTypoAscender=across.ascent, sTypoDescender=across.descent)
        builder.setupPost()
        # What is made does not say when.
        builder.font.recalcTimestamp = False
        head = builder.font["head"]
        head.created = head.modified = 0
        head.xMin, head.yMin, head.xMax, head.yMax = extent.box
        out = io.BytesIO()
        builder.font.save(out)
        head = self._font["head"]
        scale = 1000 / self._units
        left, bottom, right, top = (round(each * scale) for each in (head.xMin, head.yMin, head.xMax, head.yMax))
        embedded = EmbeddedFont(
            NAME,
            bytes(TTFont(io.BytesIO(out.getvalue()), lazy=True).reader["CFF "]),
            is_cff=True,
            codes={each: order.index(name) for each, name in names.items()},
            widths={each: round(drawn[name].width * scale) for each, name in names.items()},
            ascent=round(across.ascent * scale),
            descent=round(across.descent * scale),
            box=(left, bottom, right, top),
        )
        return Cut(embedded, out.getvalue())


@dataclass(frozen=True)
class Extent:
    """What the tables of a typeface say of all its characters together (ISO/IEC 14496-22 5.2.2 and 5.2.3)."""

    box: tuple[int, int, int, int]
    widest: int
    least_right: int
    farthest: int


def _extent(drawn: Collection[Outline]) -> Extent:
    """Measure; every character's left side stands at its origin, as the metrics of the cut say."""
    inked = [(each.width, each.bounds) for each in drawn if each.bounds is not None] or [(0, (0, 0, 0, 0))]
    lefts, bottoms, rights, tops = zip(*(bounds for _, bounds in inked), strict=True)
    box = math.floor(min(lefts)), math.floor(min(bottoms)), math.ceil(max(rights)), math.ceil(max(tops))
    extents = [(width, math.ceil(bounds[2]) - math.floor(bounds[0])) for width, bounds in inked]
    return Extent(
        box,
        max(each.width for each in drawn),
        min(width - across for width, across in extents),
        max(across for _, across in extents),
    )


@functools.cache
def typeface(named: Path | None = None) -> Typeface:
    """Open the typeface that a site names, else the best that the machine has. Raises `FaceTypefaceMissing`."""
    file = named or typefaces.first(NAMES)
    if file is None:
        raise FaceTypefaceMissing
    try:
        return Typeface(_opened(file), file.name)
    except (OSError, TTLibError) as error:
        raise FaceTypefaceMissing from error


def _opened(file: Path) -> Any:
    if file.suffix.lower() != ".ttc":
        return TTFont(file, lazy=True)
    number = 0
    while True:
        try:
            font = TTFont(file, fontNumber=number, lazy=True)
        except TTLibError:  # no more in the collection: any of them draws Chinese
            return TTFont(file, fontNumber=0, lazy=True)
        if str(font["name"].getDebugName(POSTSCRIPT_NAME)).partition("-")[0].endswith(SIMPLIFIED):
            return font
        number += 1
