"""Hostile PDFs, one builder a class, each with what our level has to say of it.

`failed` are the codes that fail on the first signature (all of them, no more); `unreadable` is the reason where
nothing is read; `warnings` are codes beside the signatures. An empty `failed` with signatures is a file that *looks*
hostile and is allowed. Whether the values are right is judged one floor up, so a verdict is not among these.
"""

import functools
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from signing.report import Place
from tests.builders import pdf
from tests.builders.pdf import (
    CATALOG,
    approved,
    body,
    certified,
    changed,
    document,
    forged,
    gap,
    next_number,
    stream,
    update,
)

BYTE_RANGE = ("PDF_BYTE_RANGE", "PDF_COVERAGE")
BROKEN = ("PDF_SIGNATURE_DICTIONARY", *BYTE_RANGE)
LATER = ("PDF_LATER_CHANGES",)
TAIL = ("PDF_TRAILING_DATA",)
PAGE, CONTENT = pdf.FIRST_PAGE, pdf.FIRST_PAGE + 1
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><x>%s</x></x:xmpmeta>'


@dataclass(frozen=True)
class Hostile:
    name: str
    build: Callable[[], bytes]
    failed: tuple[str, ...] = ()
    signatures: int = 1
    warnings: tuple[str, ...] = ()
    unreadable: str = ""


@functools.cache
def made(case: Hostile) -> bytes:
    """Build a file once for all tests."""
    return case.build()


def annotated(data: bytes, annotation: bytes, page: int = PAGE) -> bytes:
    """Add an annotation to the page."""
    number = next_number(data)
    before = body(data, page)
    if b"/Annots [" in before.replace(b"/Annots\n[", b"/Annots ["):
        after = before.replace(b"/Annots [", b"/Annots [ %d 0 R " % number)
    else:
        after = before.rstrip()[:-2] + b" /Annots [%d 0 R] >>" % number
    return update(data, {page: after, number: annotation})


def overlay(kind: bytes, appearance: bytes = b"") -> bytes:
    return b"<< /Type /Annot /Subtype /%s /Rect [50 700 400 760] /F 4 /Contents (Pay 100000) %s >>" % (kind, appearance)


def with_form(data: bytes, picture: bytes = b"1 0 0 rg 0 0 300 60 re f") -> bytes:
    """An unsigned field that shows something, added like the form of another signature."""
    number = next_number(data)
    fields = pdf.number_of(data, b"/Fields")
    form = body(data, fields)
    page = body(data, PAGE)
    kid = b"%d 0 R" % number
    return update(
        data,
        {
            fields: form.replace(b"/Fields [", b"/Fields [" + kid + b" ", 1),
            PAGE: page.replace(b"/Annots [", b"/Annots [" + kid + b" ", 1),
            number: b"<< /FT /Sig /T (Fake) /Type /Annot /Subtype /Widget /Rect [72 300 272 400] /F 132 /P %d 0 R"
            b" /AP << /N %d 0 R >> >>" % (PAGE, number + 1),
            number + 1: stream(picture, "/Type /XObject /Subtype /Form /BBox [0 0 300 60]"),
        },
    )


def xref_stream_file(index: bytes, widths: bytes, data: bytes = b"\0" * 40, entries: str = "") -> bytes:
    start = b"%PDF-1.7\n"
    body_ = stream(data, f"/Type /XRef /Size 9 /Root 1 0 R /W {widths.decode()} /Index {index.decode()} {entries}")
    return start + b"8 0 obj\n" + body_ + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(start)


def with_text_before_table(data: bytes, table: bytes) -> bytes:
    at = len(data)
    return data + table + b"trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % at


def object_bomb() -> bytes:
    inner = b"1 0 " + b" " * 30_000_000
    return _object_stream(inner)


def _object_stream(inner: bytes) -> bytes:
    packed = zlib.compress(inner, 9)
    out = bytearray(b"%PDF-1.7\n")
    first = len(out)
    out += b"7 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    out += packed + b"\nendstream\nendobj\n"
    at = len(out)
    rows = b"\x02\x00\x07\x00\x01" + first.to_bytes(2, "big") + b"\x00" + b"\x01" + at.to_bytes(3, "big")[1:] + b"\x00"
    rows = b"".join(
        (
            b"\x02" + (7).to_bytes(4, "big") + b"\0",
            b"\x01" + first.to_bytes(4, "big") + b"\0",
            b"\x01" + at.to_bytes(4, "big") + b"\0",
        )
    )
    out += b"8 0 obj\n" + stream(rows, "/Type /XRef /Size 9 /Root 1 0 R /W [1 4 1] /Index [1 1 7 2]")
    out += b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
    return bytes(out)


