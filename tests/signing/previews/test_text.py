"""Text of OFD pages: where each character stands, in what shape, from which typeface."""

import io

import pytest
from fontTools.ttLib import TTFont

from signing.previews.fonts import Substitutes
from tests.builders.ofd import archive
from tests.signing.previews.drawings import (
    RED,
    WHITE,
    as_svg,
    block,
    colour,
    files,
    fonts,
    look,
    media,
    ofd,
    path,
    resources,
    substitutes,
    text,
    typeface,
)


def font(inside: str, **more: bytes) -> dict[str, bytes]:
    """Replace the fonts of the document."""
    replaced = resources(fonts(inside) + f"<ofd:MultiMedias>{media()}</ofd:MultiMedias>")
    return {"Doc_0/Res.xml": replaced, **{f"Doc_0/Res/{name.replace('_', '.')}": data for name, data in more.items()}}


def test_an_embedded_typeface_is_drawn_where_the_text_says():
    seen = look(ofd(text("甲")))
    assert seen.share(10.5, 10.5, 9, 7) == 1.0
    assert seen.share(20.5, 5, 50, 20) == 0.0
    assert seen.told == {}


def test_deltas_lead_from_character_to_character():
    seen = look(ofd(text("甲甲甲", code='X="0" Y="8" DeltaX="12 15"', boundary="10 10 80 10")))
    assert [seen.share(x, 11, 8, 6) for x in (11, 23, 38)] == [1.0, 1.0, 1.0]
    assert seen.share(20.5, 11, 1, 6) == 0.0


def test_the_short_notation_repeats_a_delta():
    seen = look(ofd(text("甲甲甲甲", code='X="0" Y="8" DeltaX="g 2 12 20"', boundary="10 10 80 10")))
    assert [seen.share(x, 11, 8, 6) for x in (11, 23, 35, 55)] == [1.0] * 4


def test_the_last_delta_goes_on_where_there_are_too_few():
    seen = look(ofd(text("甲甲甲", code='X="0" Y="8" DeltaX="20"', boundary="10 10 80 10")))
    assert [seen.share(x, 11, 8, 6) for x in (11, 31, 51)] == [1.0] * 3


def test_text_can_run_downwards():
    seen = look(ofd(text("甲甲", code='X="0" Y="8" DeltaY="20"', boundary="10 10 20 60")))
    assert [seen.share(11, y, 8, 6) for y in (11, 31)] == [1.0, 1.0]


def test_a_second_code_goes_on_from_where_the_first_began():
    codes = '<ofd:TextCode X="5" Y="8">甲</ofd:TextCode><ofd:TextCode Y="28">甲</ofd:TextCode>'
    found = f'<ofd:TextObject ID="1" Boundary="10 10 60 40" Font="30" Size="10">{codes}</ofd:TextObject>'
    seen = look(ofd(found))
    assert [seen.share(16, y, 8, 6) for y in (11, 31)] == [1.0, 1.0]


def test_without_deltas_the_typefaces_own_measure_counts():
    seen = look(ofd(text("甲乙甲", code='X="0" Y="8"', boundary="10 10 80 10")))
    assert seen.share(11, 11, 23, 6) == 1.0
    assert seen.share(36, 11, 10, 6) == 0.0


@pytest.mark.parametrize(("direction", "x", "y"), [(0, 31, 41), (90, 21, 51), (180, 11, 41), (270, 21, 31)])
def test_the_reading_direction_says_where_a_line_goes_on(direction, x, y):
    seen = look(ofd(text("甲甲", "10 10 80 80", f'ReadDirection="{direction}"', code='X="10" Y="38"')))
    assert seen.share(x, y, 8, 6) == 1.0


def test_characters_can_be_turned():
    seen = look(ofd(text("乙", "10 10 60 60", 'CharDirection="90"', code='X="20" Y="20"')))
    # Five millimetres wide and eight high, turned a quarter clockwise about its origin at (30, 30).
    assert seen.share(30.5, 30.5, 7, 4) == 1.0
    assert seen.share(30.5, 20, 5, 9) == 0.0


def test_a_ctm_moves_and_scales():
    seen = look(ofd(text("甲", "10 10 60 60", 'CTM="2 0 0 2 5 5"', code='X="0" Y="8"')))
    assert seen.share(15.5, 15.5, 19, 15) == 1.0


def test_hscale_makes_characters_narrower():
    seen = look(ofd(text("甲", more='HScale="0.5"')))
    assert seen.share(10.5, 11, 4, 6) == 1.0
    assert seen.share(15.5, 11, 4, 6) == 0.0


def test_what_leans_and_what_is_heavy_is_drawn_so():
    plain, leaning = look(ofd(text("乙"))), look(ofd(text("乙", more='Italic="true"')))
    assert plain.at(15.7, 10.8) == WHITE
    assert leaning.at(15.7, 10.8) != WHITE
    heavy = look(ofd(text("乙", more='Weight="700"')))
    assert (plain.at(9.9, 14), heavy.at(9.9, 14)) != (WHITE, WHITE)
    assert plain.at(9.9, 14) == WHITE


def test_text_takes_its_colour_and_its_alpha():
    seen = look(ofd(text("甲", inside=colour("255 0 0"))))
    assert seen.at(15, 14) == RED
    pale = look(ofd(text("甲", more='Alpha="128"', inside=colour("255 0 0"))))
    assert pale.at(15, 14)[0] == 255
    assert 100 < pale.at(15, 14)[1] < 160


def test_text_can_be_outlined_only():
    seen = look(
        ofd(text("甲", more='Fill="false" Stroke="true" LineWidth="0.5"', inside=colour("0 0 0", "StrokeColor")))
    )
    assert seen.at(15, 14) == WHITE
    assert seen.share(10, 10, 10, 8) > 0.05


