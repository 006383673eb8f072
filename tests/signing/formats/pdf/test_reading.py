"""What is read of an honest PDF, and what a reader must never do, whatever the bytes."""

import functools
import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.errors import UnreadableDocument
from signing.formats.format import Wanted, joined
from signing.formats.pdf import byte_ranges
from signing.formats.pdf.document import Pdf
from signing.formats.pdf.limits import Limits
from signing.report import CoverageKind, Outcome, Place
from tests.builders import pdf
from tests.builders.pdf import PDF
from tests.signing.formats.pdf.hostile import second_by_hand

SHARED = Path(__file__).parents[4].parent / "shared" / "vectors" / "pdf"
# What our level has to find in the shared files; the rest is for whoever judges values and certificates.
STRUCTURE = {
    "40_approval_EAA_FreeText_overlay_annotation.pdf": {"PDF_LATER_CHANGES"},
    "45_certP1_page_content_replaced.pdf": {"PDF_LATER_CHANGES"},
    "48_approval_trailing_data__ISA_B_style__no_EOF_.pdf": {"PDF_TRAILING_DATA"},
}
REQUIRED = (
    "PDF_SIGNATURE_DICTIONARY",
    "PDF_BYTE_RANGE",
    "PDF_CONTENTS_PADDING",
    "PDF_COVERAGE",
    "PDF_TRAILING_DATA",
    "PDF_LATER_CHANGES",
)


def failures(signature):
    return {check.code for check in signature.checks if check.outcome is Outcome.FAILED}


def near(place, other):
    numbers = ("page", "x_mm", "y_mm", "width_mm", "height_mm")
    return all(abs(getattr(place, each) - getattr(other, each)) < 0.01 for each in numbers)


def test_an_approval_is_whole_and_tells_where_when_and_how():
    signature = PDF.read(pdf.approved()).signatures[0]
    assert signature.id == "s001"
    assert signature.name_for_value == "Signature1"
    assert signature.declared_method == "adbe.pkcs7.detached"
    assert signature.claimed_time == "2026-11-01T09:00:00+08:00"
    assert signature.coverage.kind is CoverageKind.WHOLE
    assert signature.coverage.uncovered == signature.coverage.later_changes == ()
    assert near(signature.places[0], pdf.PLACE)
    assert [check.code for check in signature.checks] == list(REQUIRED)
    assert all(check.outcome is Outcome.PASSED for check in signature.checks)


def test_the_message_is_the_file_without_the_value_and_is_not_copied():
    data = pdf.approved()
    signature = PDF.read(data).signatures[0]
    start, end = pdf.gap(data)
    assert joined(signature.message) == data[:start] + data[end:]
    assert all(part.obj is data for part in signature.message)
    assert signature.value == pdf_value(data)


def pdf_value(data):
    start, end = pdf.gap(data)
    contents = bytes.fromhex(data[start + 1 : end - 1].decode())
    return contents[: byte_ranges.object_end(contents)]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared vectors are not on this machine")
def test_every_shared_file_has_the_structure_of_its_index():
    cases = json.loads((SHARED / "index.json").read_text(encoding="utf-8"))
    assert len(cases) == 10
    for name, expected, _ in cases:
        signatures = PDF.read((SHARED / name).read_bytes()).signatures
        assert len(signatures) == 1, name
        assert failures(signatures[0]) == STRUCTURE.get(name, set()), name
        assert signatures[0].value, name
        assert (name in STRUCTURE) <= expected.startswith("TOTAL_FAILED"), name


def test_a_document_without_a_form_has_no_signature():
    assert PDF.read(pdf.document(3)).signatures == ()


def test_only_what_begins_like_a_pdf_is_recognised():
    assert PDF.recognises(pdf.document())
    assert PDF.recognises(b"\n%PDF-1.4")
    assert not PDF.recognises(b"PK\x03\x04")
    assert not PDF.recognises(b"")