def hybrid() -> bytes:
    """A second table of the same revision, which old readers do not see."""
    data = document()
    at = len(data)
    number = next_number(data)
    rows = b"\x01" + at.to_bytes(4, "big") + b"\0"
    table = (
        b"%d 0 obj\n" % number
        + stream(rows, f"/Type /XRef /Size {number + 1} /Root 1 0 R /W [1 4 1] /Index [{number} 1]")
        + b"\nendobj\n"
    )
    start = at + len(table)
    return (
        data
        + table
        + (
            b"xref\n0 0\ntrailer\n<< /Size %d /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n"
            % (number + 1, pdf.start_of_table(data), at, start)
        )
    )


def signed_hybrid() -> bytes:
    """A hybrid file whose last revision is signed by hand."""
    data = hybrid()
    number = next_number(data)
    room = b"<" + b"0" * 4096 + b">"
    ranged = b"/ByteRange " + b" " * 60
    whole = bytearray(
        update(
            data,
            {
                CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%d 0 R] /SigFlags 3 >> >>" % number,
                number: b"<< /FT /Sig /T (Hand) /V %d 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 4 >>"
                % (number + 1),
                number + 1: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
                + ranged
                + b" /Contents "
                + room
                + b" >>",
            },
        )
    )
    start = whole.find(room)
    end = start + len(room)
    text = b"[0 %d %d %d]" % (start, end, len(whole) - end)
    at = whole.find(ranged) + 11
    whole[at : at + len(text)] = text
    value = pdf.signer().cms(bytes(whole[:start] + whole[end:])).hex().encode()
    whole[start + 1 : start + 1 + len(value)] = value
    return bytes(whole)


def table_only(data: bytes) -> bytes:
    """Point the page's contents at an object that was hidden in the signed file (shadow: hide and replace)."""
    return update(data, offsets={6: data.find(b"40 0 obj") + 1})


def shadowed() -> bytes:
    """A signed file with a second content of the page under another name."""
    return forged(before={32: b"<< /Hidden true >>", 40: stream(b"BT /F 18 Tf 72 720 Td (Pay 999) Tj ET")})


def planned_ahead() -> bytes:
    """A signed table that names a place behind the end, to be filled when the signature is there."""
    hole = 7777

    def spoilt(data: bytes) -> bytes:
        return data

    data = forged(before={41: b"<< /Waiting true >>"})
    entry = b"%010d" % data.find(b"41 0 obj")
    assert entry in data
    del spoilt
    bent = data.replace(entry, b"%010d" % hole)
    return update(resigned(bent), {42: b"<< >>"})


def resigned(data: bytes) -> bytes:
    """Sign anew what was changed inside the byte ranges of a file signed by hand."""
    start, end = gap(data)
    value = pdf.signer().cms(data[:start] + data[end:]).hex().encode()
    return data[: start + 1] + value.ljust(end - start - 2, b"0") + data[end - 1 :]


def swapped_gap() -> bytes:
    """SWA: the value moves behind the end, and the gap holds objects of the attacker."""
    data = forged()
    start, end = gap(data)
    evil = b"<00> 40 0 obj << /Evil true >> endobj "
    return data[:start] + evil.ljust(end - start) + data[end:]


def widened_gap() -> bytes:
    """SWA: the second range starts later, and what lies between is the attacker's."""
    return forged(byte_range=lambda r: f"[0 {r[1]} {r[2] + 20} {r[3] - 20}]")


def removed_form() -> bytes:
    return changed(forged(), CATALOG, b"/AcroForm << /Fields [31 0 R] /SigFlags 3 >>", b"")


def two_fields_one_value() -> bytes:
    return forged(
        kids="31 0 R 33 0 R",
        before={33: b"<< /FT /Sig /T (Again) /V 30 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 4 >>"},
    )


def borrowed_gap() -> bytes:
    """A second signature whose byte range is that of the first, with a value of its own."""
    data = forged()
    start, end = gap(data)
    value = pdf.signer().cms(data[:start] + data[end:]).hex().encode()
    return update(
        data,
        {
            CATALOG: body(data, CATALOG).replace(b"[31 0 R]", b"[31 0 R 50 0 R]"),
            50: b"<< /FT /Sig /T (Borrowed) /V 51 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 4 >>",
            51: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 %d %d %d]"
            b" /Contents <%s> >>" % (start, end, len(data) - end, value),
        },
    )


