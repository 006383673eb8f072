"""A face in two formats: the same look, all of what the certificate says, or none at all."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from lxml import etree
from PIL import Image, ImageChops, ImageStat

from certs import rendering
from certs.faces.layout import LayoutFault, _code
from certs.faces.template import Element
from certs.faces.typefaces import CUTS_KEPT, typeface
from certs.rendering import DEMONSTRATION, Face, Issue, draw, elements
from certs.types.certificate_type import NO_LAST_DAY, CertificateType
from keys.algorithms.sm3 import SM3
from signing.previews import PREVIEWS
from signing.previews.preview import Form, Wanted
from tests.certs.papers import AT, HYGIENE, TODAY, TRACTOR, TYPES, draft, firm

LINK = "https://yinxin.example/v/0123456789abcdef0123456789abcdef"
# Of 255 shades: two programs smooth edges differently.
MEAN_DIFFERENCE, SPOT_DIFFERENCE = 6, 80
ISSUED = [each for each in TYPES.values() if each.is_issued_here]


def issue(type_: CertificateType = HYGIENE, **peculiar: Any) -> Issue:
    """Make a certificate that is about to be drawn."""
    told = {name: peculiar.pop(name) for name in list(peculiar) if name in ("data", "holders")}
    made = Issue(
        draft(type_, **told),
        type_,
        f"1.2.156.3005.2.{type_.code}.{firm(1)}.00000001.001.X",
        type_.numbering.number(2026, 12, "320900"),
        firm(1),
        "演示省卫生健康委员会",
        type_.validity.last_day(TODAY) or NO_LAST_DAY,
        LINK,
        AT,
        is_demonstration=True,
    )
    return replace(made, **peculiar)


def drawn(told: Issue, form: str) -> Face:
    """Draw a face that can be drawn."""
    face = draw(told, form, typeface())
    assert isinstance(face, Face), face
    return face


def picture(face: Face, scale: float = 6) -> Image.Image:
    """Show the only page as the previews do; nothing may be left out or replaced."""
    shown = PREVIEWS[face.format].opened(face.document).draw(1, Wanted(Form.PNG, scale))
    assert shown.not_drawn == ()
    return Image.open(io.BytesIO(shown.picture)).convert("RGB")


def faults(told: Issue) -> list[tuple[str, str]]:
    """Tell what stops a face."""
    found = draw(told, "ofd", typeface())
    assert isinstance(found, tuple)
    return [(each.of, each.code) for each in found]


@pytest.mark.parametrize("type_", ISSUED, ids=[each.code for each in ISSUED])
def test_ofd_and_pdf_look_the_same(type_: CertificateType) -> None:
    """The two pictures differ by no more than how two programs smooth edges."""
    told = issue(type_)
    one, two = (picture(drawn(told, form)).convert("L") for form in ("ofd", "pdf"))
    assert max(abs(a - b) for a, b in zip(one.size, two.size, strict=True)) <= 1  # PDF has points, not millimetres
    two = two.crop((0, 0, *one.size))
    assert ImageStat.Stat(ImageChops.difference(one, two)).mean[0] < MEAN_DIFFERENCE
    # Ink stands at the same places: with edges smoothed away, no spot differs.
    coarse = [each.reduce(8) for each in (one, two)]
    shades = ImageChops.difference(*coarse).histogram()
    assert not any(shades[SPOT_DIFFERENCE:])


@pytest.mark.parametrize("form", ["ofd", "pdf"])
@pytest.mark.parametrize("type_", [HYGIENE, TRACTOR], ids=["licence", "card"])
def test_the_code_is_read_by_a_scanner(form: str, type_: CertificateType) -> None:
    """Out of the picture of the whole page comes the link."""
    found = zxingcpp.read_barcodes(picture(drawn(issue(type_), form), scale=8))
    assert [each.text for each in found] == [LINK]


@pytest.mark.parametrize("number", range(40))
def test_the_code_of_any_link_is_read(number: int) -> None:
    """Its mask is the same for all: drawn as small as it is printed, three dots a cell."""
    link = f"https://yinxin.example/v/{SM3.of(number.to_bytes()).hex()[:22]}"
    cells = _code(Element("code", 0, 0, 30, 30), link).rows
    image = Image.new("L", (len(cells) + 8, len(cells) + 8), 255)
    for y, row in enumerate(cells):
        for x, is_dark in enumerate(row):
            image.putpixel((x + 4, y + 4), 0 if is_dark else 255)
    found = zxingcpp.read_barcodes(image.resize((image.width * 3, image.height * 3), Image.Resampling.NEAREST))
    assert [each.text for each in found] == [link]


def test_a_typeface_cut_for_the_same_characters_is_the_same() -> None:
    """Kept for the next document, and the same bytes as one that is cut anew."""
    face = typeface()
    first = face.cut("演示证照一")
    assert face.cut("照证示演一一") is first
    for number in range(CUTS_KEPT):
        face.cut(chr(0x4E00 + number))
    again = face.cut("演示证照一")
    assert again is not first
    assert (again.file, again.embedded.codes) == (first.file, first.embedded.codes)


def test_the_text_of_the_pdf_can_be_read_out_again() -> None:
    """Whoever searches or copies finds the characters, not only their pictures."""
    with pypdfium2.PdfDocument(drawn(issue(), "pdf").document) as opened:
        text = opened[0].get_textpage().get_text_bounded()
    for told in ("公共场所卫生许可证", "演示企业1有限公司", firm(1), "120.50平方米", DEMONSTRATION.split("  ")[0]):
        assert told in text.replace("\r\n", "")


def test_the_ofd_carries_the_elements_of_the_standard_by_name() -> None:
    """As custom data in the root, and as tags that name the objects on the page."""
    told = issue()
    with zipfile.ZipFile(io.BytesIO(drawn(told, "ofd").document)) as archive:
        root = etree.fromstring(archive.read("OFD.xml"))
        tags = etree.fromstring(archive.read("Doc_0/Tags/CustomTag.xml"))
        content = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    ns = {"ofd": "http://www.ofdspec.org/2016"}
    data = {each.get("Name"): each.text for each in root.iterfind(".//ofd:CustomData", ns)}
    assert data == dict(elements(told))
    assert data["ZZBS"] == told.identifier
    assert data["CZZTDMLXDM"] == "001"
    assert data["KZ_room_area"] == "120.50平方米"
    objects = {each.get("ID"): "".join(each.itertext()).strip() for each in content.iterfind(".//ofd:TextObject", ns)}
    shown = {tag.tag: [objects[each.text] for each in tag.iterfind("ofd:ObjectRef", ns)] for tag in tags}
    assert shown["ZZMC"] == ["公共场所卫生许可证"]
    assert shown["CZZT"] == ["持证主体：演示企业1有限公司"]
    assert shown["KZ_room_area"] == ["120.50平方米"]


def test_every_object_of_the_ofd_has_a_number_of_its_own_below_the_largest() -> None:
    """GB/T 33190 7.4: numbers are unique in a document, and MaxUnitID is their bound."""
    with zipfile.ZipFile(io.BytesIO(drawn(issue(TRACTOR), "ofd").document)) as archive:
        names = [each for each in archive.namelist() if each.endswith(("Res.xml", "Document.xml", "Content.xml"))]
        parts = [etree.fromstring(archive.read(each)) for each in names]
    numbers = [each.get("ID") for part in parts for each in part.iter() if each.get("ID")]
    largest = next(each.text for part in parts for each in part.iter("{http://www.ofdspec.org/2016}MaxUnitID"))
    assert len(set(numbers)) == len(numbers)
    assert max(map(int, numbers)) <= int(largest)


def test_the_same_certificate_gives_the_same_bytes() -> None:
    """So that what was signed can be made again and compared."""
    for form in ("ofd", "pdf"):
        assert drawn(issue(), form).document == drawn(issue(), form).document


def test_the_typeface_inside_is_cut_down_to_what_is_shown() -> None:
    """A whole one has ten megabytes."""
    assert len(drawn(issue(), "pdf").document) < 60_000
    with zipfile.ZipFile(io.BytesIO(drawn(issue(), "ofd").document)) as archive:
        assert 2_000 < len(archive.read("Doc_0/Res/face.otf")) < 60_000


def test_a_character_that_the_typeface_lacks_stops_the_issue() -> None:
    """A name with an empty box in it is somebody else's name; the fault says which character."""
    odd = draft().holders[0]
    lacking = next(chr(each) for each in range(0x30000, 0x3134B) if not typeface().has(chr(each)))
    told = issue(holders=(replace(odd, name=f"演示{lacking}企业"),))
    found = draw(told, "ofd", typeface())
    assert isinstance(found, tuple)
    assert found == (LayoutFault("glyph-missing", "CZZT", f"U+{ord(lacking):04X}"),)


