"""Where a signature shows: pages from 1, millimetres from the upper left corner of what a reader sees of the page.

What is seen is the CropBox (else the MediaBox), turned by /Rotate, in units of /UserUnit. Pages are counted from the
tree; a node whose /Count is the number of its children is taken to hold pages only, without opening each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.formats.pdf.fields import Widget, is_number, rectangle, resolved
from signing.formats.pdf.limits import Limits, OverLimit
from signing.report import Place

__all__ = ["PagePlane", "page_references", "places", "plane"]

POINTS_A_MILLIMETRE: Final = 72 / 25.4
# ISO 32000-1 7.7.3.3: a page without a box is of the size of the reader's choice; A4 is ours.
_A4: Final = (0.0, 0.0, 595.28, 841.89)
_QUARTER: Final = 90
_DEEPEST_TREE: Final = 64
_BLURRED: Final = 3


@dataclass(frozen=True)
class PagePlane:
    """What a reader sees of a page: the box in points, how it is turned, and the size of its unit."""

    left: float
    bottom: float
    right: float
    top: float
    turned: int
    unit: float

    def place(self, number: int, box: tuple[float, float, float, float]) -> Place:
        """Tell where a rectangle of the page shows."""
        left, bottom, right, top = box
        wide, high = right - left, top - bottom
        x, y = {
            0: (left - self.left, self.top - top),
            90: (bottom - self.bottom, left - self.left),
            180: (self.right - right, bottom - self.bottom),
            270: (self.top - top, self.right - right),
        }[self.turned]
        if self.turned % 180:
            wide, high = high, wide
        numbers = (round(each * self.unit / POINTS_A_MILLIMETRE, _BLURRED) for each in (x, y, wide, high))
        return Place(number, *numbers)

    def box(self, place: Place) -> tuple[float, float, float, float]:
        """Tell the rectangle of the page that shows at a place."""
        scale = POINTS_A_MILLIMETRE / self.unit
        x, y, wide, high = (each * scale for each in (place.x_mm, place.y_mm, place.width_mm, place.height_mm))
        if self.turned == 90:  # noqa: PLR2004 - clockwise, ISO 32000-1 table 30
            return self.left + y, self.bottom + x, self.left + y + high, self.bottom + x + wide
        if self.turned == 180:  # noqa: PLR2004
            return self.right - x - wide, self.bottom + y, self.right - x, self.bottom + y + high
        if self.turned == 270:  # noqa: PLR2004
            return self.right - y - high, self.top - x - wide, self.right - y, self.top - x
        return self.left + x, self.top - y - high, self.left + x + wide, self.top - y


def places(handler: PdfHandler, widgets: Sequence[Widget], limits: Limits) -> tuple[Place, ...]:
    """Find where annotations show, in the order of pages. Raises `OverLimit`, and what pyHanko raises."""
    wanted = [widget for widget in widgets if widget.visible]
    if not wanted:
        return ()
    numbers = {reference: number for number, reference in enumerate(page_references(handler, limits), start=1)}
    found: list[Place] = []
    for widget in wanted:
        page = _page_of(handler, widget, numbers)
        box = widget.rectangle
        if page is not None and box is not None:
            found.append(plane(page.get_object()).place(numbers[page], box))
    return tuple(sorted(found, key=lambda place: (place.page, place.y_mm, place.x_mm)))


def page_references(handler: PdfHandler, limits: Limits) -> Iterator[Any]:
    """Give the references of the pages in their order. Raises `OverLimit`."""
    root = handler.root.raw_get("/Pages")
    waiting: list[tuple[Any, int]] = [(root, 0)]
    seen: set[Any] = set()
    count = 0
    while waiting:
        raw, depth = waiting.pop()
        reference = raw.reference if isinstance(raw, generic.IndirectObject) else None
        if depth > _DEEPEST_TREE or (reference is not None and reference in seen):
            continue
        seen.add(reference)
        node = raw.get_object()
        kids = resolved(node, "/Kids") if isinstance(node, generic.DictionaryObject) else None
        if not isinstance(kids, generic.ArrayObject):
            below = [raw]
        elif node.get("/Count") == len(kids):
            below = [kids.raw_get(position) for position in range(len(kids))]
        else:
            waiting += [(kids.raw_get(position), depth + 1) for position in reversed(range(len(kids)))]
            continue
        for page in below:
            count += 1
            if count > limits.pages:
                raise OverLimit("pages")
            if isinstance(page, generic.IndirectObject):
                yield page.reference


def plane(page: Any) -> PagePlane:
    """Read what a reader sees of a page."""
    media = rectangle(_inherited(page, "/MediaBox")) or _A4
    crop = rectangle(_inherited(page, "/CropBox")) or media
    seen = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    if seen[0] >= seen[2] or seen[1] >= seen[3]:
        seen = media
    turned = _inherited(page, "/Rotate")
    unit = page.get("/UserUnit", 1)
    return PagePlane(
        *seen,
        turned=int(turned) % 360 // _QUARTER * _QUARTER if is_number(turned) else 0,
        unit=float(unit) if is_number(unit) and unit > 0 else 1.0,
    )


def _page_of(handler: PdfHandler, widget: Widget, numbers: dict[Any, int]) -> Any:
    """Find the page whose /Annots name the annotation; /P is only a hint."""
    hint = widget.dictionary.raw_get("/P") if "/P" in widget.dictionary else None
    likely = hint.reference if isinstance(hint, generic.IndirectObject) else None
    order = [likely] if likely in numbers else []
    for page in [*order, *(each for each in numbers if each != likely)]:
        annotations = resolved(handler.get_object(page), "/Annots")
        if isinstance(annotations, generic.ArrayObject) and any(
            isinstance(raw, generic.IndirectObject) and raw.reference == widget.reference
            for raw in (annotations.raw_get(position) for position in range(len(annotations)))
        ):
            return page
    return None


def _inherited(page: Any, key: str) -> Any:
    node = page
    for _ in range(_DEEPEST_TREE):
        if not isinstance(node, generic.DictionaryObject):
            return None
        if key in node:
            return node.get(key)
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None