def many_revisions(count: int) -> bytes:
    data = approved()
    for _ in range(count):
        data = update(data, {pdf.INFO: b"<< /Title (Again) >>"})
    return data


def diamonds(levels: int) -> bytes:
    """Every object names the next one twice: paths double at each, objects do not."""
    first = 100
    chain = {first + n: b"<< /A %d 0 R /B %d 0 R >>" % (first + n + 1, first + n + 1) for n in range(levels)}
    chain[first + levels] = b"<< /End true >>"
    data = signed_with(document(catalog=f"/Chain {first} 0 R", more=tuple(chain.items())))
    return update(data, {pdf.INFO: b"<< /Title (Again) >>"})


@functools.lru_cache(maxsize=16)
def signed_with(data: bytes) -> bytes:
    return pdf.signed(data)


def wide_form(count: int) -> bytes:
    names = " ".join(f"{100 + number} 0 R" for number in range(count))
    return document(
        catalog=f"/AcroForm << /Fields [{names}] >>",
        more=tuple((100 + number, b"<< /FT /Tx /T (f%d) >>" % number) for number in range(count)),
    )


def deep_form(depth: int) -> bytes:
    chain = [(100 + n, b"<< /T (f%d) /Kids [%d 0 R] >>" % (n, 101 + n)) for n in range(depth)]
    return document(
        catalog="/AcroForm << /Fields [100 0 R] >>", more=(*chain, (100 + depth, b"<< /FT /Sig /T (end) >>"))
    )


def encrypted() -> bytes:
    return update(
        document(),
        {20: b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"00" * 32)},
        trailer="/Encrypt 20 0 R /ID [<00> <00>]",
    )


def waiting_fields() -> bytes:
    """Certified with a field that waits, which an attacker paints."""
    data = pdf.PDF.with_fields(document(), {"Second": Place(1, 20, 250, 40, 20)})
    return pdf.signed(data, certify=True, reserve=4096)


def painted() -> bytes:
    data = waiting_fields()
    number = pdf.number_of(data, b"(Second)")
    new = next_number(data)
    painting = re.sub(rb"/AP <<\s*/N \d+ 0 R", b"/AP << /N %d 0 R" % new, body(data, number))
    return update(
        data,
        {
            number: painting,
            new: stream(b"1 0 0 rg 0 0 100 60 re f", "/Type /XObject /Subtype /Form /BBox [0 0 100 60]"),
        },
    )


def store(data: bytes, certificate: bytes, *, array: bytes = b"") -> bytes:
    number = next_number(data)
    root = body(data, CATALOG).rstrip()[:-2] + b" /DSS %d 0 R >>" % number
    return update(
        data,
        {
            CATALOG: root,
            number: b"<< /Type /DSS /Certs [%s] >>" % (array or b"%d 0 R" % (number + 1)),
            number + 1: stream(certificate),
        },
    )


def moved_widget() -> bytes:
    data = approved()
    number = pdf.number_of(data, b"(Signature1)")
    before = body(data, number)
    at = before.index(b"/Rect [") + 7
    return update(data, {number: before[:at] + b"9" + before[at + 1 :]})


def repainted() -> bytes:
    data = approved()
    number = pdf.number_of(data, b"/Subtype /Form")
    return update(data, {number: stream(b"0 1 0 rg 0 0 99 99 re f", "/Type /XObject /Subtype /Form /BBox [0 0 99 99]")})


def with_outer(entry: bytes) -> Callable[[], bytes]:
    """Add an entry to the catalog of a signed document."""
    return lambda: update(approved(), {CATALOG: body(approved(), CATALOG).rstrip()[:-2] + entry + b" >>"})


def with_metadata(text: bytes) -> bytes:
    made = document(catalog="/Metadata 90 0 R", more=((90, stream(XMP % b"one", "/Type /Metadata /Subtype /XML")),))
    return update(signed_with(made), {90: stream(text, "/Type /Metadata /Subtype /XML")})


def text_field_changed() -> bytes:
    data = signed_with(document(fields=("amount",)))
    number = pdf.number_of(data, b"(amount)")
    return changed(data, number, b"(before)", b"(after)")


