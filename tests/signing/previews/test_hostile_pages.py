"""Hostile pages: each is drawn as far as it goes and says what it leaves out; and the laws of any page."""

import io
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.fonts import Substitutes
from signing.previews.geometry import LARGEST, inverse, is_sane, matrix, number, point, times, written
from signing.previews.glyphs import UnusableFace, face
from signing.previews.limits import LIMITS
from signing.previews.ofd import OFD
from signing.previews.outlines import BadOutline, outline
from signing.previews.preview import Form, Preview, Wanted
from signing.previews.rasters import NoRaster, raster
from signing.previews.words import told
from tests.builders.ofd import Sign, archive, sealed
from tests.builders.ofd_hostile import BOMBS
from tests.signing.previews.drawings import files, image, ofd, path, picture, text, typeface
from tests.signing.previews.hostile import HOSTILE

MIB = 1024 * 1024
MOST_MEMORY = 128 * MIB
ALLOWED = {"svg", "rect", "defs", "path", "use", "g", "clipPath", "linearGradient", "radialGradient", "stop", "image"}
OUTSIDE = re.compile(rb"(?:href|src|url)\s*[=(]\s*[\"']?+(?!#|data:image/(?:png|jpeg);base64,)", re.IGNORECASE)


def drawn(data: bytes, form: Form) -> Preview:
    return OFD.opened(data).draw(1, Wanted(form, 2.0, Substitutes()))


def is_harmless(svg: bytes) -> bool:
    """See that a picture is a picture: known elements only, no text, nothing that acts, nothing from outside."""
    root = etree.fromstring(svg, etree.XMLParser(huge_tree=True))
    names = {etree.QName(each).localname for each in root.iter()}
    attributes = {name for each in root.iter() for name in each.attrib}
    words = [each.text for each in root.iter() if (each.text or "").strip()]
    acting = [name for name in attributes if name.startswith("on") or ":" in name or "}" in name]
    return names <= ALLOWED and not words and not acting and not OUTSIDE.search(svg)


@pytest.mark.parametrize("case", HOSTILE, ids=[each.name for each in HOSTILE])
def test_a_hostile_page_is_drawn_as_far_as_it_goes(case):
    data = case.make()
    try:
        found = drawn(data, Form.SVG)
    except (NoPreview, NoSuchPage):
        assert case.name == "no page at all"
        return
    assert is_harmless(found.picture)
    codes = {each.code for each in found.not_drawn}
    assert not case.codes or codes & set(case.codes), codes
    assert all(told(each).zh and told(each).en for each in found.not_drawn)


@pytest.mark.parametrize("case", HOSTILE[::3], ids=[each.name for each in HOSTILE[::3]])
def test_a_hostile_page_has_a_png_too(case):
    try:
        found = drawn(case.make(), Form.PNG)
    except (NoPreview, NoSuchPage):
        return
    assert Image.open(io.BytesIO(found.picture)).size == (200, 200)


def test_there_are_enough_hostile_pages():
    assert len(HOSTILE) >= 80
    assert len({each.name for each in HOSTILE}) == len(HOSTILE)


def test_a_path_without_end_stays_within_its_memory():
    data = next(each.make() for each in HOSTILE if each.name == "a path of a million points")
    tracemalloc.start()
    try:
        drawn(data, Form.SVG)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name", [each for each in BOMBS if each not in {"one-gibibyte-of-zeros", "as-large-as-allowed"}]
)
def test_bombs_of_the_container_have_no_preview_or_a_harmless_one(name):
    try:
        found = drawn(BOMBS[name](), Form.SVG)
    except (NoPreview, NoSuchPage):
        return
    assert is_harmless(found.picture)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"<svg/>", b"%PDF-1.7"])
def test_what_is_no_ofd_is_refused_by_type(data):
    with pytest.raises(NoPreview):
        OFD.opened(data)


def test_a_harmful_picture_would_be_noticed():
    for harm in (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://x"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><g fill="url(http://x)"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>',
    ):
        assert not is_harmless(harm)


# --- laws

