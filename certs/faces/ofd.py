"""Writes a face as OFD (GB/T 33190): pages with absolute places, their typeface inside, elements of GB/T 36903.

The elements stand twice, as partners read them: in `OFD.xml` as CustomDatas (name and value), and in a file of custom
tags, where each names the text objects on the page that show it.
"""

import functools
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

from certs.faces.page import Cells, Colour, Frame, Mark, Page, Picture, Rule, Text
from certs.faces.told import Told
from certs.faces.typefaces import Cut

NAMESPACE: Final = "http://www.ofdspec.org/2016"
# A document is made of its content; when it was packed is nobody's business.
MOMENT: Final = (2000, 1, 1, 0, 0, 0)
FONT, LAYER, FIRST = 2, 3, 10


def write(page: Page, cut: Cut, told: Told) -> bytes:
    """Write the document of one page that a face is."""
    return write_pages((page,), cut, told)


def write_pages(pages: Sequence[Page], cut: Cut, told: Told) -> bytes:
    """Write a document of several pages; marks are numbered through, and the pages after the first come behind them."""
    pictures = [each for page in pages for each in page.marks if isinstance(each, Picture)]
    numbers = {id(each): FIRST + place for place, each in enumerate(pictures)}
    begins = [FIRST + len(pictures)]
    for page in pages:
        begins.append(begins[-1] + len(page.marks) * 2)
    last = begins[-1]
    ids = [1, *(last + place * 2 for place in range(1, len(pages)))]
    files = {
        "OFD.xml": _root(told),
        "Doc_0/Document.xml": _document(pages[0], ids, last + (len(pages) - 1) * 2),
        "Doc_0/PublicRes.xml": _resources(),
        "Doc_0/DocumentRes.xml": _media(numbers, pictures),
        "Doc_0/Tags/CustomTags.xml": _xml("CustomTags", _tag_list()),
        "Doc_0/Tags/CustomTag.xml": _tags(pages[0], begins[0], told),
    }
    for place, (page, begin, number) in enumerate(zip(pages, begins[:-1], ids, strict=True)):
        layer = LAYER if not place else number - 1
        files[f"Doc_0/Pages/Page_{place}/Content.xml"] = _content(
            page, list(_objects(page.marks, numbers, begin)), layer
        )
    files["Doc_0/Res/face.otf"] = cut.file
    for place, each in enumerate(pictures):
        files[f"Doc_0/Res/picture_{place}.png"] = _png(each)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _root(told: Told) -> bytes:
    data = "".join(
        f"<ofd:CustomData Name={quoteattr(name)}>{escape(value)}</ofd:CustomData>"
        for name, value in told.elements.items()
    )
    inside = (
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{told.document_id}</ofd:DocID><ofd:Title>{escape(told.title)}</ofd:Title>"
        f"<ofd:CreationDate>{told.at:%Y-%m-%d}</ofd:CreationDate><ofd:Creator>{escape(told.producer)}</ofd:Creator>"
        f"<ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    )
    return _xml("OFD", inside, ' Version="1.1" DocType="OFD"')


def _document(page: Page, ids: Sequence[int], last: int) -> bytes:
    pages = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="Pages/Page_{place}/Content.xml"/>' for place, number in enumerate(ids)
    )
    inside = (
        f"<ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>{_box(page)}"
        "</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData>"
        f"<ofd:Pages>{pages}</ofd:Pages>"
        "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
    )
    return _xml("Document", inside)


def _resources() -> bytes:
    inside = (
        f'<ofd:Fonts><ofd:Font ID="{FONT}" FontName="YinxinFace" FamilyName="YinxinFace" Charset="unicode">'
        "<ofd:FontFile>face.otf</ofd:FontFile></ofd:Font></ofd:Fonts>"
    )
    return _xml("Res", inside, ' BaseLoc="Res"')


def _media(numbers: dict[int, int], pictures: list[Picture]) -> bytes:
    inside = "".join(
        f'<ofd:MultiMedia ID="{numbers[id(each)]}" Type="Image" Format="PNG">'
        f"<ofd:MediaFile>picture_{place}.png</ofd:MediaFile></ofd:MultiMedia>"
        for place, each in enumerate(pictures)
    )
    return _xml("Res", f"<ofd:MultiMedias>{inside}</ofd:MultiMedias>" if inside else "", ' BaseLoc="Res"')


def _tag_list() -> str:
    return '<ofd:CustomTag NameSpace="GB/T 36903"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>'


