"""Numbers, boxes and matrices of a page: millimetres, y downwards, every number finite and of a bounded size."""

import math
import re
from typing import Final

# (a, b, c, d, e, f): x' = a·x + c·y + e, y' = b·x + d·y + f, as GB/T 33190-2016 8.5 writes a CTM.
Matrix = tuple[float, float, float, float, float, float]
# Left, top, width, height.
Box = tuple[float, float, float, float]
# Left, top, right, bottom.
Bounds = tuple[float, float, float, float]

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Larger numbers are no geometry: a kilometre has a million millimetres.
LARGEST: Final = 1_000_000.0
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?")
MOST_NUMBERS: Final = 100_000
# Below this a matrix maps everything onto a line.
FLAT: Final = 1e-12


def number(text: str | None) -> float | None:
    """Read one number, or None where it is none or beyond all measure."""
    stripped = (text or "").strip()
    if not NUMBER.fullmatch(stripped):
        return None
    value = float(stripped)
    return value if abs(value) <= LARGEST else None


def numbers(text: str | None, most: int = MOST_NUMBERS) -> tuple[float, ...] | None:
    """Read numbers between blanks, or None where one of them is none, or there are too many."""
    parts = (text or "").replace(",", " ").split(None, most)
    if len(parts) > most:
        return None
    found = [number(each) for each in parts]
    return None if None in found else tuple(each for each in found if each is not None)


def matrix(text: str | None) -> Matrix | None:
    """Read a CTM; None where it is not six numbers."""
    found = numbers(text, 6)
    return (
        (found[0], found[1], found[2], found[3], found[4], found[5]) if found and len(found) == len(IDENTITY) else None
    )


def box(text: str | None) -> Box | None:
    """Read "x y width height"; a width or height of nothing is one, since lines have them."""
    found = numbers(text, 4)
    if not found or len(found) != 4 or found[2] < 0 or found[3] < 0:  # noqa: PLR2004 - ST_Box has four
        return None
    return found[0], found[1], found[2], found[3]


def times(first: Matrix, then: Matrix) -> Matrix:
    """Give the matrix that does the one and then the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def moved(x: float, y: float) -> Matrix:
    """Give the matrix that moves."""
    return (1.0, 0.0, 0.0, 1.0, x, y)


def scaled(x: float, y: float) -> Matrix:
    """Give the matrix that scales."""
    return (x, 0.0, 0.0, y, 0.0, 0.0)


def turned(degrees: float) -> Matrix:
    """Give the matrix that turns clockwise, as y goes downwards."""
    angle = math.radians(degrees)
    return (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)


def inverse(of: Matrix) -> Matrix | None:
    """Give the matrix that undoes another, or None where nothing does."""
    a, b, c, d, e, f = of
    size = a * d - b * c
    if abs(size) < FLAT:
        return None
    return (d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size)


def point(of: Matrix, x: float, y: float) -> tuple[float, float]:
    """Map a point."""
    return of[0] * x + of[2] * y + of[4], of[1] * x + of[3] * y + of[5]


def growth(of: Matrix) -> float:
    """Tell how much longer things get, at most."""
    return max(math.hypot(of[0], of[1]), math.hypot(of[2], of[3]))


def mapped(of: Matrix, bounds: Bounds) -> Bounds:
    """Give the bounds of what bounds become."""
    left, top, right, bottom = bounds
    if not of[1] and not of[2]:
        x, y, to_x, to_y = of[0] * left + of[4], of[3] * top + of[5], of[0] * right + of[4], of[3] * bottom + of[5]
        return min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
    corners = [point(of, x, y) for x in (left, right) for y in (top, bottom)]
    return (
        min(x for x, _ in corners),
        min(y for _, y in corners),
        max(x for x, _ in corners),
        max(y for _, y in corners),
    )


def common(one: Bounds, other: Bounds) -> Bounds | None:
    """Give what two bounds have in common, or None."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left <= right and top <= bottom else None


def is_sane(of: Matrix) -> bool:
    """Tell whether a product of matrices is still a matter of geometry."""
    return all(math.isfinite(each) and abs(each) <= LARGEST for each in of)


def written(value: float, digits: int = 3) -> str:
    """Write a number short and without an exponent."""
    if (whole := int(value)) == value:
        return str(whole)
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
