"""A page laid out: templates and layers in their order, then annotations, then the seals of its signatures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from signing.formats.ofd.markup import Element, local
from signing.formats.ofd.tree import Page
from signing.previews.display import TOO_MUCH, Drawing, Region, Sheet
from signing.previews.fonts import Substitutes
from signing.previews.geometry import box, moved, times
from signing.previews.limits import Limits
from signing.previews.ofd.blocks import ORDER, block, layers, order_of
from signing.previews.ofd.colours import Colours
from signing.previews.ofd.document import ShownDocument
from signing.previews.ofd.resources import Resources
from signing.previews.ofd.scene import Frame, Scene
from signing.previews.ofd.seals import SealOnPage, seals
from signing.previews.ofd.typefaces import Typefaces
from signing.previews.outlines import rectangle

TEMPLATE_ORDER: Final = "background"


def sheet(
    document: ShownDocument, page: Page, stamped: Sequence[SealOnPage], fonts: Substitutes, limits: Limits
) -> Sheet:
    """Lay a page out. Raises `NoPreview` where its parts are more than may be read."""
    root = document.parsed(page.entry)
    drawing = Drawing(document.box(root), limits)
    if len(document.package.tree.documents) > 1:
        drawing.tell("MORE_DOCUMENTS")
    if root is None or page.entry is None:
        drawing.tell("PAGE_MISSING")
    else:
        resources = document.page_resources(root, page.entry)
        scene = _scene(document, drawing, resources, fonts)
        _content(document, scene, root)
        _annotations(document, scene, page)
    # What fills a page up does not keep its seals from being shown.
    above = Drawing(drawing.box, limits)
    seals(above, stamped, lambda nested: sheet(nested, nested.page(1), (), fonts, limits))
    for each in above.finished().not_drawn:
        drawing.tell(each.code, each.subject, each.count)
    drawing.items += above.items
    return drawing.finished()


def _scene(document: ShownDocument, drawing: Drawing, resources: Resources, fonts: Substitutes) -> Scene:
    limits = drawing.limits
    return Scene(
        drawing,
        resources,
        Colours(resources, document.default_colour_space, drawing.tell),
        Typefaces(resources, drawing, fonts),
        limits.image_points_in_all,
        limits.images,
    )


def _content(document: ShownDocument, scene: Scene, page: Element) -> None:
    templates = _templates(document, scene, page)
    for place in ORDER:
        for order, root in templates:
            if order == place:
                layers(scene, root, Frame())
        layers(scene, page, Frame(), place)


def _templates(document: ShownDocument, scene: Scene, page: Element) -> list[tuple[str, Element]]:
    """Give the templates of a page with their places in the order; a template's own templates are not followed."""
    found: list[tuple[str, Element]] = []
    for each in (child for child in page if local(child) == "Template"):
        if len(found) >= scene.drawing.limits.templates:
            scene.drawing.tell(TOO_MUCH, "templates")
            break
        entry, own_order = document.templates.get((each.get("TemplateID") or "").strip(), (None, ""))
        root = document.parsed(entry)
        if root is None:
            scene.drawing.tell("TEMPLATE_MISSING")
            continue
        found.append((order_of(each.get("ZOrder") or own_order, TEMPLATE_ORDER), root))
    return found


def _annotations(document: ShownDocument, scene: Scene, page: Page) -> None:
    """Draw the annotations that have an appearance and are not turned off (clause 15)."""
    for place, each in enumerate(document.annotations(page)):
        if place >= scene.drawing.limits.annotations:
            scene.drawing.tell(TOO_MUCH, "annotations")
            return
        if (each.get("Visible") or "").strip().lower() in {"false", "0"}:
            continue
        for appearance in (child for child in each if local(child) == "Appearance"):
            _appearance(scene, appearance)


def _appearance(scene: Scene, appearance: Element) -> None:
    boundary = box(appearance.get("Boundary"))
    frame = Frame()
    if boundary is not None:
        region = Region(rectangle(boundary), frame.matrix)
        at = times(moved(boundary[0], boundary[1]), frame.matrix)
        frame = replace(frame, matrix=at, clips=((region,),))
    block(scene, appearance, frame)
