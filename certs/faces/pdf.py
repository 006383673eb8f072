"""Writes a face as PDF/A-3b: the same marks as in OFD, in points from the lower left corner."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from certs.faces.page import Cells, Colour, Frame, Page, Picture, Rule, Text
from certs.faces.told import Told
from certs.faces.typefaces import Cut
from signing.pdf_file import PdfFile, Titled, references, text

POINTS: Final = 72 / 25.4


def write(page: Page, cut: Cut, told: Told) -> bytes:
    """Write the document of one page that a face is."""
    return write_pages((page,), cut, told)


def write_pages(pages: Sequence[Page], cut: Cut, told: Told) -> bytes:
    """Write a document of several pages."""
    file = PdfFile()
    catalog, tree = file.reserved(), file.reserved()
    font = file.font(cut.embedded)
    kids = [_page(file, page, cut, tree, font) for page in pages]
    file.put(tree, f"<</Type/Pages/Count {len(kids)}/Kids[{references(kids)}]>>".encode())
    titled = Titled(told.title, told.producer, told.at)
    intent, metadata = file.colours(), file.metadata(titled)
    elements = _elements(file, told)
    file.put(
        catalog,
        (
            f"<</Type/Catalog/Version/1.7/Pages {tree} 0 R/Metadata {metadata} 0 R/OutputIntents[{intent} 0 R]"
            f"/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>/PieceInfo<</Yinxin {elements} 0 R>>>>"
        ).encode(),
    )
    return file.finished(catalog, titled)


def _page(file: PdfFile, page: Page, cut: Cut, tree: int, font: int) -> int:
    pictures = [each for each in page.marks if isinstance(each, Picture)]
    numbers = [_picture(file, each) for each in pictures]
    content = file.stream("\n".join(_drawn(page, cut, pictures)).encode())
    named = "".join(f"/I{place} {number} 0 R" for place, number in enumerate(numbers))
    return file.added(
        (
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {_points(page.width)} {_points(page.height)}]"
            f"/Contents {content} 0 R/Resources<</Font<</F1 {font} 0 R>>/XObject<<{named}>>>>>>"
        ).encode()
    )


def _elements(file: PdfFile, told: Told) -> int:
    """Keep the elements of GB/T 36903 in a page-piece dictionary (ISO 32000-1 14.5); OFD has CustomDatas for them."""
    pairs = "".join(f"/{name} {text(value)}" for name, value in told.elements.items())
    return file.added(f"<</LastModified(D:{told.at:%Y%m%d%H%M%S}+00'00')/Private<<{pairs}>>>>".encode())


def _drawn(page: Page, cut: Cut, pictures: list[Picture]) -> Iterator[str]:
    for mark in page.marks:
        match mark:
            case Text():
                yield _text(mark, page, cut)
            case Rule():
                ends = f"{_x(mark.x1)} {_y(page, mark.y1)} m {_x(mark.x2)} {_y(page, mark.y2)} l S"
                yield f"{_points(mark.width)} w {_colour(mark.colour)} RG {ends}"
            case Frame():
                yield from _frame(mark, page)
            case Cells():
                yield f"{_colour(mark.colour)} rg " + " ".join(_boxes(mark.runs, page)) + " f"
            case Picture():
                place = (
                    f"{_points(mark.width)} 0 0 {_points(mark.height)} {_x(mark.x)} {_y(page, mark.y + mark.height)}"
                )
                yield f"q {place} cm /I{pictures.index(mark)} Do Q"


def _frame(mark: Frame, page: Page) -> Iterator[str]:
    (box,) = _boxes([(mark.x, mark.y, mark.width, mark.height)], page)
    if mark.ground:
        yield f"{_colour(mark.ground)} rg {box} f"
    if mark.border:
        yield f"{_points(mark.border_width)} w {_colour(mark.border)} RG {box} S"


def _text(mark: Text, page: Page, cut: Cut) -> str:
    """Write every character with what its advance differs from the font's own, in thousandths (9.4.3)."""
    font, parts = cut.embedded, []
    for each, advance in zip(mark.text, mark.advances, strict=True):
        differs = round(font.widths[each] - advance / mark.size * 1000)
        parts.append(f"<{font.codes[each]:04X}>" + (f"{differs}" if differs else ""))
    place = f"1 0 0 1 {_x(mark.x)} {_y(page, mark.y)} Tm"
    return f"BT /F1 {_points(mark.size)} Tf {_colour(mark.colour)} rg {place} [{''.join(parts)}] TJ ET"


def _boxes(places: Iterable[tuple[float, float, float, float]], page: Page) -> list[str]:
    return [f"{_x(x)} {_y(page, y + height)} {_points(width)} {_points(height)} re" for x, y, width, height in places]


def _picture(file: PdfFile, mark: Picture) -> int:
    told = (
        f"/Type/XObject/Subtype/Image/Width {mark.columns}/Height {mark.rows}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    )
    return file.stream(mark.pixels, told)


def _colour(colour: Colour) -> str:
    return " ".join(f"{each / 255:.3f}" for each in colour)


def _points(millimetres: float) -> str:
    return f"{millimetres * POINTS:.3f}"


def _x(millimetres: float) -> str:
    return _points(millimetres)


def _y(page: Page, millimetres: float) -> str:
    return _points(page.height - millimetres)
