"""Text objects: glyph by glyph as outlines, so that no typeface is needed where the picture is looked at (clause 11).

X and Y begin a TextCode and go on from the last one where they are missing; DeltaX and DeltaY lead from character to
character, `g n d` standing for n times d. A CGTransform puts glyphs by number in place of characters.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.markup import Element, local, named
from signing.previews.display import TOO_MUCH, Paint, Shape, Stroke
from signing.previews.geometry import Matrix, mapped, moved, number, scaled, times, turned
from signing.previews.ofd.colours import BLACK
from signing.previews.ofd.scene import Frame, Placed, Scene, is_on, placed, stroke
from signing.previews.ofd.shapes import clipped
from signing.previews.ofd.typefaces import Font, Glyph

# What leans is drawn leaning by a fifth; what is heavy, with a line around it of a thirtieth of its size.
LEANING: Final[Matrix] = (1.0, 0.0, -0.2126, 1.0, 0.0, 0.0)
HEAVY_FROM: Final = 600.0
HEAVINESS: Final = 1 / 30
# Names of points of the compass: how a line of text goes on by itself.
ONWARD: Final = {0: (1.0, 0.0), 90: (0.0, 1.0), 180: (-1.0, 0.0), 270: (0.0, -1.0)}
BLANK: Final = frozenset(" \t\r\n\u00a0\u3000\u200b\ufeff\u2002\u2003\u2009")
MOST_CHARACTERS: Final = 100_000
# A substitute is drawn narrower rather than over its neighbour, but never thinner than half.
NARROWEST: Final = 0.5
REPEAT: Final = "g"


@dataclass(frozen=True)
class Mark:
    """One glyph to draw: where its origin is in the object's coordinates."""

    character: str
    glyph: int | None
    x: float
    y: float
    # How far the next one is, where the document says so: what stands for its own typeface must fit in there.
    room: float | None = None


@dataclass(frozen=True)
class Type:
    """How the characters of an object look."""

    font: Font
    size: float
    stretch: float
    turn: float
    onward: tuple[float, float]
    is_leaning: bool
    is_heavy: bool


def text(scene: Scene, element: Element, frame: Frame) -> None:
    """Draw a text object."""
    at = placed(scene, element, frame)
    if at is None:
        return
    size = number(element.get("Size"))
    if size is None or size <= 0:
        scene.drawing.tell("OBJECT_MALFORMED", "Size")
        return
    look = _look(scene, at, size)
    fill = _fill(scene, at)
    line = stroke(scene, at) if is_on(at, "Stroke", default=False) else None
    if fill is None and line is None:
        return
    at = clipped(scene, at)
    limit = at.limit(size)
    for mark in _marks(scene, at, look):
        if not scene.drawing.another_object():
            return
        glyph = _glyph(scene, look, mark)
        matrix = _matrix(at, look, mark, glyph)
        bounds = glyph.outline.bounds
        if bounds is None:
            continue
        clips = at.clips(limit, mapped(matrix, bounds))
        scene.drawing.add(Shape(glyph.outline, matrix, fill, _line(look, glyph, fill, line), clips=clips))


def _look(scene: Scene, at: Placed, size: float) -> Type:
    font = scene.typefaces.font(at.attribute("Font"))
    stretch = number(at.attribute("HScale"))
    weight = number(at.attribute("Weight"))
    direction = int(number(at.attribute("ReadDirection")) or 0) % 360
    return Type(
        font,
        size,
        1.0 if stretch is None or stretch <= 0 else stretch,
        number(at.attribute("CharDirection")) or 0.0,
        ONWARD.get(direction, ONWARD[0]),
        is_on(at, "Italic", default=font.is_italic and font.own is None),
        weight is not None and weight >= HEAVY_FROM and not font.is_bold,
    )


def _fill(scene: Scene, at: Placed) -> Paint | None:
    """Give what the characters are filled with: black, where nothing else is said."""
    if not is_on(at, "Fill", default=True):
        return None
    colour = at.child("FillColor")
    if colour is None:
        return BLACK if at.frame.alpha >= 1 else type(BLACK)(alpha=at.frame.alpha)
    return scene.colours.paint(colour, at.frame.alpha, at.frame.matrix)


def _line(look: Type, glyph: Glyph, fill: Paint | None, line: Stroke | None) -> Stroke | None:
    """Give the line around a glyph, in units of its typeface."""
    units = glyph.units / look.size
    if line is not None:
        return Stroke(line.paint, line.width * units, line.cap, line.join, line.miter)
    return Stroke(fill, glyph.units * HEAVINESS, join="round") if look.is_heavy and fill is not None else None


