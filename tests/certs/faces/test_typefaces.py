"""A typeface cut down to one document: what its tables say of all characters together is what is true of them."""

import io

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from certs.faces.typefaces import typeface

TEXTS = ("公共场所卫生许可证", "演示 Ag,。1", " ", "jÅ一丨")


@pytest.mark.parametrize("text", TEXTS, ids=["chinese", "mixed", "blank", "extremes"])
def test_the_boxes_are_those_that_the_outlines_have(text: str) -> None:
    """They are remembered from the first drawing, and what the library measures itself is the same."""
    kept = typeface().cut(text).file
    measured = io.BytesIO()
    with TTFont(io.BytesIO(kept), recalcTimestamp=False) as font:
        # What makes the library measure anew: outlines that are loaded and written again.
        assert font["CFF "].cff.topDictIndex[0].CharStrings.keys()
        font.save(measured, reorderTables=None)
    with TTFont(io.BytesIO(kept)) as one, TTFont(measured) as two:
        for table, names in (
            ("head", ("xMin", "yMin", "xMax", "yMax")),
            ("hhea", ("advanceWidthMax", "minLeftSideBearing", "minRightSideBearing", "xMaxExtent")),
        ):
            assert [getattr(one[table], name) for name in names] == [getattr(two[table], name) for name in names]
        assert one["CFF "].cff.topDictIndex[0].FontBBox == two["CFF "].cff.topDictIndex[0].FontBBox


def test_every_character_is_drawn_as_in_the_typeface_itself() -> None:
    """Cut out, not drawn anew: the ink stands at the same place."""
    whole = typeface()
    with TTFont(io.BytesIO(whole.cut("证照").file)) as cut:
        glyphs, names = cut.getGlyphSet(), cut.getBestCmap()
        for character in "证照":
            pen = BoundsPen(glyphs)
            glyphs[names[ord(character)]].draw(pen)
            outline = whole._outlines[whole._characters[ord(character)]]
            assert pen.bounds == outline.bounds


def test_the_same_characters_give_the_same_file_in_whatever_order() -> None:
    """So that the same certificate gives the same bytes."""
    assert typeface().cut("证照库").file == typeface().cut("库照证证").file


def test_a_width_is_told_for_what_is_there_and_for_what_is_not() -> None:
    """A character that is missing moves the pen a whole em."""
    assert typeface().width("证") == 1.0
    assert 0 < typeface().width("1") < 1
    assert typeface().width("\U00030000") == 1.0
