"""Image objects: a raster on the unit square of the object's CTM, with its mask and its frame (clause 10)."""

import math
from typing import Final

from PIL import Image

from signing.formats.ofd.errors import shown
from signing.formats.ofd.markup import Element, local, named
from signing.previews.display import Picture, Shape
from signing.previews.geometry import mapped, scaled, times
from signing.previews.ofd.colours import BLACK
from signing.previews.ofd.scene import Frame, Placed, Scene, placed, stroke
from signing.previews.ofd.shapes import clipped
from signing.previews.outlines import rectangle
from signing.previews.rasters import NoRaster, masked, raster

UNIT: Final = (0.0, 0.0, 1.0, 1.0)


def image(scene: Scene, element: Element, frame: Frame) -> None:
    """Draw an image object."""
    at = placed(scene, element, frame)
    if at is None:
        return
    at = clipped(scene, at)
    matrix = at.frame.matrix
    if element.get("CTM") is None and at.boundary is not None:
        # Without a CTM the picture would be a millimetre wide; readers of the field let it fill its boundary.
        matrix = times(scaled(at.boundary[2], at.boundary[3]), matrix)
    number, mask = (element.get("ResourceID") or "").strip(), (element.get("ImageMask") or "").strip()
    size = (math.hypot(matrix[0], matrix[1]), math.hypot(matrix[2], matrix[3]))
    if (found := _image(scene, number, mask, size)) is None:
        return
    clips = at.clips(at.limit(0.01), mapped(matrix, UNIT))
    is_photograph = id(found) in scene.photographs
    scene.drawing.add(Picture(found, matrix, at.frame.alpha, clips, is_photograph=is_photograph))
    _border(scene, at, element)


def _image(scene: Scene, number: str, mask: str, size: tuple[float, float]) -> Image.Image | None:
    """Decode a picture once, whatever number of times it is used."""
    key = (number, mask)
    if key not in scene.images:
        scene.images[key] = None
        found = _decoded(scene, number, size)
        if found is not None and mask:
            cover = _decoded(scene, mask, size)
            found = masked(found, cover) if cover is not None else found
        scene.images[key] = found
    return scene.images[key]


def _decoded(scene: Scene, number: str, size: tuple[float, float]) -> Image.Image | None:
    resource = scene.resources.get("MultiMedia", number)
    file = next(named(resource.element, "MediaFile"), None) if resource is not None else None
    entry = scene.resources.file(resource, file) if resource is not None else None
    if entry is None or resource is None:
        scene.drawing.tell("RESOURCE_MISSING", "MultiMedia")
        return None
    scene.images_left -= 1
    if scene.images_left < 0:
        scene.drawing.tell("TOO_MUCH", "images")
        return None
    try:
        found = raster(entry.content, scene.drawing.limits, scene.image_points_left, *size)
    except NoRaster as error:
        scene.drawing.tell(error.code, shown(f"/{entry.name}"))
        return None
    scene.image_points_left -= found.points
    if found.is_photograph:
        scene.photographs.add(id(found.image))
    return found.image


def _border(scene: Scene, at: Placed, element: Element) -> None:
    """Draw the frame around a picture, where it has one."""
    border = next((each for each in element if local(each) == "Border"), None)
    if border is None or at.boundary is None:
        return
    colour = next((each for each in border if local(each) == "BorderColor"), None)
    line = stroke(scene, Placed(border, at.frame, at.boundary, at.around), BLACK)
    if line is None:
        return
    paint = scene.colours.paint(colour, at.frame.alpha, at.around) if colour is not None else line.paint
    if paint is not None:
        around = type(line)(paint, line.width, line.cap, line.join, line.miter, line.dash, line.offset)
        scene.drawing.add(Shape(rectangle(at.boundary), at.around, stroke=around, clips=at.frame.clips))
