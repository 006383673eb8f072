"""The form of a preview and of what makes one.

A renderer opens a document once and draws page after page. It takes what a signature looks like from the caller, who
has it from the verified value: no file beside it is ever looked at. Whatever is left out or replaced is told by code.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from signing.previews.fonts import Substitutes
from signing.previews.limits import LIMITS, Limits
from signing.report import Place

# Points a millimetre; an A4 page has 1260 × 1782 then, and text of 8 pt can be read.
SCALE: Final = 6.0


class Form(enum.StrEnum):
    """What a page is drawn as."""

    SVG = "svg"
    PNG = "png"


MEDIA_TYPES: Final[Mapping[Form, str]] = {Form.SVG: "image/svg+xml", Form.PNG: "image/png"}


@dataclass(frozen=True)
class NotDrawn:
    """Something that is not shown, or not as it stands: a code of `words.toml`, where, and how often."""

    code: str
    subject: str = ""
    count: int = 1


@dataclass(frozen=True)
class SealPicture:
    """The picture out of a signed seal."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Box:
    """Where a signature shows on this page, in millimetres from the upper left corner of the picture."""

    signature: str
    place: Place


@dataclass(frozen=True)
class Preview:
    """A page as a picture. An SVG of ours holds no script, no text and no reference to anything outside."""

    page: int
    pages: int
    form: Form
    picture: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    boxes: tuple[Box, ...] = ()
    not_drawn: tuple[NotDrawn, ...] = ()

    @property
    def media_type(self) -> str:
        """Give the media type of the picture."""
        return MEDIA_TYPES[self.form]


@dataclass(frozen=True)
class Stamped:
    """A signature as it is to be shown: its id, its places, and the picture of its seal, if that may be drawn."""

    id: str
    places: tuple[Place, ...] = ()
    picture: SealPicture | None = None


@dataclass(frozen=True)
class Wanted:
    """How to draw: points a millimetre for a PNG, the typefaces at hand, the signatures in the order of the report."""

    form: Form = Form.SVG
    scale: float = SCALE
    fonts: Substitutes = field(default_factory=Substitutes, repr=False)
    signatures: Sequence[Stamped] = field(default=(), repr=False)
    limits: Limits = LIMITS


class Pages(Protocol):
    """An opened document."""

    @property
    def count(self) -> int:
        """Tell how many pages there are."""

    def draw(self, number: int, wanted: Wanted) -> Preview:
        """Draw a page, counted from 1, with boxes for what is signed there. Raises `NoSuchPage`, `NoPreview`."""


class Renderer(Protocol):
    """What draws the documents of one format."""

    @property
    def format(self) -> str:
        """Give the name of the format, as reports have it."""

    def opened(self, document: bytes) -> Pages:
        """Open a document. Raises `NoPreview`, whatever the bytes are."""