def test_long_text_is_broken_and_set_smaller_before_it_is_refused() -> None:
    """Sixty characters fit, six hundred do not, and nothing is cut off in silence."""
    long_one = draft().holders[0]
    name = "演示云水之间连锁酒店管理" * 5 + "有限公司"
    with pypdfium2.PdfDocument(drawn(issue(holders=(replace(long_one, name=name),)), "pdf").document) as opened:
        text = opened[0].get_textpage().get_text_bounded()
    assert name in text.replace("\r\n", "")
    assert faults(issue(holders=(replace(long_one, name="演示" * 300),))) == [("CZZT", "does-not-fit")]


def test_many_fields_are_set_smaller_together() -> None:
    """All of the type's fields have one size."""
    data = {**draft().data, "project": "许可项目" * 45}
    with zipfile.ZipFile(io.BytesIO(drawn(issue(data=data), "ofd").document)) as archive:
        content = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    sizes = {
        each.get("Size")
        for each in content.iter("{http://www.ofdspec.org/2016}TextObject")
        if "".join(each.itertext()).startswith(("经营地址", "许可项目", "120.50"))
    }
    assert len(sizes) == 1


def test_a_photograph_that_is_none_stops_the_issue() -> None:
    """The first bytes are a picture's, the rest is not."""
    data = {**draft(TRACTOR).data, "photo": "iVBORw0KGgoAAAAA"}
    assert faults(issue(TRACTOR, data=data)) == [("photo", "picture-unreadable")]


