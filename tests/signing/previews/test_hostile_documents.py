"""The hostile documents of the formats, drawn: whatever the bytes, the answer is pages and what there is to tell."""

import io

import pytest
from PIL import Image

from keys.trust import Trust
from signing.formats import FORMATS
from signing.policy import DEFAULT
from signing.previews import PREVIEWS
from signing.previews.pages import pages
from signing.previews.preview import Form, Preview, Wanted
from signing.previews.words import told
from signing.verification import verify
from tests.builders import ofd_hostile, seals
from tests.builders.pki import AT
from tests.signing.formats.pdf import hostile as pdf_hostile
from tests.signing.previews.test_hostile_pages import is_harmless

PNG = Wanted(Form.PNG, 1.0)
SVG = Wanted(Form.SVG)


def shown(data: bytes, wanted: Wanted) -> tuple[Preview, ...]:
    """Verify and draw, as a verifier does with bytes from outside."""
    found = pages(data, verify(data, "x", Trust(AT), DEFAULT, AT), wanted)
    for each in (*found.not_drawn, *(one for drawn in found.pages for one in drawn.not_drawn)):
        assert told(each).zh
        assert "unforeseen" not in each.subject
    assert len(found.pages) <= max(found.count, 0)
    assert found.pages or found.not_drawn or not found.count
    return found.pages


@pytest.mark.parametrize("case", ofd_hostile.HOSTILE, ids=[each.name for each in ofd_hostile.HOSTILE])
def test_a_hostile_ofd_is_shown_harmlessly_or_not_at_all(case):
    assert all(is_harmless(each.picture) for each in shown(case.data, SVG))


@pytest.mark.parametrize("case", pdf_hostile.HOSTILE, ids=[each.name for each in pdf_hostile.HOSTILE])
def test_a_hostile_pdf_is_shown_or_not_at_all(case):
    for each in shown(pdf_hostile.made(case), PNG):
        Image.open(io.BytesIO(each.picture)).verify()


@pytest.mark.parametrize("place", range(40))
def test_a_cut_document_is_shown_or_not_at_all(place):
    for data in (seals.ofd(), pdf_hostile.made(pdf_hostile.HOSTILE[0])):
        shown(data[: len(data) * place // 40], PNG)


def test_what_nobody_foresaw_is_told_and_no_failure(monkeypatch):
    def fail(*_):
        raise KeyError("foreign")

    monkeypatch.setattr("signing.previews.ofd.sheet", fail)
    data = seals.ofd()
    found = pages(data, verify(data, "x", Trust(AT), DEFAULT, AT), SVG)
    assert (found.pages, {each.code for each in found.not_drawn}) == ((), {"PAGE_NOT_DRAWN"})
    monkeypatch.setattr("signing.previews.ofd.listed", fail)
    found = pages(data, verify(data, "x", Trust(AT), DEFAULT, AT), SVG)
    assert (found.count, {each.code for each in found.not_drawn}) == (0, {"NO_PREVIEW"})


def test_each_format_that_is_verified_has_its_previews():

    assert set(PREVIEWS) == set(FORMATS)
