"""Outlines: moves, lines and curves of one shape, in its own coordinates (GB/T 33190-2016 9.1, table 36).

The abbreviated data of paths is read here: S and M begin, L draws a line, Q and B curves of the second and the third
degree, A an arc of an ellipse, C closes. Arcs become curves, so that writers know five operations only.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from signing.previews.geometry import LARGEST, NUMBER, Bounds, Box

# An operation with its points: M and L one, Q two, C (a curve of the third degree) three, Z none.
Segment = tuple[str, tuple[float, ...]]
TOKEN: Final = re.compile(rf"\s*(?:,\s*)?([A-Za-z]|{NUMBER.pattern})\s*")
# How many numbers an operation of the abbreviated data takes.
TAKES: Final = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
QUARTER: Final = math.pi / 2


class BadOutline(Exception):
    """The abbreviated data is not what the standard says, or longer than a page may be."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, eq=False)
class Outline:
    """A shape; drawn often, it is one object, so that writers can write it once."""

    segments: tuple[Segment, ...]

    @cached_property
    def bounds(self) -> Bounds | None:
        """Give bounds that hold the shape (those of its points), or None for nothing."""
        xs = [each for _, points in self.segments for each in points[::2]]
        ys = [each for _, points in self.segments for each in points[1::2]]
        return (min(xs), min(ys), max(xs), max(ys)) if xs else None


NOTHING: Final = Outline(())


def rectangle(box: Box) -> Outline:
    """Give a rectangle."""
    x, y, width, height = box
    right, bottom = x + width, y + height
    return Outline((("M", (x, y)), ("L", (right, y)), ("L", (right, bottom)), ("L", (x, bottom)), ("Z", ())))


def outline(data: str, most: int) -> Outline:
    """Read abbreviated data of at most so many segments. Raises `BadOutline`."""
    segments: list[Segment] = []
    at = start = (0.0, 0.0)
    for name, values in _operations(data):
        if len(segments) > most:
            raise BadOutline("TOO_MUCH")
        if name == "C":
            segments.append(("Z", ()))
            at = start
            continue
        if not segments and name not in "SM":
            segments.append(("M", at))
        here = (values[-2], values[-1])
        if name in "SM":
            start = here
        segments.extend(_drawn(name, at, values))
        at = here
    return Outline(tuple(segments))


def _drawn(name: str, at: tuple[float, float], values: tuple[float, ...]) -> list[Segment]:
    if name == "A":
        return [("C", curve) for curve in _arc(at, values)] or [("L", values[-2:])]
    return [({"S": "M", "B": "C"}.get(name, name), values)]


def _operations(data: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Go through the operations; one whose name is left out repeats the one before. Raises `BadOutline`."""
    name = ""
    values: list[float] = []
    place = 0
    while place < len(data):
        if (token := TOKEN.match(data, place)) is None:
            raise BadOutline("PATH_MALFORMED")
        place = token.end()
        word = token[1]
        if word.isalpha():
            if values or word not in TAKES:
                raise BadOutline("PATH_MALFORMED")
            name = word
        else:
            value = float(word)
            if abs(value) > LARGEST or not name or name == "C":
                raise BadOutline("PATH_MALFORMED")
            values.append(value)
        if len(values) == TAKES[name]:
            yield name, tuple(values)
            values.clear()
    if values:
        raise BadOutline("PATH_MALFORMED")


def _arc(at: tuple[float, float], values: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Turn an arc, given by its ends, into curves; nothing where it is a straight line."""
    wide, high, degrees, large, clockwise, x, y = values
    wide, high = abs(wide), abs(high)
    if not wide or not high or at == (x, y):
        return []
    turn = math.radians(degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    half_x, half_y = (at[0] - x) / 2, (at[1] - y) / 2
    u, v = cos * half_x + sin * half_y, -sin * half_x + cos * half_y
    grown = (u / wide) ** 2 + (v / high) ** 2
    if grown > 1:
        wide, high = wide * math.sqrt(grown), high * math.sqrt(grown)
    below = (wide * v) ** 2 + (high * u) ** 2
    if not below:
        return []
    size = math.sqrt(max(0.0, ((wide * high) ** 2 - below) / below)) * (1 if bool(large) != bool(clockwise) else -1)
    mid_u, mid_v = size * wide * v / high, -size * high * u / wide
    middle = (cos * mid_u - sin * mid_v + (at[0] + x) / 2, sin * mid_u + cos * mid_v + (at[1] + y) / 2)
    begins = math.atan2((v - mid_v) / high, (u - mid_u) / wide)
    ends = math.atan2((-v - mid_v) / high, (-u - mid_u) / wide)
    sweep = (ends - begins) % (2 * math.pi) if clockwise else -((begins - ends) % (2 * math.pi))
    return list(_pieces(middle, wide, high, (cos, sin), begins, sweep))


def _pieces(
    middle: tuple[float, float],
    wide: float,
    high: float,
    turn: tuple[float, float],
    begins: float,
    sweep: float,
) -> Iterator[tuple[float, ...]]:
    count = max(1, math.ceil(abs(sweep) / QUARTER - 1e-9))
    step = sweep / count
    reach = 4 / 3 * math.tan(step / 4)

    def at(angle: float, along: float) -> tuple[float, float]:
        u = wide * (math.cos(angle) - along * math.sin(angle))
        v = high * (math.sin(angle) + along * math.cos(angle))
        return middle[0] + turn[0] * u - turn[1] * v, middle[1] + turn[1] * u + turn[0] * v

    for piece in range(count):
        first, last = begins + piece * step, begins + (piece + 1) * step
        yield (*at(first, reach), *at(last, -reach), *at(last, 0.0))
