"""PDF pages: as PDFium draws them, sized as a reader sees them, with boxes; damaged ones are a typed refusal."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from keys.trust import Trust
from signing.policy import DEFAULT
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.limits import LIMITS, Limits
from signing.previews.pages import page, pages
from signing.previews.pdf import PDF
from signing.previews.preview import Form, Preview, Wanted
from signing.report import Place
from signing.verification import verify
from tests.builders import pdf
from tests.builders.pki import AT
from tests.signing.previews.drawings import WHITE, Look

SEAL = (210, 20, 20)
PNG = Wanted(Form.PNG, 4.0)


def seen(data: bytes, number: int = 1, wanted: Wanted = PNG) -> Look:
    report = verify(data, "x.pdf", Trust(AT), DEFAULT, AT)
    drawn = page(data, report, number, wanted)
    return Look(drawn, Image.open(io.BytesIO(drawn.picture)).convert("RGB"))


def test_a_signed_pdf_shows_its_text_and_its_seal_in_its_box():
    look_at = seen(pdf.approved())
    assert (round(look_at.preview.width_mm), round(look_at.preview.height_mm)) == (210, 297)
    assert look_at.share(25, 36, 40, 8) > 0.05
    assert look_at.share(120, 200, 40, 40, SEAL) > 0.05
    assert look_at.share(0, 100, 110, 190, WHITE) == 1.0
    (box,) = look_at.preview.boxes
    assert [box.place.x_mm, box.place.y_mm] == pytest.approx([120, 200], abs=0.01)


def test_a_box_lies_on_the_seal_of_a_turned_and_cropped_page():
    data = pdf.signed(
        pdf.document(page="/Rotate 90 /CropBox [50 60 500 700]"), appearance=pdf.appearance(Place(1, 30, 40, 40, 40))
    )
    look_at = seen(data)
    place = look_at.preview.boxes[0].place
    assert look_at.share(place.x_mm, place.y_mm, place.width_mm, place.height_mm, SEAL) > 0.05
    assert look_at.preview.width_mm == pytest.approx(640 / 72 * 25.4, abs=0.1)


def test_each_page_by_its_number():
    data = pdf.document(3)
    assert seen(data, 2).preview.pages == 3
    assert seen(data, 2).preview.picture != seen(data, 3).preview.picture


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_page_that_is_not_there_is_refused(number):
    with pytest.raises(NoSuchPage):
        PDF.opened(pdf.document()).draw(number, PNG)


def test_as_svg_it_is_a_picture_in_a_frame():
    drawn = PDF.opened(pdf.document()).draw(1, Wanted(Form.SVG))
    assert drawn.picture.startswith(b"<svg ")
    assert b"data:image/png;base64," in drawn.picture


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"x" * 2000, b"junk", pdf.document()[:300]])
def test_what_is_no_pdf_is_refused_by_type(data):
    with pytest.raises(NoPreview) as refused:
        PDF.opened(data).draw(1, PNG)
    assert refused.value.reason == "damaged"


def test_an_encrypted_pdf_is_refused_by_its_name():
    encrypted = pdf.written(
        {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>", 4: b"<< >>"},
        trailer="/ID [<00> <00>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4"
        f" /O <{'41' * 32}> /U <{'42' * 32}> >>",
    )
    with pytest.raises(NoPreview) as refused:
        PDF.opened(encrypted)
    assert refused.value.reason == "encrypted"


@pytest.mark.parametrize("box", ["0 0 1e9 1e9", "0 0 200000 100", "0 0 14400 14400"])
def test_a_huge_page_is_drawn_small_or_refused(box):
    data = pdf.document().replace(b"[0 0 595.28 841.89]", f"[{box}]".encode())
    try:
        drawn = PDF.opened(data).draw(1, Wanted(Form.PNG, 50))
    except NoPreview:
        return
    assert pixels(drawn) <= LIMITS.pixels
    assert [each.code for each in drawn.not_drawn] == ["SMALLER_THAN_ASKED"]


def pixels(drawn: Preview) -> int:
    width, height = Image.open(io.BytesIO(drawn.picture)).size
    return width * height


def test_the_scale_asked_for_has_an_end():
    drawn = PDF.opened(pdf.document()).draw(1, Wanted(Form.PNG, 100))
    assert pixels(drawn) <= LIMITS.pixels
    assert [each.code for each in drawn.not_drawn] == ["SMALLER_THAN_ASKED"]


def test_a_long_document_shows_its_first_pages_and_tells_of_the_others():
    data = pdf.document(4)
    found = pages(data, verify(data, "x", Trust(AT), DEFAULT, AT), Wanted(Form.PNG, 1.0, limits=Limits(pages=3)))
    assert [each.page for each in found.pages] == [1, 2, 3]
    assert [(each.code, each.count) for each in found.not_drawn] == [("MORE_PAGES", 1)]


def test_a_later_overlay_is_shown_as_a_reader_would():
    data = pdf.approved()
    overlay = pdf.stream(b"0 g 0 0 600 900 re f")
    content = pdf.page_number(0) + 1
    changed = pdf.update(data, {content: overlay})
    assert seen(data).share(25, 100, 40, 8) == 0.0
    assert seen(changed).share(25, 100, 40, 8) == 1.0


def test_bytes_of_no_format_have_no_preview():
    found = pages(b"junk", verify(b"junk", "x", Trust(AT), DEFAULT, AT), Wanted())
    assert (found.pages, found.count, [each.code for each in found.not_drawn]) == ((), 0, ["NO_PREVIEW"])


def test_many_threads_may_ask_at_once():
    data = pdf.document()
    opened = PDF.opened(data)
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: opened.draw(1, PNG).picture, range(12)))
    assert len(set(drawn)) == 1
