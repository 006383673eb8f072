"""The display list: what a page shows, in order, with nothing left to look up. One layout, two writers.

`Drawing` takes shapes and pictures as they come, leaves out what is off the page, and stops at the limits. The writers
(`svg`, `pdf_writing`) see a `Sheet` only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image

from signing.previews.geometry import IDENTITY, Bounds, Box, Matrix, common, growth, is_sane, mapped, times
from signing.previews.limits import Limits
from signing.previews.outlines import Outline
from signing.previews.preview import NotDrawn

# Codes that say that a limit was reached; one of each kind is told, whatever it happened to.
TOO_MUCH: Final = "TOO_MUCH"


@dataclass(frozen=True, slots=True)
class Solid:
    """One colour, of 0 to 1 each; alpha 1 hides what is below."""

    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line or between two circles; `matrix` leads from its coordinates to the page."""

    # x, y, radius of either end; radii are None along a line.
    start: tuple[float, float, float | None]
    end: tuple[float, float, float | None]
    stops: tuple[tuple[float, Solid], ...]
    before: bool
    after: bool
    matrix: Matrix = IDENTITY
    alpha: float = 1.0


Paint = Solid | Gradient


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line is drawn, in the shape's own coordinates."""

    paint: Paint
    width: float
    cap: str = "butt"
    join: str = "miter"
    miter: float = 4.234
    dash: tuple[float, ...] = ()
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Region:
    """A shape on the page inside which things show."""

    outline: Outline
    matrix: Matrix
    even_odd: bool = False

    @property
    def bounds(self) -> Bounds | None:
        """Give the bounds on the page."""
        own = self.outline.bounds
        return mapped(self.matrix, own) if own is not None else None


# Regions that together let show; several clips must all do.
Clip = tuple[Region, ...]
Clips = tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline that is filled, or drawn along, or both."""

    outline: Outline
    matrix: Matrix
    fill: Paint | None = None
    stroke: Stroke | None = None
    even_odd: bool = False
    clips: Clips = ()
    multiply: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster on the unit square of its matrix."""

    raster: Image.Image
    matrix: Matrix
    alpha: float = 1.0
    clips: Clips = ()
    multiply: bool = False
    is_photograph: bool = False


Item = Shape | Picture


@dataclass(frozen=True)
class Sheet:
    """A page that is laid out: its box, and what it shows from below to above."""

    box: Box
    items: tuple[Item, ...]
    not_drawn: tuple[NotDrawn, ...]


@dataclass
class Drawing:
    """Takes what a page shows, within its limits; used for one page."""

    box: Box
    limits: Limits
    items: list[Item] = field(default_factory=list)
    told: dict[tuple[str, str], int] = field(default_factory=dict)
    segments: int = 0
    spelt_segments: int = 0
    is_full: bool = False
    painted: float = 0.0
    objects: int = 0

    def tell(self, code: str, subject: str = "", count: int = 1) -> None:
        """Say that something is not drawn, or not as it stands."""
        self.told[code, subject] = self.told.get((code, subject), 0) + count

    def another_object(self) -> bool:
        """Count an object; false where the page has too many and the rest is left out."""
        if self.is_full:
            return False
        self.objects += 1
        if self.objects > self.limits.objects:
            self.fill_up("objects")
        return not self.is_full

    def fill_up(self, reason: str) -> None:
        """Say that the page has reached a limit; nothing more is taken."""
        if not self.is_full:
            self.tell(TOO_MUCH, reason)
        self.is_full = True

    def add(self, item: Item) -> None:
        """Put something onto the page, unless it is beside it or more than the page may cost."""
        if self.is_full:
            return
        if not is_sane(item.matrix):
            self.tell("GEOMETRY_TOO_LARGE")
            return
        shown = self._shown(item)
        if shown is None:
            return
        area = (shown[2] - shown[0]) * (shown[3] - shown[1]) / max(self.box[2] * self.box[3], 1.0)
        weight = len(item.outline.segments) if isinstance(item, Shape) else 1
        weight += sum(len(region.outline.segments) for clip in item.clips for region in clip)
        if self.segments + weight > self.limits.segments or self.painted + area > self.limits.painted_pages:
            self.fill_up("segments" if self.segments + weight > self.limits.segments else "area")
            return
        self.segments += weight
        self.painted += area
        self.items.append(item)

    def include(self, sheet: Sheet, matrix: Matrix, clips: Clips, *, multiply: bool) -> None:
        """Put a whole sheet onto this page, as a picture that is made of shapes."""
        for item in sheet.items:
            self.add(_placed(item, matrix, clips, multiply=multiply))
        for each in sheet.not_drawn:
            self.tell(each.code, each.subject, each.count)

    def finished(self) -> Sheet:
        """Give the page."""
        told = tuple(NotDrawn(code, subject, count) for (code, subject), count in self.told.items())
        return Sheet(self.box, tuple(self.items), told)

    def _shown(self, item: Item) -> Bounds | None:
        """Give what can be seen of an item, or None where that is nothing."""
        if isinstance(item, Shape):
            own = item.outline.bounds
            if own is None:
                return None
            bounds = mapped(item.matrix, own)
            if item.stroke is not None:
                reach = item.stroke.width * growth(item.matrix) * max(1.0, min(item.stroke.miter, 10.0)) / 2
                bounds = (bounds[0] - reach, bounds[1] - reach, bounds[2] + reach, bounds[3] + reach)
        else:
            bounds = mapped(item.matrix, (0.0, 0.0, 1.0, 1.0))
        x, y, width, height = self.box
        shown = common(bounds, (x, y, x + width, y + height))
        for clip in item.clips:
            shown = common(shown, united(clip)) if shown is not None and clip else None
        return shown


def united(clip: Iterable[Region]) -> Bounds:
    """Give the bounds of all regions of a clip; those of nothing where none has any."""
    found = [each for region in clip if (each := region.bounds) is not None]
    if not found:
        return (0.0, 0.0, -1.0, -1.0)
    return (
        min(each[0] for each in found),
        min(each[1] for each in found),
        max(each[2] for each in found),
        max(each[3] for each in found),
    )


def _placed(item: Item, matrix: Matrix, clips: Clips, *, multiply: bool) -> Item:
    within = tuple(
        tuple(replace(region, matrix=times(region.matrix, matrix)) for region in clip) for clip in item.clips
    )
    placed = replace(
        item, matrix=times(item.matrix, matrix), clips=(*clips, *within), multiply=multiply or item.multiply
    )
    if isinstance(placed, Picture):
        return placed
    stroke = placed.stroke
    return replace(
        placed,
        fill=_paint(placed.fill, matrix) if placed.fill is not None else None,
        stroke=replace(stroke, paint=_paint(stroke.paint, matrix)) if stroke is not None else None,
    )


def _paint(paint: Paint, matrix: Matrix) -> Paint:
    return replace(paint, matrix=times(paint.matrix, matrix)) if isinstance(paint, Gradient) else paint
