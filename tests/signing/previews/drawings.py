"""OFD pages for tests of previews: a page of 100 × 100 mm that holds what a test names, and eyes to look at it.

Typefaces are made here, too: each glyph is a block of a known size, so that what is drawn can be measured.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

from signing.previews.fonts import Substitute, Substitutes
from signing.previews.glyphs import face
from signing.previews.ofd import OFD
from signing.previews.preview import Form, Preview, Stamped, Wanted
from tests.builders.ofd import Files, archive, xml

SCALE = 4.0
WHITE, BLACK, RED, BLUE = (255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 0, 255)


def text(words: str, boundary: str = "10 10 60 10", more: str = "", inside: str = "", code: str = "") -> str:
    deltas = code or f'X="0" Y="8" DeltaX="g {max(1, len(words) - 1)} 10"'
    return (
        f'<ofd:TextObject ID="1" Boundary="{boundary}" Font="30" Size="10" {more}>{inside}'
        f"<ofd:TextCode {deltas}>{words}</ofd:TextCode></ofd:TextObject>"
    )


def path(data: str, boundary: str = "10 10 50 50", more: str = 'Fill="true" Stroke="false"', inside: str = "") -> str:
    colour = '<ofd:FillColor Value="0 0 0"/>' if "FillColor" not in inside and 'Fill="true"' in more else ""
    return (
        f'<ofd:PathObject ID="2" Boundary="{boundary}" {more}>{inside}{colour}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def image(boundary: str = "10 10 40 20", more: str = "", number: str = "31", inside: str = "") -> str:
    return f'<ofd:ImageObject ID="3" Boundary="{boundary}" ResourceID="{number}" {more}>{inside}</ofd:ImageObject>'


def block(x: float, y: float, width: float, height: float) -> str:
    return f"M {x} {y} L {x + width} {y} L {x + width} {y + height} L {x} {y + height} C"


def colour(value: str, name: str = "FillColor", more: str = "") -> str:
    return f'<ofd:{name} Value="{value}" {more}/>'


def resources(inside: str) -> bytes:
    return xml("Res", inside, ' BaseLoc="Res"')


def fonts(inside: str = '<ofd:Font ID="30" FontName="Demo"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font>') -> str:
    return f"<ofd:Fonts>{inside}</ofd:Fonts>"


def media(number: str = "31", name: str = "image.png") -> str:
    return f'<ofd:MultiMedia ID="{number}" Type="Image"><ofd:MediaFile>{name}</ofd:MediaFile></ofd:MultiMedia>'


def page(content: str, area: str = "", templates: str = "", layer: str = "", layers: str = "") -> bytes:
    inside = layers or f'<ofd:Layer ID="9" {layer}>{content}</ofd:Layer>'
    return xml("Page", f"{area}{templates}<ofd:Content>{inside}</ofd:Content>")


def files(content: str = "", more: Mapping[str, bytes] | None = None, **peculiar: Any) -> Files:
    """Give a document of one page; `resource`, `common`, `document`, `pages` add what a test needs."""
    told = {"resource": "", "common": "", "document": "", "pages": ""} | peculiar
    own = {key: value for key, value in told.items() if key in {"area", "templates", "layer", "layers"}}
    found: Files = {
        "OFD.xml": xml("OFD", "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"),
        "Doc_0/Document.xml": xml(
            "Document",
            "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 100 100</ofd:PhysicalBox></ofd:PageArea>"
            f"<ofd:PublicRes>Res.xml</ofd:PublicRes>{told['common']}</ofd:CommonData>"
            f'<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/P0.xml"/>{told["pages"]}</ofd:Pages>{told["document"]}',
        ),
        "Doc_0/Res.xml": resources(fonts() + f"<ofd:MultiMedias>{media()}</ofd:MultiMedias>{told['resource']}"),
        "Doc_0/Res/font.ttf": typeface({"甲": 1.0, "乙": 0.5, "A": 0.5}),
        "Doc_0/Res/image.png": picture(),
        "Doc_0/Pages/P0.xml": page(content, **own),
    }
    return {**found, **(more or {})}


def ofd(content: str = "", more: Mapping[str, bytes] | None = None, **peculiar: Any) -> bytes:
    return archive(files(content, more, **peculiar))


def annotated(*annotations: str, other: str = "") -> bytes:
    """Give a document with annotations on its page, and others on a page that it does not have."""
    lists = "".join(
        f'<ofd:Page PageID="{number}"><ofd:FileLoc>{name}.xml</ofd:FileLoc></ofd:Page>'
        for number, name in ((1, "A"), (9, "B"))
    )
    return ofd(
        "",
        {
            "Doc_0/Annots/Annotations.xml": xml("Annotations", lists),
            "Doc_0/Annots/A.xml": xml("PageAnnot", "".join(annotations)),
            "Doc_0/Annots/B.xml": xml("PageAnnot", other),
        },
        document="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
    )


# --- typefaces


def typeface(glyphs: Mapping[str, float], *, cubic: bool = False, mapped: bool = True, family: str = "Demo") -> bytes:
    """Make a typeface: each character a block as high as its body and as wide as is said, of 1000 units."""
    names = [".notdef", *(f"glyph{place}" for place in range(len(glyphs)))]
    widths = [0.3, *glyphs.values()]
    builder = FontBuilder(1000, isTTF=not cubic)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(each): names[place] for place, each in enumerate(glyphs, 1)} if mapped else {})
    if cubic:
        strings = {name: _cubic(width) for name, width in zip(names, widths, strict=True)}
        builder.setupCFF(family, {}, strings, {})
    else:
        builder.setupGlyf({name: _quadratic(width) for name, width in zip(names, widths, strict=True)})
    builder.setupHorizontalMetrics({name: (int(width * 1000), 0) for name, width in zip(names, widths, strict=True)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def _corners(width: float) -> list[tuple[int, int]]:
    wide = int(width * 1000)
    return [(0, 0), (0, 800), (wide, 800), (wide, 0)]


def _quadratic(width: float) -> Any:
    pen = TTGlyphPen(None)
    _block(pen, width)
    return pen.glyph()


def _cubic(width: float) -> Any:
    pen = T2CharStringPen(int(width * 1000), None)
    _block(pen, width)
    return pen.getCharString()


def _block(pen: Any, width: float) -> None:
    first, *others = _corners(width)
    pen.moveTo(first)
    for each in others:
        pen.lineTo(each)
    pen.closePath()


def substitutes(glyphs: Mapping[str, float] | None = None) -> Substitutes:
    data = typeface(glyphs or {"丙": 1.0, "W": 1.0})
    return Substitutes((Substitute("Stand-in", "serif", is_bold=False, is_ideographic=True, load=lambda: face(data)),))


# --- pictures


def picture(
    form: str = "PNG", colours: Sequence[Any] = (RED, BLUE), size: tuple[int, int] = (80, 40), **how: Any
) -> bytes:
    """Make a picture: the left half in the first colour, the right half in the second."""
    made = Image.new("RGBA" if any(len(each) == 4 for each in colours) else "RGB", size, colours[0])
    made.paste(colours[1], (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    made.save(out, form, **how)
    return out.getvalue()


# --- eyes


@dataclass(frozen=True)
class Look:
    """A drawn page to be asked about, in millimetres."""

    preview: Preview
    image: Image.Image
    scale: float = SCALE

    def at(self, x: float, y: float) -> tuple[int, int, int]:
        found = self.image.getpixel((int(x * self.scale), int(y * self.scale)))
        assert isinstance(found, tuple)
        return found[0], found[1], found[2]

    def share(self, x: float, y: float, width: float, height: float, near: tuple[int, int, int] = BLACK) -> float:
        """Tell how much of a box is of a colour, or nearly."""
        left, top, right, bottom = (int(each * self.scale) for each in (x, y, x + width, y + height))
        points: list[Any] = list(self.image.crop((left, top, right, bottom)).get_flattened_data())
        return sum(
            all(abs(one - other) < 70 for one, other in zip(point, near, strict=True)) for point in points
        ) / len(points)

    @property
    def told(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.preview.not_drawn:
            found[each.code] = found.get(each.code, 0) + each.count
        return found


def look(
    data: bytes, number: int = 1, *, fonts_at_hand: Substitutes | None = None, signatures: Sequence[Stamped] = ()
) -> Look:
    """Draw a page as PNG and look at it."""
    wanted = Wanted(Form.PNG, SCALE, fonts_at_hand or Substitutes(), signatures)
    drawn = OFD.opened(data).draw(number, wanted)
    return Look(drawn, Image.open(io.BytesIO(drawn.picture)).convert("RGB"))


def as_svg(data: bytes, number: int = 1, signatures: Sequence[Stamped] = ()) -> Preview:
    return OFD.opened(data).draw(number, Wanted(Form.SVG, SCALE, Substitutes(), signatures))