def test_a_second_signature_leaves_the_first_whole_and_is_named_in_it():
    """approval <- approval."""
    first, second = PDF.read(pdf.signed(pdf.approved())).signatures
    assert not failures(first)
    assert not failures(second)
    assert first.coverage.later_changes == ("revision 3: Sig Signature2",)
    assert second.coverage.later_changes == ()


def test_validation_material_comes_along_and_later_store_and_time_stamp_are_told():
    """approval <- document security store <- document time stamp."""
    certificate = pdf.signer().certificate.public_bytes(Encoding.DER)
    stored = PDF.with_validation_material(pdf.approved(), [certificate], [b"\x30\x01\x00"], [b"\x30\x00"])
    prepared = PDF.prepare(stored, Wanted("signature", document_timestamp=True))
    done = prepared.embed(pdf.signer().cms(joined(prepared.message)))
    found = PDF.read(done)
    approval, stamp = found.signatures
    assert approval.certificates == stamp.certificates == (certificate,)
    assert (approval.lists, approval.answers) == ((b"\x30\x01\x00",), (b"\x30\x00",))
    assert stamp.is_document_timestamp
    assert not approval.is_document_timestamp
    assert stamp.declared_method == "ETSI.RFC3161"
    assert approval.coverage.later_changes == ("revision 3: DSS", "revision 4: DocTimeStamp Timestamp1")
    assert not failures(approval) | failures(stamp)
    assert found.warnings == ()


def test_what_only_an_entry_for_one_signature_names_is_material_too():
    data = pdf.approved()
    number = pdf.next_number(data)
    root = pdf.body(data, pdf.CATALOG).rstrip()[:-2] + b" /DSS << /VRI << /%s << /Cert [%d 0 R] >> >> >> >>" % (
        b"A" * 40,
        number,
    )
    found = PDF.read(pdf.update(data, {pdf.CATALOG: root, number: pdf.stream(b"\x30\x00")}))
    assert found.signatures[0].certificates == (b"\x30\x00",)


def test_changed_title_and_author_are_told_and_do_not_spoil():
    data = pdf.update(pdf.approved(), {pdf.INFO: b"<< /Title (Another) >>"})
    signature = PDF.read(data).signatures[0]
    warning = [check.code for check in signature.checks if check.outcome is Outcome.WARNING]
    assert warning == ["PDF_METADATA_CHANGED"]
    assert signature.coverage.later_changes == ("revision 3: Info",)


def test_a_field_that_waits_for_its_signer_shows_nothing_and_is_not_told():
    waiting = PDF.with_fields(pdf.document(), {"Second": Place(1, 10, 20, 40, 20)})
    assert PDF.read(pdf.signed(waiting)).warnings == ()


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 450])
@pytest.mark.parametrize("crop", ["", "/CropBox [50 100 545 741]"])
@pytest.mark.parametrize("unit", ["", "/UserUnit 2"])
def test_a_place_is_told_as_the_reader_sees_the_page(turned, crop, unit):
    wanted = Place(1, 30, 40, 20, 10)
    page = pdf.document(page=f"/Rotate {turned} {crop} {unit}")
    found = PDF.read(pdf.signed(page, appearance=pdf.appearance(wanted))).signatures[0].places
    assert len(found) == 1
    assert near(found[0], wanted)


def test_a_place_on_a_turned_and_cropped_page_is_where_the_rectangle_says():
    """A page of 300 × 200 points, cropped to its right half, turned by 90: left becomes top."""
    data = pdf.forged(
        before={
            5: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /CropBox [150 0 300 200] /Rotate 90"
            b" /Annots [31 0 R] >>",
            31: b"<< /FT /Sig /T (Hand) /V 30 0 R /Type /Annot /Subtype /Widget /Rect [160 20 180 60] /F 4 /P 5 0 R >>",
        }
    )
    place = PDF.read(data).signatures[0].places[0]
    point = 25.4 / 72
    assert near(place, Place(1, 20 * point, 10 * point, 40 * point, 20 * point))