def sub_filter(name: bytes) -> bytes:
    data = forged(extra=" " * 40)
    bent = data.replace(b"/SubFilter /adbe.pkcs7.detached ", b"/SubFilter /" + name.ljust(20), 1)
    return resigned(bent)


def two_ends() -> bytes:
    return approved() + b"40 0 obj << /Evil true >> endobj\nstartxref\n99999999\n%%EOF\n"


def spoilt_padding() -> bytes:
    data = forged()
    _, end = gap(data)
    return data[: end - 9] + b"deadbeef" + data[end - 1 :]


def rewritten_signature() -> bytes:
    data = approved()
    number = pdf.number_of(data, b"/Type /Sig\n")
    return update(data, {number: body(data, number)})


def table_only_of(data: bytes) -> bytes:
    """Let the table of a new revision give the page's contents the place of the hidden object, renamed to fit."""
    at = data.rfind(b"40 0 obj")
    return update(data, {6: data[at + 9 : data.find(b"endobj", at) - 1]})


def hidden_image() -> bytes:
    image = stream(
        b"\0\0\0", "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    )
    data = signed_with(document(catalog="/Kept 90 0 R", more=((90, image),)))
    return update(data, {90: stream(b"", "/Type /XObject /Subtype /Form /BBox [0 0 1 1]")})


def added_text_field() -> bytes:
    data = approved()
    fields = pdf.number_of(data, b"/Fields")
    number = next_number(data)
    return update(
        data,
        {
            fields: body(data, fields).replace(b"/Fields [", b"/Fields [%d 0 R " % number, 1),
            number: b"<< /FT /Tx /T (more) /V (Pay 9) /Type /Annot /Subtype /Widget /Rect [9 9 99 99] /F 4 >>",
        },
    )


def second_by_hand(data: bytes) -> bytes:
    """Sign a document that allows no more signatures, as a writer without scruples would."""
    number = next_number(data)
    room = b"<" + b"0" * 4096 + b">"
    ranged = b"/ByteRange " + b" " * 60
    fields = pdf.number_of(data, b"/SigFlags")
    whole = bytearray(
        update(
            data,
            {
                fields: body(data, fields).replace(b"/Fields [", b"/Fields [%d 0 R " % number, 1),
                number: b"<< /FT /Sig /T (Late) /V %d 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 >>"
                % (number + 1),
                number + 1: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
                + ranged
                + b" /Contents "
                + room
                + b" >>",
            },
        )
    )
    start = whole.find(room)
    end = start + len(room)
    text = b"[0 %d %d %d]" % (start, end, len(whole) - end)
    at = whole.find(ranged) + 11
    whole[at : at + len(text)] = text
    value = pdf.signer().cms(bytes(whole[:start] + whole[end:])).hex().encode()
    whole[start + 1 : start + 1 + len(value)] = value
    return bytes(whole)


def without_perms() -> bytes:
    data = certified()
    before = body(data, CATALOG)
    start = before.index(b"/Perms")
    end = before.index(b">>", start) + 2
    return update(data, {CATALOG: before[:start] + before[end:]})


def looped() -> bytes:
    data = document()
    at = pdf.start_of_table(data)
    return data.replace(b"/Size", b"/Prev %d /Size" % at, 1)


def table_bomb() -> bytes:
    packed = zlib.compress(b"\0" * 40_000_000, 9)
    start = b"%PDF-1.7\n"
    text = (
        b"<< /Type /XRef /Size 9 /Root 1 0 R /W [1 2 1] /Index [0 9] /Filter /FlateDecode /Length %d >>\nstream\n"
        % len(packed)
    )
    return start + b"8 0 obj\n" + text + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(start)


USF = (
    Hostile("usf-no-byte-range", lambda: forged(byte_range=None), BROKEN),
    Hostile("usf-byte-range-null", lambda: forged(byte_range=lambda _: "null"), BROKEN[1:]),
    Hostile("usf-byte-range-empty", lambda: forged(byte_range=lambda _: "[]"), BYTE_RANGE),
    Hostile("usf-byte-range-zeros", lambda: forged(byte_range=lambda _: "[0 0 0 0]"), BYTE_RANGE),
    Hostile("usf-byte-range-negative", lambda: forged(byte_range=lambda r: f"[0 -{r[1]} {r[2]} {r[3]}]"), BYTE_RANGE),
    Hostile("usf-byte-range-negative-end", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} -1]"), BYTE_RANGE),
    Hostile("usf-byte-range-three", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]}]"), BYTE_RANGE),
    Hostile("usf-byte-range-six", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} {r[3]} 0 5]"), BYTE_RANGE),
    Hostile("usf-byte-range-beyond", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} {r[3] + 1}]"), BYTE_RANGE),
    Hostile("usf-byte-range-huge", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} {10**40}]"), BYTE_RANGE),
    Hostile("usf-byte-range-floats", lambda: forged(byte_range=lambda r: f"[0 {r[1]}.0 {r[2]} {r[3]}]"), BYTE_RANGE),
    Hostile("usf-byte-range-booleans", lambda: forged(byte_range=lambda r: f"[false {r[1]} {r[2]} true]"), BYTE_RANGE),
    Hostile("usf-byte-range-strings", lambda: forged(byte_range=lambda r: f"[(0) ({r[1]}) {r[2]} {r[3]}]"), BYTE_RANGE),
    Hostile(
        "usf-byte-range-references",
        lambda: forged(byte_range=lambda r: f"[0 {r[1]} 33 0 R {r[3]}]", before={33: b"4902"}),
        BYTE_RANGE,
    ),
    Hostile(
        "usf-byte-range-late-start", lambda: forged(byte_range=lambda r: f"[1 {r[1] - 1} {r[2]} {r[3]}]"), BYTE_RANGE
    ),
    Hostile(
        "usf-byte-range-all", lambda: forged(byte_range=lambda r: f"[0 {r[2] + r[3]} {r[2] + r[3]} 0]"), BYTE_RANGE
    ),
    Hostile(
        "usf-byte-range-misses-bracket",
        lambda: forged(byte_range=lambda r: f"[0 {r[1] + 1} {r[2]} {r[3]}]"),
        BYTE_RANGE,
    ),
    Hostile(
        "usf-byte-range-twice",
        lambda: forged(extra="/ByteRange [0 1 2 3]"),
        ("PDF_BYTE_RANGE", "PDF_COVERAGE", "PDF_STRUCTURE_LENIENT"),
    ),
    Hostile(
        "usf-byte-range-escaped-twice",
        lambda: forged(extra="/Byte#52ange [0 1 2 3]"),
        ("PDF_BYTE_RANGE", "PDF_COVERAGE", "PDF_STRUCTURE_LENIENT"),
    ),
    Hostile("usf-contents-missing", lambda: forged(contents=lambda _: b"(x) "), BYTE_RANGE),
    Hostile(
        "usf-contents-null",
        lambda: forged(contents=lambda _: b"null"),
        ("PDF_SIGNATURE_DICTIONARY", "PDF_BYTE_RANGE", "VALUE_MISSING", "PDF_COVERAGE"),
    ),
    Hostile("usf-contents-zero", lambda: forged(value=b"\0"), ("VALUE_MISSING",)),
    Hostile(
        "usf-contents-empty",
        lambda: forged(contents=lambda _: b"<>"),
        ("PDF_BYTE_RANGE", "VALUE_MISSING", "PDF_COVERAGE"),
    ),
    Hostile(
        "usf-contents-number",
        lambda: forged(contents=lambda _: b"0"),
        ("PDF_SIGNATURE_DICTIONARY", "PDF_BYTE_RANGE", "VALUE_MISSING", "PDF_COVERAGE"),
    ),
    Hostile(
        "usf-contents-literal",
        lambda: forged(contents=lambda c: b"(" + b"0" * (len(c) - 2) + b")"),
        (*BYTE_RANGE, "PDF_CONTENTS_PADDING"),
    ),
    Hostile(
        "usf-contents-twice",
        lambda: forged(extra="/Contents <00>"),
        ("PDF_BYTE_RANGE", "PDF_COVERAGE", "PDF_STRUCTURE_LENIENT", "VALUE_MISSING"),
        warnings=("PDF_ORPHAN_SIGNATURE",),
    ),
    Hostile(
        "usf-contents-escaped-twice",
        lambda: forged(extra="/Con#74ents <00>"),
        ("PDF_BYTE_RANGE", "PDF_COVERAGE", "PDF_STRUCTURE_LENIENT", "VALUE_MISSING"),
        warnings=("PDF_ORPHAN_SIGNATURE",),
    ),
    Hostile("usf-contents-with-blanks", lambda: forged(contents=lambda c: c[:9] + b"  " + c[11:]), BYTE_RANGE),
    Hostile("usf-contents-padding", spoilt_padding, ("PDF_CONTENTS_PADDING",)),
    Hostile(
        "usf-value-is-a-number",
        lambda: forged(holder="/V 7"),
        (*BROKEN, "VALUE_MISSING"),
        warnings=("PDF_ORPHAN_SIGNATURE",),
    ),
    Hostile(
        "usf-value-is-an-array",
        lambda: forged(holder="/V [30 0 R]"),
        (*BROKEN, "VALUE_MISSING"),
        warnings=("PDF_ORPHAN_SIGNATURE",),
    ),
    Hostile("usf-value-dangles", lambda: forged(holder="/V 99 0 R"), signatures=0, warnings=("PDF_ORPHAN_SIGNATURE",)),
    Hostile("usf-value-of-no-type", lambda: forged(field="/T (Hand)"), ()),
    Hostile("usf-two-fields-one-value", two_fields_one_value, (), signatures=2),
    Hostile("usf-borrowed-gap", borrowed_gap, (), signatures=2),
    Hostile("usf-sub-filter-sha1", lambda: sub_filter(b"adbe.pkcs7.sha1"), ("PDF_SUBFILTER",)),
    Hostile("usf-sub-filter-unknown", lambda: sub_filter(b"Some.Vendor"), ()),
)
SWA = (
    Hostile("swa-swapped-gap", swapped_gap, (*BROKEN, "VALUE_MISSING")),
    Hostile("swa-widened-gap", widened_gap, BYTE_RANGE),
    Hostile("swa-short-end", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} {r[3] - 40}]"), ("PDF_COVERAGE",)),
    Hostile(
        "swa-shorter-than-its-table", lambda: forged(byte_range=lambda r: f"[0 {r[1]} {r[2]} 3]"), ("PDF_COVERAGE",)
    ),
)
ISA = (
    Hostile("isa-content-replaced", lambda: changed(approved(), CONTENT, b"Yinxin", b"Forged"), LATER),
    Hostile("isa-no-table", lambda: approved() + b"6 0 obj\n" + stream(b"evil") + b"\nendobj\n", TAIL, warnings=TAIL),
    Hostile("isa-no-table-certified", lambda: certified() + b"6 0 obj\n<< >>\nendobj\n", TAIL, warnings=TAIL),
    Hostile("isa-two-ends", two_ends, TAIL, warnings=TAIL),
    Hostile("isa-long-tail", lambda: approved() + b"x" * 5000, TAIL, warnings=TAIL),
    Hostile("isa-zero-and-text", lambda: approved() + b"\0\0\0x", TAIL, warnings=TAIL),
    Hostile("isa-blanks-only", lambda: approved() + b"\r\n \0\n", ()),
    Hostile(
        "isa-trailer-without-table", lambda: approved() + b"trailer\n<< /Size 3 /Root 1 0 R >>\n", TAIL, warnings=TAIL
    ),
    Hostile("isa-signature-rewritten", rewritten_signature, BYTE_RANGE, warnings=("PDF_ORPHAN_SIGNATURE",)),
    Hostile("isa-object-freed", lambda: update(approved(), freed=(CONTENT,)), LATER),
    Hostile("isa-hand-tail-signed-too", lambda: forged(trailing=b"\n% a comment that is signed\n"), ()),
)
SHADOW = (
    Hostile("shadow-hide-and-replace", lambda: table_only_of(shadowed()), LATER),
    Hostile("shadow-replace-font", lambda: changed(approved(), pdf.FONT, b"Helvetica", b"Courier"), LATER),
    Hostile("shadow-replace-text-field", text_field_changed, LATER),
    Hostile("shadow-hide-image", hidden_image, LATER),
    Hostile("shadow-planned-ahead", planned_ahead, ("PDF_COVERAGE",)),
    Hostile("shadow-pages-swapped", lambda: changed(approved(3), pdf.PAGES, b"5 0 R 7 0 R", b"7 0 R 5 0 R"), LATER),
    Hostile("shadow-page-removed", lambda: changed(approved(3), pdf.PAGES, b"7 0 R", b""), LATER),
    Hostile("shadow-page-added", lambda: changed(approved(3), pdf.PAGES, b"7 0 R", b"7 0 R 7 0 R"), LATER),
    Hostile("shadow-page-turned", lambda: changed(approved(), PAGE, b"/MediaBox", b"/Rotate 180\n/MediaBox"), LATER),
    Hostile(
        "shadow-page-cropped", lambda: changed(approved(), PAGE, b"/MediaBox", b"/CropBox [0 0 9 9]\n/MediaBox"), LATER
    ),
)
ANNOTATIONS = (
    Hostile("eaa-free-text", lambda: annotated(approved(), overlay(b"FreeText")), LATER),
    Hostile("eaa-stamp", lambda: annotated(approved(), overlay(b"Stamp")), LATER),
    Hostile("eaa-square", lambda: annotated(approved(), overlay(b"Square", b"/IC [1 1 1]")), LATER),
    Hostile(
        "eaa-link", lambda: annotated(approved(), overlay(b"Link", b"/A << /S /URI /URI (http://a.example) >>")), LATER
    ),
    Hostile("eaa-free-text-certified-3", lambda: annotated(certified(3), overlay(b"FreeText")), LATER),
    Hostile("eaa-redact-second-page", lambda: annotated(approved(3), overlay(b"Redact"), pdf.page_number(1)), LATER),
    Hostile(
        "ssa-unsigned-field-shows",
        lambda: with_form(approved()),
        ("PDF_UNSIGNED_FIELD_ADDED",),
        warnings=("PDF_UNSIGNED_FIELD",),
    ),
    Hostile("ssa-unsigned-field-empty", lambda: with_form(approved(), b""), ()),
    Hostile(
        "ssa-unsigned-field-certified",
        lambda: with_form(pdf.signed(certify=True, reserve=4096)),
        ("PDF_UNSIGNED_FIELD_ADDED", *LATER),
        warnings=("PDF_UNSIGNED_FIELD",),
    ),
    Hostile("ssa-second-signer", lambda: pdf.signed(approved(), by=pdf.signer("ec", "Mallory")), (), signatures=2),
    Hostile("ssa-waiting-field-painted", painted, LATER, warnings=("PDF_UNSIGNED_FIELD",)),
    Hostile("ssa-widget-moved", moved_widget, LATER),
    Hostile("ssa-seal-repainted", repainted, LATER),
    Hostile("ssa-text-field-added", added_text_field, LATER),
)
CERTIFIED = (
    Hostile("cert-1-content", lambda: changed(certified(), CONTENT, b"Yinxin", b"Forged"), LATER),
    Hostile("cert-1-second-signature", lambda: second_by_hand(certified(1)), LATER, signatures=2),
    Hostile("cert-1-store", lambda: store(certified(), b"\x30\x00"), ()),
    Hostile("cert-perms-removed", without_perms, LATER),
    Hostile("cert-level-7", lambda: certified(7), ("PDF_PERMISSIONS",)),
    Hostile("cert-level-0", lambda: certified(0), ("PDF_PERMISSIONS",)),
    Hostile("cert-reference-no-dictionary", lambda: forged(extra="/Reference [7]"), ("PDF_PERMISSIONS",)),
    Hostile(
        "open-action-script",
        with_outer(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        LATER,
        warnings=("PDF_ACTIVE_CONTENT",),
    ),
    Hostile(
        "names-script", with_outer(b"/Names << /JavaScript << /Names [] >> >>"), LATER, warnings=("PDF_ACTIVE_CONTENT",)
    ),
    Hostile(
        "additional-actions",
        with_outer(b"/AA << /WC << /S /JavaScript /JS (1) >> >>"),
        LATER,
        warnings=("PDF_ACTIVE_CONTENT",),
    ),
    Hostile("layers-switched", with_outer(b"/OCProperties << /D << /OFF [] >> >>"), LATER),
    Hostile("doc-info", lambda: update(approved(), {pdf.INFO: b"<< /Title (Another) >>"}), ()),
    Hostile("xmp", lambda: with_metadata(XMP % b"two"), ()),
    Hostile("xmp-no-xml", lambda: with_metadata(b"BT (evil) Tj ET"), LATER),
    Hostile("xmp-entities", lambda: with_metadata(b'<!DOCTYPE x [<!ENTITY a "b">]>' + XMP % b"&a;"), LATER),
    Hostile("store-junk-stream", lambda: store(approved(), b"junk"), (), warnings=("PDF_STORE_IGNORED",)),
    Hostile(
        "store-junk-object", lambda: store(approved(), b"", array=b"(junk) 7"), LATER, warnings=("PDF_STORE_IGNORED",)
    ),
    Hostile(
        "store-cut-certificate", lambda: store(approved(), b"\x30\x82\x01\x00\x00"), (), warnings=("PDF_STORE_IGNORED",)
    ),
)
STRUCTURE = (
    Hostile("hybrid", signed_hybrid, ("PDF_STRUCTURE_LENIENT",)),
    Hostile("form-removed", removed_form, signatures=0, warnings=("PDF_ORPHAN_SIGNATURE",)),
    Hostile("table-loop", looped, unreadable="damaged"),
    Hostile(
        "table-huge-count",
        lambda: with_text_before_table(document(), b"xref\n0 4000000000\n"),
        unreadable="limit-objects",
    ),
    Hostile(
        "table-too-few",
        lambda: with_text_before_table(document(), b"xref\n0 900\n0000000000 65535 f \n"),
        (),
        signatures=0,
        warnings=TAIL,
    ),
    Hostile(
        "table-newlines-at-the-end", lambda: document() + b"xref\n0 5\n" + b"\n" * 300, signatures=0, warnings=TAIL
    ),
    Hostile("stream-table-no-width", lambda: xref_stream_file(b"[0 4000000000]", b"[0 0 0]"), unreadable="damaged"),
    Hostile(
        "stream-table-huge-index", lambda: xref_stream_file(b"[0 4000000000]", b"[1 2 1]"), unreadable="limit-objects"
    ),
    Hostile("stream-table-wide", lambda: xref_stream_file(b"[0 9]", b"[1 9999999 1]"), unreadable="damaged"),
    Hostile("stream-table-bomb", table_bomb, unreadable="damaged"),
    Hostile("object-stream-bomb", object_bomb, unreadable="damaged"),
    Hostile("row-of-names", lambda: document(catalog="/Row [" + "/a" * 400_000 + "]"), unreadable="limit-steps"),
    Hostile("long-text", lambda: document(catalog="/Text (" + "a" * 1_000_000 + ")"), unreadable="limit-steps"),
    Hostile("long-number", lambda: document(catalog="/Number " + "1" * 1_000_000), unreadable="limit-steps"),
    Hostile("object-stream-row", lambda: _object_stream(b"1 0 [" + b"/a" * 400_000 + b"]"), unreadable="limit-steps"),
    Hostile("deep-nesting", lambda: document(catalog="/Deep " + "[" * 5000 + "]" * 5000), unreadable="damaged"),
    Hostile("page-tree-cycle", lambda: signed_with(document()).replace(b"/Count 1 >>", b"/Count 9 >>"), ()),
    Hostile(
        "form-cycle",
        lambda: document(catalog="/AcroForm << /Fields [100 0 R] >>", more=((100, b"<< /T (a) /Kids [100 0 R] >>"),)),
        signatures=0,
    ),
    Hostile("form-wide", lambda: wide_form(5001), unreadable="limit-fields"),
    Hostile("form-deep", lambda: deep_form(60), unreadable="limit-fields"),
    Hostile("many-revisions", lambda: many_revisions(80), unreadable="limit-revisions"),
    Hostile("diamonds", lambda: diamonds(40), ("PDF_LIMIT_REACHED",)),
    Hostile("encrypted", encrypted, unreadable="encrypted"),
    Hostile("no-end", lambda: document().replace(b"%%EOF", b"%%EOT"), unreadable="damaged"),
    Hostile("text-before-header", lambda: b"\n\n" + approved(), unreadable="damaged"),
    Hostile("header-only", lambda: b"%PDF-1.7\n%%EOF", unreadable="damaged"),
    Hostile("cut-in-half", lambda: approved()[: len(approved()) // 2], signatures=0, warnings=TAIL),
    Hostile("root-missing", lambda: document().replace(b"/Root 1 0 R", b"/Root 9 0 R"), unreadable="damaged"),
    Hostile("huge-generation", lambda: document().replace(b"00000 n", b"99999 n"), unreadable="damaged"),
    Hostile(
        "dynamic-form",
        lambda: document(catalog="/AcroForm << /Fields [] /XFA [] >>"),
        signatures=0,
        warnings=("PDF_ACTIVE_CONTENT",),
    ),
)
HOSTILE = (*USF, *SWA, *ISA, *SHADOW, *ANNOTATIONS, *CERTIFIED, *STRUCTURE)
