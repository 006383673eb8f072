"""Lays a filing document out on pages of A4: facts, tables that run over pages, closing words beside the seal. Pure.

Everything is cut into strips that are set one below the other; a strip that a page has no room for begins the next one,
below the table's head. What cannot be drawn whole is a fault and there is no document: a character that the typeface
does not have, or a line of a table that is longer than a page.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from base.workdays import SHANGHAI
from certs.faces import ofd, pdf
from certs.faces.layout import ASCENT, LayoutFault, Measure, Values, lay
from certs.faces.page import Cells, Colour, Frame, Mark, Page, Picture, Rule, Text
from certs.faces.template import BLACK, Element, SealPlace, Template
from certs.faces.told import Told
from certs.faces.typefaces import Typeface
from certs.filing.sheets.sheet import Sheet, Table
from certs.rendering import DEMONSTRATION

WRITERS: Final = {"ofd": ofd.write_pages, "pdf": pdf.write_pages}
WIDTH: Final = 210.0
HEIGHT: Final = 297.0
LEFT: Final = 18.0
TOP: Final = 16.0
BOTTOM: Final = 280.0
ROOM: Final = WIDTH - 2 * LEFT
# The seal is at most 45 mm wide; words stand left of it.
SEAL: Final = 48.0
CODE: Final = 24.0
SIZE: Final = 3.4
SMALL: Final = 2.7
HEADING: Final = 4.0
TITLE: Final = 7.2
LEADING: Final = 1.45
PADDING: Final = 1.3
LABEL: Final = 26.0
GREY: Final[Colour] = (90, 90, 90)
LINE: Final[Colour] = (150, 155, 165)
HEAD_GROUND: Final[Colour] = (236, 240, 246)


@dataclass(frozen=True)
class Paper:
    """The pages, and where on the last one the seal goes: the middle, in millimetres."""

    pages: tuple[Page, ...]
    seal: SealPlace


@dataclass(frozen=True)
class Drawn:
    """A document without its seal."""

    document: bytes = field(repr=False)
    format: str
    page: int
    seal: SealPlace


@dataclass(frozen=True)
class _Strip:
    """Marks as if they began at the page's top, how high they are, and what is repeated above on a new page."""

    marks: tuple[Mark, ...]
    height: float
    head: tuple["_Strip", ...] = ()
    # A heading is not left alone at the foot of a page.
    needs_below: float = 0.0


class _Faulty(Exception):
    """Something cannot be drawn."""

    def __init__(self, faults: tuple[LayoutFault, ...]) -> None:
        super().__init__(str(faults))
        self.faults = faults


def drawn(sheet: Sheet, form: str, typeface: Typeface, *, demonstration: bool) -> Drawn | tuple[LayoutFault, ...]:
    """Draw a document as `ofd` or `pdf`; with any fault there is none."""
    paper = laid(sheet, typeface, demonstration=demonstration)
    if not isinstance(paper, Paper):
        return paper
    marks = [mark for page in paper.pages for mark in page.marks]
    cut = typeface.cut(character for mark in marks if isinstance(mark, Text) for character in mark.text)
    elements = {"YinxinKind": sheet.kind, "YinxinNumber": sheet.number}
    told = Told(sheet.title, sheet.number.replace("-", ""), sheet.at, elements)
    return Drawn(WRITERS[form](paper.pages, cut, told), form, len(paper.pages), paper.seal)


def laid(sheet: Sheet, typeface: Measure, *, demonstration: bool) -> Paper | tuple[LayoutFault, ...]:
    """Lay a document out."""
    try:
        strips = [*_strips(sheet, typeface, demonstration=demonstration)]
        # The seal never stands on a page with nothing of the document above it.
        strips[-2] = replace(strips[-2], needs_below=strips[-1].height)
        pages, last = _paged(strips)
        feet = [_foot(sheet, number, len(pages), typeface) for number in range(1, len(pages) + 1)]
    except _Faulty as fault:
        return fault.faults
    made = tuple(Page(WIDTH, HEIGHT, (*marks, *foot)) for marks, foot in zip(pages, feet, strict=True))
    return Paper(made, SealPlace(WIDTH - LEFT - SEAL / 2, last - SEAL / 2))


def _strips(sheet: Sheet, typeface: Measure, *, demonstration: bool) -> Iterator[_Strip]:
    yield _head(sheet, typeface, demonstration=demonstration)
    for label, text in sheet.facts:
        yield _fact(label, text, typeface)
    yield _Strip((), 2.0)
    for table in sheet.tables:
        yield from _table(table, typeface)
    yield _closing(sheet, typeface)


def _paged(strips: Iterable[_Strip]) -> tuple[list[list[Mark]], float]:
    """Set strips one below the other; give the marks of each page, and how far down the last one reaches."""
    pages: list[list[Mark]] = [[]]
    y = TOP
    for strip in strips:
        if y + strip.height + strip.needs_below > BOTTOM:
            pages.append([])
            y = TOP
            for each in strip.head:
                pages[-1].extend(_moved(each.marks, y))
                y += each.height
            if y + strip.height > BOTTOM:
                raise _Faulty((LayoutFault("does-not-fit", "row"),))
        pages[-1].extend(_moved(strip.marks, y))
        y += strip.height
    return pages, y


