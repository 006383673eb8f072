"""PDF → PNG through PDFium, with the widgets of signatures as it draws them; as SVG, a picture in a frame."""

from dataclasses import dataclass
from typing import Final

import pypdfium2

from signing.previews import pdfium
from signing.previews.display import Picture, Sheet
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.geometry import Box as Area
from signing.previews.geometry import scaled
from signing.previews.preview import Box, Form, NotDrawn, Preview, Wanted
from signing.previews.svg import svg

FORMAT: Final = "pdf"
# A page of no size or of a kilometre is drawn as PDFium takes it, within these.
SMALLEST_SIDE: Final = 0.1


@dataclass(frozen=True)
class PdfPages:
    """A PDF whose number of pages is known."""

    document: bytes
    count: int

    def draw(self, number: int, wanted: Wanted) -> Preview:
        """Draw a page. Raises `NoSuchPage`, `NoPreview`."""
        if not 1 <= number <= self.count:
            raise NoSuchPage(number, self.count)
        told: tuple[NotDrawn, ...] = ()
        with pdfium.opened(self.document, FORMAT) as opened:
            width, height = _size(opened, number - 1)
            *_, scale = pdfium.pixels(width, height, wanted.scale, wanted.limits)
            if scale < wanted.scale:
                told = (NotDrawn("SMALLER_THAN_ASKED"),)
            image = pdfium.image(opened, number - 1, scale / pdfium.POINTS_A_MILLIMETRE, FORMAT, forms=True)
        if wanted.form is Form.PNG:
            picture = pdfium.png(image)
        else:
            area: Area = (0.0, 0.0, width, height)
            picture = svg(Sheet(area, (Picture(image, scaled(width, height)),), ()))
        boxes = tuple(
            Box(each.id, place) for each in wanted.signatures for place in each.places if place.page == number
        )
        return Preview(number, self.count, wanted.form, picture, width, height, boxes, told)


class PdfRenderer:
    """The renderer as `signing.previews` lists it."""

    @property
    def format(self) -> str:
        """Give the name of the format."""
        return FORMAT

    def opened(self, document: bytes) -> PdfPages:
        """Open a document. Raises `NoPreview`, whatever the bytes are."""
        if len(document) > LARGEST_FILE:
            raise NoPreview(FORMAT, "too-large")
        with pdfium.opened(document, FORMAT) as opened:
            return PdfPages(document, len(opened))


def _size(opened: pypdfium2.PdfDocument, page: int) -> tuple[float, float]:
    """Tell the size of a page in millimetres. Raises `NoPreview`."""
    try:
        width, height = opened.get_page_size(page)
    except pypdfium2.PdfiumError as error:
        raise NoPreview(FORMAT, "damaged") from error
    sides = (width / pdfium.POINTS_A_MILLIMETRE, height / pdfium.POINTS_A_MILLIMETRE)
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides):
        raise NoPreview(FORMAT, "page-size")
    return sides


# As much as reading signatures takes; PDFium holds a document several times over.
LARGEST_FILE: Final = 64 * 1024 * 1024
LARGEST_SIDE: Final = 100_000.0
PDF: Final = PdfRenderer()