def _matrix(at: Placed, look: Type, mark: Mark, glyph: Glyph) -> Matrix:
    size = look.size / glyph.units
    own = scaled(size * look.stretch * _narrowed(look, mark, glyph), size)
    own = times(own, LEANING) if look.is_leaning else own
    own = times(own, turned(look.turn)) if look.turn else own
    return times(times(own, moved(mark.x, mark.y)), at.frame.matrix)


def _narrowed(look: Type, mark: Mark, glyph: Glyph) -> float:
    wide = glyph.advance / glyph.units * look.size * look.stretch
    if not glyph.is_substitute or mark.room is None or mark.room <= 0 or wide <= mark.room:
        return 1.0
    return max(NARROWEST, mark.room / wide)


def _glyph(scene: Scene, look: Type, mark: Mark) -> Glyph:
    if mark.glyph is not None:
        return scene.typefaces.of_number(look.font, mark.glyph, mark.character)
    return scene.typefaces.of_character(look.font, mark.character)


def _marks(scene: Scene, at: Placed, look: Type) -> Iterator[Mark]:
    """Lay the characters out."""
    replaced = _replaced(at.element)
    x = y = 0.0
    position = 0
    for code in (each for each in at.element if local(each) == "TextCode"):
        characters = "".join(code.itertext()).strip("\r\n")
        x = x if (given := number(code.get("X"))) is None else given
        y = y if (given := number(code.get("Y"))) is None else given
        if position + len(characters) > MOST_CHARACTERS:
            scene.drawing.tell(TOO_MUCH, "characters")
            return
        across, down = (_steps(code.get(name), len(characters)) for name in ("DeltaX", "DeltaY"))
        own = across is None and down is None
        here_x, here_y = x, y
        for place, character in enumerate(characters):
            for glyph in replaced.get(position + place, (None,)):
                has_neighbour = place + 1 < len(characters)  # the last character stands in nobody's way
                room = across[place] if across is not None and has_neighbour else None
                mark = Mark(character, glyph, here_x, here_y, room)
                if glyph is not None or character not in BLANK:
                    yield mark
                if own and len(characters) > 1:
                    onward = _advance(scene, look, mark)
                    here_x, here_y = here_x + look.onward[0] * onward, here_y + look.onward[1] * onward
            here_x += across[place] if across is not None else 0.0
            here_y += down[place] if down is not None else 0.0
        position += len(characters)


def _advance(scene: Scene, look: Type, mark: Mark) -> float:
    """Tell how far the next character is where the document does not say."""
    if mark.glyph is None and mark.character in BLANK:
        return look.size * (1.0 if mark.character == "\u3000" else 0.25) * look.stretch
    glyph = _glyph(scene, look, mark)
    return glyph.advance / glyph.units * look.size * look.stretch


def _steps(value: str | None, count: int) -> list[float] | None:
    """Read a delta for each character; the last one goes on where there are too few. None where none is given."""
    if value is None or not value.strip():
        return None
    words = iter(value.replace(",", " ").split())
    found: list[float] = []
    for word in words:
        if len(found) >= count:
            break
        if word == REPEAT:
            often, step = number(next(words, "")), number(next(words, ""))
            if often is None or step is None or often < 0:
                return None
            found += [step] * min(int(often), count - len(found))
        elif (step := number(word)) is None:
            return None
        else:
            found.append(step)
    return found + [found[-1] if found else 0.0] * (count - len(found))


def _replaced(element: Element) -> dict[int, tuple[int | None, ...]]:
    """Read the CGTransforms: by position of a character, the glyphs that stand there instead (table 49)."""
    found: dict[int, tuple[int | None, ...]] = {}
    for each in named(element, "CGTransform"):
        first = number(each.get("CodePosition"))
        codes = number(each.get("CodeCount"))
        text_of = next((below.text for below in each if local(below) == "Glyphs"), None)
        glyphs = [number(word) for word in (text_of or "").split()[:MOST_CHARACTERS]]
        if first is None or not glyphs or None in glyphs or not 0 <= first < MOST_CHARACTERS:
            continue
        numbers = [int(one) for one in glyphs if one is not None and math.isfinite(one)]
        count = max(1, min(int(1 if codes is None else codes), MOST_CHARACTERS))
        for place in range(min(count, max(len(numbers), 1))):
            last = place == count - 1
            found[int(first) + place] = tuple(numbers[place:] if last else numbers[place : place + 1])
        for place in range(len(numbers), min(count, MOST_CHARACTERS)):
            found[int(first) + place] = ()
    return found
