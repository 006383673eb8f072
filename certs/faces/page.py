"""A page of a face as it is drawn: marks at places in millimetres from the upper left corner, in drawing order.

Both writers, OFD and PDF, draw exactly these marks, and nothing else; so both show the same.
"""

from dataclasses import dataclass, field

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Text:
    """A line of text: where its baseline begins, its size, and how far each character moves the pen."""

    x: float
    y: float
    size: float
    text: str
    advances: tuple[float, ...] = field(repr=False)
    colour: Colour
    # The element of GB/T 36903 or the type's field that it shows, if it is one; OFD ties the two together.
    shows: str = ""


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    colour: Colour


@dataclass(frozen=True)
class Frame:
    """A rectangle: its border, or its ground, or both."""

    x: float
    y: float
    width: float
    height: float
    border: Colour | None = None
    ground: Colour | None = None
    border_width: float = 0.3


@dataclass(frozen=True)
class Picture:
    """A picture, red, green and blue without transparency, row by row."""

    x: float
    y: float
    width: float
    height: float
    columns: int
    rows: int
    pixels: bytes = field(repr=False)


@dataclass(frozen=True)
class Cells:
    """Dark squares of a grid: a two-dimensional code."""

    x: float
    y: float
    side: float
    rows: tuple[tuple[bool, ...], ...] = field(repr=False)
    colour: Colour = (0, 0, 0)

    @property
    def runs(self) -> list[tuple[float, float, float, float]]:
        """Give the dark runs of every row as rectangles; whole runs leave no hairlines between squares."""
        cell = self.side / len(self.rows)
        found = []
        for row, cells in enumerate(self.rows):
            start = None
            for column, is_dark in enumerate((*cells, False)):
                if is_dark and start is None:
                    start = column
                elif not is_dark and start is not None:
                    found.append((self.x + start * cell, self.y + row * cell, (column - start) * cell, cell))
                    start = None
        return found


Mark = Text | Rule | Frame | Picture | Cells


@dataclass(frozen=True)
class Page:
    """A page: its size in millimetres, and its marks."""

    width: float
    height: float
    marks: tuple[Mark, ...]