def test_an_annotation_that_no_page_names_shows_nowhere():
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R >>"
    assert PDF.read(pdf.forged(before={5: page})).signatures[0].places == ()


@pytest.mark.parametrize("flags", [2, 32, 34])
def test_a_hidden_annotation_shows_nowhere(flags):
    hidden = b"<< /FT /Sig /T (Hand) /V 30 0 R /Subtype /Widget /Rect [72 72 172 122] /F %d /P 5 0 R >>" % flags
    assert PDF.read(pdf.forged(before={31: hidden})).signatures[0].places == ()


def test_a_seal_over_the_edges_of_all_pages_is_one_signature_with_many_places():
    places = tuple(Place(page, 200, 100, 8, 40) for page in range(1, 6))
    clips = tuple((8.0 * page, 0.0, 8.0, 40.0) for page in range(5))
    data = pdf.signed(pdf.document(5), appearance=pdf.appearance(*places, clips=clips))
    signatures = PDF.read(data).signatures
    assert len(signatures) == 1
    assert [place.page for place in signatures[0].places] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("D:20261101090000+08'00'", "2026-11-01T09:00:00+08:00"),
        ("D:20261101090000+08'00", "2026-11-01T09:00:00+08:00"),
        ("D:20261101090000Z", "2026-11-01T09:00:00Z"),
        ("D:2026", "2026-01-01T00:00:00"),
        ("D:20269901", "D:20269901"),
        ("yesterday", "yesterday"),
    ],
)
def test_the_claimed_time_is_told_as_it_stands(text, told):
    data = pdf.forged(extra=" /Reason (x) ").replace(b"D:20261101090000+08'00'", text.encode(), 1)
    moved = len("D:20261101090000+08'00'") - len(text)
    assert moved >= 0
    data = data.replace(f"({text})".encode(), f"({text})".encode() + b" " * moved, 1)
    assert PDF.read(data).signatures[0].claimed_time == told


def test_a_value_of_indefinite_length_ends_where_its_last_object_ends():
    value = b"\x30\x80\x06\x01\x01\xa0\x80\x04\x02\x00\x00\x00\x00\x00\x00"
    signature = PDF.read(pdf.forged(value=value)).signatures[0]
    assert signature.value == value
    assert not failures(signature)


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"\x30\x00", 2),
        (b"\x30\x00\x00\x00", 2),
        (b"\x30\x82\x00\x01\x05", 5),
        (b"\x30\x03\x01", None),
        (b"\x30", None),
        (b"", None),
        (b"\x30\x80\x00\x00", 4),
        (b"\x30\x80\x30\x80\x00\x00", None),
        (b"\x04\x80\x00\x00", None),
        (b"\x3f\x81\x01\x00", None),
        (b"\x30\x85\x00\x00\x00\x00\x01\x00", None),
        (b"\x30\x80" * 100 + b"\x00\x00" * 100, None),
    ],
)
def test_an_object_ends_where_its_length_says(data, end):
    assert byte_ranges.object_end(data) == end


def test_a_text_that_looks_like_a_byte_range_is_not_taken_for_one():
    """A page's contents with a byte range around a string of its own must be seen as they are.

    If the string were blanked in the reader's view, replacing it later would go unseen.
    """
    shown = b"<" + b"41" * 40 + b"> Tj "
    plain = pdf.document(more=((70, pdf.stream(shown)),), catalog="/Kept 70 0 R")
    start = plain.find(shown)
    end = start + len(shown) - 4
    bait = b"/ByteRange [0 %d %d 9]" % (start, end)
    data = pdf.signed(pdf.document(more=((70, pdf.stream(shown)), (80, pdf.stream(bait))), catalog="/Kept 70 0 R"))
    assert len(byte_ranges.candidates(data)) == 2
    assert not failures(PDF.read(data).signatures[0])
    evil = pdf.update(data, {70: pdf.stream(b"<" + b"42" * 40 + b"> Tj ")})
    assert failures(PDF.read(evil).signatures[0]) == {"PDF_LATER_CHANGES"}


