"""A sheet as SVG: paths, gradients, clips and pictures as data; no text, no script, no style sheet, nothing outside.

Coordinates are millimetres of the page. An outline that is drawn more than once stands in `defs` and is used. Every
string in it is made here; of the document only numbers get in.
"""

import base64
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from signing.previews.display import Clip, Clips, Item, Paint, Picture, Shape, Sheet, Solid
from signing.previews.geometry import IDENTITY, Matrix, inverse, times, written
from signing.previews.outlines import Outline
from signing.previews.rasters import encoded

HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="{box}">'
    '<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#fff"/>'
)
# Blending has no attribute of its own in SVG; it works where the picture is an image or the page allows styles.
MULTIPLY: Final = ' style="mix-blend-mode:multiply"'


def svg(sheet: Sheet) -> bytes:
    """Write a sheet."""
    return _Writer(sheet).finished()


@dataclass
class _Writer:
    sheet: Sheet
    out: list[str] = field(default_factory=list)
    defs: list[str] = field(default_factory=list)
    outlines: dict[int, str] = field(default_factory=dict)
    clips: dict[tuple[int, ...], str] = field(default_factory=dict)
    number: int = 0

    def finished(self) -> bytes:
        x, y, width, height = map(written, self.sheet.box)
        often = Counter(id(each.outline) for each in self.sheet.items if isinstance(each, Shape))
        for item in self.sheet.items:
            self.out.append(self._item(item, shared=isinstance(item, Shape) and often[id(item.outline)] > 1))
        head = HEAD.format(x=x, y=y, width=width, height=height, box=f"{x} {y} {width} {height}")
        return "".join((head, "<defs>", *self.defs, "</defs>", *self.out, "</svg>")).encode("ascii")

    def _item(self, item: Item, *, shared: bool) -> str:
        drawn = self._picture(item) if isinstance(item, Picture) else self._shape(item, shared=shared)
        opening = "".join(f'<g clip-path="url(#{name})">' for name in self._clips(item.clips))
        around = f"<g{MULTIPLY}>" if item.multiply else ""
        return f"{around}{opening}{drawn}{'</g>' * opening.count('<g')}{'</g>' if around else ''}"

    def _shape(self, shape: Shape, *, shared: bool) -> str:
        attributes = [self._fill(shape), *self._stroke(shape)]
        if shape.even_odd:
            attributes.append('fill-rule="evenodd"')
        if shape.matrix != IDENTITY:
            attributes.append(f'transform="{_matrix(shape.matrix)}"')
        if shared:
            return f'<use href="#{self._shared(shape.outline)}" {" ".join(attributes)}/>'
        return f'<path d="{data(shape.outline)}" {" ".join(attributes)}/>'

    def _fill(self, shape: Shape) -> str:
        if shape.fill is None:
            return 'fill="none"'
        return f'fill="{self._paint(shape.fill, shape.matrix)}"{_opacity("fill", shape.fill)}'

    def _stroke(self, shape: Shape) -> list[str]:
        stroke = shape.stroke
        if stroke is None:
            return []
        found = [
            f'stroke="{self._paint(stroke.paint, shape.matrix)}"{_opacity("stroke", stroke.paint)}',
            f'stroke-width="{written(stroke.width, 4)}"',
            f'stroke-linecap="{stroke.cap}"',
            f'stroke-linejoin="{stroke.join}"',
            f'stroke-miterlimit="{written(max(1.0, stroke.miter))}"',
        ]
        if stroke.dash:
            found.append(f'stroke-dasharray="{" ".join(map(written, stroke.dash))}"')
            found.append(f'stroke-dashoffset="{written(stroke.offset)}"')
        return found

    def _picture(self, picture: Picture) -> str:
        media_type, content = encoded(picture.raster, is_photograph=picture.is_photograph)
        alpha = f' opacity="{written(picture.alpha)}"' if picture.alpha < 1 else ""
        inside = base64.b64encode(content).decode("ascii")
        return (
            f'<image width="1" height="1" preserveAspectRatio="none" transform="{_matrix(picture.matrix)}"{alpha}'
            f' href="data:{media_type};base64,{inside}"/>'
        )

    def _paint(self, paint: Paint, matrix: Matrix) -> str:
        if isinstance(paint, Solid):
            return _colour(paint)
        back = inverse(matrix)
        if back is None:
            return "none"
        name = self._name("p")
        (x, y, begins), (to_x, to_y, ends) = paint.start, paint.end
        if begins is None or ends is None:
            kind = "linearGradient"
            where = f'x1="{written(x)}" y1="{written(y)}" x2="{written(to_x)}" y2="{written(to_y)}"'
        else:
            kind = "radialGradient"
            where = (
                f'fx="{written(x)}" fy="{written(y)}" fr="{written(begins)}"'
                f' cx="{written(to_x)}" cy="{written(to_y)}" r="{written(ends)}"'
            )
        stops = "".join(
            f'<stop offset="{written(at)}" stop-color="{_colour(colour)}"{_stop_opacity(colour)}/>'
            for at, colour in paint.stops
        )
        self.defs.append(
            f'<{kind} id="{name}" gradientUnits="userSpaceOnUse" {where}'
            f' gradientTransform="{_matrix(times(paint.matrix, back))}">{stops}</{kind}>'
        )
        return f"url(#{name})"

    def _clips(self, clips: Clips) -> list[str]:
        return [self._clip(clip) for clip in clips]

    def _clip(self, clip: Clip) -> str:
        key = tuple(id(region) for region in clip)
        if key not in self.clips:
            name = self.clips[key] = self._name("c")
            inside = "".join(
                f'<path d="{data(region.outline)}" transform="{_matrix(region.matrix)}"'
                f"{' clip-rule=' + chr(34) + 'evenodd' + chr(34) if region.even_odd else ''}/>"
                for region in clip
            )
            self.defs.append(f'<clipPath id="{name}">{inside}</clipPath>')
        return self.clips[key]

    def _shared(self, outline: Outline) -> str:
        if id(outline) not in self.outlines:
            name = self.outlines[id(outline)] = self._name("o")
            self.defs.append(f'<path id="{name}" d="{data(outline)}"/>')
        return self.outlines[id(outline)]

    def _name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"


def data(outline: Outline) -> str:
    """Write the segments of a path."""
    return "".join(f"{name}{' '.join(map(written, points))}" for name, points in outline.segments)


def _matrix(of: Matrix) -> str:
    return f"matrix({' '.join(written(each, 6) for each in of)})"


def _colour(colour: Solid) -> str:
    return "#" + "".join(
        f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in (colour.red, colour.green, colour.blue)
    )


def _opacity(kind: str, paint: Paint) -> str:
    return f' {kind}-opacity="{written(paint.alpha)}"' if paint.alpha < 1 else ""


def _stop_opacity(colour: Solid) -> str:
    return f' stop-opacity="{written(colour.alpha)}"' if colour.alpha < 1 else ""
