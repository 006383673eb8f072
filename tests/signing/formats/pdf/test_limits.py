"""Rules over bytes and limits hold to the number: what reaches one is read, what passes it is not, and says why."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from signing.errors import UnreadableDocument
from signing.formats.pdf import byte_ranges
from signing.formats.pdf.byte_ranges import Claim, Gap, Refused
from signing.formats.pdf.document import Pdf
from signing.formats.pdf.limits import Limits, OverLimit
from signing.formats.pdf.structure import Metered
from signing.report import Outcome
from tests.builders import pdf
from tests.signing.formats.pdf.hostile import sub_filter

FRONT, VALUE, TAIL = b"0123456789", b"<" + b"ab" * 30 + b">", b"tail"
DATA = FRONT + VALUE + TAIL
START, END = len(FRONT), len(FRONT) + len(VALUE)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((0, START, END, len(TAIL)), Claim(Gap(START, END), len(DATA))),
        ((0, START, END, 0), Claim(Gap(START, END), END)),
        ((0, START, END, len(TAIL) + 1), Refused("outside")),
        ((0, START, START + 1, 1), Refused("overlap")),
        ((0, START, START - 1, 1), Refused("overlap")),
        ((0, START, START + 2, 1), Refused("gap")),
        ((0, START - 1, END, 1), Refused("gap")),
        ((0, START + 1, END, 1), Refused("gap")),
        ((0, START, END - 1, 1), Refused("gap")),
        ((0, START, END + 1, 1), Refused("gap")),
        ((1, START - 1, END, 1), Refused("start")),
        ((0, 0, END, 1), Refused("start")),
        ((-1, START, END, 1), Refused("negative")),
        ((0, -1, END, 1), Refused("negative")),
        ((0, START, -1, 1), Refused("negative")),
        ((0, START, END, -1), Refused("negative")),
        ((0, START, END), Refused("four-integers")),
        ((0, START, END, 1, 1), Refused("four-integers")),
        ((False, START, END, 1), Refused("four-integers")),
        ((0, float(START), END, 1), Refused("four-integers")),
        ((None, None, None, None), Refused("four-integers")),
        ((), Refused("four-integers")),
    ],
)
def test_four_numbers_are_a_byte_range_by_every_rule_or_not_at_all(numbers, told):
    assert byte_ranges.claim(DATA, numbers) == told


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"<>", True),
        (b"<0f>", True),
        (b"<AB>", True),
        (b"<abc>", False),
        (b"<a b>", False),
        (b"<a>b>", False),
        (b"<ag>", False),
        (b"(ab)", False),
        (b"<ab)", False),
        (b"(ab>", False),
        (b"", False),
    ],
)
def test_a_gap_is_one_hexadecimal_string_of_whole_bytes(text, is_one):
    assert byte_ranges.is_hex_string(text, 0, len(text)) is is_one
    assert byte_ranges.is_hex_string(b"xx" + text + b"xx", 2, 2 + len(text)) is is_one
    assert not byte_ranges.is_hex_string(text, 0, len(text) + 2)
    assert not byte_ranges.is_hex_string(text, -2, len(text))


def ranged(*gaps: bytes) -> bytes:
    """Write gaps, and behind them the byte ranges that leave them."""
    body, found = b"%PDF-1.7\n", []
    for gap in gaps:
        found.append((len(body), len(body) + len(gap)))
        body += gap + b"\n"
    return body + b"".join(b"/ByteRange [0 %d %d 9]\n" % each for each in found)


def test_a_gap_with_room_for_a_marker_is_followed_and_a_shorter_one_is_read_slowly():
    enough, short = b"<" + b"00" * 19 + b">", b"<" + b"00" * 18 + b">"
    assert (len(enough), len(short)) == (40, 38)
    assert byte_ranges.candidates(ranged(enough)) == (Gap(9, 49),)
    assert byte_ranges.candidates(ranged(short)) == ()
    assert byte_ranges.candidates(ranged(enough, short, enough)) == (Gap(9, 49), Gap(89, 129))


def test_the_first_of_many_byte_ranges_are_followed_and_no_more():
    gaps = [b"<" + b"00" * 20 + b">"] * 130
    assert len(byte_ranges.candidates(ranged(*gaps))) == 128


def test_gaps_that_overlap_are_not_both_followed():
    value = b"<" + b"00" * 30 + b">"
    twice = b"%PDF-1.7\n" + value + b"/ByteRange [0 9 71 9] /ByteRange [0 9 71 1] /ByteRange[1 9 71 9]"
    assert byte_ranges.candidates(twice) == (Gap(9, 71),)


@pytest.mark.parametrize("size", [40, 64, 2048, 2050, 2090, 4096, 4136, 9_000, 20_000])
def test_the_view_has_the_size_of_the_file_and_a_marker_in_each_gap(size):
    value = b"<" + b"0" * (size - 2) + b">"
    data = ranged(value, value)
    gaps = byte_ranges.candidates(data)
    shown = BytesIO()
    markers = byte_ranges.show(data, len(data), gaps, shown)
    seen = shown.getvalue()
    assert (len(seen), len(markers), list(markers.values())) == (len(data), 2, list(gaps))
    for marker, gap in markers.items():
        assert seen[gap.start : gap.end].startswith(b"<" + marker.hex().encode() + b">")
        assert max(map(len, seen[gap.start : gap.end].split())) <= 2048
        assert data[gap.end : gap.end + 1] == seen[gap.end : gap.end + 1] == b"\n"
    assert marker not in data


def test_a_gap_behind_the_end_has_no_marker():
    data = ranged(b"<" + b"00" * 30 + b">")
    gap = byte_ranges.candidates(data)[0]
    for end, count in ((gap.end, 1), (gap.end - 1, 0)):
        shown = BytesIO()
        assert len(byte_ranges.show(data, end, [gap], shown)) == count
        assert len(shown.getvalue()) == end


@pytest.mark.parametrize(
    ("numbers", "parts"),
    [
        ((0, 2, 4, 3), (b"01", b"456")),
        ((0, 0), (b"",)),
        ((0, len(DATA)), (DATA,)),
        ((0, len(DATA) + 1), ()),
        ((-1, 2), ()),
        ((0, 2, 4), ()),
        ((0, None), ()),
        ((0, True), ()),
        ((), ()),
    ],
)
def test_the_message_is_what_the_numbers_say_and_nothing_where_they_say_nothing(numbers, parts):
    assert tuple(bytes(each) for each in byte_ranges.message(DATA, numbers)) == parts


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"\x30\x00", 2),
        (b"\x30\x01\x00rest", 3),
        (b"\x30\x7f" + bytes(127), 129),
        (b"\x30\x7f" + bytes(126), None),
        (b"\x30\x81\x80" + bytes(128), 131),
        (b"\x30\x82\x00\x80" + bytes(128), 132),
        (b"\x30\x84\x00\x00\x00\x01\x05", 7),
        (b"\x30\x85\x00\x00\x00\x00\x01\x05", None),
        (b"\x30\x80\x05\x00\x00\x00rest", 6),
        (b"\x30\x80\x05\x00", None),
        (b"\x04\x80\x00\x00", None),
        (b"\x1f\x00", None),
        (b"\x3f\x00", None),
        (b"\x30", None),
        (b"", None),
        (b"\x30\x80" * 64 + b"\0\0" * 64, 256),
        (b"\x30\x80" * 65 + b"\0\0" * 65, None),
    ],
)
def test_an_object_of_a_value_ends_where_its_lengths_say(data, end):
    assert byte_ranges.object_end(data) == end


def least(limit: str, data: bytes, most: int) -> int:
    """Find the smallest limit under which a document is read and its signature stands."""
    told: list[dict[str, Any]] = [{limit: number} for number in range(most)]
    return next(number for number, each in enumerate(told) if stands(replace(Limits(), **each), data))


def stands(limits: Limits, data: bytes) -> bool:
    try:
        found = Pdf(limits).read(data)
    except UnreadableDocument:
        return False
    return all(check.code != "PDF_LIMIT_REACHED" for each in found.signatures for check in each.checks)


def test_limits_hold_to_the_number():
    """Three pages, one signature, two revisions."""
    data = pdf.approved(3)
    entries = least("objects", data, 60)
    found = {each: least(each, data, 200) for each in ("revisions", "fields", "signatures", "pages")}
    assert found == {"revisions": 2, "fields": 1, "signatures": 1, "pages": 3}
    assert least("objects_by_revisions", data, 200) == entries, "one section stands before the last"
    assert not stands(Limits(bytes=len(data) - 1), data)
    assert stands(Limits(bytes=len(data)), data)


def test_a_file_that_is_nothing_but_an_end_has_an_end_and_no_structure():
    for data, subject in ((b"%%EOF", "structure"), (b"no end", "%%EOF")):
        with pytest.raises(UnreadableDocument) as refused:
            Pdf().read(data)
        assert (refused.value.reason, refused.value.subject) == ("damaged", subject)


@pytest.mark.parametrize("name", [b"adbe.pkcs7.sha1", b"adbe.x509.rsa_sha1"])
def test_a_value_over_sha_1_is_named_and_fails(name):
    first = Pdf().read(sub_filter(name)).signatures[0]
    told = next(check for check in first.checks if check.code == "PDF_SUBFILTER")
    assert (told.outcome, told.facts) == (Outcome.FAILED, {"method": name.decode()})


def test_the_deepest_field_that_may_be_is_read():
    data = pdf.approved()
    assert stands(Limits(field_depth=0), data)


def test_the_end_is_looked_for_as_often_as_the_limit_says():
    data = pdf.approved()
    assert Pdf(Limits(ends=1)).read(data).signatures
    with pytest.raises(UnreadableDocument) as refused:
        Pdf(Limits(ends=0)).read(data)
    assert (refused.value.reason, refused.value.subject) == ("damaged", "%%EOF")


def test_reading_is_counted_step_by_step_and_rows_of_a_number_by_themselves():
    def read(stream: Metered, size: int, times: int) -> None:
        for _ in range(times):
            stream.read(size)

    read(Metered(Limits(steps=5)), 1, 5)
    with pytest.raises(OverLimit, match="steps"):
        read(Metered(Limits(steps=5)), 1, 6)
    rows = Metered(Limits(number_rows=3))
    read(rows, 16, 3)
    rows.read(1)
    read(rows, 16, 3)
    with pytest.raises(OverLimit, match="steps"):
        rows.read(16)
    shared = [4]
    read(Metered(Limits(), shared), 1, 2)
    read(Metered(Limits(), shared), 1, 2)
    assert shared == [0]
    assert Metered(Limits()).read() == b""
    assert Metered(Limits(), None, b"data").read() == b"data"
