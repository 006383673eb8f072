"""Small PDFs, whole or spoilt: a test names only what is peculiar.

`document()` writes an honest file, `update()` appends a revision as an editor would, `signed()` signs through the
product with a test key, and `forged()` writes a signature dictionary byte by byte, so that what no writer would make
can be made too. The attacks made from them stand in `tests.signing.formats.pdf.hostile`.
"""

import functools
import io
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from PIL import Image, ImageDraw

from signing.formats.format import Appearance, Wanted, joined
from signing.formats.pdf.document import Pdf
from signing.report import Place

PDF = Pdf()
CATALOG, PAGES, FONT, INFO = 1, 2, 3, 4
FIRST_PAGE = 5
PLACE = Place(1, 120, 200, 40, 40)
WHEN = datetime(2026, 11, 1, tzinfo=UTC)


# --- whole files


def page_number(number: int) -> int:
    """Give the object number of a page; its contents follow it."""
    return FIRST_PAGE + 2 * number


def stream(data: bytes, entries: str = "", *, packed: bool = False) -> bytes:
    body = zlib.compress(data) if packed else data
    packing = " /Filter /FlateDecode" if packed else ""
    return b"<< /Length %d%s %s >>\nstream\n%s\nendstream" % (len(body), packing.encode(), entries.encode(), body)


@functools.lru_cache(maxsize=64)
def document(
    pages: int = 1,
    *,
    text: str = "Yinxin",
    page: str = "",
    catalog: str = "",
    filler: int = 0,
    fields: tuple[str, ...] = (),
    more: tuple[tuple[int, bytes], ...] = (),
) -> bytes:
    """Write a document of text; `fields` are text fields of its form, `filler` bytes that do not compress."""
    objects: dict[int, bytes] = {
        FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        INFO: b"<< /Title (Demonstration) >>",
    }
    first_free = page_number(pages)
    kids, annotations = [], []
    for number in range(pages):
        at = page_number(number)
        kids.append(f"{at} 0 R")
        content = f"BT /F 18 Tf 72 720 Td ({text} {number + 1}) Tj ET".encode()
        objects[at + 1] = stream(content + (b"\n%" + incompressible(filler) if filler and not number else b""))
    for number, name in enumerate(fields):
        at = first_free + number
        annotations.append(f"{at} 0 R")
        objects[at] = (
            f"<< /FT /Tx /T ({name}) /V (before) /Type /Annot /Subtype /Widget /Rect [72 600 200 620] /F 4"
            f" /P {page_number(0)} 0 R >>"
        ).encode()
    for number in range(pages):
        at = page_number(number)
        own = f" /Annots [{' '.join(annotations)}]" if annotations and not number else ""
        objects[at] = (
            f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 595.28 841.89] {page}{own}"
            f" /Resources << /Font << /F {FONT} 0 R >> >> /Contents {at + 1} 0 R >>"
        ).encode()
    form = f" /AcroForm << /Fields [{' '.join(annotations)}] >>" if annotations else ""
    objects[CATALOG] = f"<< /Type /Catalog /Pages {PAGES} 0 R{form} {catalog} >>".encode()
    objects[PAGES] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {pages} >>".encode()
    objects.update(dict(more))
    return written(objects)


def incompressible(size: int) -> bytes:
    """Give bytes that look random and are the same each time, without line ends."""
    state, found = 1, bytearray()
    while len(found) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append(33 + (state >> 33) % 90)
    return bytes(found)


def sixty_kilobytes() -> bytes:
    return document(filler=60_000)


def written(
    objects: Mapping[int, bytes], *, trailer: str = "", header: bytes = b"%PDF-1.7\n%\xe5\xe5\xe5\xe5\n"
) -> bytes:
    """Write objects with one cross-reference table."""
    out = bytearray(header)
    offsets = {}
    for number in sorted(objects):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    _table(out, offsets, max(objects) + 1, f"/Root {CATALOG} 0 R /Info {INFO} 0 R {trailer}", first=True)
    return bytes(out)


def update(
    data: bytes,
    objects: Mapping[int, bytes] | None = None,
    *,
    root: int = CATALOG,
    trailer: str = "",
    offsets: Mapping[int, int] | None = None,
    freed: Sequence[int] = (),
    size: int | None = None,
) -> bytes:
    """Append a revision; `offsets` name places of objects without writing them."""
    objects = objects or {}
    out = bytearray(data)
    places = dict(offsets or {})
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    known = re.findall(rb"/Size (\d+)", data)
    highest = max([int(known[-1]) if known else 0, *(number + 1 for number in places)])
    info = re.findall(rb"/Info (\d+) 0 R", data)
    about = f" /Info {int(info[-1])} 0 R" if info and "/Info" not in trailer else ""
    _table(out, places, size or highest, f"/Root {root} 0 R /Prev {start_of_table(data)}{about} {trailer}", freed=freed)
    return bytes(out)


def _table(
    out: bytearray,
    offsets: Mapping[int, int],
    size: int,
    trailer: str,
    *,
    first: bool = False,
    freed: Sequence[int] = (),
) -> None:
    start = len(out)
    out += b"xref\n"
    if first:
        out += b"0 1\n0000000000 65535 f \n"
    for number in freed:
        out += b"%d 1\n0000000000 00001 f \n" % number
    for number in sorted(offsets):
        out += b"%d 1\n%010d 00000 n \n" % (number, offsets[number])
    if not offsets and not first and not freed:
        out += b"0 0\n"
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer.encode(), start)


