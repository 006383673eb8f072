"""Paths, colours, pictures, composite objects, templates, annotations: the rest of what a page shows."""

import pytest

from tests.signing.previews.drawings import (
    BLACK,
    BLUE,
    RED,
    WHITE,
    as_svg,
    block,
    colour,
    image,
    look,
    media,
    ofd,
    path,
    picture,
    text,
)

SQUARE = block(0, 0, 20, 20)


# --- paths


def test_a_filled_path_shows_where_it_is():
    seen = look(ofd(path(block(5, 5, 20, 10))))
    assert seen.share(15.5, 15.5, 19, 9) == 1.0
    assert seen.share(36, 10, 40, 40) == 0.0


def test_a_path_is_drawn_along_unless_it_says_otherwise():
    seen = look(ofd(path("M 0 0 L 30 0", "10 20 30 0", 'LineWidth="2"')))
    assert seen.share(11, 19.3, 28, 1.4) == 1.0
    assert seen.at(25, 25) == WHITE


def test_a_path_is_not_filled_without_a_colour():
    nothing = (
        f'<ofd:PathObject ID="2" Boundary="10 10 50 50" Fill="true" Stroke="false">'
        f"<ofd:AbbreviatedData>{SQUARE}</ofd:AbbreviatedData></ofd:PathObject>"
    )
    assert look(ofd(nothing)).share(0, 0, 100, 100, WHITE) == 1.0


@pytest.mark.parametrize(("rule", "inside"), [("NonZero", BLACK), ("Even-Odd", WHITE)])
def test_both_fill_rules(rule, inside):
    seen = look(
        ofd(path(f"{block(0, 0, 30, 30)} {block(10, 10, 10, 10)}", more=f'Fill="true" Stroke="false" Rule="{rule}"'))
    )
    assert seen.at(25, 25) == inside
    assert seen.at(12, 12) == BLACK


@pytest.mark.parametrize(
    "data",
    [
        "M 0 10 Q 0 0 10 0 Q 20 0 20 10 Q 20 20 10 20 Q 0 20 0 10 C",
        "M 0 10 B 0 4.5 4.5 0 10 0 B 15.5 0 20 4.5 20 10 B 20 15.5 15.5 20 10 20 B 4.5 20 0 15.5 0 10 C",
        "M 0 10 A 10 10 0 1 1 20 10 A 10 10 0 1 1 0 10 C",
        "S 0 10 A 10 10 0 0 0 20 10 A 10 10 0 0 0 0 10 C",
        "M 0 10 A 10 10 45 0 1 20 10 A 10 10 45 0 1 0 10 C",
    ],
    ids=["second degree", "third degree", "long arcs", "arcs the other way", "turned arcs"],
)
def test_curves_go_round(data):
    seen = look(ofd(path(data)))
    assert seen.at(20, 20) == BLACK
    assert seen.share(10, 10, 20, 20) > 0.6
    assert seen.at(10.5, 10.5) == WHITE
    assert seen.at(29.4, 29.4) == WHITE


def test_dashes_leave_gaps():
    seen = look(ofd(path("M 0 0 L 40 0", "10 20 40 0", 'LineWidth="2" DashPattern="5 5"')))
    assert 0.4 < seen.share(10, 19.5, 40, 1) < 0.6


def test_caps_reach_beyond_the_end():
    plain = look(ofd(path("M 0 0 L 20 0", "20 20 20 0", 'LineWidth="6"')))
    square = look(ofd(path("M 0 0 L 20 0", "20 20 20 0", 'LineWidth="6" Cap="Square"')))
    assert plain.at(18, 20) == WHITE
    assert square.at(18, 20) == BLACK


def test_drawing_parameters_are_inherited_through_the_chain_and_the_layer():
    parameters = (
        '<ofd:DrawParams><ofd:DrawParam ID="50" LineWidth="4"><ofd:StrokeColor Value="255 0 0"/></ofd:DrawParam>'
        '<ofd:DrawParam ID="51" Relative="50" Cap="Square"/></ofd:DrawParams>'
    )
    line = path("M 0 0 L 20 0", "20 20 20 0", 'DrawParam="51"')
    seen = look(ofd(line, resource=parameters))
    assert seen.at(30, 21.5) == RED
    assert seen.at(18.6, 20) == RED
    layered = look(ofd(path("M 0 0 L 20 0", "20 20 20 0", ""), resource=parameters, layer='DrawParam="51"'))
    assert layered.at(30, 21.5) == RED


