"""How a signature shows: one form object for each place, the picture filling it, upright for the reader.

Where the places show parts of one picture (a seal over the edges of pages), the picture is as large as the parts
together, and each place is the window through which its part is seen.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from signing.errors import CannotSign
from signing.formats.format import Appearance
from signing.formats.pdf.images import deflated, image_object
from signing.formats.pdf.places import POINTS_A_MILLIMETRE

__all__ = ["Painter", "empty_form"]

Clip = tuple[float, float, float, float]
# ISO 32000-1 12.5.5: a form is fitted into the rectangle after its matrix; so the matrix only turns.
_TURNS: Final = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@dataclass(frozen=True)
class Painter:
    """Draws one picture at many places of one document."""

    writer: BasePdfFileWriter
    image: Any
    size_mm: tuple[float, float]

    @classmethod
    def of(cls, writer: BasePdfFileWriter, appearance: Appearance) -> "Painter":
        """Add the picture to a document. Raises `CannotSign`."""
        clips = appearance.clips
        if clips and len(clips) != len(appearance.places):
            raise CannotSign("pdf", "clips")
        picture = deflated(appearance.picture, appearance.picture_media_type)
        return cls(writer, image_object(writer, picture), _size_of_parts(clips))

    def form(self, wide_mm: float, high_mm: float, turned: int, clip: Clip | None) -> Any:
        """Add the form that shows the picture, or a part of it, in so many millimetres as the reader sees them."""
        wide, high = wide_mm * POINTS_A_MILLIMETRE, high_mm * POINTS_A_MILLIMETRE
        if clip is None:
            x, y, image_wide, image_high = 0.0, 0.0, wide, high
        else:
            left, top, part_wide, part_high = clip
            if part_wide <= 0 or part_high <= 0:
                raise CannotSign("pdf", "clips")
            across, down = wide / part_wide, high / part_high
            image_wide, image_high = self.size_mm[0] * across, self.size_mm[1] * down
            x, y = -left * across, high + top * down - image_high
        content = f"q {image_wide:.4f} 0 0 {image_high:.4f} {x:.4f} {y:.4f} cm /Im Do Q"
        resources = _dictionary({"/XObject": _dictionary({"/Im": self.image})})
        return self.writer.add_object(_form(wide, high, turned, content, resources))


def empty_form(writer: BasePdfFileWriter, wide: float, high: float) -> Any:
    """Add a form that shows nothing: the appearance of a field that waits for its signature."""
    return writer.add_object(_form(wide, high, 0, "", _dictionary({})))


def _size_of_parts(clips: Sequence[Clip | None]) -> tuple[float, float]:
    parts = [clip for clip in clips if clip is not None]
    return max((x + wide for x, _, wide, _ in parts), default=0.0), max(
        (y + high for _, y, _, high in parts), default=0.0
    )


def _form(wide: float, high: float, turned: int, content: str, resources: Any) -> generic.StreamObject:
    matrix = (*_TURNS[turned], 0, 0)
    return generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(0, 0, wide, high),
            pdf_name("/Matrix"): _numbers(*matrix),
            pdf_name("/Resources"): resources,
        },
        stream_data=content.encode("ascii"),
    )


def _numbers(*numbers: float) -> generic.ArrayObject:
    return generic.ArrayObject(
        generic.NumberObject(each) if isinstance(each, int) else generic.FloatObject(f"{each:.4f}") for each in numbers
    )


def _dictionary(entries: dict[str, Any]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(key): value for key, value in entries.items()})
