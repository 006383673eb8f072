"""Lines of text on pages as PDF/A-3b (ISO 19005-3): embedded font, colours by ICC profile, XMP metadata, attachments.

Only what a report needs. Nothing of a document from outside gets in but text, which goes in by character codes of the
embedded font; there is no string that could be read as PDF.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from signing.pdf_file import PdfFile, Titled, moment, references, text
from signing.report_fonts import EmbeddedFont

# A4 in points, and margins of 20 mm.
WIDTH, HEIGHT, MARGIN = 595.28, 841.89, 56.7
LEADING: Final = 1.5
# Reports of documents with a hundred seals have some hundred pages; more lines than that are cut, and it is said.
MOST_PAGES: Final = 200
Colour = tuple[float, float, float]
INK: Final[Colour] = (0.10, 0.13, 0.19)
SECOND: Final[Colour] = (0.29, 0.33, 0.41)
# Where a line may be broken beside blanks: between ideographs, and within codes too long for a line.
UNBROKEN: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-./:'")
NOT_FIRST: Final = frozenset("，。；：、！？）》」』”’％%,.;:!?)]}")


@dataclass(frozen=True)
class Line:
    """A line as it is asked for; too long ones are broken."""

    text: str
    size: float = 9.5
    colour: Colour = INK
    indent: float = 0
    space_before: float = 0


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF, and how it relates to it (ISO 32000-2 7.11.3)."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    description: str
    relationship: str = "Data"


def written(lines: Sequence[Line], font: EmbeddedFont, told: Titled, attachments: Iterable[Attachment]) -> bytes:
    """Write the pages."""
    return _Writer(font, told).finished(_pages(lines, font), tuple(attachments))


def _pages(lines: Sequence[Line], font: EmbeddedFont) -> list[list[tuple[float, Line]]]:
    pages: list[list[tuple[float, Line]]] = [[]]
    y = HEIGHT - MARGIN
    for line in lines:
        y -= line.space_before
        for part in _broken(line, font):
            y -= line.size * LEADING
            if y < MARGIN:
                if len(pages) == MOST_PAGES:
                    return pages
                pages.append([])
                y = HEIGHT - MARGIN - line.size * LEADING
            pages[-1].append((y, Line(part, line.size, line.colour, line.indent)))
    return pages


def _broken(line: Line, font: EmbeddedFont) -> list[str]:
    """Break a line where it may be broken; what cannot be broken and is too long is cut all the same."""
    room = (WIDTH - 2 * MARGIN - line.indent) * 1000 / line.size
    found, current, width = [], "", 0
    for piece in _pieces(font.known(line.text), font, room):
        if width + font.width(piece) > room and current and piece[0] not in NOT_FIRST:
            found.append(current.rstrip())
            current = piece.lstrip()
            width = font.width(current)
        else:
            current, width = current + piece, width + font.width(piece)
    return [*found, current.rstrip()] if current or not found else found


def _pieces(text: str, font: EmbeddedFont, room: float) -> Iterable[str]:
    piece = ""
    for each in text:
        if piece and (each not in UNBROKEN or piece[-1] not in UNBROKEN or font.width(piece + each) > room):
            yield piece
            piece = ""
        piece += each
    if piece:
        yield piece


@dataclass
class _Writer:
    font: EmbeddedFont
    told: Titled
    file: PdfFile = field(default_factory=PdfFile)

    def finished(self, pages: list[list[tuple[float, Line]]], attachments: tuple[Attachment, ...]) -> bytes:
        file = self.file
        catalog, tree = file.reserved(), file.reserved()
        font = file.font(self.font)
        kids = [self._page(tree, font, page) for page in pages]
        file.put(tree, f"<</Type/Pages/Count {len(kids)}/Kids[{references(kids)}]>>".encode())
        files = [(each.name, self._attachment(each)) for each in sorted(attachments, key=lambda each: each.name)]
        names = " ".join(f"{text(name)} {number} 0 R" for name, number in files)
        intent, metadata = file.colours(), file.metadata(self.told)
        file.put(
            catalog,
            (
                f"<</Type/Catalog/Version/1.7/Pages {tree} 0 R/Metadata {metadata} 0 R/OutputIntents[{intent} 0 R]"
                f"/Lang({self.told.language})/ViewerPreferences<</DisplayDocTitle true>>"
                f"/AF[{references(number for _, number in files)}]/Names<</EmbeddedFiles<</Names[{names}]>>>>>>"
            ).encode(),
        )
        return file.finished(catalog, self.told)

    def _page(self, tree: int, font: int, lines: list[tuple[float, Line]]) -> int:
        drawn = []
        for y, line in lines:
            red, green, blue = line.colour
            codes = "".join(f"{self.font.codes[each]:04X}" for each in line.text)
            place = f"1 0 0 1 {MARGIN + line.indent:.2f} {y:.2f} Tm"
            drawn.append(f"BT /F1 {line.size} Tf {red} {green} {blue} rg {place} <{codes}> Tj ET")
        content = self.file.stream("\n".join(drawn).encode())
        return self.file.added(
            (
                f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {content} 0 R"
                f"/Resources<</Font<</F1 {font} 0 R>>>>>>"
            ).encode()
        )

    def _attachment(self, attachment: Attachment) -> int:
        digest = hashlib.md5(attachment.content, usedforsecurity=False).hexdigest()
        subtype = attachment.media_type.replace("/", "#2F").replace("+", "#2B")
        stream = self.file.stream(
            attachment.content,
            f"/Type/EmbeddedFile/Subtype/{subtype}/Params<</Size {len(attachment.content)}"
            f"/ModDate({moment(self.told.at)})/CheckSum<{digest}>>>",
        )
        name = text(attachment.name)
        return self.file.added(
            (
                f"<</Type/Filespec/F {name}/UF {name}/Desc {text(attachment.description)}"
                f"/AFRelationship/{attachment.relationship}/EF<</F {stream} 0 R/UF {stream} 0 R>>>>"
            ).encode()
        )
