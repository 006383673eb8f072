"""The objects of a PDF that is written from nothing: numbered, compressed, with a table of places at the end.

Beside them what every such document of the house has: a composite font by character codes, the sRGB profile, and what
the document says of itself, in XMP and in the information dictionary alike (ISO 19005-3 6.6.2).
"""

import functools
import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from PIL import ImageCms

from signing.report_fonts import EmbeddedFont

# A block of a character map has at most so many lines (Adobe Technical Note 5014).
BLOCK: Final = 100


@dataclass(frozen=True)
class Titled:
    """What the document says of itself."""

    title: str
    producer: str
    at: datetime
    language: str = "zh-CN"


@dataclass
class PdfFile:
    """A file in the making; objects are numbered from 1."""

    objects: list[bytes] = field(default_factory=list)

    def reserved(self) -> int:
        """Give a number to an object that is written later."""
        self.objects.append(b"")
        return len(self.objects)

    def put(self, number: int, content: bytes) -> None:
        """Write an object under its number."""
        self.objects[number - 1] = content

    def added(self, content: bytes) -> int:
        """Add an object."""
        self.objects.append(content)
        return len(self.objects)

    def stream(self, content: bytes, entries: str = "", *, packed: bool = True) -> int:
        """Add a stream."""
        data = zlib.compress(content) if packed else content
        coded = "/Filter/FlateDecode" if packed else ""
        head = f"<</Length {len(data)}{coded}{entries}>>\nstream\n".encode()
        return self.added(head + data + b"\nendstream")

    def font(self, font: EmbeddedFont) -> int:
        """Add a composite font (ISO 32000-1 9.7) with the codes of the characters as they are."""
        prefix = _prefix(font)
        program = self.stream(
            font.program, "/Subtype/CIDFontType0C" if font.is_cff else f"/Length1 {len(font.program)}"
        )
        key = "FontFile3" if font.is_cff else "FontFile2"
        box = " ".join(map(str, font.box))
        descriptor = self.added(
            (
                f"<</Type/FontDescriptor/FontName/{prefix}{font.name}/Flags 4/FontBBox[{box}]/ItalicAngle 0"
                f"/Ascent {font.ascent}/Descent {font.descent}/CapHeight {font.ascent}/StemV 80/{key} {program} 0 R>>"
            ).encode()
        )
        widths = " ".join(f"{code}[{font.widths[each]}]" for code, each in sorted(_by_code(font).items()))
        kind = "CIDFontType0" if font.is_cff else "CIDFontType2"
        mapped = "" if font.is_cff else "/CIDToGIDMap/Identity"
        below = self.added(
            (
                f"<</Type/Font/Subtype/{kind}/BaseFont/{prefix}{font.name}/FontDescriptor {descriptor} 0 R/DW 1000"
                f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[{widths}]{mapped}>>"
            ).encode()
        )
        readable = self.stream(_to_unicode(font))
        return self.added(
            (
                f"<</Type/Font/Subtype/Type0/BaseFont/{prefix}{font.name}/Encoding/Identity-H"
                f"/DescendantFonts[{below} 0 R]/ToUnicode {readable} 0 R>>"
            ).encode()
        )

    def colours(self) -> int:
        """Add what the colours mean (ISO 19005-3 6.2.3): sRGB."""
        profile = self.stream(_profile(), "/N 3")
        return self.added(
            b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)"
            + f"/DestOutputProfile {profile} 0 R>>".encode()
        )

    def metadata(self, told: Titled) -> int:
        """Add what the document says of itself as XMP."""
        return self.stream(_xmp(told), "/Type/Metadata/Subtype/XML", packed=False)

    def finished(self, catalog: int, told: Titled) -> bytes:
        """Write the file; its identifier is made of its content."""
        information = self.added(
            (
                f"<</Title {text(told.title)}/Producer {text(told.producer)}"
                f"/CreationDate({moment(told.at)})/ModDate({moment(told.at)})>>"
            ).encode()
        )
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


def references(numbers: Iterable[int]) -> str:
    """Write references to objects."""
    return " ".join(f"{each} 0 R" for each in numbers)


def text(told: str) -> str:
    """Write a text string (ISO 32000-1 7.9.2.2) so that nothing in it can be read as PDF."""
    return f"<FEFF{told.encode('utf-16-be', 'replace').hex().upper()}>"


def moment(at: datetime) -> str:
    """Write a date (ISO 32000-1 7.9.4)."""
    return f"D:{at:%Y%m%d%H%M%S}+00'00'"


@functools.cache
def _profile() -> bytes:
    """Make the profile of sRGB, without the moment of its making (ICC.1 7.2.1 table 16, bytes 24 to 35)."""
    made = bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return made[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + made[36:]


def _prefix(font: EmbeddedFont) -> str:
    """Name the subset by six letters (ISO 32000-1 9.6.4)."""
    digest = hashlib.sha256(font.program).digest()
    return "".join(chr(ord("A") + byte % 26) for byte in digest[:6]) + "+"


def _by_code(font: EmbeddedFont) -> dict[int, str]:
    return {code: each for each, code in font.codes.items()}


def _to_unicode(font: EmbeddedFont) -> bytes:
    """Write the way back from codes to characters (ISO 32000-1 9.10.3)."""
    pairs = sorted(_by_code(font).items())
    blocks = []
    for start in range(0, len(pairs), BLOCK):
        some = pairs[start : start + BLOCK]
        rows = "\n".join(f"<{code:04X}> <{each.encode('utf-16-be').hex().upper()}>" for code, each in some)
        blocks.append(f"{len(some)} beginbfchar\n{rows}\nendbfchar")
    head = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    )
    return (head + "\n".join(blocks) + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend").encode()


def _xmp(told: Titled) -> bytes:
    at = told.at.isoformat(timespec="seconds")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
        "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(told.title)}</rdf:li></rdf:Alt></dc:title>'
        f"<xmp:CreateDate>{at}</xmp:CreateDate><xmp:ModifyDate>{at}</xmp:ModifyDate>"
        f"<pdf:Producer>{escape(told.producer)}</pdf:Producer>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()