@pytest.mark.parametrize("position", [0.0, 0.2, 0.5, 0.8, 0.999])
def test_a_changed_byte_is_in_the_message_or_in_the_value(position):
    data = pdf.approved()
    at = int(position * len(data))
    spoilt = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
    assert told_apart(data, spoilt)


def told_apart(data, spoilt):
    """Tell whether a change is in what is signed, in the value, or makes a check fail."""
    try:
        found = PDF.read(spoilt)
    except UnreadableDocument:
        return True
    if len(found.signatures) != 1 or failures(found.signatures[0]):
        return True
    before, after = PDF.read(data).signatures[0], found.signatures[0]
    return joined(before.message) != joined(after.message) or before.value != after.value


def test_any_byte_that_changes_is_found():
    """The value's spelling (upper and lower case) is the one thing that may change."""
    data = pdf.signed(reserve=1100)
    chance = random.Random(4)  # noqa: S311 - a test that is the same each time
    missed = []
    for _ in range(300):
        at, new = chance.randrange(len(data)), chance.randrange(256)
        if new == data[at]:
            continue
        spoilt = data[:at] + bytes((new,)) + data[at + 1 :]
        start, end = pdf.gap(data)
        spelling = start < at < end and chr(new).lower() == chr(data[at]).lower()
        if not told_apart(data, spoilt) and not spelling:
            missed.append((at, new))
    assert missed == []


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=200).filter(lambda tail: tail.strip(b"\0\t\n\f\r ")))
def test_any_byte_behind_the_end_is_found(tail):
    data = pdf.approved() + tail
    assert told_apart(pdf.approved(), data)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_nothing_but_a_refusal_comes_out_of_any_bytes(data):
    refused_or_read(b"%PDF-1.7\n" + data)
    refused_or_read(b"%PDF-1.7\n" + data + b"\nstartxref\n9\n%%EOF")


def refused_or_read(data):
    try:
        return PDF.read(data)
    except UnreadableDocument:
        return None


@functools.cache
def spoilable():
    once = pdf.signed(reserve=1100)
    return once, pdf.forged(), pdf.signed(once, reserve=1100), pdf.signed(certify=True, reserve=1100)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(["flip", "cut", "double", "digit"])), max_size=4),
)
def test_nothing_but_a_refusal_comes_out_of_a_spoilt_document(seed, edits):
    whole = spoilable()[seed % 4]
    data = bytearray(whole)
    for position, edit in edits:
        at = position % len(data)
        if edit == "flip":
            data[at] ^= 1 << seed % 8
        elif edit == "cut":
            del data[at : at + seed % 50]
        elif edit == "double":
            data[at:at] = data[at : at + seed % 50]
        else:
            data[at] = 48 + seed % 10
    refused_or_read(bytes(data))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(bytes=100), "limit-bytes"),
        (Limits(revisions=1), "limit-revisions"),
        (Limits(objects=3), "limit-objects"),
        (Limits(steps=100), "limit-steps"),
        (Limits(signatures=0), "limit-signatures"),
        (Limits(fields=0), "limit-fields"),
    ],
)
def test_a_limit_that_is_reached_is_told_by_its_name(limits, reason):
    with pytest.raises(UnreadableDocument) as refused:
        Pdf(limits).read(pdf.approved())
    assert refused.value.reason == reason


def test_a_comparison_that_costs_too_much_never_passes():
    data = pdf.signed(pdf.approved())
    first, second = Pdf(Limits(visits=5)).read(data).signatures
    assert failures(first) == {"PDF_LIMIT_REACHED"}
    assert not failures(second)


def test_more_pages_than_the_limit_leave_the_places_out_and_fail():
    signature = Pdf(Limits(pages=2)).read(pdf.approved(3)).signatures[0]
    assert failures(signature) == {"PDF_LIMIT_REACHED"}
    assert signature.places == ()


