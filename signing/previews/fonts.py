"""Typefaces in place of those that a document names and does not bring: by kind, from what is at hand.

The files are found by `installed`; here they are values. Which one is taken follows from the name, as readers of the
field do: 宋体 and its like have serifs, 黑体 has none, Courier is of one width, and letters of Latin names come from a
Latin typeface before an ideographic one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from signing.previews.glyphs import Face, UnusableFace

SERIF: Final = "serif"
SANS: Final = "sans"
MONO: Final = "mono"
SERIF_NAMES: Final = re.compile(
    r"宋|仿|楷|明|隶|书|魏|song|sun|ming|kai|serif(?!.*sans)|times|roman|georgia|garamond|cambria|st(?:zhong|xi)",
    re.IGNORECASE,
)
SANS_NAMES: Final = re.compile(
    r"黑|圆|雅|hei|yahei|sans|arial|helvetica|calibri|tahoma|verdana|dejavu|gothic|youyuan|xingothic", re.IGNORECASE
)
MONO_NAMES: Final = re.compile(r"courier|mono|consol|等宽|ocr|fixed", re.IGNORECASE)
LATIN_NAMES: Final = re.compile(
    r"times|arial|helvetica|courier|consol|georgia|garamond|cambria|calibri|tahoma|verdana|liberation|dejavu|ocr",
    re.IGNORECASE,
)
BOLD_NAMES: Final = re.compile(r"bold|heavy|black|粗|大标宋|小标宋|biaosong", re.IGNORECASE)


@dataclass(frozen=True)
class Substitute:
    """A typeface that is at hand; it is read when it is first needed."""

    name: str
    kind: str
    is_bold: bool
    is_ideographic: bool
    load: Callable[[], Face] = field(repr=False)


@dataclass(frozen=True)
class Substitutes:
    """All typefaces that are at hand; those that were read stay read, so one of these serves many documents."""

    listed: tuple[Substitute, ...] = ()
    _read: dict[str, Face | None] = field(repr=False, default_factory=dict)

    def like(self, font: str, family: str, *, bold: bool, serif: bool, fixed: bool) -> Sequence[Substitute]:
        """Put them in the order in which they stand for a font."""
        known = f"{font} {family}"
        kind = kind_of(known, serif=serif, fixed=fixed)
        latin = bool(LATIN_NAMES.search(known))
        heavy = bold or bool(BOLD_NAMES.search(known))

        def distance(each: Substitute) -> tuple[bool, bool, bool]:
            return each.is_ideographic == latin, each.kind != kind, each.is_bold != heavy

        return sorted((each for each in self.listed if heavy or not each.is_bold), key=distance)

    def face(self, of: Substitute) -> Face | None:
        """Read a typeface, once; None where it cannot be read."""
        if of.name not in self._read:
            try:
                self._read[of.name] = of.load()
            except (UnusableFace, OSError):
                self._read[of.name] = None
        return self._read[of.name]


def kind_of(names: str, *, serif: bool = False, fixed: bool = False) -> str:
    """Tell the kind of a font by its name, else by what the document says of it; most text of the field has serifs."""
    for pattern, kind in ((MONO_NAMES, MONO), (SANS_NAMES, SANS), (SERIF_NAMES, SERIF)):
        if pattern.search(names):
            return kind
    if fixed:
        return MONO
    return SERIF if serif or not names.strip().isascii() else SANS
