"""Where things are on pages, in millimetres from the upper left corner: page sizes, stamps, seals across pages.

A sheet may begin elsewhere than at 0 0 (GB/T 33190-2016 7.5: the physical box has a corner of its own). In the file
everything is told in the page's coordinates, in reports and orders from the corner of the sheet that is shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.container import Container
from signing.formats.ofd.description import Box, Stamp, box
from signing.formats.ofd.errors import shown
from signing.formats.ofd.markup import Element, Malformed, Reader, named
from signing.formats.ofd.tree import Page, Tree
from signing.report import Check, Place, warned

A4: Final[Box] = (0.0, 0.0, 210.0, 297.0)
# A seal is cut into no more strips than these; a longer document gets it again on its next pages. A seal of 40 mm
# leaves 2 mm a page then, of which the eye still sees that it fits.
MAX_STRIPS: Final = 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SHEET: Final = b"PhysicalBox"
# A sheet that begins at 0 0, as almost all do: then nothing has to be parsed to know it.
_AT_ZERO: Final = re.compile(rb"PhysicalBox\s*>\s*[+-]?0+(?:\.0*)?\s+[+-]?0+(?:\.0*)?\s")


@dataclass(frozen=True, slots=True)
class PageBox:
    """A page with the box that is shown of it."""

    page: Page
    box: Box


def page_boxes(container: Container, reader: Reader, tree: Tree) -> tuple[PageBox, ...]:
    """Give the size of every page: its own area, else the document's, else A4. Raises `UnreadableDocument`."""
    defaults = {name: _area(_root(container, reader, name), "PageArea") or A4 for name in tree.documents}
    answers = []
    for page in tree.pages:
        own = None
        if page.entry is not None and b"PhysicalBox" in page.entry.content:
            own = _area(_root(container, reader, page.entry.name), "Area")
        answers.append(PageBox(page, own or defaults[page.document]))
    return tuple(answers)


def corners(container: Container, stamps: Sequence[Stamp], pages: Sequence[Page]) -> Mapping[str, tuple[float, float]]:
    """Give the corners of those sheets with stamps that do not begin at 0 0, by page. Raises `UnreadableDocument`."""
    stamped = {stamp.page_id for stamp in stamps}
    reader = Reader()
    found: dict[str, tuple[float, float]] = {}
    documents: dict[str, Box] = {}
    for page in pages:
        if page.id not in stamped or page.entry is None or page.id in found:
            continue
        whole = container.entries[page.document].content
        if not (_may_be_moved(page.entry.content) or _may_be_moved(whole)):
            continue
        own = _area(_root(container, reader, page.entry.name), "Area")
        if own is None and page.document not in documents:
            documents[page.document] = _area(_root(container, reader, page.document), "PageArea") or A4
        x, y, _, _ = own or documents[page.document]
        found[page.id] = (x, y)
    return found


def shown_places(
    stamps: Sequence[Stamp],
    pages: Sequence[Page],
    description: str,
    corners: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[list[Place], list[Check]]:
    """Tell where the stamps show, from the corners of their sheets, and which of them cannot be placed."""
    numbers: Mapping[str, int] = {page.id: page.number for page in reversed(pages) if page.id}
    places: list[Place] = []
    checks: list[Check] = []
    for stamp in stamps:
        number = numbers.get(stamp.page_id)
        area = _shown(stamp)
        if number is None or area is None:
            checks.append(
                warned("STAMP_NOT_PLACED", f"/{description}", stamp=shown(stamp.id), page=shown(stamp.page_id))
            )
        else:
            left, top = (corners or {}).get(stamp.page_id, (0.0, 0.0))
            places.append(Place(number, round(area[0] - left, 4), round(area[1] - top, 4), area[2], area[3]))
    return places, checks


def cross_page_places(
    sizes: Sequence[tuple[float, float]], width: float, height: float, y: float, *, first_page: int = 1
) -> tuple[tuple[Place, Box], ...]:
    """Lay one seal across the right edges of consecutive pages (骑缝章): a box and a strip for each page.

    The box is that of the whole picture, pushed out so far that only this page's strip is on the paper. A document
    of more pages than a seal may be cut into gets it several times, each time cut into almost the same number.
    """
    groups = -(-len(sizes) // MAX_STRIPS) or 1
    answers: list[tuple[Place, Box]] = []
    for group in range(groups):
        begins, ends = group * len(sizes) // groups, (group + 1) * len(sizes) // groups
        strip = width / max(1, ends - begins)
        for place in range(begins, ends):
            number = place - begins
            x = sizes[place][0] - (number + 1) * strip
            boundary = Place(first_page + place, round(x, 4), y, width, height)
            answers.append((boundary, (round(number * strip, 4), 0.0, round(strip, 4), height)))
    return tuple(answers)


def _shown(stamp: Stamp) -> Box | None:
    """Give the part of a stamp that shows: its box, or the clip inside it (GB/T 33190-2016 table 69)."""
    if stamp.boundary is None or not stamp.has_clip:
        return stamp.boundary
    if stamp.clip is None:
        return None
    x, y, width, height = stamp.boundary
    left, top = max(0.0, stamp.clip[0]), max(0.0, stamp.clip[1])
    right, bottom = min(width, stamp.clip[0] + stamp.clip[2]), min(height, stamp.clip[1] + stamp.clip[3])
    if right <= left or bottom <= top:
        return None
    return round(x + left, 4), round(y + top, 4), round(right - left, 4), round(bottom - top, 4)


def _may_be_moved(content: bytes) -> bool:
    """Tell whether a part may hold a sheet that does not begin at 0 0; in doubt it may."""
    return content.startswith(_UTF16) or content.count(_SHEET) != 2 * len(_AT_ZERO.findall(content))


def _root(container: Container, reader: Reader, name: str) -> Element | None:
    try:
        return reader.parse(container.entries[name].content)
    except Malformed:
        return None


def _area(root: Element | None, element: str) -> Box | None:
    """Give the box of the first area of a name; the physical box is the sheet (GB/T 33190-2016 7.5)."""
    if root is None:
        return None
    area = next(named(root, element), None)
    sheet = next(named(area, "PhysicalBox"), None) if area is not None else None
    return box(sheet.text) if sheet is not None else None
