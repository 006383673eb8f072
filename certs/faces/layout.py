"""Lays a face out: a template, values and a typeface in; a page of marks, or what stops the issue, out.

Text that is too wide is broken into lines where its element has room for more, and set smaller down to a limit; what
fits even then no more is a fault, and so is a character that the typeface does not have: a certificate shows all of
what it says, or is not made.
"""

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import segno
from PIL import Image, UnidentifiedImageError

from certs.faces.page import Cells, Frame, Mark, Page, Picture, Rule, Text
from certs.faces.template import Element, Template

# Where a line must not begin (GB/T 15834 4.3: closing marks), and what stays together on a line.
NOT_FIRST: Final = frozenset("，。；：、！？）》」』”’〕％%,.;:!?)]}")
NOT_LAST: Final = frozenset("（《「『“‘〔([{")
TOGETHER: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-/_:@")
# ISO/IEC 18004 7.8 has all eight masks tried for the least penalty, a third of a face's time. Readers take any
# mask, and links end in random characters: over forty of them this one's penalty lay within an eighth of the best.
MASK: Final = 4
# The Em square stands so far above the baseline in the typefaces of certificates.
ASCENT: Final = 0.88
STEP: Final = 0.2
# A photograph larger than this is no photograph of a card.
MOST_PIXELS: Final = 4_000_000
# Between the labels' column and the values, in ems; and how much farther apart than usual fields may stand.
LABEL_GAP: Final = 1.0
FARTHEST_APART: Final = 0.8
# Dots an inch on paper; more are only bytes.
DOTS_PER_MILLIMETRE: Final = 12


class Measure(Protocol):
    """What a typeface tells: whether it has a character, and how wide a text is in ems."""

    def has(self, character: str) -> bool:
        """Tell whether a character can be drawn."""
        ...

    def width(self, character: str) -> float:
        """Tell how far a character moves the pen."""
        ...


@dataclass(frozen=True)
class Shown:
    """A line of the type's own fields: what it is called, and what stands there."""

    name: str
    label: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Values:
    """All that a face is told: the values that text names, the fields in order, and pictures by name."""

    named: Mapping[str, str] = field(repr=False)
    fields: tuple[Shown, ...]
    pictures: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class LayoutFault:
    """What stops a face: a code, of which element or field, and the character's number where it is one."""

    code: str
    of: str
    detail: str = ""


def lay(template: Template, values: Values, typeface: Measure) -> Page | tuple[LayoutFault, ...]:
    """Lay a face out; with any fault there is none."""
    marks: list[Mark] = []
    faults: list[LayoutFault] = []
    for element in template.elements:
        for found in _laid(element, values, typeface):
            if isinstance(found, LayoutFault):
                faults.append(found)
            else:
                marks.append(found)
    return tuple(faults) if faults else Page(template.width, template.height, tuple(marks))


def _laid(element: Element, values: Values, typeface: Measure) -> Iterator[Mark | LayoutFault]:
    match element.kind:
        case "rule":
            far = element.x + element.width, element.y + element.height
            yield Rule(element.x, element.y, *far, element.line, element.colour)
        case "frame":
            border = element.colour if element.line else None
            place = element.x, element.y, element.width, element.height
            yield Frame(*place, border, element.ground, element.line)
        case "code":
            yield _code(element, element.value.format_map(values.named))
        case "picture":
            if element.value in values.pictures:
                yield _picture(element, values.pictures[element.value])
        case "fields":
            yield from _fields(element, values.fields, typeface)
        case _:
            yield from _text(element, element.value.format_map(values.named), element.shows, typeface)


def _text(element: Element, text: str, shows: str, typeface: Measure) -> Iterator[Mark | LayoutFault]:
    missing = sorted({each for each in text if each != "\n" and not typeface.has(each)})
    if missing:
        yield LayoutFault("glyph-missing", shows or element.value, " ".join(f"U+{ord(each):04X}" for each in missing))
        return
    size = element.size
    lines = _broken(text, element.width / size, typeface)
    while _height(lines, size, element) > element.height and size - STEP >= element.smallest:
        size = round(size - STEP, 3)
        lines = _broken(text, element.width / size, typeface)
    if _height(lines, size, element) > element.height or any(
        _width(line, typeface) * size > element.width + STEP for line in lines
    ):
        yield LayoutFault("does-not-fit", shows or element.value)
        return
    for number, line in enumerate(lines):
        if line:
            yield _line(element, line, size, number, shows, typeface)


def _height(lines: list[str], size: float, element: Element) -> float:
    return size + (len(lines) - 1) * size * element.leading


