"""What a document looks like, as data: images: pages with a box for each seal, and seals out of the signed values.

Every picture is drawn anew or decoded and written anew: no byte of the document's own pictures reaches a browser.
Whatever cannot be drawn is left out; the verdict does not depend on it.
"""

import base64
import functools
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from PIL import Image

from base.errors import DomainError
from signing.previews import PREVIEWS
from signing.previews import pages as drawing
from signing.previews.fonts import Substitutes
from signing.previews.installed import installed
from signing.previews.preview import Form, NotDrawn, Preview, Wanted
from signing.previews.words import told
from signing.report import Report, SealFacts

RASTERS: Final = ("PNG", "JPEG", "GIF", "BMP")
LONGEST_SIDE: Final = 1024
MOST_POINTS: Final = 25_000_000
# A joint document has a dozen seals; the page shows these, and names the others.
SEALS_SHOWN: Final = 24
# The first page and those with seals; a contract of a hundred pages is looked at with a reader.
PAGES_SHOWN: Final = 6
# Points a millimetre: A4 becomes 840 by 1188, which a page shows at its width.
SCALE: Final = 4.0
LARGEST_PAGES: Final = 12 * 1024 * 1024
OFD: Final = "ofd"


def pages(document: bytes, report: Report) -> Iterator[Mapping[str, Any]]:
    """Draw the first page and those with seals, one after the other; what cannot be drawn is left out."""
    if report.document.format not in PREVIEWS:
        return
    wanted = Wanted(Form.PNG, SCALE, _typefaces(), signatures=drawing.stamped(report))
    room = LARGEST_PAGES
    try:
        opened = drawing.opened_for(document, report)
        for number in _numbers(report, opened.count):
            page = _page(opened.draw(number, wanted))
            room -= len(page["image"])
            if room < 0:
                return
            yield page
    except DomainError:
        return


def _numbers(report: Report, count: int) -> list[int]:
    sealed = sorted({place.page for each in report.signatures for place in each.places})
    found = dict.fromkeys([1, *(each for each in sealed if 1 <= each <= count)])
    return [each for each in found if each <= count][:PAGES_SHOWN]


def _page(drawn: Preview) -> dict[str, Any]:
    return {
        "page": drawn.page,
        "pages": drawn.pages,
        "image": data_image(drawn.media_type, drawn.picture),
        "width_mm": drawn.width_mm,
        "height_mm": drawn.height_mm,
        "boxes": [{"signature": each.signature, **asdict(each.place)} for each in drawn.boxes],
        "not_drawn": [_not_drawn(each) for each in drawn.not_drawn],
    }


def _not_drawn(about: NotDrawn) -> dict[str, Any]:
    words = told(about)
    return {**asdict(about), "detail": {"zh": words.zh, "en": words.en}}


@functools.cache
def _typefaces() -> Substitutes:
    """Look once what this machine has; which of them are read depends on the documents."""
    return installed()


def seals(report: Report) -> dict[str, str]:
    """Give the picture inside each signed seal, by the signature's id."""
    found: dict[str, str] = {}
    for each in report.signatures[:SEALS_SHOWN]:
        shown = None if each.seal is None else _shown(each.seal)
        if shown is not None:
            found[each.id] = data_image("image/png", shown)
    return found


def data_image(media_type: str, content: bytes) -> str:
    """Write a picture as a data: address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _shown(seal: SealFacts) -> bytes | None:
    """Give the picture as PNG: some products put an OFD of one page into the seal (GM/T 0031-2014 6.1.1)."""
    if seal.picture_media_type.rpartition("/")[2].lower() != OFD:
        return _written_anew(seal)
    try:
        return PREVIEWS[OFD].opened(seal.picture).draw(1, Wanted(Form.PNG, SCALE, _typefaces())).picture
    except DomainError:
        return None


def _written_anew(seal: SealFacts) -> bytes | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(seal.picture), formats=RASTERS)
            if opened.width * opened.height > MOST_POINTS:
                return None
            picture = opened.convert("RGBA")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = io.BytesIO()
            picture.save(out, "PNG")
            return out.getvalue()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a decoder of foreign bytes may raise anything, and a picture decides nothing
        return None