def test_drawing_parameters_that_rest_on_one_another_end():
    circle = (
        '<ofd:DrawParams><ofd:DrawParam ID="50" Relative="51"/><ofd:DrawParam ID="51" Relative="50"/></ofd:DrawParams>'
    )
    assert look(ofd(path(SQUARE, more='Fill="true" DrawParam="50"'), resource=circle)).at(20, 20) == BLACK


def test_a_path_is_cut_at_its_boundary():
    seen = look(ofd(path(block(0, 0, 50, 50), "10 10 20 20")))
    assert seen.share(10.5, 10.5, 19, 19) == 1.0
    assert seen.share(32, 10, 20, 40) == 0.0


def test_clips_of_a_path_unite_areas_and_intersect_each_other():
    def area(x, y, width, height):
        return (
            f'<ofd:Area><ofd:Path Boundary="0 0 50 50">'
            f"<ofd:AbbreviatedData>{block(x, y, width, height)}</ofd:AbbreviatedData></ofd:Path></ofd:Area>"
        )

    clips = (
        f"<ofd:Clips><ofd:Clip>{area(0, 0, 10, 50)}{area(20, 0, 10, 50)}</ofd:Clip>"
        f"<ofd:Clip>{area(0, 0, 50, 10)}</ofd:Clip></ofd:Clips>"
    )
    seen = look(ofd(path(block(0, 0, 50, 50), inside=clips)))
    assert [seen.at(x, 15) for x in (15, 25, 35)] == [BLACK, WHITE, BLACK]
    assert seen.at(15, 25) == WHITE


def test_a_clip_of_text_is_told_and_does_not_cut():
    clips = "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Text/></ofd:Area></ofd:Clip></ofd:Clips>"
    seen = look(ofd(path(SQUARE, inside=clips)))
    assert seen.at(20, 20) == BLACK
    assert seen.told == {"CLIP_NOT_DRAWN": 1}


# --- colours


@pytest.mark.parametrize(
    ("space", "value", "expected"),
    [
        ('Type="RGB"', 'Value="255 0 0"', RED),
        ('Type="RGB"', 'Value="#ff #0 #0"', RED),
        ('Type="GRAY"', 'Value="0"', BLACK),
        ('Type="GRAY"', 'Value="255"', WHITE),
        ('Type="CMYK"', 'Value="0 255 255 0"', RED),
        ('Type="RGB" BitsPerComponent="4"', 'Value="15 0 0"', RED),
        ('Type="GRAY"', 'Value="255 0 0"', RED),
    ],
)
def test_colour_spaces(space, value, expected):
    inside = f'<ofd:FillColor {value} ColorSpace="60"/>'
    seen = look(
        ofd(
            path(SQUARE, inside=inside),
            resource=f'<ofd:ColorSpaces><ofd:ColorSpace ID="60" {space}/></ofd:ColorSpaces>',
        )
    )
    assert seen.at(20, 20) == expected


def test_a_palette_gives_colours_by_number():
    palette = (
        '<ofd:ColorSpaces><ofd:ColorSpace ID="60" Type="RGB"><ofd:Palette><ofd:CV>0 0 255</ofd:CV>'
        "<ofd:CV>255 0 0</ofd:CV></ofd:Palette></ofd:ColorSpace></ofd:ColorSpaces>"
    )
    seen = look(ofd(path(SQUARE, inside='<ofd:FillColor Index="1" ColorSpace="60"/>'), resource=palette))
    assert seen.at(20, 20) == RED


def test_the_documents_own_colour_space_is_the_default():
    space = '<ofd:ColorSpaces><ofd:ColorSpace ID="60" Type="RGB" BitsPerComponent="4"/></ofd:ColorSpaces>'
    seen = look(ofd(path(SQUARE, inside=colour("15 0 0")), resource=space, common="<ofd:DefaultCS>60</ofd:DefaultCS>"))
    assert seen.at(20, 20) == RED


def test_a_colour_that_cannot_be_read_is_black_and_told():
    seen = look(ofd(path(SQUARE, inside=colour("red"))))
    assert seen.at(20, 20) == BLACK
    assert seen.told == {"COLOUR_MALFORMED": 1}


def run(name: str, attributes: str, *stops: str) -> str:
    segments = "".join(f'<ofd:Segment><ofd:Color Value="{each}"/></ofd:Segment>' for each in stops)
    return f"<ofd:FillColor><ofd:{name} {attributes}>{segments}</ofd:{name}></ofd:FillColor>"


def test_colours_run_along_a_line():
    shade = run("AxialShd", 'StartPoint="0 0" EndPoint="20 0" Extend="3"', "255 0 0", "0 0 255")
    seen = look(ofd(path(SQUARE, inside=shade)))
    assert seen.at(10.6, 20)[0] > 230
    assert seen.at(29.4, 20)[2] > 230
    assert seen.told == {}
    assert b"linearGradient" in as_svg(ofd(path(SQUARE, inside=shade))).picture


