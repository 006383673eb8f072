"""A typeface for PDF reports: found on this machine, cut down to the characters of one report, and measured.

PDF/A demands that every character be embedded (ISO 19005-3 6.2.11.4), and reports name people and organs in Chinese:
a machine without a Chinese typeface makes no PDF report, and says so, instead of one with empty boxes.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError

from signing import typefaces
from signing.verification_errors import ReportFontMissing

# In the order of preference; any of them has all characters of GB/T 2312 and those of the older extensions.
NAMES: Final = (
    "NotoSansSC-Regular",
    "NotoSansCJKsc-Regular",
    "NotoSansCJK-Regular",
    "SourceHanSansSC-Regular",
    "NotoSerifSC-Regular",
    "NotoSerifCJK-Regular",
    "LXGWWenKai-Regular",
    "wqy-microhei",
)
SIMPLIFIED: Final = "SC"
# Shown for a character that the typeface lacks.
SUBSTITUTE: Final = "\N{WHITE SQUARE}"
# What must be there for the words of a report; a typeface without it is none for Chinese.
PROBE: Final = "核验报告有效无法确认"


@dataclass(frozen=True)
class EmbeddedFont:
    """A typeface with what one report needs: its program, and code and width of every character."""

    name: str
    program: bytes = field(repr=False)
    is_cff: bool
    codes: Mapping[str, int] = field(repr=False)
    widths: Mapping[str, int] = field(repr=False)
    ascent: int
    descent: int
    box: tuple[int, int, int, int]

    def known(self, text: str) -> str:
        """Put the substitute for every character that is not there."""
        return "".join(each if each in self.codes else SUBSTITUTE for each in text)

    def width(self, text: str) -> int:
        """Measure a text in thousandths of its size."""
        return sum(self.widths.get(each, 1000) for each in text)


def found(named: Path | None) -> Path:
    """Find the typeface: the one that is named, else the first suitable one. Raises `ReportFontMissing`."""
    if named is not None:
        if named.is_file():
            return named
        raise ReportFontMissing
    chosen = typefaces.first(NAMES)
    if chosen is None:
        raise ReportFontMissing
    return chosen


def embedded(file: Path, characters: Iterable[str]) -> EmbeddedFont:
    """Cut a typeface down to these characters. Raises `ReportFontMissing` where it has no Chinese."""
    try:
        with _opened(file) as font:
            present = font.getBestCmap()
            wanted = {each for each in (*characters, SUBSTITUTE, " ") if ord(each) in present}
            if not all(ord(each) in present for each in PROBE):
                raise ReportFontMissing
            return _cut(font, wanted)
    except (OSError, TTLibError) as error:
        raise ReportFontMissing from error


def _opened(file: Path) -> Any:
    data = file.read_bytes()
    if file.suffix.lower() != ".ttc":
        return TTFont(io.BytesIO(data), lazy=True)
    number = 0
    while True:
        font = TTFont(io.BytesIO(data), fontNumber=number, lazy=True)
        if font["name"].getDebugName(6).partition("-")[0].endswith(SIMPLIFIED) or file.name.startswith("wqy"):
            return font
        count = font.reader.numFonts
        font.close()
        number += 1
        if number >= count:
            return TTFont(io.BytesIO(data), fontNumber=0, lazy=True)


def _cut(font: Any, wanted: set[str]) -> EmbeddedFont:
    options = Options(hinting=False, notdef_outline=True, layout_features=[], name_IDs=[6], drop_tables=_NOT_NEEDED)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, wanted)))
    subsetter.subset(font)
    units = font["head"].unitsPerEm
    cmap, metrics, order = font.getBestCmap(), font["hmtx"], font.getReverseGlyphMap()
    is_cff = "CFF " in font
    by_number = is_cff and hasattr(font["CFF "].cff.topDictIndex[0], "ROS")
    glyphs = {each: cmap[ord(each)] for each in wanted}
    codes = {each: _character_id(glyph) if by_number else order[glyph] for each, glyph in glyphs.items()}
    head, across = font["head"], font["hhea"]
    return EmbeddedFont(
        _plain(font["name"].getDebugName(6) or "Font"),
        _program(font),
        is_cff,
        codes,
        {each: round(metrics[glyph][0] * 1000 / units) for each, glyph in glyphs.items()},
        round(across.ascent * 1000 / units),
        round(across.descent * 1000 / units),
        (
            round(head.xMin * 1000 / units),
            round(head.yMin * 1000 / units),
            round(head.xMax * 1000 / units),
            round(head.yMax * 1000 / units),
        ),
    )


_NOT_NEEDED: Final = "BASE GDEF GPOS GSUB VORG vhea vmtx DSIG morx kern feat trak meta STAT".split()


def _character_id(glyph: str) -> int:
    """Read the number out of a glyph's name in a font that is keyed by character ids (`cid01234`)."""
    return int(glyph.removeprefix("cid")) if glyph.startswith("cid") else 0


def _program(font: Any) -> bytes:
    if "CFF " in font:
        return bytes(font["CFF "].compile(font))
    out = io.BytesIO()
    font.flavor = None
    font.save(out, reorderTables=False)
    return out.getvalue()


def _plain(name: str) -> str:
    return "".join(each for each in name if each.isalnum() or each == "-") or "Font"
