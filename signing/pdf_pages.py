"""Lines of text on pages as PDF/A-3b (ISO 19005-3): embedded font, colours by ICC profile, XMP metadata, attachments.

Only what a report needs. Nothing of a document from outside gets in but text, which goes in by character codes of the
embedded font; there is no string that could be read as PDF.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from PIL import ImageCms

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


@dataclass(frozen=True)
class Titled:
    """What the document says of itself."""

    title: str
    producer: str
    at: datetime
    language: str = "zh-CN"


def written(lines: Sequence[Line], font: EmbeddedFont, told: Titled, attachments: Iterable[Attachment]) -> bytes:
    """Write the pages."""
    return _Writer(font, told).finished(_pages(lines, font), tuple(attachments))


def _pages(lines: Sequence[Line], font: EmbeddedFont) -> list[list[tuple[float, Line]]]:
    pages: list[list[tuple[float, Line]]] = [[]]
    y = HEIGHT - MARGIN
    for line in lines:
        y -= line.space_before
        for text in _broken(line, font):
            y -= line.size * LEADING
            if y < MARGIN:
                if len(pages) == MOST_PAGES:
                    return pages
                pages.append([])
                y = HEIGHT - MARGIN - line.size * LEADING
            pages[-1].append((y, Line(text, line.size, line.colour, line.indent)))
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
    objects: list[bytes] = field(default_factory=list)

    def finished(self, pages: list[list[tuple[float, Line]]], attachments: tuple[Attachment, ...]) -> bytes:
        catalog, tree = self._reserved(), self._reserved()
        font = self._font()
        kids = [self._page(tree, font, page) for page in pages]
        self._put(tree, f"<</Type/Pages/Count {len(kids)}/Kids[{_references(kids)}]>>".encode())
        files = [(each.name, self._attachment(each)) for each in sorted(attachments, key=lambda each: each.name)]
        names = " ".join(f"{_text(name)} {number} 0 R" for name, number in files)
        profile = self._stream(_profile(), "/N 3")
        intent = self._added(
            b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)"
            + f"/DestOutputProfile {profile} 0 R>>".encode()
        )
        metadata = self._stream(self._xmp(), "/Type/Metadata/Subtype/XML", packed=False)
        self._put(
            catalog,
            (
                f"<</Type/Catalog/Version/1.7/Pages {tree} 0 R/Metadata {metadata} 0 R/OutputIntents[{intent} 0 R]"
                f"/Lang({self.told.language})/ViewerPreferences<</DisplayDocTitle true>>"
                f"/AF[{_references([number for _, number in files])}]/Names<</EmbeddedFiles<</Names[{names}]>>>>>>"
            ).encode(),
        )
        information = self._added(
            (
                f"<</Title {_text(self.told.title)}/Producer {_text(self.told.producer)}"
                f"/CreationDate({_date(self.told.at)})/ModDate({_date(self.told.at)})>>"
            ).encode()
        )
        return self._file(catalog, information)

    def _page(self, tree: int, font: int, lines: list[tuple[float, Line]]) -> int:
        drawn = []
        for y, line in lines:
            red, green, blue = line.colour
            codes = "".join(f"{self.font.codes[each]:04X}" for each in line.text)
            place = f"1 0 0 1 {MARGIN + line.indent:.2f} {y:.2f} Tm"
            drawn.append(f"BT /F1 {line.size} Tf {red} {green} {blue} rg {place} <{codes}> Tj ET")
        content = self._stream("\n".join(drawn).encode())
        return self._added(
            (
                f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {content} 0 R"
                f"/Resources<</Font<</F1 {font} 0 R>>>>>>"
            ).encode()
        )

    def _font(self) -> int:
        """Write the composite font (ISO 32000-1 9.7) with the codes of the characters as they are."""
        font = self.font
        prefix = _prefix(font)
        told = "/Subtype/CIDFontType0C" if font.is_cff else f"/Length1 {len(font.program)}"
        program = self._stream(font.program, told)
        key = "FontFile3" if font.is_cff else "FontFile2"
        box = " ".join(map(str, font.box))
        descriptor = self._added(
            (
                f"<</Type/FontDescriptor/FontName/{prefix}{font.name}/Flags 4/FontBBox[{box}]/ItalicAngle 0"
                f"/Ascent {font.ascent}/Descent {font.descent}/CapHeight {font.ascent}/StemV 80/{key} {program} 0 R>>"
            ).encode()
        )
        widths = " ".join(f"{code}[{font.widths[each]}]" for code, each in sorted(_by_code(font).items()))
        kind = "CIDFontType0" if font.is_cff else "CIDFontType2"
        mapped = "" if font.is_cff else "/CIDToGIDMap/Identity"
        below = self._added(
            (
                f"<</Type/Font/Subtype/{kind}/BaseFont/{prefix}{font.name}/FontDescriptor {descriptor} 0 R/DW 1000"
                f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[{widths}]{mapped}>>"
            ).encode()
        )
        readable = self._stream(_to_unicode(font))
        return self._added(
            (
                f"<</Type/Font/Subtype/Type0/BaseFont/{prefix}{font.name}/Encoding/Identity-H"
                f"/DescendantFonts[{below} 0 R]/ToUnicode {readable} 0 R>>"
            ).encode()
        )

    def _attachment(self, attachment: Attachment) -> int:
        digest = hashlib.md5(attachment.content, usedforsecurity=False).hexdigest()
        subtype = attachment.media_type.replace("/", "#2F").replace("+", "#2B")
        stream = self._stream(
            attachment.content,
            f"/Type/EmbeddedFile/Subtype/{subtype}/Params<</Size {len(attachment.content)}"
            f"/ModDate({_date(self.told.at)})/CheckSum<{digest}>>>",
        )
        name = _text(attachment.name)
        return self._added(
            (
                f"<</Type/Filespec/F {name}/UF {name}/Desc {_text(attachment.description)}"
                f"/AFRelationship/{attachment.relationship}/EF<</F {stream} 0 R/UF {stream} 0 R>>>>"
            ).encode()
        )

    def _xmp(self) -> bytes:
        at = self.told.at.isoformat(timespec="seconds")
        title, producer = escape(self.told.title), escape(self.told.producer)
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
            'xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
            "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
            f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
            f"<xmp:CreateDate>{at}</xmp:CreateDate><xmp:ModifyDate>{at}</xmp:ModifyDate>"
            f"<pdf:Producer>{producer}</pdf:Producer>"
            '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
        ).encode()

    def _file(self, catalog: int, information: int) -> bytes:
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, content in enumerate(self.objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        mark = hashlib.sha256(bytes(out)).hexdigest()[:32].upper()
        trailer = f"<</Size {len(places) + 1}/Root {catalog} 0 R/Info {information} 0 R/ID[<{mark}><{mark}>]>>"
        return bytes(out) + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode()

    def _reserved(self) -> int:
        self.objects.append(b"")
        return len(self.objects)

    def _put(self, number: int, content: bytes) -> None:
        self.objects[number - 1] = content

    def _added(self, content: bytes) -> int:
        self.objects.append(content)
        return len(self.objects)

    def _stream(self, content: bytes, entries: str = "", *, packed: bool = True) -> int:
        data = zlib.compress(content) if packed else content
        coded = "/Filter/FlateDecode" if packed else ""
        head = f"<</Length {len(data)}{coded}{entries}>>\nstream\n".encode()
        return self._added(head + data + b"\nendstream")


def _prefix(font: EmbeddedFont) -> str:
    """Name the subset by six letters (ISO 32000-1 9.6.4)."""
    digest = hashlib.sha256(font.program).digest()
    return "".join(chr(ord("A") + byte % 26) for byte in digest[:6]) + "+"


def _by_code(font: EmbeddedFont) -> dict[int, str]:
    return {code: each for each, code in font.codes.items()}


def _to_unicode(font: EmbeddedFont) -> bytes:
    """Write the way back from codes to characters, a hundred a block (ISO 32000-1 9.10.3)."""
    pairs = sorted(_by_code(font).items())
    blocks = []
    for start in range(0, len(pairs), 100):
        some = pairs[start : start + 100]
        rows = "\n".join(f"<{code:04X}> <{each.encode('utf-16-be').hex().upper()}>" for code, each in some)
        blocks.append(f"{len(some)} beginbfchar\n{rows}\nendbfchar")
    head = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    )
    return (head + "\n".join(blocks) + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend").encode()


def _profile() -> bytes:
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def _references(numbers: Iterable[int]) -> str:
    return " ".join(f"{each} 0 R" for each in numbers)


def _text(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be', 'replace').hex().upper()}>"


def _date(at: datetime) -> str:
    return f"D:{at:%Y%m%d%H%M%S}+00'00'"