def test_colours_run_between_circles():
    shade = run(
        "RadialShd",
        'StartPoint="10 10" StartRadius="0" EndPoint="10 10" EndRadius="10" Extend="3"',
        "255 0 0",
        "0 0 255",
        "0 0 255",
    )
    seen = look(ofd(path(SQUARE, inside=shade)))
    assert seen.at(20, 20)[0] > 200
    assert seen.at(11, 11)[2] > 230
    assert b"radialGradient" in as_svg(ofd(path(SQUARE, inside=shade))).picture


def test_a_gradient_follows_text_and_its_size():
    shade = run("AxialShd", 'StartPoint="0 0" EndPoint="10 0" Extend="3"', "255 0 0", "0 0 255")
    seen = look(ofd(text("甲", inside=shade)))
    assert seen.at(11, 14)[0] > 200
    assert seen.at(19, 14)[2] > 200


@pytest.mark.parametrize(
    "inside",
    [
        (
            '<ofd:FillColor><ofd:Pattern Width="1" Height="1"><ofd:CellContent><ofd:PathObject>'
            '<ofd:FillColor Value="255 0 0"/></ofd:PathObject></ofd:CellContent></ofd:Pattern></ofd:FillColor>'
        ),
        (
            '<ofd:FillColor><ofd:GouraudShd><ofd:Point><ofd:Color Value="255 0 0"/></ofd:Point>'
            "</ofd:GouraudShd></ofd:FillColor>"
        ),
        run("AxialShd", 'StartPoint="x" EndPoint="1 1"', "255 0 0"),
    ],
)
def test_what_cannot_be_run_or_tiled_takes_its_first_colour_and_is_told(inside):
    seen = look(ofd(path(SQUARE, inside=inside)))
    assert seen.at(20, 20) == RED
    assert set(seen.told) == {"COLOUR_APPROXIMATED"}


# --- pictures


def test_a_picture_fills_the_unit_square_of_its_ctm():
    seen = look(ofd(image("10 10 40 20", 'CTM="40 0 0 20 0 0"')))
    assert seen.at(15, 20) == RED
    assert seen.at(45, 20) == BLUE
    assert seen.at(60, 20) == WHITE


def test_a_picture_without_a_ctm_fills_its_boundary():
    assert look(ofd(image())).at(45, 25) == BLUE


def test_a_picture_can_be_turned():
    seen = look(ofd(image("10 10 20 40", 'CTM="0 40 -20 0 20 0"')))
    assert seen.at(20, 15) == RED
    assert seen.at(20, 45) == BLUE


@pytest.mark.parametrize("form", ["JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_other_formats_are_decoded(form):
    seen = look(ofd(image(), {"Doc_0/Res/image.png": picture(form)}))
    assert seen.share(11, 11, 15, 15, RED) > 0.9
    assert seen.told == {}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x97JB2\r\n\x1a\n" + bytes(40), "IMAGE_FORMAT"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40), "IMAGE_FORMAT"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "IMAGE_FORMAT"),
        (b"", "IMAGE_FORMAT"),
        (picture()[:60], "IMAGE_DAMAGED"),
    ],
)
def test_what_cannot_be_decoded_is_told(data, code):
    seen = look(ofd(image(), {"Doc_0/Res/image.png": data}))
    assert seen.share(0, 0, 100, 100, WHITE) == 1.0
    assert seen.told == {code: 1}


def test_a_mask_lets_show_where_it_is_light():
    mask = picture(colours=(WHITE, BLACK))
    masks = f"<ofd:MultiMedias>{media('32', 'mask.png')}</ofd:MultiMedias>"
    seen = look(ofd(image(more='ImageMask="32"'), {"Doc_0/Res/mask.png": mask}, resource=masks))
    assert seen.at(15, 20) == RED
    assert seen.at(45, 20) == WHITE


def test_a_picture_shows_through_where_it_is_transparent():
    data = picture(colours=((255, 0, 0, 255), (0, 0, 255, 0)))
    seen = look(ofd(image(), {"Doc_0/Res/image.png": data}))
    assert seen.at(15, 20) == RED
    assert seen.at(45, 20) == WHITE


def test_alpha_of_a_picture():
    assert look(ofd(image(more='Alpha="128"'))).at(15, 20)[1] in range(110, 145)


def test_a_picture_can_have_a_border():
    border = '<ofd:Border LineWidth="2"><ofd:BorderColor Value="0 0 0"/></ofd:Border>'
    assert look(ofd(image(inside=border))).at(30, 10.4) == BLACK
