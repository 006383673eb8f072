"""Pictures inside documents and seals: decoded within limits, kept no finer than they show.

PNG, JPEG, GIF, BMP, WebP and TIFF are decoded; what comes out is written anew, so that no byte of a foreign file
reaches a browser. JBIG2, JPEG 2000 and vectors are told as not drawn.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

from signing.previews.limits import Limits

FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
JPEG: Final = "JPEG"
JBIG2: Final = b"\x97JB2\r\n\x1a\n"
JPEG_2000: Final = (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
# Points a millimetre that are worth keeping: 300 a twenty-fifth of a millimetre's inch.
POINTS_A_MILLIMETRE: Final = 300 / 25.4
SMALLEST_KEPT: Final = 64


class NoRaster(Exception):
    """The bytes give no picture; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Raster:
    """A decoded picture, in RGB or RGBA."""

    image: Image.Image
    is_photograph: bool
    # How many points were unfolded, for the budget of the page.
    points: int


def raster(data: bytes, limits: Limits, left: int, width_mm: float, height_mm: float) -> Raster:
    """Decode a picture that shows at this size, with so many points left for the page. Raises `NoRaster`."""
    if data.startswith((JBIG2, *JPEG_2000)):
        raise NoRaster("IMAGE_FORMAT")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(data, limits, left, (width_mm, height_mm))
    except NoRaster:
        raise
    except Image.DecompressionBombError as error:
        raise NoRaster("IMAGE_TOO_LARGE") from error
    except UnidentifiedImageError as error:
        raise NoRaster("IMAGE_FORMAT") from error
    except Exception as error:  # a decoder of foreign bytes may raise anything
        raise NoRaster("IMAGE_DAMAGED") from error


def _decoded(data: bytes, limits: Limits, left: int, shows: tuple[float, float]) -> Raster:
    opened = Image.open(io.BytesIO(data), formats=FORMATS)
    whole = opened.width * opened.height
    if whole > (limits.jpeg_points if opened.format == JPEG else limits.image_points):
        raise NoRaster("IMAGE_TOO_LARGE")
    kept = _kept(opened.size, limits, shows)
    if opened.format == JPEG:
        opened.draft("RGB", kept)
    points = opened.width * opened.height
    if points > limits.image_points or points > left:
        raise NoRaster("IMAGE_TOO_LARGE")
    opened.load()
    is_photograph = opened.format == JPEG
    image = _plain(opened)
    if image.width > kept[0] or image.height > kept[1]:
        image = image.resize(kept, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return Raster(image, is_photograph, points)


def _kept(size: tuple[int, int], limits: Limits, shows: tuple[float, float]) -> tuple[int, int]:
    """Tell how many points are worth keeping."""
    width, height = (
        min(have, max(SMALLEST_KEPT, int(most) if (most := millimetres * POINTS_A_MILLIMETRE) < have else have))
        for have, millimetres in zip(size, shows, strict=True)
    )
    too_many = (width * height / limits.kept_points) ** 0.5
    return (max(1, int(width / too_many)), max(1, int(height / too_many))) if too_many > 1 else (width, height)


def _plain(opened: Image.Image) -> Image.Image:
    """Give RGB, or RGBA where something shows through."""
    if opened.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        low, high = opened.getextrema()
        opened = opened.point(lambda value: value * (255 / 65535 if max(abs(float(low)), float(high)) > 255 else 1))  # type: ignore[arg-type] # noqa: PLR2004
        return opened.convert("L").convert("RGB")
    if opened.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in opened.info:
        return opened.convert("RGBA")
    return opened if opened.mode == "RGB" else opened.convert("RGB")


def masked(image: Image.Image, mask: Image.Image) -> Image.Image:
    """Let a picture show where a mask is light."""
    light = mask.convert("L").resize(image.size, Image.Resampling.BILINEAR)
    answer = image.convert("RGBA")
    if image.mode == "RGBA":
        own = image.getchannel("A")
        light = Image.composite(light, Image.new("L", image.size, 0), own)
    answer.putalpha(light)
    return answer


def encoded(image: Image.Image, *, is_photograph: bool) -> tuple[str, bytes]:
    """Write a picture anew: its media type and its bytes."""
    out = io.BytesIO()
    if is_photograph and image.mode == "RGB":
        image.save(out, "JPEG", quality=88)
        return "image/jpeg", out.getvalue()
    image.save(out, "PNG", compress_level=6)
    return "image/png", out.getvalue()