def test_glyphs_by_number_stand_in_place_of_characters():
    transform = (
        '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="2"><ofd:Glyphs>2 1</ofd:Glyphs></ofd:CGTransform>'
    )
    seen = look(ofd(text("xy", inside=transform)))
    assert seen.share(10.5, 11, 4, 6) == 1.0
    assert seen.share(15.5, 11, 4, 6) == 0.0
    assert seen.share(20.5, 11, 9, 6) == 1.0
    assert seen.told == {}


def test_one_glyph_can_stand_for_two_characters():
    transform = (
        '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="1"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'
    )
    seen = look(ofd(text("xy甲", inside=transform)))
    assert [seen.share(x, 11, 8, 6) for x in (11, 21, 31)] == [1.0, 0.0, 1.0]


def test_a_subset_without_a_character_map_is_drawn_by_number():
    transform = (
        '<ofd:CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'
    )
    found = files(text("张", inside=transform))
    found["Doc_0/Res/font.ttf"] = typeface({"甲": 1.0}, mapped=False)
    seen = look(archive(found))
    assert seen.share(10.5, 10.5, 9, 7) == 1.0
    assert seen.told == {}


def test_outlines_of_the_third_degree_are_drawn_too():
    found = files(text("甲"))
    found["Doc_0/Res/font.ttf"] = typeface({"甲": 1.0}, cubic=True)
    assert look(archive(found)).share(10.5, 10.5, 9, 7) == 1.0


def test_bare_cff_is_read_by_the_names_of_its_glyphs():
    whole = TTFont(io.BytesIO(typeface({"甲": 1.0}, cubic=True)))
    found = files(text("张", inside='<ofd:CGTransform CodePosition="0"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'))
    found["Doc_0/Res/font.ttf"] = whole.reader["CFF "]
    assert look(archive(found)).share(10.5, 10.5, 9, 7) == 1.0


def test_a_font_that_is_only_named_is_stood_for_and_told():
    seen = look(
        ofd(text("丙", boundary="10 10 60 10"), font('<ofd:Font ID="30" FontName="宋体"/>')),
        fonts_at_hand=substitutes(),
    )
    assert seen.share(10.5, 10.5, 9, 7) == 1.0
    assert seen.told == {"FONT_SUBSTITUTED": 1}
    assert seen.preview.not_drawn[0].subject == "宋体"


def test_a_substitute_is_narrowed_rather_than_drawn_over_its_neighbour():
    words = text("W W", code='X="0" Y="8" DeltaX="6 14"')
    seen = look(ofd(words, font('<ofd:Font ID="30" FontName="宋体"/>')), fonts_at_hand=substitutes())
    assert seen.share(10.5, 11, 5, 6) == 1.0
    assert seen.share(16.5, 11, 13, 6) == 0.0


def test_the_last_character_has_no_neighbour_and_keeps_its_width():
    words = text("WW", code='X="0" Y="8" DeltaX="6"')
    seen = look(ofd(words, font('<ofd:Font ID="30" FontName="宋体"/>')), fonts_at_hand=substitutes())
    assert seen.share(16.5, 11, 7, 6) == 1.0


def test_what_no_typeface_has_is_a_box_and_told():
    seen = look(ofd(text("丁")))
    assert 0.05 < seen.share(10, 9, 11, 11) < 0.6
    assert seen.told == {"GLYPH_MISSING": 1}


def test_a_character_that_the_embedded_typeface_lacks_comes_from_another():
    seen = look(ofd(text("甲丙")), fonts_at_hand=substitutes())
    assert seen.share(20.5, 10.5, 9, 7) == 1.0
    assert seen.told == {"FONT_SUBSTITUTED": 1}


def test_blanks_need_no_glyph_and_take_their_room():
    seen = look(ofd(text("甲　 甲", boundary="10 10 60 10")))
    assert [seen.share(x, 11, 8, 6) for x in (11, 21, 31, 41)] == [1.0, 0.0, 0.0, 1.0]
    assert seen.told == {}


def test_a_font_that_is_not_there_at_all_is_told():
    seen = look(ofd(text("甲").replace('Font="30"', 'Font="99"')))
    assert seen.told == {"RESOURCE_MISSING": 1, "GLYPH_MISSING": 1}


def test_text_far_outside_its_boundary_does_not_show():
    seen = look(ofd(text("甲", "10 10 10 10", code='X="50" Y="8"')))
    assert seen.share(55, 5, 20, 20) == 0.0


def test_text_is_cut_by_its_clip():
    clip = (
        '<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary="0 0 5 10">'
        f"<ofd:AbbreviatedData>{block(0, 0, 5, 10)}</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    )
    seen = look(ofd(text("甲", inside=clip)))
    assert seen.share(10.5, 11, 4, 6) == 1.0
    assert seen.share(15.5, 11, 4, 6) == 0.0


def test_no_word_of_the_document_gets_into_the_svg():
    found = as_svg(ofd(text("甲&lt;script&gt;")), signatures=()).picture
    assert b"script" not in found
    assert b"<text" not in found


def test_what_is_turned_off_does_not_show():
    seen = look(ofd(text("甲", more='Visible="false"') + path(block(0, 0, 9, 9), "50 50 9 9", 'Visible="false"')))
    assert seen.share(0, 0, 100, 100, WHITE) == 1.0


def test_without_any_typeface_there_are_boxes_and_no_failure():
    seen = look(ofd(text("丁丁")), fonts_at_hand=Substitutes())
    assert seen.told["GLYPH_MISSING"] == 2