WORDS = st.text(alphabet="MLQBACSZ0123456789.-+eE ,\tNaN", max_size=80)
NUMBERS = st.floats(-1000, 1000).map(lambda value: round(value, 3))
MATRICES = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_any_data_of_a_path_is_an_outline_or_refused(data):
    try:
        found = outline(data, 1000)
    except BadOutline as refused:
        code = refused.code
    else:
        assert all(abs(each) <= 40 * LARGEST for _, points in found.segments for each in points)
        return
    assert code in {"PATH_MALFORMED", "TOO_MUCH"}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_number_within_measure_or_none(value):
    found = number(value)
    assert found is None or abs(found) <= LARGEST
    assert matrix(value) is None or is_sane(matrix(value) or (0.0,) * 6)


@settings(max_examples=200, deadline=None)
@given(MATRICES, MATRICES, NUMBERS, NUMBERS)
def test_a_product_of_matrices_does_one_after_the_other(first, then, x, y):
    assert point(times(first, then), x, y) == pytest.approx(point(then, *point(first, x, y)), rel=1e-6, abs=1e-3)


@settings(max_examples=200, deadline=None)
@given(MATRICES, NUMBERS, NUMBERS)
def test_an_inverse_undoes(of, x, y):
    back = inverse(of)
    size = of[0] * of[3] - of[1] * of[2]
    if back is None or abs(size) < 1:
        return
    assert point(back, *point(of, x, y)) == pytest.approx((x, y), abs=1e-2)


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e6, 1e6))
def test_a_number_is_written_without_an_exponent(value):
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,3})?", written(value))
    assert float(written(value)) == pytest.approx(value, abs=1e-3)


SMALL = {"甲": 1.0, "乙": 0.5}
FACES = (typeface(SMALL), typeface(SMALL, cubic=True))


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FACES), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_typeface_with_flipped_bytes_draws_or_does_not(data, flips):
    spoilt = bytearray(data)
    for place, value in flips:
        spoilt[place % len(spoilt)] = value
    try:
        found = face(bytes(spoilt))
    except UnusableFace:
        return
    for character in "甲乙丙":
        shape = found.outline(found.glyph(character))
        assert shape is None or len(shape.segments) <= 20_000
        found.advance(found.glyph(character))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
)
def test_a_picture_with_flipped_bytes_is_decoded_or_refused(form, flips):
    spoilt = bytearray(picture(form))
    for place, value in flips:
        spoilt[place % len(spoilt)] = value
    try:
        found = raster(bytes(spoilt), LIMITS, LIMITS.image_points, 40, 20)
    except NoRaster as refused:
        code = refused.code
    else:
        assert found.image.mode in {"RGB", "RGBA"}
        return
    assert code.startswith("IMAGE_")


WHOLE = sealed(files(text("甲乙") + path("M 0 0 L 9 9") + image()), Sign())
NAMES = ["Doc_0/Pages/P0.xml", "Doc_0/Res.xml", "Doc_0/Document.xml"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(list(b'<>/"= 0159ACMx&'))), min_size=1, max_size=4),
)
def test_a_page_with_flipped_characters_is_drawn_or_refused(name, flips):
    spoilt = bytearray(WHOLE[name])
    for place, value in flips:
        spoilt[place % len(spoilt)] = value
    try:
        found = drawn(archive({**WHOLE, name: bytes(spoilt)}), Form.SVG)
    except (NoPreview, NoSuchPage):
        return
    assert is_harmless(found.picture)


ATTRIBUTES = st.sampled_from(
    [
        "Boundary",
        "CTM",
        "Alpha",
        "LineWidth",
        "DashPattern",
        "Rule",
        "Cap",
        "Join",
        "MiterLimit",
        "DashOffset",
        "Visible",
        "DrawParam",
    ]
)
VALUES = st.one_of(
    st.text(alphabet="0123456789.-eE+ gNaninf", max_size=24), NUMBERS.map(str), st.just("1e6 1e6 1e6 1e6 1e6 1e6")
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(ATTRIBUTES, VALUES, max_size=4))
def test_any_attributes_of_an_object_give_a_harmless_picture(attributes: dict[str, Any]):
    told_more = " ".join(f'{name}="{value}"' for name, value in attributes.items() if name != "Boundary")
    content = path("M 0 0 L 20 20 L 0 20 C", attributes.get("Boundary", "10 10 20 20"), f'Fill="true" {told_more}')
    data = ofd(content)
    for form in Form:
        assert drawn(data, form).picture