def test_markup_in_a_name_is_text() -> None:
    """Whatever a register holds, it is shown as it stands."""
    name = '演示<b>&"]]>公司(\\)'
    told = issue(holders=(replace(draft().holders[0], name=name),))
    assert elements(told)["CZZT"] == name
    with pypdfium2.PdfDocument(drawn(told, "pdf").document) as opened:
        assert name in opened[0].get_textpage().get_text_bounded()
    with zipfile.ZipFile(io.BytesIO(drawn(told, "ofd").document)) as archive:
        root = etree.fromstring(archive.read("OFD.xml"))
    assert name in [each.text for each in root.iter("{http://www.ofdspec.org/2016}CustomData")]


def test_a_certificate_without_an_end_says_so() -> None:
    """And not the year 9999."""
    assert elements(issue(valid_until=NO_LAST_DAY))["ZZYXQJZRQ"] == "9999-12-31"
    with pypdfium2.PdfDocument(drawn(issue(valid_until=NO_LAST_DAY), "pdf").document) as opened:
        text = opened[0].get_textpage().get_text_bounded()
    assert "起长期有效" in text
    assert "9999" not in text


def test_values_are_said_in_words() -> None:
    """Codes by their words, days in Chinese."""
    told = elements(issue(TRACTOR))
    assert told["KZ_classes"] == "轮式拖拉机"
    assert told["KZ_birth_date"] == "2020年2月29日"
    assert rendering.elements(issue(valid_until=date(2030, 1, 1)))["ZZYXQJZRQ"] == "2030-01-01"