def _line(element: Element, line: str, size: float, number: int, shows: str, typeface: Measure) -> Text:
    advances = tuple(round(typeface.width(each) * size, 4) for each in line)
    room = element.width - sum(advances)
    x = element.x + {"left": 0.0, "centre": room / 2, "right": room}[element.align]
    y = element.y + size * ASCENT + number * size * element.leading
    return Text(round(x, 3), round(y, 3), size, line, advances, element.colour, shows)


def _width(text: str, typeface: Measure) -> float:
    return sum(typeface.width(each) for each in text)


def _broken(text: str, room: float, typeface: Measure) -> list[str]:
    """Break a text into lines that are at most so many ems wide, where Chinese may be broken."""
    found = []
    for paragraph in text.split("\n"):
        line, width = "", 0.0
        for piece in _pieces(paragraph, room, typeface):
            wide = _width(piece, typeface)
            if line and width + wide > room + 1e-6:
                found.append(line.rstrip())
                line, width = "", 0.0
                piece = piece.lstrip()  # noqa: PLW2901 - a blank at the break is not drawn
                wide = _width(piece, typeface)
            line, width = line + piece, width + wide
        found.append(line.rstrip())
    return found


def _pieces(text: str, room: float, typeface: Measure) -> Iterator[str]:
    """Cut a text where a line may end: not before closing marks, not after opening ones, not within numbers."""
    piece = ""
    for each in text:
        joined = piece and (each in NOT_FIRST or piece[-1] in NOT_LAST or (each in TOGETHER and piece[-1] in TOGETHER))
        if piece and (not joined or _width(piece + each, typeface) > room):
            yield piece
            piece = ""
        piece += each
    if piece:
        yield piece


def _fields(element: Element, fields: Iterable[Shown], typeface: Measure) -> Iterator[Mark | LayoutFault]:
    """Set the type's fields one below the other, all of one size, the largest that lets them fit.

    Where there is room left they stand farther apart, so that a face of few fields is not empty below them.
    """
    shown = tuple(fields)
    size = element.size
    while True:
        found, used = _rows(element, shown, size, 0.0, typeface)
        if used <= element.height or size - STEP < element.smallest:
            break
        size = round(size - STEP, 3)
    if used > element.height:
        found = [LayoutFault("does-not-fit", "fields")]
    elif shown and (apart := min((element.height - used) / len(shown), size * FARTHEST_APART)) > 0:
        found, _ = _rows(element, shown, size, apart, typeface)
    yield from found


def _rows(
    element: Element, fields: tuple[Shown, ...], size: float, apart: float, typeface: Measure
) -> tuple[list[Mark | LayoutFault], float]:
    """Set the rows; the column of labels is as wide as the widest needs, and at most as the template says."""
    found: list[Mark | LayoutFault] = []
    y = element.y
    widest = max((_width(f"{each.label}：", typeface) + LABEL_GAP for each in fields), default=0.0) * size
    beside = min(element.label_width, round(widest, 3))
    room = element.width - beside
    for each in fields:
        # A label that is broken into lines keeps its distance from the value, as one that is not.
        texts = (f"{each.label}：", beside - LABEL_GAP * size / 2), (each.text, room)
        height = size * element.leading * max(len(_broken(text, wide / size, typeface)) for text, wide in texts)
        common = {"size": size, "smallest": size, "leading": element.leading, "colour": element.colour}
        label = Element("text", element.x, y, texts[0][1], height, **common)  # type: ignore[arg-type]
        value = Element("text", element.x + beside, y, room, height, **common)  # type: ignore[arg-type]
        found.extend(_text(label, texts[0][0], "", typeface))
        found.extend(_text(value, each.text, each.name, typeface))
        y += height + apart
    return found, y - element.y


def _code(element: Element, text: str) -> Cells:
    made = segno.make(text, error="m", micro=False, boost_error=False, mask=MASK)
    return Cells(element.x, element.y, element.width, tuple(tuple(map(bool, row)) for row in made.matrix))


def _picture(element: Element, told: str) -> Picture | LayoutFault:
    """Read a photograph and fit it into its place without stretching it."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(told)), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return LayoutFault("picture-too-large", element.value, str(MOST_PIXELS))
            ground = Image.new("RGBA", opened.size, (255, 255, 255, 255))
            ground.alpha_composite(opened.convert("RGBA"))
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return LayoutFault("picture-unreadable", element.value)
    scale = min(element.width / ground.width, element.height / ground.height)
    width, height = ground.width * scale, ground.height * scale
    most = max(1, round(width * DOTS_PER_MILLIMETRE)), max(1, round(height * DOTS_PER_MILLIMETRE))
    plain = ground.convert("RGB")
    if plain.width > most[0]:
        plain = plain.resize(most)
    x, y = element.x + (element.width - width) / 2, element.y + (element.height - height) / 2
    return Picture(round(x, 3), round(y, 3), round(width, 3), round(height, 3), *plain.size, plain.tobytes())
