"""Making room for a signature, and what other implementations say of what comes out."""

import asyncio
import contextlib
import re
import shutil
import subprocess
from io import BytesIO

import pytest
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from signing.errors import CannotSign, UnreadableDocument, ValueDoesNotFit
from signing.formats.format import Appearance, joined
from signing.formats.pdf.images import deflated
from signing.report import Outcome, Place
from tests.builders import pdf
from tests.builders.pdf import PDF
from tests.signing.formats.pdf.hostile import HOSTILE, made

PDFSIG = shutil.which("pdfsig") or ""
PDFTOPPM = shutil.which("pdftoppm") or ""
OPENSSL = shutil.which("openssl") or ""
needs_pdfsig = pytest.mark.skipif(not PDFSIG, reason="poppler-utils is not on this machine")
needs_pdftoppm = pytest.mark.skipif(not PDFTOPPM, reason="poppler-utils is not on this machine")
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="openssl is not on this machine")
EMPTY = b"\x30\x03\x02\x01\x05"
KINDS = ("ec", "rsa")


def failures(data):
    found = PDF.read(data)
    return [{check.code for check in each.checks if check.outcome is Outcome.FAILED} for each in found.signatures]


def refusal(data, **peculiar):
    with pytest.raises(CannotSign) as refused:
        PDF.prepare(data, pdf.wanted(**peculiar))
    return refused.value.reason


def filled(data, **peculiar):
    """Sign with a value that is no signature, where only the structure matters."""
    return PDF.prepare(data, pdf.wanted(**peculiar)).embed(EMPTY)


# --- what others say