def start_of_table(data: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", data)[-1])


def body(data: bytes, number: int) -> bytes:
    """Give the latest text of an object."""
    found = re.findall(rb"(?<!\d)%d 0 obj\n?(.*?)\n?endobj" % number, data, re.DOTALL)
    return bytes(found[-1])


def next_number(data: bytes) -> int:
    return int(re.findall(rb"/Size (\d+)", data)[-1])


def changed(data: bytes, number: int, old: bytes, new: bytes) -> bytes:
    """Append a revision in which the text of one object differs."""
    before = body(data, number)
    assert old in before, (old, before)
    return update(data, {number: before.replace(old, new)})


def number_of(data: bytes, text: bytes) -> int:
    """Find the number of the last object whose text holds this."""
    found = [
        int(each[1]) for each in re.finditer(rb"(?<!\d)(\d+) 0 obj(.*?)endobj", data, re.DOTALL) if text in each[2]
    ]
    return found[-1]


# --- signed files


@dataclass(frozen=True)
class Signer:
    key: Any
    certificate: x509.Certificate

    def cms(self, message: bytes) -> bytes:
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
        builder = pkcs7.PKCS7SignatureBuilder().set_data(message)
        return builder.add_signer(self.certificate, self.key, hashes.SHA256()).sign(Encoding.DER, options)


@functools.lru_cache(maxsize=8)
def signer(kind: str = "ec", name: str = "Demonstration Signer") -> Signer:
    key: Any = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(WHEN - timedelta(days=400))
        .not_valid_after(WHEN + timedelta(days=4000))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Signer(key, certificate)


@functools.lru_cache(maxsize=2)
def picture(side: int = 120) -> bytes:
    """Draw a seal: a red ring and a star on nothing."""
    drawn = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((4, 4, side - 5, side - 5), outline=(210, 20, 20, 255), width=max(2, side // 24))
    pen.regular_polygon((side / 2, side / 2, side / 5), 5, fill=(210, 20, 20, 200))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def appearance(*places: Place, clips: tuple[Any, ...] = ()) -> Appearance:
    return Appearance(picture(), "image/png", places or (PLACE,), clips)


def wanted(**peculiar: Any) -> Wanted:
    return replace(Wanted("seal", appearance=appearance(), claimed_time="2026-11-01T09:00:00+08:00"), **peculiar)


def signed(data: bytes | None = None, *, by: Signer | None = None, **peculiar: Any) -> bytes:
    """Sign through the product."""
    prepared = PDF.prepare(document() if data is None else data, wanted(**peculiar))
    return prepared.embed((by or signer()).cms(joined(prepared.message)))


@functools.lru_cache(maxsize=16)
def approved(pages: int = 1) -> bytes:
    """A document with one approval signature that shows."""
    return signed(document(pages))


@functools.lru_cache(maxsize=4)
def certified(level: int = 1) -> bytes:
    """A document with a certification signature of that level."""
    made = signed(certify=True, reserve=4096)
    if level == 1:
        return made
    return forged(
        extra=f"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P {level} /V /1.2 >> >>]"
    )


# --- signatures written by hand

Ranges = tuple[int, int, int, int]


def plain_ranges(ranges: Ranges) -> str:
    return "[{} {} {} {}]".format(*ranges)


def forged(
    *,
    byte_range: Callable[[Ranges], str] | None = plain_ranges,
    key: str = "/ByteRange",
    contents: Callable[[bytes], bytes] | None = None,
    value: bytes | None = None,
    extra: str = "",
    field: str = "/FT /Sig /T (Hand)",
    holder: str = "/V 30 0 R",
    before: Mapping[int, bytes] | None = None,
    kids: str = "31 0 R",
    catalog: str = "",
    reserve: int = 2048,
    trailing: bytes = b"",
) -> bytes:
    """Write a signed document by hand; every part may be spoilt, and the signature is right for what is left."""
    objects: dict[int, bytes] = {
        CATALOG: f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{kids}] /SigFlags 3 >> {catalog} >>".encode(),
        PAGES: b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
        FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        INFO: b"<< /Title (Hand) >>",
        5: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Annots [31 0 R]"
        b" /Resources << /Font << /F 3 0 R >> >> >>",
        6: stream(b"BT /F 18 Tf 72 720 Td (Pay 100) Tj ET"),
        31: f"<< {field} {holder} /Type /Annot /Subtype /Widget /Rect [72 72 172 122] /F 4 /P 5 0 R >>".encode(),
        **(before or {}),
    }
    room = b"<" + b"0" * (2 * reserve) + b">"
    ranged = key.encode() + b" " + b" " * 80 if byte_range is not None else b""
    objects[30] = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /M (D:20261101090000+08'00') "
        + ranged
        + extra.encode()
        + b" /Contents "
        + room
        + b" >>"
    )
    data = bytearray(written(objects))
    start = data.find(room)
    data += trailing
    ranges = (0, start, start + len(room), len(data) - start - len(room))
    if byte_range is not None:
        at = data.find(key.encode() + b"  ") + len(key) + 1
        text = byte_range(ranges).encode()
        data[at : at + len(text)] = text
    signed_part = bytes(data[: ranges[1]] + data[ranges[2] :])
    spelled = (signer().cms(signed_part) if value is None else value).hex().encode()
    data[start + 1 : start + 1 + len(spelled)] = spelled
    if contents is not None:
        whole = bytes(data[start : start + len(room)])
        spoilt = contents(whole)
        assert len(spoilt) <= len(whole)
        data[start : start + len(room)] = spoilt.ljust(len(room))
    return bytes(data)


def gap(data: bytes, number: int = 0) -> tuple[int, int]:
    """Give the place of a signature's value with its brackets."""
    ranges = [tuple(map(int, each)) for each in re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", data)]
    return ranges[number][1], ranges[number][2]


def spot_check(data: bytes, old: bytes, new: bytes) -> bytes:
    """Change bytes in place, keeping every offset."""
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new, 1)
