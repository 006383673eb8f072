"""PDFium as the rasteriser: pages of PDF documents, and our own sheets on their way to PNG.

The library keeps state for the whole process and bears no two threads at once, so there is one lock. JavaScript and
XFA are not compiled into it, and nothing here opens a file or an address. What foreign PDFs may cost in time and
memory is bounded by the process around it; here their pages and pixels are.
"""

import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pypdfium2
from PIL import Image

from signing.previews.errors import NoPreview
from signing.previews.limits import Limits

POINTS_A_MILLIMETRE: Final = 72 / 25.4
# The one thing of the process that cannot be handed in: the library behind it is one, too.
ALONE: Final = threading.Lock()
SMALLEST: Final = 1
# Without an end a page of a hair's breadth could be a million points long.
LONGEST_SIDE: Final = 20_000


@contextmanager
def opened(document: bytes, format_name: str) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF and have the library for oneself. Raises `NoPreview`."""
    with ALONE:
        try:
            pdf = pypdfium2.PdfDocument(document)
        except (pypdfium2.PdfiumError, ValueError) as error:
            raise NoPreview(format_name, reason_of(error)) from error
        try:
            yield pdf
        finally:
            pdf.close()


def reason_of(error: Exception) -> str:
    """Give the library's reason as a word."""
    text = str(error)
    known = {"Incorrect password": "encrypted", "Unsupported security": "encrypted", "Data format": "damaged"}
    return next((word for piece, word in known.items() if piece in text), "damaged")


def image(pdf: pypdfium2.PdfDocument, page: int, scale: float, format_name: str, *, forms: bool) -> Image.Image:
    """Draw a page, counted from 0, at so many pixels a point. Raises `NoPreview`."""
    try:
        if forms and pdf.formenv is None:
            pdf.init_forms()
        one = pdf[page]
        try:
            drawn: Image.Image = one.render(scale=scale, may_draw_forms=forms).to_pil()
            return drawn.convert("RGB")
        finally:
            one.close()
    except (pypdfium2.PdfiumError, ValueError, MemoryError, OverflowError) as error:
        raise NoPreview(format_name, "damaged") from error


def pixels(width_mm: float, height_mm: float, scale: float, limits: Limits) -> tuple[int, int, float]:
    """Tell the size in pixels and the scale that the limits leave of the one asked for."""
    wide, high = max(width_mm, 0.01), max(height_mm, 0.01)
    scale = scale if math.isfinite(scale) else 0.0
    most = min(math.sqrt(limits.pixels / (wide * high)), LONGEST_SIDE / wide, LONGEST_SIDE / high)
    left = min(max(scale, 0.01), most)
    # Sides are rounded up where pages are drawn.
    while math.ceil(wide * left) * math.ceil(high * left) > limits.pixels:
        left *= 0.999
    return max(SMALLEST, int(wide * left)), max(SMALLEST, int(high * left)), left


def png(picture: Image.Image) -> bytes:
    """Write a PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()
