"""Colours: values in grey, RGB or CMYK, by palette, and colours that run (GB/T 33190-2016 8.3).

Colour profiles are not applied and CMYK is turned into RGB by plain arithmetic; axial and radial runs are drawn, tiles
and free-form runs give way to their first colour. Each of these is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from signing.formats.ofd.markup import Element, local, named
from signing.previews.display import Gradient, Paint, Solid
from signing.previews.geometry import Matrix, number, numbers
from signing.previews.ofd.resources import Resources

BLACK: Final = Solid()
GRAY, RGB, CMYK = "GRAY", "RGB", "CMYK"
COMPONENTS: Final = {GRAY: 1, RGB: 3, CMYK: 4}
BY_COUNT: Final = {1: GRAY, 3: RGB, 4: CMYK}
RUNS: Final = ("AxialShd", "RadialShd")
APPROXIMATED: Final = ("Pattern", "GouraudShd", "LaGouraudShd")
MOST_STOPS: Final = 64
MOST_BITS: Final = 16
OPAQUE: Final = 255.0


@dataclass(frozen=True)
class Colours:
    """Turns colours of a page into paint; what is not exact is told through `tell`."""

    resources: Resources
    default_space: str | None
    tell: Callable[[str, str], None]

    def paint(self, element: Element | None, alpha: float, matrix: Matrix) -> Paint | None:
        """Give the paint of a colour element; None for none, or where it can be seen through wholly."""
        if element is None:
            return None
        own = number(element.get("Alpha"))
        seen = alpha * max(0.0, min(1.0, (OPAQUE if own is None else own) / OPAQUE))
        if seen <= 0:
            return None
        for child in element:
            if (name := local(child)) in RUNS:
                return self._run(name, child, seen, matrix)
            if name in APPROXIMATED:
                self.tell("COLOUR_APPROXIMATED", name)
                return replace(self._first(child), alpha=seen)
        return replace(self.solid(element), alpha=seen)

    def solid(self, element: Element) -> Solid:
        """Give a plain colour; black where its value cannot be read, as if it stood alone."""
        space = self.resources.get("ColorSpace", element.get("ColorSpace") or self.default_space)
        kind = (space.element.get("Type") or "").strip().upper() if space is not None else ""
        bits = number(space.element.get("BitsPerComponent")) if space is not None else None
        most = 2 ** int(bits) - 1 if bits is not None and 1 <= bits <= MOST_BITS else 255
        if space is not None and space.element.get("Profile"):
            self.tell("COLOUR_APPROXIMATED", "Profile")
        value = element.get("Value")
        if value is None and (place := number(element.get("Index"))) is not None and space is not None:
            entries = [each.text for each in named(space.element, "CV")]
            value = entries[int(place)] if 0 <= place < len(entries) else None
        parts = _parts(value)
        if parts is None:
            if value is not None or element.get("Index") is not None:
                self.tell("COLOUR_MALFORMED", "")
            return BLACK
        if COMPONENTS.get(kind) != len(parts):
            kind = BY_COUNT.get(len(parts), "")
        return _solid(kind, [max(0.0, min(1.0, each / most)) for each in parts])

    def _first(self, element: Element) -> Solid:
        found = next(iter([*named(element, "FillColor"), *named(element, "Color")]), None)
        return self.solid(found) if found is not None else Solid(0.75, 0.75, 0.75)

    def _run(self, name: str, element: Element, alpha: float, matrix: Matrix) -> Paint:
        start, end = numbers(element.get("StartPoint"), 2), numbers(element.get("EndPoint"), 2)
        stops = self._stops(element)
        if not start or not end or len(start) != 2 or len(end) != 2 or not stops:  # noqa: PLR2004
            self.tell("COLOUR_APPROXIMATED", name)
            return replace(stops[0][1] if stops else BLACK, alpha=alpha)
        if len(stops) == 1 or (start == end and name == "AxialShd"):
            return replace(stops[-1][1], alpha=alpha)
        radii: tuple[float | None, float | None] = (None, None)
        if name == "RadialShd":
            radii = (
                max(0.0, number(element.get("StartRadius")) or 0.0),
                max(0.0, number(element.get("EndRadius")) or 0.0),
            )
            if number(element.get("Eccentricity")):
                self.tell("COLOUR_APPROXIMATED", "Eccentricity")
        if (element.get("MapType") or "Direct").strip() != "Direct":
            self.tell("COLOUR_APPROXIMATED", "MapType")
        extends = int(number(element.get("Extend")) or 0)
        return Gradient(
            (start[0], start[1], radii[0]),
            (end[0], end[1], radii[1]),
            stops,
            bool(extends & 1),
            bool(extends & 2),
            matrix,
            alpha,
        )

    def _stops(self, element: Element) -> tuple[tuple[float, Solid], ...]:
        segments = list(named(element, "Segment"))[:MOST_STOPS]
        found: list[tuple[float, Solid]] = []
        for place, each in enumerate(segments):
            at = number(each.get("Position"))
            usual = place / max(1, len(segments) - 1)
            position = max(found[-1][0] if found else 0.0, min(1.0, max(0.0, usual if at is None else at)))
            colour = next(named(each, "Color"), None)
            found.append((position, self.solid(colour) if colour is not None else BLACK))
        if len(found) > 1:
            found[0] = (0.0, found[0][1])
            found[-1] = (1.0, found[-1][1])
        return tuple(found)


def _parts(value: str | None) -> list[float] | None:
    """Read "255 0 0" or "#ff #0 #0", which some products write."""
    words = (value or "").replace(",", " ").split()
    if not words or len(words) > max(COMPONENTS.values()):
        return None
    try:
        found = [float(int(each[1:], 16)) if each.startswith("#") else number(each) for each in words]
    except ValueError:
        return None
    return None if None in found else [each for each in found if each is not None]


def _solid(kind: str, parts: list[float]) -> Solid:
    if kind == GRAY:
        return Solid(parts[0], parts[0], parts[0])
    if kind == RGB:
        return Solid(*parts)
    if kind == CMYK:
        cyan, magenta, yellow, black = parts
        return Solid((1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black))
    return BLACK
