"""A sheet as a PDF of one page, for the rasteriser alone: one point a pixel, so that its scale is 1.

The numbers are ours; names and strings of the document do not get in. Everything that the display list knows has a
PDF operator: both fill rules, dashes, clips, gradients, transparency and multiply (ISO 32000-1 8.4, 8.5, 8.7, 11.3.5).
"""

import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from signing.previews.display import Clip, Gradient, Item, Paint, Picture, Shape, Sheet, Solid, Stroke
from signing.previews.geometry import IDENTITY, Matrix, times, written
from signing.previews.outlines import Outline

CAPS: Final = {"butt": 0, "round": 1, "square": 2}
JOINS: Final = {"miter": 0, "round": 1, "bevel": 2}
OPERATORS: Final = {"M": "m", "L": "l", "C": "c", "Z": "h"}
# Several regions of a clip are united by marking one after the other, which PDF does through one path.
FAST: Final = 1


def pdf(sheet: Sheet, width: int, height: int) -> bytes:
    """Write a sheet on a page of so many points."""
    return _Writer(sheet, width, height).finished()


@dataclass
class _Writer:
    sheet: Sheet
    width: int
    height: int
    content: list[str] = field(default_factory=list)
    objects: list[bytes] = field(default_factory=list)
    states: dict[tuple[float, float, bool], str] = field(default_factory=dict)
    resources: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"ExtGState": {}, "Pattern": {}, "XObject": {}}
    )
    paths: dict[int, str] = field(default_factory=dict)
    pictures: dict[int, str] = field(default_factory=dict)

    def finished(self) -> bytes:
        self.content.append(f"q {_matrix(self._page())} cm")
        for item in self.sheet.items:
            self.content += ["q", *self._item(item), "Q"]
        self.content.append("Q")
        return self._file()

    def _page(self) -> Matrix:
        """Give the way from millimetres, downwards, to points, upwards."""
        x, y, width, height = self.sheet.box
        across, down = self.width / width, self.height / height
        return (across, 0.0, 0.0, -down, -x * across, self.height + y * down)

    def _item(self, item: Item) -> list[str]:
        found: list[str] = []
        for clip in item.clips:
            found += self._clip(clip)
        if isinstance(item, Picture):
            return [*found, self._state(item.alpha, item.alpha, item.multiply), *self._picture(item)]
        fill, stroke = item.fill, item.stroke
        alphas = (fill.alpha if fill else 1.0, stroke.paint.alpha if stroke else 1.0)
        return [*found, self._state(*alphas, item.multiply), *self._shape(item)]

    def _shape(self, shape: Shape) -> list[str]:
        found: list[str] = []
        if shape.fill is not None:
            found.append(self._paint(shape.fill, "rg", "scn", "cs"))
        if shape.matrix != IDENTITY:
            found.append(f"{_matrix(shape.matrix)} cm")
        if shape.stroke is not None:
            found += [self._paint(shape.stroke.paint, "RG", "SCN", "CS"), *_stroke(shape.stroke)]
        odd = "*" if shape.even_odd else ""
        paints = (shape.fill is not None, shape.stroke is not None)
        last = {(True, True): f"B{odd}", (True, False): f"f{odd}", (False, True): "S", (False, False): "n"}[paints]
        return [*found, self._path(shape.outline), last]

    def _picture(self, picture: Picture) -> list[str]:
        # The unit square of an image has its first row on top; ours has it at y = 0, downwards.
        matrix = times((1.0, 0.0, 0.0, -1.0, 0.0, 1.0), picture.matrix)
        return [f"{_matrix(matrix)} cm", f"/{self._image(picture)} Do"]

    def _clip(self, clip: Clip) -> list[str]:
        if not clip:
            return []
        odd = "*" if all(region.even_odd for region in clip) else ""
        return [*(_mapped(region.outline, region.matrix) for region in clip), f"W{odd} n"]

    def _paint(self, paint: Paint, plain: str, pattern: str, space: str) -> str:
        if isinstance(paint, Solid):
            return f"{written(paint.red, 4)} {written(paint.green, 4)} {written(paint.blue, 4)} {plain}"
        return f"/Pattern {space} /{self._gradient(paint)} {pattern}"

    def _gradient(self, paint: Gradient) -> str:
        (x, y, begins), (to_x, to_y, ends) = paint.start, paint.end
        if begins is None or ends is None:
            kind, where = 2, (x, y, to_x, to_y)
        else:
            kind, where = 3, (x, y, begins, to_x, to_y, ends)  # type: ignore[assignment]
        coordinates = " ".join(written(each, 4) for each in where)
        extend = f"[{str(paint.before).lower()} {str(paint.after).lower()}]"
        matrix = _matrix(times(paint.matrix, self._page()))
        number = self._object(
            f"<< /PatternType 2 /Matrix [{matrix}] /Shading << /ShadingType {kind} /ColorSpace /DeviceRGB"
            f" /Coords [{coordinates}] /Extend {extend} /Function {_function(paint)} >> >>".encode()
        )
        return self._named("Pattern", "P", number)

    def _image(self, picture: Picture) -> str:
        if id(picture.raster) not in self.pictures:
            image = picture.raster
            mask = ""
            if image.mode == "RGBA":
                number = self._stream(image.getchannel("A").tobytes(), image.size, "/DeviceGray")
                mask = f" /SMask {number} 0 R"
            number = self._stream(image.convert("RGB").tobytes(), image.size, "/DeviceRGB", mask)
            self.pictures[id(picture.raster)] = self._named("XObject", "X", number)
        return self.pictures[id(picture.raster)]

    def _state(self, fill: float, stroke: float, multiply: bool) -> str:  # noqa: FBT001 - part of a key
        key = (round(fill, 4), round(stroke, 4), multiply)
        if key == (1.0, 1.0, False):
            return ""
        if key not in self.states:
            blend = "/Multiply" if multiply else "/Normal"
            number = self._object(f"<< /ca {written(fill, 4)} /CA {written(stroke, 4)} /BM {blend} >>".encode())
            self.states[key] = self._named("ExtGState", "G", number)
        return f"/{self.states[key]} gs"

    def _path(self, outline: Outline) -> str:
        if id(outline) not in self.paths:
            self.paths[id(outline)] = _mapped(outline, IDENTITY)
        return self.paths[id(outline)]

    def _stream(self, data: bytes, size: tuple[int, int], space: str, more: str = "") -> int:
        packed = zlib.compress(data, FAST)
        head = (
            f"<< /Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} /ColorSpace {space}"
            f" /BitsPerComponent 8 /Interpolate true /Filter /FlateDecode /Length {len(packed)}{more} >>"
        )
        return self._object(head.encode() + b"\nstream\n" + packed + b"\nendstream")

    def _object(self, body: bytes) -> int:
        """Keep an object and tell its number; the first four are catalog, pages, page and content."""
        self.objects.append(body)
        return len(self.objects) + 4

    def _named(self, kind: str, prefix: str, number: int) -> str:
        name = f"{prefix}{number}"
        self.resources[kind][name] = f"{number} 0 R"
        return name

    def _file(self) -> bytes:
        named = " ".join(
            f"/{kind} << {' '.join(f'/{name} {reference}' for name, reference in inside.items())} >>"
            for kind, inside in self.resources.items()
        )
        content = "\n".join(each for each in self.content if each).encode("ascii")
        bodies = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {self.width} {self.height}] /Contents 4 0 R"
            f" /Group << /S /Transparency /CS /DeviceRGB >> /Resources << {named} >> >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            *self.objects,
        ]
        out = bytearray(b"%PDF-1.7\n")
        offsets = []
        for number, body in enumerate(bodies, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
        out += b"".join(b"%010d 00000 n \n" % each for each in offsets)
        out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, table)
        return bytes(out)


