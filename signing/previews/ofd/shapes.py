"""Path objects, and the clips that any object may carry (GB/T 33190-2016 9 and 8.4)."""

from dataclasses import replace
from typing import Final

from signing.formats.ofd.markup import Element, local
from signing.previews.display import TOO_MUCH, Region, Shape
from signing.previews.geometry import IDENTITY, Matrix, box, growth, mapped, matrix, moved, times
from signing.previews.ofd.colours import BLACK
from signing.previews.ofd.scene import LINE_WIDTH, Frame, Placed, Scene, is_on, placed, stroke
from signing.previews.outlines import BadOutline, Outline, outline

EVEN_ODD: Final = "even-odd"
# Clips of one object, and areas of one clip; the field has one of each.
MOST_CLIPS: Final = 16
MOST_AREAS: Final = 200


def path(scene: Scene, element: Element, frame: Frame) -> None:
    """Draw a path object."""
    at = placed(scene, element, frame)
    if at is None or (found := _outline(scene, element)) is None or found.bounds is None:
        return
    at = clipped(scene, at)
    fill = None
    if is_on(at, "Fill", default=False):
        fill = scene.colours.paint(at.child("FillColor"), at.frame.alpha, at.frame.matrix)
    line = stroke(scene, at, BLACK) if is_on(at, "Stroke", default=True) else None
    reach = line.width if line is not None else LINE_WIDTH
    bounds = mapped(at.frame.matrix, found.bounds)
    grown = reach * growth(at.frame.matrix) / 2
    shown = (bounds[0] - grown, bounds[1] - grown, bounds[2] + grown, bounds[3] + grown)
    clips = at.clips(at.limit(max(reach, LINE_WIDTH)), shown)
    scene.drawing.add(Shape(found, at.frame.matrix, fill, line, is_even_odd(element), clips))


def is_even_odd(element: Element) -> bool:
    """Read the fill rule."""
    return (element.get("Rule") or "").strip().lower() in {EVEN_ODD, "evenodd"}


def clipped(scene: Scene, at: Placed) -> Placed:
    """Add the clips that an object carries; one that cannot be drawn is told and does not cut."""
    found: list[tuple[Region, ...]] = []
    for clips in (each for each in at.element if local(each) == "Clips"):
        follows = (clips.get("TransFlag") or "true").strip().lower() not in {"false", "0"}
        outer = at.frame.matrix if follows else _untransformed(at)
        for clip in [each for each in clips if local(each) == "Clip"][:MOST_CLIPS]:
            regions = [_region(scene, area, outer) for area in clip if local(area) == "Area"][:MOST_AREAS]
            if None in regions:
                scene.drawing.tell("CLIP_NOT_DRAWN")
            elif regions:
                found.append(tuple(each for each in regions if each is not None))
    return replace(at, frame=replace(at.frame, clips=(*at.frame.clips, *found))) if found else at


def _untransformed(at: Placed) -> Matrix:
    return times(moved(at.boundary[0], at.boundary[1]) if at.boundary is not None else IDENTITY, at.around)


def _region(scene: Scene, area: Element, outer: Matrix) -> Region | None:
    """Give an area of a clip: a path in the object's coordinates."""
    shape = next((each for each in area if local(each) == "Path"), None)
    around = matrix(area.get("CTM")) if area.get("CTM") is not None else IDENTITY
    if shape is None or around is None:
        return None
    own = matrix(shape.get("CTM")) if shape.get("CTM") is not None else IDENTITY
    boundary = box(shape.get("Boundary"))
    found = _outline(scene, shape)
    if own is None or found is None:
        return None
    placed_at = moved(boundary[0], boundary[1]) if boundary is not None else IDENTITY
    return Region(found, times(times(times(own, placed_at), around), outer), is_even_odd(shape))


def _outline(scene: Scene, element: Element) -> Outline | None:
    data = next((each for each in element if local(each) == "AbbreviatedData"), None)
    if data is None:
        scene.drawing.tell("OBJECT_MALFORMED", "AbbreviatedData")
        return None
    drawing = scene.drawing
    try:
        found = outline("".join(data.itertext()), drawing.limits.spelt_segments - drawing.spelt_segments)
    except BadOutline as error:
        if error.code == TOO_MUCH:
            drawing.fill_up("segments")
        else:
            drawing.tell(error.code, "AbbreviatedData")
        return None
    drawing.spelt_segments += len(found.segments)
    return found
