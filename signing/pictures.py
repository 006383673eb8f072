"""Pictures of seals: any raster that a clerk brings becomes one clean PNG, or is refused.

The picture is decoded and written anew, so that nothing hidden in the file (comments, profiles, a second image, a
script) gets into a seal. Vectors are refused: SVG is a program. This runs on what a logged-in clerk uploads; the public
never reaches it.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

from signing.errors import UnusableSealPicture

FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP")
# A scan of a 60 mm seal at 400 dpi has 945 points; more only makes every sealed document larger.
LONGEST_SIDE: Final = 1024
SHORTEST_SIDE: Final = 64
LARGEST_FILE: Final = 2 * 1024 * 1024
# What the decoder may be asked to unfold before the size is known to be sane; 25 million points are 100 MB.
MOST_POINTS: Final = 25_000_000


@dataclass(frozen=True)
class SealPicture:
    """A picture that was decoded and written anew."""

    png: bytes
    width: int
    height: int


def cleaned(data: bytes) -> SealPicture:
    """Decode a picture and write it as PNG, white made transparent where it has no transparency of its own.

    Raises `UnusableSealPicture`.
    """
    if len(data) > LARGEST_FILE:
        raise UnusableSealPicture("too-large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _written(_decoded(data))
    except UnusableSealPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusableSealPicture("too-many-points") from error
    except UnidentifiedImageError as error:
        raise UnusableSealPicture("no-raster-picture") from error
    except Exception as error:  # a decoder of foreign bytes may raise anything
        raise UnusableSealPicture("damaged") from error


def _decoded(data: bytes) -> Image.Image:
    opened = Image.open(io.BytesIO(data), formats=FORMATS)
    width, height = opened.size
    if width * height > MOST_POINTS:
        raise UnusableSealPicture("too-many-points")
    if getattr(opened, "n_frames", 1) != 1:
        raise UnusableSealPicture("more-than-one-picture")
    if min(width, height) < SHORTEST_SIDE:
        raise UnusableSealPicture("too-small")
    opened.load()
    return opened


def _written(opened: Image.Image) -> SealPicture:
    picture = opened.convert("RGBA")
    if picture.getchannel("A").getextrema() == (255, 255):
        picture.putalpha(_ink(picture))
    if picture.getchannel("A").getextrema() == (0, 0):
        raise UnusableSealPicture("empty")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return SealPicture(out.getvalue(), picture.width, picture.height)


def _ink(picture: Image.Image) -> Image.Image:
    """Tell how far each point is from white paper: that much ink lies there."""
    red, green, blue, _ = picture.split()
    darkest = Image.merge("RGB", (red, green, blue)).convert("L", (0.1, 0.45, 0.45, 0.0))
    return darkest.point(lambda light: 0 if light > PAPER else min(255, (PAPER - light) * 4))


# Brighter than this is paper; a scanner's white is rarely pure.
PAPER: Final = 236