def _stroke(stroke: Stroke) -> list[str]:
    found = [
        f"{written(max(0.0, stroke.width), 4)} w {CAPS[stroke.cap]} J {JOINS[stroke.join]} j",
        f"{written(max(1.0, stroke.miter))} M",
    ]
    if stroke.dash:
        found.append(f"[{' '.join(written(each, 4) for each in stroke.dash)}] {written(max(0.0, stroke.offset), 4)} d")
    return found


def _function(paint: Gradient) -> str:
    """Write the colours between the stops, piece by piece."""
    stops = paint.stops
    pieces = [
        f"<< /FunctionType 2 /Domain [0 1] /C0 [{_colour(one)}] /C1 [{_colour(other)}] /N 1 >>"
        for (_, one), (_, other) in pairwise(stops)
    ]
    if len(pieces) == 1:
        return pieces[0]
    bounds = " ".join(written(at, 6) for at, _ in stops[1:-1])
    return (
        f"<< /FunctionType 3 /Domain [0 1] /Functions [{' '.join(pieces)}] /Bounds [{bounds}]"
        f" /Encode [{' '.join(['0 1'] * len(pieces))}] >>"
    )


def _colour(colour: Solid) -> str:
    return f"{written(colour.red, 4)} {written(colour.green, 4)} {written(colour.blue, 4)}"


def _mapped(outline: Outline, matrix: Matrix) -> str:
    """Write the operators of a path; curves of the second degree become curves of the third."""
    found: list[str] = []
    at = (0.0, 0.0)
    for name, points in outline.segments:
        own = _raised(at, points) if name == "Q" else points
        if points:
            at = (points[-2], points[-1])
        if matrix is not IDENTITY:
            a, b, c, d, e, f = matrix
            pairs = zip(own[::2], own[1::2], strict=True)
            own = tuple(each for x, y in pairs for each in (a * x + c * y + e, b * x + d * y + f))
        found.append(f"{' '.join(map(written, own))} {OPERATORS['C' if name == 'Q' else name]}")
    return "\n".join(found)


def _raised(at: tuple[float, float], points: tuple[float, ...]) -> tuple[float, ...]:
    (x, y), (u, v, to_x, to_y) = at, points
    return (x + (u - x) * 2 / 3, y + (v - y) * 2 / 3, to_x + (u - to_x) * 2 / 3, to_y + (v - to_y) * 2 / 3, to_x, to_y)


def _matrix(of: Matrix) -> str:
    return " ".join(written(each, 6) for each in of)