@needs_pdfsig
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("peculiar", [{}, {"appearance": None}, {"certify": True}, {"lock": True}], ids=str)
def test_poppler_accepts_what_we_sign(tmp_path, kind, peculiar):
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf.signed(by=pdf.signer(kind), **peculiar))
    told = subprocess.run([PDFSIG, "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid.") == 1
    assert "Total document signed" in told
    assert "Not total document signed" not in told


@needs_pdfsig
def test_poppler_accepts_two_signatures_and_all_widgets_of_one(tmp_path):
    path = tmp_path / "signed.pdf"
    places = tuple(Place(page, 200, 100, 8, 40) for page in (1, 2, 3))
    clips = tuple((8.0 * page, 0.0, 8.0, 40.0) for page in range(3))
    first = pdf.signed(pdf.document(3), appearance=pdf.appearance(*places, clips=clips))
    path.write_bytes(pdf.signed(first, by=pdf.signer("rsa")))
    told = subprocess.run([PDFSIG, "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid.") == 4


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_accepts_the_value_over_the_message(tmp_path, kind):
    signature = PDF.read(pdf.signed(by=pdf.signer(kind))).signatures[0]
    value, content, certificate = tmp_path / "value", tmp_path / "content", tmp_path / "certificate"
    value.write_bytes(signature.value)
    content.write_bytes(joined(signature.message))
    certificate.write_bytes(pdf.signer(kind).certificate.public_bytes(Encoding.PEM))
    command = [OPENSSL, "cms", "-verify", "-binary", "-inform", "DER", "-in", value, "-content", content]
    command += ["-CAfile", certificate, "-purpose", "any", "-out", tmp_path / "out"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    content.write_bytes(content.read_bytes()[:-2] + b"X\n")
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode != 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("peculiar", [{}, {"certify": True}, {"lock": True}], ids=str)
def test_pyhanko_accepts_what_we_sign(kind, peculiar):
    one = pdf.signer(kind)
    reader = PdfFileReader(BytesIO(pdf.signed(by=one, **peculiar)))
    roots = [Certificate.load(one.certificate.public_bytes(Encoding.DER))]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    status = asyncio.run(async_validate_pdf_signature(reader.embedded_signatures[0], context))
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_pyhanko_finds_the_first_signature_untouched_by_the_second():
    reader = PdfFileReader(BytesIO(pdf.signed(pdf.approved())))
    first, second = reader.embedded_signatures
    first.compute_integrity_info()
    second.compute_integrity_info()
    assert first.diff_result.modification_level.name == "FORM_FILLING"
    assert (first.coverage.name, second.coverage.name) == ("ENTIRE_REVISION", "ENTIRE_FILE")


@needs_pdftoppm
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_seal_is_drawn_upright_where_it_was_wanted(tmp_path, turned):
    """The lower half of the picture is red, the upper half blue; so it has to be on the page as it is seen."""
    halves = Image.new("RGBA", (20, 20), (0, 0, 255, 255))
    halves.paste((255, 0, 0, 255), (0, 10, 20, 20))
    out = BytesIO()
    halves.save(out, "PNG")
    seal = Appearance(out.getvalue(), "image/png", (Place(1, 50, 60, 20, 20),))
    page = drawn(tmp_path, pdf.signed(pdf.document(page=f"/Rotate {turned}", text=""), appearance=seal))
    point = 72 / 25.4
    assert page.getpixel((int(60 * point), int(65 * point)))[:3] == (0, 0, 255)
    assert page.getpixel((int(60 * point), int(75 * point)))[:3] == (255, 0, 0)
    assert page.getpixel((int(60 * point), int(83 * point)))[:3] == (255, 255, 255)


@needs_pdftoppm
def test_the_parts_of_a_seal_over_the_edges_make_up_the_whole(tmp_path):
    """Three pages with a third of the picture each: a red, a green and a blue column."""
    columns = Image.new("RGBA", (30, 30))
    for number, colour in enumerate(((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255))):
        columns.paste(colour, (10 * number, 0, 10 * number + 10, 30))
    out = BytesIO()
    columns.save(out, "PNG")
    places = tuple(Place(page, 190, 100, 10, 30) for page in (1, 2, 3))
    clips = tuple((10.0 * page, 0.0, 10.0, 30.0) for page in range(3))
    data = pdf.signed(pdf.document(3, text=""), appearance=Appearance(out.getvalue(), "image/png", places, clips))
    point = 72 / 25.4
    seen = [drawn(tmp_path, data, page).getpixel((int(195 * point), int(115 * point)))[:3] for page in (1, 2, 3)]
    assert seen == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def drawn(folder, data, page=1):
    (folder / "in.pdf").write_bytes(data)
    command = [PDFTOPPM, "-r", "72", "-png", "-f", str(page), "-l", str(page), "-singlefile"]
    subprocess.run([*command, folder / "in.pdf", folder / "out"], check=True, capture_output=True)
    with Image.open(folder / "out.png") as opened:
        return opened.convert("RGB")


# --- the revision


def test_every_byte_of_the_document_before_stays_as_it_is():
    before = pdf.document(2)
    assert pdf.signed(before).startswith(before)
    assert pdf.signed(pdf.approved()).startswith(pdf.approved())


def test_a_document_that_ends_without_a_line_gets_one_and_no_signature_breaks():
    data = pdf.document().rstrip()
    assert data.endswith(b"%%EOF")
    once = filled(data)
    assert once.startswith(data + b"\n")
    assert failures(filled(once)) == [set(), set()]


def test_title_and_dates_of_the_document_are_left_alone():
    added = pdf.signed(pdf.document())[len(pdf.document()) :]
    assert b"/Title" not in added
    assert b"ModDate" not in added
    assert b"Producer" not in added


def test_the_message_is_all_but_the_value():
    prepared = PDF.prepare(pdf.document(), pdf.wanted(reserve=100))
    done = prepared.embed(EMPTY)
    start, end = prepared.gap
    assert end - start == 2 * 100 + 2
    assert joined(prepared.message) == done[:start] + done[end:]
    assert prepared.name_for_value == "Signature1"


def test_a_value_may_fill_its_room_and_not_one_byte_more():
    prepared = PDF.prepare(pdf.document(), pdf.wanted(reserve=100))
    full = b"\x30\x62" + bytes(98)
    assert PDF.read(prepared.embed(full)).signatures[0].value == full
    with pytest.raises(ValueDoesNotFit) as refused:
        prepared.embed(full + b"\0")
    assert (refused.value.size, refused.value.reserve) == (101, 100)
    assert PDF.read(prepared.embed(EMPTY)).signatures[0].value == EMPTY


def test_two_signatures_get_names_of_their_own():
    data = filled(filled(pdf.document()))
    assert [each.name_for_value for each in PDF.read(data).signatures] == ["Signature1", "Signature2"]


def test_a_wanted_name_is_taken():
    assert PDF.read(filled(pdf.document(), field_name="公章")).signatures[0].name_for_value == "公章"


def test_a_prepared_field_is_filled_and_keeps_its_place():
    place = Place(1, 10, 20, 40, 20)
    data = PDF.with_fields(pdf.document(), {"Approver": place, "Other": Place(1, 80, 20, 40, 20)})
    signature = PDF.read(filled(data, field_name="Approver")).signatures[0]
    assert signature.name_for_value == "Approver"
    assert abs(signature.places[0].x_mm - 10) < 0.01
    assert abs(signature.places[0].y_mm - 20) < 0.01


def test_a_certification_allows_the_prepared_fields_and_nothing_else():
    """certification P 2 <- approval in the prepared field."""
    data = PDF.with_fields(pdf.document(), {"Second": Place(1, 10, 20, 40, 20)})
    certified = pdf.signed(data, certify=True)
    assert re.search(rb"/DocMDP\s+/TransformParams <<\s*/Type /TransformParams\s*/P 2", certified)
    both = pdf.signed(certified, field_name="Second")
    assert failures(both) == [set(), set()]
    assert refusal(certified) == "field-needed"
    assert failures(pdf.signed(certified, appearance=None)) == [set(), set()]


def test_a_certification_without_waiting_fields_allows_nothing():
    certified = pdf.signed(certify=True)
    assert refusal(certified) == "certified"
    assert refusal(certified, appearance=None) == "certified"
    stamped = PDF.prepare(certified, pdf.wanted(document_timestamp=True, appearance=None)).embed(EMPTY)
    assert failures(stamped) == [set(), set()]


def test_a_certification_comes_first_or_not_at_all():
    assert refusal(pdf.approved(), certify=True) == "certification-not-first"
    assert refusal(pdf.document(), certify=True, document_timestamp=True) == "certification-not-first"


def test_a_locking_signature_is_the_last():
    locked = pdf.signed(pdf.approved(), lock=True)
    assert failures(locked) == [set(), set()]
    assert refusal(locked) == "locked"
    stored = PDF.with_validation_material(locked, [b"\x30\x00"], [], [])
    assert failures(stored) == [set(), set()]


def test_a_prepared_field_locks_only_where_no_signature_stands():
    data = PDF.with_fields(pdf.document(), {"A": None, "B": None})
    assert refusal(filled(data, field_name="A"), field_name="B", lock=True) == "field-cannot-lock"
    locked = filled(data, field_name="A", lock=True)
    assert failures(locked) == [set()]
    assert refusal(locked, field_name="B") == "locked"


def test_a_seal_may_be_declared_as_what_it_is():
    data = filled(pdf.document(), sub_filter="GB.T38540", filter_name="Yinxin.Seal")
    signature = PDF.read(data).signatures[0]
    assert signature.declared_method == "GB.T38540"
    assert b"/Filter /Yinxin.Seal" in data
    cades = PDF.read(filled(pdf.document(), sub_filter="ETSI.CAdES.detached")).signatures[0]
    assert cades.declared_method == "ETSI.CAdES.detached"


def test_a_document_time_stamp_is_invisible_and_claims_no_time():
    data = PDF.prepare(pdf.approved(), pdf.wanted(document_timestamp=True, appearance=None)).embed(EMPTY)
    stamp = PDF.read(data).signatures[1]
    assert stamp.is_document_timestamp
    assert stamp.places == ()
    assert stamp.claimed_time is None


def test_validation_material_grows_and_never_twice():
    once = PDF.with_validation_material(pdf.approved(), [b"\x30\x00"], [], [])
    twice = PDF.with_validation_material(once, [b"\x30\x00", b"\x30\x01\x05"], [b"\x30\x01\x07"], [])
    signature = PDF.read(twice).signatures[0]
    assert signature.certificates == (b"\x30\x00", b"\x30\x01\x05")
    assert signature.lists == (b"\x30\x01\x07",)
    assert failures(twice) == [set()]


def test_a_document_with_a_table_in_a_stream_is_signed_in_its_own_way():
    """Two revisions, the first with its cross-reference table in a stream."""
    data = with_stream_table()
    once = pdf.signed(data)
    assert failures(once) == [set()]
    assert failures(pdf.signed(once)) == [set(), set()]
    start = PDF.read(once).signatures[0]
    assert start.places


def with_stream_table():
    plain = pdf.document()
    objects = {number: pdf.body(plain, number) for number in range(1, 7)}
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, text in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    start = len(out)
    rows = b"\0\0\0\0\0\0" + b"".join(b"\x01" + places[number].to_bytes(4, "big") + b"\0" for number in objects)
    rows += b"\x01" + start.to_bytes(4, "big") + b"\0"
    table = pdf.stream(rows, "/Type /XRef /Size 8 /Root 1 0 R /Info 4 0 R /W [1 4 1] /Index [0 8]", packed=True)
    return bytes(out) + b"7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)


# --- refusals


@pytest.mark.parametrize(
    ("peculiar", "reason"),
    [
        ({"reserve": 0}, "reserve"),
        ({"reserve": 2 * 1024 * 1024}, "reserve"),
        ({"field_name": "a.b"}, "field-name"),
        ({"field_name": "a\nb"}, "field-name"),
        ({"claimed_time": "yesterday"}, "claimed-time"),
        ({"sub_filter": "a b"}, "filter-name"),
        ({"filter_name": "a/b"}, "filter-name"),
        ({"appearance": Appearance(b"GIF89a", "image/png", (pdf.PLACE,))}, "picture-damaged"),
        ({"appearance": Appearance(b"<svg/>", "image/svg+xml", (pdf.PLACE,))}, "picture-type"),
        ({"appearance": pdf.appearance(Place(2, 0, 0, 9, 9))}, "place"),
        ({"appearance": pdf.appearance(Place(0, 0, 0, 9, 9))}, "place"),
        ({"appearance": pdf.appearance(Place(1, 0, 0, 0, 9))}, "place"),
        ({"appearance": pdf.appearance(clips=((0, 0, 9, 9), (0, 0, 9, 9)))}, "clips"),
        ({"appearance": pdf.appearance(clips=((0, 0, 0, 9),))}, "clips"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(peculiar, reason):
    assert refusal(pdf.document(), **peculiar) == reason


def test_a_field_that_is_signed_already_is_refused():
    assert refusal(pdf.approved(), field_name="Signature1") == "field-taken"


def test_a_text_field_is_no_signature_field():
    data = pdf.document(fields=("amount",))
    assert refusal(data, field_name="amount") == "field-name"
    with pytest.raises(CannotSign):
        PDF.with_fields(data, {"amount": None})
    assert PDF.prepare(pdf.document(fields=("Signature1",)), pdf.wanted()).name_for_value == "Signature2"
    assert [each.name_for_value for each in PDF.read(filled(data)).signatures] == ["Signature1"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("encrypted", "encrypted"),
        ("hybrid", "hybrid"),
        ("dynamic-form", "dynamic-form"),
        ("isa-content-replaced", "earlier-signature-broken"),
        ("ssa-unsigned-field-shows", "earlier-signature-broken"),
        ("isa-no-table", "damaged"),
        ("usf-contents-twice", "damaged"),
        ("cert-level-7", "earlier-signature-broken"),
    ],
)
def test_a_document_that_is_not_fit_is_refused_by_name(name, reason):
    assert refusal(made(next(case for case in HOSTILE if case.name == name))) == reason


READABLE = tuple(case for case in HOSTILE if not case.unreadable and case.name != "diamonds")


@pytest.mark.parametrize("case", READABLE, ids=[case.name for case in READABLE])
def test_nothing_but_a_refusal_comes_out_of_signing_a_hostile_file(case):
    with contextlib.suppress(CannotSign, UnreadableDocument):
        PDF.prepare(made(case), pdf.wanted()).embed(EMPTY)


def test_what_is_no_pdf_is_unreadable():
    with pytest.raises(UnreadableDocument):
        PDF.prepare(b"PK\x03\x04", pdf.wanted())


def test_fields_come_before_the_first_signature():
    with pytest.raises(CannotSign) as refused:
        PDF.with_fields(pdf.approved(), {"Late": None})
    assert refused.value.reason == "signed-already"
    data = PDF.with_fields(pdf.document(), {"A": None})
    for fields, reason in (
        ({"A": None}, "field-name"),
        ({"a.b": None}, "field-name"),
        ({"B": Place(9, 0, 0, 9, 9)}, "place"),
    ):
        with pytest.raises(CannotSign) as refused:
            PDF.with_fields(data, fields)
        assert refused.value.reason == reason


# --- pictures


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/gif", "image/bmp"])
def test_every_kind_of_raster_is_shown(media_type):
    out = BytesIO()
    Image.new("RGB", (8, 6), (255, 0, 0)).save(out, media_type.split("/")[1].upper())
    made = deflated(out.getvalue(), media_type)
    assert (made.width, made.height, made.opacity) == (8, 6, None)


def test_a_picture_is_deflated_once():
    assert deflated(pdf.picture(), "image/png") is deflated(pdf.picture(), "image/png")
    assert deflated(pdf.picture(), "image/png").opacity is not None


def test_a_picture_that_is_too_large_is_refused():
    out = BytesIO()
    Image.new("1", (4000, 10)).save(out, "PNG")
    with pytest.raises(CannotSign) as refused:
        deflated(out.getvalue(), "image/png")
    assert refused.value.reason == "picture-size"
