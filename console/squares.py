"""Squares to scan, drawn by the server as one path, so that a page needs neither a script nor a second request."""

from dataclasses import dataclass
from typing import Final

import segno

# The quiet zone that readers need (ISO/IEC 18004, 9.1).
QUIET: Final = 4


@dataclass(frozen=True)
class Square:
    """A square as SVG has it: how many modules it is wide with its quiet zone, and the path of the dark ones."""

    width: int
    path: str


def square(text: str) -> Square:
    """Draw the square of a text: error correction M, as on certificate faces."""
    made = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in made.matrix]
    dark = (f"M{QUIET + x} {QUIET + y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return Square(len(rows) + 2 * QUIET, "".join(dark))
