"""Typefaces of a page: those that the document brings, and what stands for those that it only names.

A character is drawn from the typeface of the document where that has it, else from one at hand, else as an empty box;
both replacements are told by the name of the font.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from signing.formats.ofd.errors import shown
from signing.formats.ofd.markup import named
from signing.previews.display import Drawing
from signing.previews.fonts import Substitute, Substitutes
from signing.previews.glyphs import Face, UnusableFace, face
from signing.previews.ofd.resources import Resource, Resources
from signing.previews.outlines import Outline

# A frame where a glyph should be, on a body of a thousand units.
UNITS: Final = 1000.0
MISSING: Final = Outline(
    (
        ("M", (100.0, -780.0)), ("L", (900.0, -780.0)), ("L", (900.0, 60.0)), ("L", (100.0, 60.0)), ("Z", ()),
        ("M", (140.0, -740.0)), ("L", (140.0, 20.0)), ("L", (860.0, 20.0)), ("L", (860.0, -740.0)), ("Z", ()),
    )
)  # fmt: skip
# How many typefaces are tried for one character before it counts as missing.
MOST_TRIED: Final = 8


@dataclass(frozen=True)
class Glyph:
    """An outline with the size of its body and how far the next one is, by the typeface's own measure."""

    outline: Outline
    units: float
    advance: float
    is_substitute: bool = False


@dataclass
class Font:
    """A font of a document: its own face, if it came with one that can be read, and what can stand for it."""

    name: str
    own: Face | None
    others: Sequence[Substitute]
    is_bold: bool
    is_italic: bool
    chosen: dict[str, tuple[Face, int] | None] = field(default_factory=dict)


@dataclass
class Typefaces:
    """The fonts of one page; embedded ones are read within limits of size and number."""

    resources: Resources
    drawing: Drawing
    substitutes: Substitutes
    fonts: dict[str, Font] = field(default_factory=dict)

    def font(self, number: str | None) -> Font:
        """Give the font of an ID; one that is not there is stood for by any."""
        key = (number or "").strip()
        if key not in self.fonts:
            self.fonts[key] = self._read(key)
        return self.fonts[key]

    def of_character(self, font: Font, character: str) -> Glyph:
        """Give the glyph of a character."""
        if character not in font.chosen:
            font.chosen[character] = self._chosen(font, character)
        found = font.chosen[character]
        outline = found[0].outline(found[1]) if found is not None else None
        if found is None or outline is None:
            self.drawing.tell("GLYPH_MISSING", font.name)
            return Glyph(MISSING, UNITS, UNITS)
        if found[0] is not font.own:
            self.drawing.tell("FONT_SUBSTITUTED", font.name)
        return Glyph(outline, found[0].units, found[0].advance(found[1]), found[0] is not font.own)

    def of_number(self, font: Font, glyph: int, character: str) -> Glyph:
        """Give a glyph that the document names by number; its character stands in where the face has none."""
        if font.own is not None and (outline := font.own.outline(glyph)) is not None:
            return Glyph(outline, font.own.units, font.own.advance(glyph))
        return self.of_character(font, character)

    def _chosen(self, font: Font, character: str) -> tuple[Face, int] | None:
        if font.own is not None and (glyph := font.own.glyph(character)):
            return font.own, glyph
        for each in font.others[:MOST_TRIED]:
            at_hand = self.substitutes.face(each)
            if at_hand is not None and (glyph := at_hand.glyph(character)):
                return at_hand, glyph
        return None

    def _read(self, number: str) -> Font:
        resource = self.resources.get("Font", number)
        if resource is None:
            self.drawing.tell("RESOURCE_MISSING", "Font")
            others = self.substitutes.like("", "", bold=False, serif=True, fixed=False)
            return Font("", None, others, is_bold=False, is_italic=False)
        element = resource.element
        name, family = (element.get("FontName") or "").strip(), (element.get("FamilyName") or "").strip()
        said = {
            each: (element.get(each) or "").strip().lower() in {"true", "1"} for each in ("Bold", "Serif", "FixedWidth")
        }
        others = self.substitutes.like(name, family, bold=said["Bold"], serif=said["Serif"], fixed=said["FixedWidth"])
        italic = (element.get("Italic") or "").strip().lower() in {"true", "1"}
        return Font(shown(name or family), self._own(resource, shown(name or family)), others, said["Bold"], italic)

    def _own(self, resource: Resource, name: str) -> Face | None:
        element = next(named(resource.element, "FontFile"), None)
        if element is None:
            return None
        entry = self.resources.file(resource, element)
        limits = self.drawing.limits
        if entry is None or entry.size > limits.font_bytes or len(self.fonts) >= limits.fonts:
            self.drawing.tell("FONT_UNREADABLE", name)
            return None
        try:
            return face(entry.content)
        except UnusableFace:
            self.drawing.tell("FONT_UNREADABLE", name)
            return None