def _tags(page: Page, begin: int, told: Told) -> bytes:
    """Tie every element that the face shows to the objects that show it."""
    shown: dict[str, list[int]] = {}
    for place, mark in enumerate(page.marks):
        if isinstance(mark, Text) and mark.shows in told.elements:
            shown.setdefault(mark.shows, []).append(begin + place * 2)
    inside = "".join(
        f"<{name}>" + "".join(f'<ofd:ObjectRef PageRef="1">{each}</ofd:ObjectRef>' for each in numbers) + f"</{name}>"
        for name, numbers in shown.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<eCert xmlns:ofd="{NAMESPACE}">{inside}</eCert>'.encode()


def _content(page: Page, objects: list[str], layer: int) -> bytes:
    inside = (
        f"<ofd:Area><ofd:PhysicalBox>{_box(page)}</ofd:PhysicalBox></ofd:Area>"
        f'<ofd:Content><ofd:Layer ID="{layer}" Type="Body">{"".join(objects)}</ofd:Layer></ofd:Content>'
    )
    return _xml("Page", inside)


def _objects(marks: tuple[Mark, ...], pictures: dict[int, int], begin: int) -> Iterator[str]:
    """Draw the marks; each has two numbers of its own, for a frame is drawn as ground and border."""
    for place, mark in enumerate(marks):
        number = begin + place * 2
        match mark:
            case Text():
                yield _text(mark, number)
            case Rule():
                path = f"M {_mm(mark.x1)} {_mm(mark.y1)} L {_mm(mark.x2)} {_mm(mark.y2)}"
                yield _path(number, path, stroke=mark.colour, width=mark.width)
            case Frame():
                path = _rectangle(mark.x, mark.y, mark.width, mark.height)
                if mark.ground:
                    yield _path(number, path, fill=mark.ground)
                if mark.border:
                    yield _path(number + 1, path, stroke=mark.border, width=mark.border_width)
            case Cells():
                yield _path(number, " ".join(_rectangle(*each) for each in mark.runs), fill=mark.colour)
            case Picture():
                place_ = f"{_mm(mark.x)} {_mm(mark.y)} {_mm(mark.width)} {_mm(mark.height)}"
                yield (
                    f'<ofd:ImageObject ID="{number}" Boundary="{place_}" ResourceID="{pictures[id(mark)]}" '
                    f'CTM="{_mm(mark.width)} 0 0 {_mm(mark.height)} 0 0"/>'
                )


def _text(mark: Text, number: int) -> str:
    """Write a line; its own box begins at its upper left corner, so that tools that select by box find it."""
    wide = sum(mark.advances)
    top = mark.y - mark.size
    deltas = " ".join(_mm(each) for each in mark.advances[:-1])
    told = f' DeltaX="{deltas}"' if deltas else ""
    return (
        f'<ofd:TextObject ID="{number}" Boundary="{_mm(mark.x)} {_mm(top)} {_mm(wide)} {_mm(mark.size * 1.3)}" '
        f'Font="{FONT}" Size="{_mm(mark.size)}"><ofd:FillColor Value="{_colour(mark.colour)}"/>'
        f'<ofd:TextCode X="0" Y="{_mm(mark.size)}"{told}>{escape(mark.text)}</ofd:TextCode></ofd:TextObject>'
    )


def _path(
    number: int, data: str, *, fill: Colour | None = None, stroke: Colour | None = None, width: float = 0.3
) -> str:
    """Write a path whose box begins at the page's corner, so that its numbers are the page's."""
    told = f'Stroke="{"true" if stroke else "false"}" Fill="{"true" if fill else "false"}" LineWidth="{_mm(width)}"'
    colours = f'<ofd:FillColor Value="{_colour(fill)}"/>' if fill else ""
    colours += f'<ofd:StrokeColor Value="{_colour(stroke)}"/>' if stroke else ""
    return (
        f'<ofd:PathObject ID="{number}" Boundary="0 0 1000 1000" {told}>{colours}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    right, bottom = _mm(x + width), _mm(y + height)
    return f"M {_mm(x)} {_mm(y)} L {right} {_mm(y)} L {right} {bottom} L {_mm(x)} {bottom} C"


def _png(mark: Picture) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (mark.columns, mark.rows), mark.pixels).save(out, "PNG")
    return out.getvalue()


def _xml(name: str, inside: str, attributes: str = "") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<ofd:{name} xmlns:ofd="{NAMESPACE}"{attributes}>{inside}</ofd:{name}>'.encode()


def _box(page: Page) -> str:
    return f"0 0 {_mm(page.width)} {_mm(page.height)}"


# Most places are those of the template and of the code's grid, the same on every face of a type.
@functools.lru_cache(maxsize=8192)
def _mm(millimetres: float) -> str:
    return f"{millimetres:.4f}".rstrip("0").rstrip(".")


def _colour(colour: Colour | None) -> str:
    return " ".join(map(str, colour or ()))