def _head(sheet: Sheet, typeface: Measure, *, demonstration: bool) -> _Strip:
    room = ROOM - 2 * CODE
    title, height = _words(sheet.title, LEFT + CODE, room, TITLE, typeface, align="centre")
    number, below = _words(f"编号：{sheet.number}", LEFT + CODE, room, SMALL, typeface, align="centre", colour=GREY)
    marks = [*_moved(title, 3.0), *_moved(number, 3.0 + height)]
    if demonstration:
        told, _ = _words(DEMONSTRATION, LEFT + CODE, room, SMALL, typeface, align="centre", colour=(190, 40, 40))
        marks += _moved(told, 3.0 + height + below)
    code = Element("code", LEFT + ROOM - CODE, 0, CODE, CODE, "{link}")
    found = lay(Template("code", WIDTH, HEIGHT, SealPlace(0, 0), (code,)), Values({"link": sheet.link}, ()), typeface)
    marks += found.marks if isinstance(found, Page) else ()
    return _Strip(tuple(marks), CODE + 3.0)


def _fact(label: str, text: str, typeface: Measure) -> _Strip:
    name, _ = _words(f"{label}：", LEFT, LABEL, SIZE, typeface, colour=GREY)
    value, height = _words(text, LEFT + LABEL, ROOM - LABEL, SIZE, typeface)
    return _Strip((*name, *value), height + 0.4)


def _table(table: Table, typeface: Measure) -> Iterator[_Strip]:
    heading, height = _words(table.heading, LEFT, ROOM, HEADING, typeface)
    top = _row([label for label, _ in table.columns], table, typeface, ground=HEAD_GROUND)
    rows = [_row(row, table, typeface) for row in table.rows]
    first = top.height + (rows[0].height if rows else 0.0)
    yield _Strip((), 2.0)
    yield _Strip(heading, height + 1.0, needs_below=first)
    yield top
    for row in rows:
        yield replace(row, head=(top,))


def _row(cells: Sequence[str], table: Table, typeface: Measure, ground: Colour | None = None) -> _Strip:
    found: list[Mark] = []
    x, highest = LEFT, 0.0
    edges = [x]
    for text, (_, width) in zip(cells, table.columns, strict=True):
        marks, height = _words(text, x + PADDING, width - 2 * PADDING, SMALL, typeface)
        found += _moved(marks, PADDING)
        highest = max(highest, height)
        x += width
        edges.append(x)
    highest += 2 * PADDING
    frame = Frame(LEFT, 0, x - LEFT, highest, LINE, ground, 0.2)
    rules = [Rule(edge, 0, edge, highest, 0.2, LINE) for edge in edges[1:-1]]
    return _Strip((frame, *rules, *found), highest)


def _closing(sheet: Sheet, typeface: Measure) -> _Strip:
    """Set the closing words left of the seal's place, which is as high as the seal at least."""
    marks: list[Mark] = [Rule(LEFT, 3.0, LEFT + ROOM, 3.0, 0.2, LINE)]
    y = 5.0
    for each in (*sheet.closing, f"制作时间：{sheet.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"):
        words, height = _words(each, LEFT, ROOM - SEAL - 4, SMALL + 0.2, typeface)
        marks += _moved(words, y)
        y += height + 0.8
    return _Strip(tuple(marks), max(y, SEAL + 5.0))


def _foot(sheet: Sheet, number: int, count: int, typeface: Measure) -> tuple[Mark, ...]:
    text = f"{sheet.title}  {sheet.number}  第 {number} 页，共 {count} 页"
    marks, _ = _words(text, LEFT, ROOM, SMALL, typeface, align="centre", colour=GREY)
    return tuple(_moved(marks, BOTTOM + 4.0))


def _words(
    text: str,
    x: float,
    width: float,
    size: float,
    typeface: Measure,
    *,
    align: str = "left",
    colour: Colour = BLACK,
) -> tuple[tuple[Mark, ...], float]:
    """Break a text into lines of a width; give its marks and how high they are. Raises `_Faulty`."""
    element = Element("text", x, 0, width, HEIGHT, "{text}", size, size, LEADING, align, colour)
    template = Template("words", WIDTH, HEIGHT, SealPlace(0, 0), (element,))
    found = lay(template, Values({"text": text}, ()), typeface)
    if not isinstance(found, Page):
        raise _Faulty(found)
    lowest = max((mark.y for mark in found.marks if isinstance(mark, Text)), default=size * ASCENT)
    return found.marks, lowest - size * ASCENT + size * LEADING


def _moved(marks: Iterable[Mark], down: float) -> list[Mark]:
    return [_lower(mark, down) for mark in marks]


def _lower(mark: Mark, down: float) -> Mark:
    if isinstance(mark, Rule):
        return replace(mark, y1=round(mark.y1 + down, 3), y2=round(mark.y2 + down, 3))
    if isinstance(mark, (Text, Frame, Picture, Cells)):
        return replace(mark, y=round(mark.y + down, 3))
    return mark