def test_a_signature_with_its_dictionary_in_the_field_itself_is_read():
    data = pdf.forged(holder="/V << /Type /Sig /ByteRange [0 1 2 3] /Contents <3000> >>")
    signature = PDF.read(data).signatures[0]
    assert failures(signature) == {"PDF_BYTE_RANGE", "PDF_COVERAGE"}


def test_a_field_below_a_field_is_called_by_both_names():
    data = pdf.forged(
        kids="60 0 R",
        field="/FT /Sig /T (inner) /Parent 60 0 R",
        before={60: b"<< /T (outer) /Kids [31 0 R] >>"},
    )
    signature = PDF.read(data).signatures[0]
    assert signature.name_for_value == "outer.inner"
    assert not failures(signature)


@pytest.mark.parametrize("key", ["/ByteRang#65", "/#42yteRange"])
def test_a_byte_range_under_an_escaped_name_is_read_the_slow_way(key):
    """No text of the file looks like a byte range, so the value is read by its characters and compared."""
    data = pdf.forged(key=key)
    assert byte_ranges.candidates(data) == ()
    signature = PDF.read(data).signatures[0]
    assert not failures(signature)
    assert signature.value
    start = data.index(signature.value.hex().encode())
    other = data[: start + 9] + (b"1" if data[start + 9 : start + 10] == b"0" else b"0") + data[start + 10 :]
    assert told_apart(data, other)


def test_a_value_that_stands_in_another_object_than_its_gap_is_refused():
    """The gap holds the same characters as /Contents, and is another place."""
    value = b"\x30\x03\x02\x01\x05"
    text = b"<" + value.hex().encode() + b">"
    data = pdf.document(
        catalog="/AcroForm << /Fields [90 0 R] >>",
        more=(
            (80, b"<< /Bait %s >>" % text),
            (90, b"<< /FT /Sig /T (a) /V 91 0 R >>"),
            (91, b"<< /Type /Sig /SubFilter /adbe.pkcs7.detached /Contents %s /ByteRange [0 1111 2222 3333] >>" % text),
        ),
    )
    start = data.find(text)
    ranges = b"[0 %04d %04d %04d]" % (start, start + len(text), len(data) - start - len(text))
    data = data.replace(b"[0 1111 2222 3333]", ranges)
    assert failures(PDF.read(data).signatures[0]) == {"PDF_BYTE_RANGE", "PDF_COVERAGE"}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"extra": "/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /All >> >>]"},
        {"field": "/FT /Sig /T (Hand) /Lock << /Type /SigFieldLock /Action /All >>"},
        {"field": "/FT /Sig /T (Hand) /Lock << /Action /Include /Fields [] /P 1 >>"},
        {"extra": "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>]"},
    ],
    ids=["field-reference", "field-lock", "lock-level", "document-reference"],
)
def test_a_signature_that_locks_is_broken_by_a_later_one_and_not_by_its_absence(spoilt):
    data = pdf.forged(**spoilt)
    assert not failures(PDF.read(data).signatures[0])
    later = second_by_hand(data)
    first, second = PDF.read(later).signatures
    assert failures(first) == {"PDF_LATER_CHANGES"}
    assert not failures(second)


def test_two_signatures_by_hand_get_along_where_nothing_forbids_it():
    assert [failures(each) for each in PDF.read(second_by_hand(pdf.forged())).signatures] == [set(), set()]


@pytest.mark.parametrize("kept", ["/Type /Sig", "/ByteRange"])
def test_a_value_that_looks_like_a_signature_in_one_way_is_one(kept):
    """A field without a type, whose value has a type and no byte range, or the other way round."""
    data = pdf.forged(field="/T (Hand)", byte_range=None if kept == "/Type /Sig" else pdf.plain_ranges)
    if kept == "/ByteRange":
        data = data.replace(b"/Type /Sig ", b" " * 11, 1)
    assert len(PDF.read(data).signatures) == 1
