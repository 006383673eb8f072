"""From a sheet to a picture: SVG as it is, PNG by way of PDFium."""

from signing.previews import pdfium
from signing.previews.display import Sheet
from signing.previews.pdf_writing import pdf
from signing.previews.preview import Box, Form, NotDrawn, Preview, Wanted
from signing.previews.svg import svg


def preview_of(
    sheet: Sheet, number: int, count: int, format_name: str, wanted: Wanted, boxes: tuple[Box, ...]
) -> Preview:
    """Write a sheet in the form that is wanted. Raises `NoPreview`."""
    told = list(sheet.not_drawn)
    width, height = sheet.box[2], sheet.box[3]
    if wanted.form is Form.SVG:
        picture = svg(sheet)
    else:
        wide, high, scale = pdfium.pixels(width, height, wanted.scale, wanted.limits)
        if scale < wanted.scale:
            told.append(NotDrawn("SMALLER_THAN_ASKED"))
        with pdfium.opened(pdf(sheet, wide, high), format_name) as opened:
            picture = pdfium.png(pdfium.image(opened, 0, 1.0, format_name, forms=False))
    return Preview(number, count, wanted.form, picture, width, height, boxes, tuple(told))
