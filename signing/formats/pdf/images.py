"""Pictures of seals as image objects of PDF: decoded and deflated once, then re-emitted as they are.

A seal is the same on every document, and deflating its picture costs more than signing: the outcome is kept.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

import functools
import io
import zlib
from dataclasses import dataclass, field
from typing import Final

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from signing.errors import CannotSign

__all__ = ["DeflatedPicture", "deflated", "image_object"]

# A scan of a seal of 60 mm at 600 dpi has 1,417 points on a side; more makes every document larger and shows no more.
LONGEST_SIDE: Final = 2048
_FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/bmp": "BMP"}
_KEPT: Final = 64


@dataclass(frozen=True)
class DeflatedPicture:
    """A picture as two deflated planes: colours, and how opaque each point is (none where all are)."""

    width: int
    height: int
    colours: bytes = field(repr=False)
    opacity: bytes | None = field(repr=False)


@functools.lru_cache(maxsize=_KEPT)
def deflated(picture: bytes, media_type: str) -> DeflatedPicture:
    """Decode a picture. Raises `CannotSign`."""
    form = _FORMATS.get(media_type.lower())
    if form is None:
        raise CannotSign("pdf", "picture-type")
    try:
        with Image.open(io.BytesIO(picture), formats=[form]) as opened:
            fits = max(opened.size) <= LONGEST_SIDE
            points = opened.convert("RGBA") if fits else None
    except Exception as error:
        # Pillow's decoders let many kinds of exception out; all mean the same here.
        raise CannotSign("pdf", "picture-damaged") from error
    if points is None:
        raise CannotSign("pdf", "picture-size")
    opacity = points.getchannel("A")
    seen = opacity.getextrema() != (255, 255)
    return DeflatedPicture(
        points.width,
        points.height,
        zlib.compress(points.convert("RGB").tobytes(), 9),
        zlib.compress(opacity.tobytes(), 9) if seen else None,
    )


def image_object(writer: BasePdfFileWriter, picture: DeflatedPicture) -> generic.IndirectObject:
    """Add a picture to a document and give its reference."""
    colours = _plane(picture, "/DeviceRGB", picture.colours)
    if picture.opacity is not None:
        colours[pdf_name("/SMask")] = writer.add_object(_plane(picture, "/DeviceGray", picture.opacity))
    return writer.add_object(colours)


def _plane(picture: DeflatedPicture, space: str, data: bytes) -> generic.StreamObject:
    number = generic.NumberObject
    return generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Image"),
            pdf_name("/Width"): number(picture.width),
            pdf_name("/Height"): number(picture.height),
            pdf_name("/ColorSpace"): pdf_name(space),
            pdf_name("/BitsPerComponent"): number(8),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        },
        encoded_data=data,
    )
