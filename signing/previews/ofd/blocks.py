"""Layers, blocks and composite objects: what holds other objects, in the order of drawing (clause 7.7, 13)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from signing.formats.ofd.markup import Element, local
from signing.previews.display import TOO_MUCH, Region
from signing.previews.ofd.images import image
from signing.previews.ofd.scene import Frame, Scene, chain, children, placed
from signing.previews.ofd.shapes import clipped, path
from signing.previews.ofd.text import text
from signing.previews.outlines import rectangle

# From below to above.
ORDER: Final = ("background", "body", "foreground")


def layers(scene: Scene, page: Element, frame: Frame, only: str | None = None) -> None:
    """Draw the layers of a page or template: all in their order, or those of one place in it."""
    content = next((each for each in page if local(each) == "Content"), None)
    if content is None:
        return
    found = [each for each in content if local(each) == "Layer"]
    for place in ORDER if only is None else (only,):
        for layer in found:
            if order_of(layer.get("Type"), "body") == place:
                parameters = (*chain(scene, layer), *frame.parameters)
                block(scene, layer, replace(frame, parameters=parameters))


def order_of(name: str | None, usual: str) -> str:
    """Read a place in the order."""
    stripped = (name or "").strip().lower()
    return stripped if stripped in ORDER else usual


def block(scene: Scene, element: Element, frame: Frame) -> None:
    """Draw what a block holds."""
    if frame.depth > scene.drawing.limits.nesting:
        scene.drawing.tell(TOO_MUCH, "nesting")
        return
    for name, each in children(element):
        if name in OBJECTS:
            if not scene.drawing.another_object():
                return
            OBJECTS[name](scene, each, frame)
        elif name.endswith("Object"):
            scene.drawing.tell("OBJECT_UNKNOWN")


def _block(scene: Scene, element: Element, frame: Frame) -> None:
    block(scene, element, replace(frame, depth=frame.depth + 1))


def composite(scene: Scene, element: Element, frame: Frame) -> None:
    """Draw a composite object: a unit that is used like a picture."""
    at = placed(scene, element, frame)
    if at is None:
        return
    resource = scene.resources.get("CompositeGraphicUnit", element.get("ResourceID"))
    content = next((each for each in resource.element if local(each) == "Content"), None) if resource else None
    if content is None:
        scene.drawing.tell("RESOURCE_MISSING", "CompositeGraphicUnit")
        return
    at = clipped(scene, at)
    limit: tuple[tuple[Region, ...], ...] = ()
    if at.boundary is not None:
        limit = ((Region(rectangle(at.boundary), at.around),),)
    inside = replace(at.frame, clips=(*at.frame.clips, *limit), depth=frame.depth + 1)
    block(scene, content, inside)


Draw = Callable[[Scene, Element, Frame], None]
OBJECTS: Final[Mapping[str, Draw]] = MappingProxyType(
    {
        "TextObject": text,
        "PathObject": path,
        "ImageObject": image,
        "CompositeObject": composite,
        "PageBlock": _block,
    }
)
