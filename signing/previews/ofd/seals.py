"""Seals on a page: the picture out of the signed seal, where the signature says, with multiply as ink on paper does.

A picture that is an OFD of its own is laid out like any page, one level deep. A seal across pages shows its strip.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signing.errors import UnreadableDocument
from signing.formats.ofd.description import Stamp
from signing.formats.ofd.package import package
from signing.previews.display import TOO_MUCH, Drawing, Picture, Region, Sheet
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.geometry import IDENTITY, Box, Matrix, moved, scaled, times
from signing.previews.ofd.document import ShownDocument, shown_document
from signing.previews.outlines import rectangle
from signing.previews.preview import SealPicture
from signing.previews.rasters import NoRaster, raster

ARCHIVE: Final = b"PK\x03\x04"
VECTORS: Final = (b"<svg", b"<?xml")
# A seal of 40 mm has 472 points a side at 300 dpi; more than this is nothing that an eye sees of a seal.
MOST_POINTS: Final = 1024 * 1024


Nested = Callable[[ShownDocument], Sheet]


@dataclass(frozen=True)
class SealOnPage:
    """A signature's stamps on one page, and the picture of its seal, if that may be drawn."""

    signature: str
    stamps: tuple[Stamp, ...]
    picture: SealPicture | None


def seals(drawing: Drawing, stamped: Sequence[SealOnPage], nested: Nested) -> None:
    """Draw the seals of a page, in the order of the signatures; `nested` lays out a seal that is a document."""
    left = drawing.limits.stamps
    for each in stamped:
        if not each.stamps:
            continue
        if each.picture is None:
            drawing.tell("SEAL_WITHOUT_PICTURE", each.signature)
            continue
        if len(each.stamps) > left:
            drawing.tell(TOO_MUCH, "stamps")
        _seal(drawing, each.signature, each.picture, each.stamps[: max(0, left)], nested)
        left -= len(each.stamps)


def _seal(drawing: Drawing, signature: str, picture: SealPicture, stamps: Sequence[Stamp], nested: Nested) -> None:
    try:
        put = (
            _vector(drawing, picture, nested) if picture.data.startswith(ARCHIVE) else _raster(drawing, picture, stamps)
        )
    except (NoRaster, NoPreview, NoSuchPage, UnreadableDocument) as error:
        drawing.tell("SEAL_PICTURE", f"{signature}: {error.code}")
        return
    for stamp in stamps:
        if stamp.boundary is None or (stamp.has_clip and stamp.clip is None):
            drawing.tell("STAMP_NOT_PLACED", signature)
            continue
        put(stamp.boundary, _strip(stamp))


Put = Callable[[Box, tuple[tuple[Region, ...], ...]], None]


def _raster(drawing: Drawing, picture: SealPicture, stamps: Sequence[Stamp]) -> Put:
    if picture.data.lstrip()[:5].lower().startswith(VECTORS):
        raise NoRaster("IMAGE_FORMAT")
    sizes = [each.boundary for each in stamps if each.boundary is not None] or [(0.0, 0.0, 1.0, 1.0)]
    width, height = max(each[2] for each in sizes), max(each[3] for each in sizes)
    limits = replace(drawing.limits, kept_points=MOST_POINTS)
    found = raster(picture.data, limits, limits.image_points, width, height)

    def put(box: Box, clips: tuple[tuple[Region, ...], ...]) -> None:
        x, y, wide, high = box
        drawing.add(Picture(found.image, times(scaled(wide, high), moved(x, y)), clips=clips, multiply=True))

    return put


def _vector(drawing: Drawing, picture: SealPicture, nested: Nested) -> Put:
    """Lay a nested document out once; its own signatures, if it has any, are not drawn."""
    document = shown_document(package(picture.data))
    inside = nested(document)

    def put(box: Box, clips: tuple[tuple[Region, ...], ...]) -> None:
        x, y, wide, high = box
        left, top, own_wide, own_high = inside.box
        matrix: Matrix = times(moved(-left, -top), times(scaled(wide / own_wide, high / own_high), moved(x, y)))
        drawing.include(inside, matrix, (*clips, (Region(rectangle(box), IDENTITY),)), multiply=True)

    return put


def _strip(stamp: Stamp) -> tuple[tuple[Region, ...], ...]:
    """Give the part of a stamp that shows."""
    if stamp.clip is None or stamp.boundary is None:
        return ()
    x, y = stamp.boundary[0] + stamp.clip[0], stamp.boundary[1] + stamp.clip[1]
    return ((Region(rectangle((x, y, stamp.clip[2], stamp.clip[3])), IDENTITY),),)
