"""What drawing an OFD page carries along: the display list, the resources, and the state around an object.

A graphic object has its place by Boundary and CTM, may be turned off, half transparent, cut by clips, and takes
drawing parameters from itself, from a chain of DrawParams, or from its layer (GB/T 33190-2016 8.2, 8.5).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from PIL import Image

from signing.formats.ofd.markup import Element, local
from signing.previews.display import Clips, Drawing, Paint, Region, Solid, Stroke
from signing.previews.geometry import (
    IDENTITY,
    Bounds,
    Box,
    Matrix,
    box,
    matrix,
    moved,
    number,
    numbers,
    times,
)
from signing.previews.ofd.colours import Colours
from signing.previews.ofd.resources import Resources
from signing.previews.outlines import rectangle

if TYPE_CHECKING:
    from signing.previews.ofd.typefaces import Typefaces

# GB/T 33190-2016 table 21 and 22.
LINE_WIDTH: Final = 0.353
MITER_LIMIT: Final = 4.234
CAPS: Final = {"butt": "butt", "round": "round", "square": "square"}
JOINS: Final = {"miter": "miter", "round": "round", "bevel": "bevel"}
OPAQUE: Final = 255.0
LONGEST_CHAIN: Final = 16
MOST_DASHES: Final = 32
# A dash shorter than a hundredth of a millimetre is not seen, and a page of them costs much.
SHORTEST_DASH: Final = 0.01
UNSEEN: Final = 0.0


@dataclass
class Scene:
    """One page being drawn."""

    drawing: Drawing
    resources: Resources
    colours: Colours
    typefaces: "Typefaces"
    image_points_left: int
    images_left: int
    images: dict[tuple[str, str], Image.Image | None] = field(default_factory=dict)
    photographs: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Frame:
    """What surrounds an object: the way to the page, clips, alpha, parameters, and how deep it is."""

    matrix: Matrix = IDENTITY
    clips: Clips = ()
    alpha: float = 1.0
    parameters: tuple[Element, ...] = ()
    depth: int = 0


@dataclass(frozen=True)
class Placed:
    """An object with its frame: `frame.matrix` leads from its own coordinates, `around` from its parent's."""

    element: Element
    frame: Frame
    boundary: Box | None
    around: Matrix

    def attribute(self, name: str) -> str | None:
        """Give an attribute of the object, else of its parameters."""
        found = self.element.get(name)
        if found is not None:
            return str(found)
        return next((str(each.get(name)) for each in self.frame.parameters if each.get(name) is not None), None)

    def child(self, name: str) -> Element | None:
        """Give a child of the object, else of its parameters."""
        for each in (self.element, *self.frame.parameters):
            for below in each:
                if local(below) == name:
                    return below
        return None

    def limit(self, margin: float) -> Region | None:
        """Give the region that the boundary leaves, with a margin for what lies across its edge."""
        if self.boundary is None:
            return None
        x, y, width, height = self.boundary
        grown = (x - margin, y - margin, width + 2 * margin, height + 2 * margin)
        return Region(rectangle(grown), self.around)

    def clips(self, limit: Region | None, shown: Bounds | None) -> Clips:
        """Give the clips of something inside; the boundary's is left out where it cuts nothing."""
        if limit is None or shown is None:
            return self.frame.clips
        straight = not (self.around[1] or self.around[2])
        bounds = limit.bounds
        if straight and bounds is not None and _inside(shown, bounds):
            return self.frame.clips
        return (*self.frame.clips, (limit,))


def placed(scene: Scene, element: Element, frame: Frame) -> Placed | None:
    """Place an object, or give None where it does not show."""
    if (element.get("Visible") or "").strip().lower() in {"false", "0"}:
        return None
    boundary = box(element.get("Boundary"))
    if element.get("Boundary") is not None and boundary is None:
        scene.drawing.tell("OBJECT_MALFORMED", "Boundary")
        return None
    own = matrix(element.get("CTM")) if element.get("CTM") is not None else IDENTITY
    if own is None:
        scene.drawing.tell("OBJECT_MALFORMED", "CTM")
        return None
    inner = times(own, moved(boundary[0], boundary[1])) if boundary is not None else own
    opacity = number(element.get("Alpha"))
    alpha = frame.alpha * max(0.0, min(1.0, (OPAQUE if opacity is None else opacity) / OPAQUE))
    if alpha <= UNSEEN:
        return None
    parameters = (*chain(scene, element), *frame.parameters)
    inside = replace(frame, matrix=times(inner, frame.matrix), alpha=alpha, parameters=parameters)
    return Placed(element, inside, boundary, frame.matrix)


def chain(scene: Scene, element: Element) -> tuple[Element, ...]:
    """Give the drawing parameters that an element names, and those that they rest on."""
    found: list[Element] = []
    name = element.get("DrawParam")
    while name is not None and len(found) < LONGEST_CHAIN:
        resource = scene.resources.get("DrawParam", name)
        if resource is None:
            scene.drawing.tell("RESOURCE_MISSING", "DrawParam")
            break
        if resource.element in found:
            break
        found.append(resource.element)
        name = resource.element.get("Relative")
    return tuple(found)


def stroke(scene: Scene, at: Placed, default: Solid | None = None) -> Stroke | None:
    """Give how the object's lines are drawn; None where nothing is."""
    colour = at.child("StrokeColor")
    if colour is None and default is not None:
        paint: Paint | None = replace(default, alpha=at.frame.alpha)
    else:
        paint = scene.colours.paint(colour, at.frame.alpha, at.frame.matrix)
    if paint is None:
        return None
    width = number(at.attribute("LineWidth"))
    miter = number(at.attribute("MiterLimit"))
    return Stroke(
        paint,
        LINE_WIDTH if width is None or width < 0 else width,
        CAPS.get((at.attribute("Cap") or "").strip().lower(), "butt"),
        JOINS.get((at.attribute("Join") or "").strip().lower(), "miter"),
        MITER_LIMIT if miter is None or miter < 1 else miter,
        _dashes(at.attribute("DashPattern")),
        max(0.0, number(at.attribute("DashOffset")) or 0.0),
    )


def is_on(at: Placed, name: str, *, default: bool) -> bool:
    """Read an attribute that is yes or no."""
    value = (at.attribute(name) or "").strip().lower()
    return default if value not in {"true", "false", "1", "0"} else value in {"true", "1"}


def children(element: Element) -> Iterator[tuple[str, Element]]:
    """Go through the children that are elements, with their names."""
    for each in element:
        if name := local(each):
            yield name, each


def _dashes(value: str | None) -> tuple[float, ...]:
    found = numbers(value, MOST_DASHES) if value else None
    if not found or any(each < 0 for each in found) or sum(found) / len(found) < SHORTEST_DASH:
        return ()
    return found if len(found) % 2 == 0 else found * 2


def _inside(inner: Bounds, outer: Bounds) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
