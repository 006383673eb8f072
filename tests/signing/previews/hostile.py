"""Hostile pages: what each asks for, and which codes may be told; none gets time, memory or a traceback."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.builders.ofd import Item, archive, xml
from tests.signing.previews.cases import Hostile
from tests.signing.previews.drawings import (
    annotated,
    block,
    colour,
    files,
    image,
    media,
    ofd,
    page,
    path,
    text,
)
from tests.signing.previews.hostile_typefaces import TYPEFACES

BIG = "9" * 400
SQUARE = block(0, 0, 20, 20)


def _content(inside: str, **peculiar: Any) -> Callable[[], bytes]:
    return lambda: ofd(inside, **peculiar)


def _stored(inside: str) -> bytes:
    """Give a document that is not packed, so that its ratio says nothing."""
    return archive([Item(name, content, method=0) for name, content in files(inside).items()])


def _image(data: bytes) -> Callable[[], bytes]:
    return lambda: ofd(image(), {"Doc_0/Res/image.png": data})


# --- numbers


def _multiplied() -> bytes:
    inner = path(SQUARE, more='Fill="true" CTM="1000 0 0 1000 0 0"')
    units = "".join(
        f'<ofd:CompositeGraphicUnit ID="{70 + n}"><ofd:Content>'
        + (inner if n == 9 else f'<ofd:CompositeObject ID="5" ResourceID="{71 + n}" CTM="1000 0 0 1000 0 0"/>')
        + "</ofd:Content></ofd:CompositeGraphicUnit>"
        for n in range(10)
    )
    return ofd(
        '<ofd:CompositeObject ID="5" ResourceID="70"/>',
        resource=f"<ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits>",
    )


NUMBERS = [
    Hostile("a coordinate that is not a number", _content(path("M NaN 0 L 10 10")), ("PATH_MALFORMED",)),
    Hostile("an endless coordinate", _content(path("M Infinity 0 L 10 10")), ("PATH_MALFORMED",)),
    Hostile("a coordinate of four hundred digits", _content(path(f"M {BIG} 0 L 10 10")), ("PATH_MALFORMED",)),
    Hostile("a coordinate of a light year", _content(path("M 1e18 0 L 10 10")), ("PATH_MALFORMED",)),
    Hostile("an exponent without end", _content(path("M 1e999999999 0 L 10 10")), ("PATH_MALFORMED",)),
    Hostile("a boundary that is not a number", _content(path(SQUARE, "NaN 0 1 1")), ("OBJECT_MALFORMED",)),
    Hostile("a boundary of three numbers", _content(path(SQUARE, "0 0 1")), ("OBJECT_MALFORMED",)),
    Hostile("a boundary of negative width", _content(path(SQUARE, "0 0 -1 5")), ("OBJECT_MALFORMED",)),
    Hostile(
        "a matrix that is not one", _content(path(SQUARE, more='Fill="true" CTM="1 0 0 x 0 0"')), ("OBJECT_MALFORMED",)
    ),
    Hostile("a matrix of nothing", _content(path(SQUARE, more='Fill="true" CTM="0 0 0 0 0 0"'))),
    Hostile("matrices that multiply without end", _multiplied, ("GEOMETRY_TOO_LARGE", "TOO_MUCH")),
    Hostile("a line as wide as the world", _content(path("M 0 0 L 10 10", more='LineWidth="999999"'))),
    Hostile("a negative line width", _content(path("M 0 0 L 10 10", more='LineWidth="-5"'))),
    Hostile("a miter without limit", _content(path("M 0 0 L 10 1 L 0 2", more='MiterLimit="1e6" LineWidth="10"'))),
    Hostile("dashes of nothing", _content(path("M 0 0 L 40 0", more='DashPattern="0 0 0 0"'))),
    Hostile("dashes too short to see", _content(path("M 0 0 L 40 0", more='DashPattern="1e-9 1e-9"'))),
    Hostile("a thousand dashes", _content(path("M 0 0 L 40 0", more=f'DashPattern="{"1 " * 1000}"'))),
    Hostile("characters of no size", _content(text("甲").replace('Size="10"', 'Size="0"')), ("OBJECT_MALFORMED",)),
    Hostile(
        "characters of a negative size", _content(text("甲").replace('Size="10"', 'Size="-3"')), ("OBJECT_MALFORMED",)
    ),
    Hostile("characters a kilometre high", _content(text("甲").replace('Size="10"', 'Size="999999"'))),
    Hostile("a delta repeated a milliard times", _content(text("甲乙", code='X="0" Y="8" DeltaX="g 999999999 5"'))),
    Hostile("a delta that is cut off", _content(text("甲乙", code='X="0" Y="8" DeltaX="g 9"'))),
    Hostile("deltas of words", _content(text("甲乙", code='X="0" Y="8" DeltaX="left right"'))),
    Hostile("a colour of words", _content(path(SQUARE, inside=colour("x y z"))), ("COLOUR_MALFORMED",)),
    Hostile("a colour of a thousand parts", _content(path(SQUARE, inside=colour("1 " * 1000))), ("COLOUR_MALFORMED",)),
    Hostile(
        "a glyph beyond the last",
        _content(
            text("甲", inside='<ofd:CGTransform CodePosition="0"><ofd:Glyphs>99999</ofd:Glyphs></ofd:CGTransform>')
        ),
    ),
    Hostile(
        "a glyph below the first",
        _content(text("甲", inside='<ofd:CGTransform CodePosition="0"><ofd:Glyphs>-5</ofd:Glyphs></ofd:CGTransform>')),
    ),
    Hostile(
        "a glyph for a milliard characters",
        _content(
            text(
                "甲",
                inside=(
                    '<ofd:CGTransform CodePosition="0" CodeCount="999999999"><ofd:Glyphs>1</ofd:Glyphs>'
                    "</ofd:CGTransform>"
                ),
            )
        ),
    ),
]


# --- numbers of things


def _units(each: str, last: str, count: int) -> str:
    made = "".join(
        f'<ofd:CompositeGraphicUnit ID="{100 + n}">'
        f"<ofd:Content>{each.format(n=101 + n) if n < count - 1 else last}</ofd:Content></ofd:CompositeGraphicUnit>"
        for n in range(count)
    )
    return f"<ofd:CompositeGraphicUnits>{made}</ofd:CompositeGraphicUnits>"


USE = '<ofd:CompositeObject ID="5" Boundary="0 0 100 100" ResourceID="{n}"/>'
START = USE.format(n=100)
MANY = [
    Hostile("thirty-six thousand small paths", lambda: ofd(path("M 0 0 L 1 1", "0 0 1 1", "") * 36_000)),
    Hostile(
        "a path of a million points", lambda: _stored(path("M 0 0 " + "L 1 1 " * 1_000_001, more="")), ("TOO_MUCH",)
    ),
    Hostile(
        "a path of a million arcs",
        lambda: ofd(path("M 0 0 " + "A 1 1 0 0 1 5 5 A 1 1 0 0 1 1 1 " * 300_000, more="")),
        ("TOO_MUCH",),
    ),
    Hostile(
        "twenty thousand sheets of paper",
        lambda: ofd(path(block(0, 0, 100, 100), "0 0 100 100") * 20_000),
        ("TOO_MUCH",),
    ),
    Hostile("a text of three hundred thousand characters", lambda: _stored(text("甲" * 300_000)), ("TOO_MUCH",)),
    Hostile(
        "a text of ninety thousand characters",
        lambda: ofd(text("甲" * 90_000, code='X="0" Y="8" DeltaX="g 99999 0.001"')),
        ("TOO_MUCH",),
    ),
    Hostile(
        "a unit that holds itself",
        _content(USE.format(n=100), resource=_units(USE.format(n=100), USE.format(n=100), 1)),
        ("TOO_MUCH",),
    ),
    Hostile(
        "units that double thirty times", _content(START, resource=_units(USE * 2, path(SQUARE), 30)), ("TOO_MUCH",)
    ),
    Hostile(
        "units ten wide and twenty deep", _content(START, resource=_units(USE * 10, path(SQUARE), 20)), ("TOO_MUCH",)
    ),
    Hostile(
        "blocks two hundred deep",
        _content("<ofd:PageBlock>" * 200 + path(SQUARE) + "</ofd:PageBlock>" * 200),
        ("TOO_MUCH",),
    ),
    Hostile(
        "a template used a thousand times",
        lambda: ofd(
            "",
            {"Doc_0/T.xml": page(path(SQUARE))},
            common='<ofd:TemplatePage ID="20" BaseLoc="T.xml"/>',
            templates='<ofd:Template TemplateID="20"/>' * 1000,
        ),
        ("TOO_MUCH",),
    ),
    Hostile(
        "a template that uses itself",
        lambda: ofd(
            "",
            {"Doc_0/T.xml": page(path(SQUARE), templates='<ofd:Template TemplateID="20"/>')},
            common='<ofd:TemplatePage ID="20" BaseLoc="T.xml"/>',
            templates='<ofd:Template TemplateID="20"/>',
        ),
    ),
    Hostile(
        "a page that is its own template",
        lambda: ofd(
            path(SQUARE),
            common='<ofd:TemplatePage ID="20" BaseLoc="Pages/P0.xml"/>',
            templates='<ofd:Template TemplateID="20"/>',
        ),
    ),
    Hostile(
        "five thousand annotations",
        lambda: annotated(
            "".join(
                f'<ofd:Annot ID="{n}" Type="Path"><ofd:Appearance Boundary="0 0 1 1"/></ofd:Annot>'
                for n in range(5_000)
            )
        ),
        ("TOO_MUCH",),
    ),
    Hostile(
        "clips by the hundred on every path",
        lambda: ofd(path(SQUARE, inside="<ofd:Clips>" + _clip(200) * 100 + "</ofd:Clips>") * 50),
    ),
    Hostile(
        "colours that run through ten thousand",
        lambda: ofd(
            path(
                SQUARE,
                inside='<ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="9 0">'
                + '<ofd:Segment><ofd:Color Value="1 2 3"/></ofd:Segment>' * 10_000
                + "</ofd:AxialShd></ofd:FillColor>",
            )
        ),
    ),
    Hostile(
        "a palette of ten thousand",
        _content(
            path(SQUARE, inside='<ofd:FillColor Index="99999" ColorSpace="60"/>'),
            resource='<ofd:ColorSpaces><ofd:ColorSpace ID="60" Type="RGB"><ofd:Palette>'
            + "<ofd:CV>1 2 3</ofd:CV>" * 10_000
            + "</ofd:Palette></ofd:ColorSpace></ofd:ColorSpaces>",
        ),
        ("COLOUR_MALFORMED",),
    ),
    Hostile("a picture used two thousand times", lambda: ofd(image("0 0 100 100") * 2_000), ("TOO_MUCH",)),
    Hostile(
        "a thousand pictures",
        lambda: ofd(
            "".join(image("0 0 9 9", number=str(1000 + n)) for n in range(1_000)),
            resource="<ofd:MultiMedias>" + "".join(media(str(1000 + n)) for n in range(1_000)) + "</ofd:MultiMedias>",
        ),
        ("TOO_MUCH",),
    ),
]


def _clip(areas: int) -> str:
    area = (
        f'<ofd:Area><ofd:Path Boundary="0 0 9 9"><ofd:AbbreviatedData>{SQUARE}</ofd:AbbreviatedData>'
        f"</ofd:Path></ofd:Area>"
    )
    return f"<ofd:Clip>{area * min(areas, 10)}</ofd:Clip>"


# --- pictures


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _blank(width: int, height: int) -> bytes:
    return _png(width, height, zlib.compress(bytes(1 + 3 * width) * height, 9))


def _large_gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (6_000, 6_000)).save(out, "GIF")
    return out.getvalue()


PICTURES = [
    Hostile("a picture of a milliard points", _image(_png(32_000, 32_000, b"")), ("IMAGE_TOO_LARGE",)),
    Hostile(
        "a picture that says four milliard wide",
        _image(_png(0xFFFFFFFF, 1, b"")),
        ("IMAGE_DAMAGED", "IMAGE_FORMAT", "IMAGE_TOO_LARGE"),
    ),
    Hostile("a picture of no width", _image(_png(0, 5, b"")), ("IMAGE_DAMAGED", "IMAGE_FORMAT")),
    Hostile(
        "a picture of thirty-six million points",
        lambda: ofd(image(), {"Doc_0/Res/image.png": _large_gif()}),
        ("IMAGE_TOO_LARGE",),
    ),
    Hostile(
        "pictures of twenty million points each",
        lambda: ofd(
            "".join(image("0 0 9 9", number=str(40 + n)) for n in range(5)),
            {f"Doc_0/Res/i{n}.png": _blank(5_000, 4_000) for n in range(5)},
            resource="<ofd:MultiMedias>"
            + "".join(media(str(40 + n), f"i{n}.png") for n in range(5))
            + "</ofd:MultiMedias>",
        ),
        ("IMAGE_TOO_LARGE",),
    ),
    Hostile("a picture whose rows are missing", _image(_png(100, 100, zlib.compress(b"\x00"))), ("IMAGE_DAMAGED",)),
    Hostile("a picture that is text", _image(b"%!PS-Adobe-3.0 EPSF-3.0\nsystem"), ("IMAGE_FORMAT",)),
    Hostile(
        "a picture that is a program",
        _image(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("IMAGE_FORMAT",),
    ),
    Hostile("a picture that is not there", _content(image(number="404")), ("RESOURCE_MISSING",)),
    Hostile(
        "a picture outside the package",
        _content(
            image(number="77"), resource=f"<ofd:MultiMedias>{media('77', '../../../../etc/passwd')}</ofd:MultiMedias>"
        ),
        ("RESOURCE_MISSING",),
    ),
    Hostile(
        "a picture on the web",
        _content(
            image(number="77"), resource=f"<ofd:MultiMedias>{media('77', 'http://example.org/x.png')}</ofd:MultiMedias>"
        ),
        ("RESOURCE_MISSING",),
    ),
    Hostile(
        "a picture that is a file",
        _content(
            image(number="77"), resource=f"<ofd:MultiMedias>{media('77', 'file:///etc/passwd')}</ofd:MultiMedias>"
        ),
        ("RESOURCE_MISSING",),
    ),
    Hostile("a picture drawn onto a line", _content(image("10 10 40 0", 'CTM="40 0 0 0 0 0"'))),
    Hostile(
        "a mask that is broken",
        lambda: ofd(
            image(more='ImageMask="32"'),
            {"Doc_0/Res/m.png": b"x"},
            resource=f"<ofd:MultiMedias>{media('32', 'm.png')}</ofd:MultiMedias>",
        ),
        ("IMAGE_FORMAT",),
    ),
]


# --- the tree


def _with(name: str, content: bytes, inside: str = "") -> Callable[[], bytes]:
    return lambda: archive({**files(inside or path(SQUARE)), name: content})


TREE = [
    Hostile("a page that is no XML", _with("Doc_0/Pages/P0.xml", b"<"), ("PAGE_MISSING",)),
    Hostile(
        "a page of entities",
        _with("Doc_0/Pages/P0.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        ("PAGE_MISSING",),
    ),
    Hostile(
        "a page that reads a file",
        _with("Doc_0/Pages/P0.xml", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
        ("PAGE_MISSING",),
    ),
    Hostile("a page of another kind", _with("Doc_0/Pages/P0.xml", xml("Document", ""))),
    Hostile("resources that are no XML", _with("Doc_0/Res.xml", b"<", text("甲")), ("RESOURCE_MISSING",)),
    Hostile("resources deep as a well", _with("Doc_0/Res.xml", b"<a>" * 250 + b"</a>" * 250)),
    Hostile("objects of no known kind", _content("<ofd:MysteryObject/>" * 3), ("OBJECT_UNKNOWN",)),
    Hostile("comments in the middle of data", _content(path("M 0 0 <!-- x --> L 10 10"))),
    Hostile("instructions instead of objects", _content("<?php phpinfo(); ?>")),
    Hostile(
        "script in a name of a font",
        lambda: ofd(
            text("甲"),
            {
                "Doc_0/Res.xml": xml(
                    "Res", '<ofd:Fonts><ofd:Font ID="30" FontName="&lt;script&gt;alert(1)&lt;/script&gt;"/></ofd:Fonts>'
                )
            },
        ),
        ("GLYPH_MISSING",),
    ),
    Hostile("script in the data of a path", _content(path('M 0 0" onload="alert(1)')), ("PATH_MALFORMED",)),
    Hostile(
        "script in a colour",
        _content(path(SQUARE, inside="<ofd:FillColor Value='0 0 0\"/&gt;&lt;script&gt;'/>")),
        ("COLOUR_MALFORMED",),
    ),
    Hostile("script in a cap", _content(path("M 0 0 L 5 5", more="Cap='&quot;/&gt;&lt;script&gt;' Join='&quot;&gt;'"))),
    Hostile("an empty picture", _content(image("0 0 0 0"))),
    Hostile("a reverse order of text", _content(text("\u202e甲\u2066"))),
    Hostile("no page at all", lambda: archive({**files(), "Doc_0/Document.xml": xml("Document", "<ofd:Pages/>")})),
]

HOSTILE = [*NUMBERS, *MANY, *PICTURES, *TYPEFACES, *TREE]
