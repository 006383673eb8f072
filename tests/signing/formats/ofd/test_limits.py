"""Limits hold to the number: what reaches one is read, what passes it is not."""

import zlib

import pytest

from keys.algorithms.sm3 import SM3
from signing.errors import CannotSign, UnreadableDocument
from signing.formats.format import Appearance, Wanted
from signing.formats.ofd import OFD, gate, limits
from signing.formats.ofd.container import inflated
from signing.formats.ofd.description import description
from signing.formats.ofd.locations import normal
from signing.formats.ofd.markup import Malformed, Reader
from signing.formats.ofd.writing import prepare
from signing.formats.ofd.zip_records import Central, local_at
from signing.report import Place
from tests.builders.ofd import NAMESPACE, Item, archive, document, items, sealed


def central(size: int, packed: int) -> Central:
    return Central(20, 0, 8, 0, packed, size, b"a", b"", 0, 0)


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ([(limits.RATIO_FREE_BYTES, 1)], None),
        ([(limits.RATIO_FREE_BYTES + 1, 1)], "PACKAGE_RATIO"),
        ([(1_000 * limits.MAX_RATIO, 1_000)], None),
        ([(1_000 * limits.MAX_RATIO + 1, 1_000)], "PACKAGE_RATIO"),
        ([(limits.OVERALL_FREE_BYTES, limits.OVERALL_FREE_BYTES // 100)], None),
        ([(limits.OVERALL_FREE_BYTES + 1, limits.OVERALL_FREE_BYTES // 100)], "PACKAGE_RATIO"),
        ([(1_000_000 * limits.MAX_OVERALL_RATIO, 1_000_000)], None),
        ([(1_000_000 * limits.MAX_OVERALL_RATIO + 1, 1_000_000)], "PACKAGE_RATIO"),
        ([(limits.MAX_ENTRY_BYTES, limits.MAX_ENTRY_BYTES)], None),
        ([(limits.MAX_ENTRY_BYTES + 1, limits.MAX_ENTRY_BYTES)], "PACKAGE_TOO_LARGE"),
        ([(limits.MAX_ENTRY_BYTES, limits.MAX_ENTRY_BYTES)] * 4, None),
        ([(limits.MAX_ENTRY_BYTES, limits.MAX_ENTRY_BYTES)] * 4 + [(1, 1)], "PACKAGE_TOO_LARGE"),
    ],
)
def test_sizes_and_ratios(sizes, reason):
    listed = [central(*each) for each in sizes]
    if reason is None:
        gate._require_sizes(listed)
        return
    with pytest.raises(UnreadableDocument) as refused:
        gate._require_sizes(listed)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("size", "read"), [(limits.MAX_PREFIX_BYTES, True), (limits.MAX_PREFIX_BYTES + 1, False)])
def test_a_block_before_the_archive(size, read):
    data = archive(document(), prefix=b"K" * size)
    if read:
        assert gate.opened(data).prefix == b"K" * size
    else:
        with pytest.raises(UnreadableDocument):
            gate.opened(data)


@pytest.mark.parametrize(("size", "read"), [(limits.MAX_COMMENT_BYTES, True), (limits.MAX_COMMENT_BYTES + 1, False)])
def test_a_comment(size, read):
    data = archive(document(), comment=b"c" * size)
    if read:
        assert gate.opened(data).entries
    else:
        with pytest.raises(UnreadableDocument):
            gate.opened(data)


@pytest.mark.parametrize(("count", "read"), [(limits.MAX_ENTRIES, True), (limits.MAX_ENTRIES + 1, False)])
def test_entries(count, read):
    data = archive({f"f{number}": b"" for number in range(count)})
    if read:
        assert len(gate.opened(data).entries) == count
    else:
        with pytest.raises(UnreadableDocument):
            gate.opened(data)


def test_a_local_header_whose_name_passes_the_directory_is_refused():
    data = archive({"a" * 50: b""})
    with pytest.raises(UnreadableDocument):
        local_at(data, 0, 40)
    with pytest.raises(UnreadableDocument):
        local_at(data, 0, 79)
    assert local_at(data, 0, 80).data_begins == 80


def test_a_document_has_one_budget_of_bytes_and_one_of_tags():
    data = b"<a></a>"
    Reader(bytes_left=len(data)).parse(data)
    Reader(tags_left=2).parse(data)
    for spent in (Reader(bytes_left=len(data) - 1), Reader(tags_left=1)):
        with pytest.raises(UnreadableDocument) as refused:
            spent.parse(data)
        assert refused.value.reason == "PACKAGE_TOO_LARGE"
    twice = Reader(bytes_left=2 * len(data), tags_left=4)
    twice.parse(data)
    twice.parse(data)
    with pytest.raises(UnreadableDocument):
        twice.parse(data)


def test_the_depth_that_the_parser_allows():
    Reader().parse(b"<a>" * 256 + b"</a>" * 256)
    with pytest.raises(Malformed):
        Reader().parse(b"<a>" * 257 + b"</a>" * 257)


def test_the_attributes_of_one_element():
    def element(count: int) -> bytes:
        filler = b'<b c="" d="" e=""/>' * 3_400
        return b"<a " + b" ".join(b'x%d=""' % number for number in range(count)) + b">" + filler + b"</a>"

    Reader().parse(element(limits.MAX_ATTRIBUTES))
    with pytest.raises(Malformed):
        Reader().parse(element(limits.MAX_ATTRIBUTES + 1))


def described(references: int, stamps: int) -> bytes:
    one = '<Reference FileRef="/a"><CheckValue>AA==</CheckValue></Reference>'
    inside = f"<References>{one * references}</References>{'<StampAnnot/>' * stamps}"
    whole = f"<SignedInfo>{inside}</SignedInfo><SignedValue>/v</SignedValue>"
    return f'<Signature xmlns="{NAMESPACE}">{whole}</Signature>'.encode()


@pytest.mark.parametrize(
    ("references", "stamps", "read"),
    [
        (2 * limits.MAX_ENTRIES, 1, True),
        (2 * limits.MAX_ENTRIES + 1, 1, False),
        (1, limits.MAX_STAMPS, True),
        (1, limits.MAX_STAMPS + 1, False),
    ],
)
def test_references_and_stamps(references, stamps, read):
    root = Reader().parse(described(references, stamps))
    if read:
        told = description(root)
        assert (len(told.references), len(told.stamps)) == (references, stamps)
    else:
        with pytest.raises(Malformed):
            description(root)


@pytest.mark.parametrize(("count", "written"), [(limits.MAX_STAMPS, True), (limits.MAX_STAMPS + 1, False)])
def test_stamps_that_are_written(count, written):
    places = (Place(1, 1, 1, 1, 1),) * count
    wanted = Wanted("seal", Appearance(b"", "image/png", places), b"seal")
    if written:
        assert len(OFD.read(prepare(archive(document()), wanted).embed(b"v")).signatures[0].places) == count
    else:
        with pytest.raises(CannotSign):
            prepare(archive(document()), wanted)


@pytest.mark.parametrize("folders", [0, 3])
def test_a_document_takes_a_signature_up_to_the_last_entry_that_fits(folders):
    own = len(document()) + folders
    fitting = limits.MAX_ENTRIES - 4 - own

    def filled(count: int) -> bytes:
        more = [Item(f"f{number}", b"") for number in range(count)]
        return archive([*items(document()), *(Item(f"d{n}/", b"", method=0) for n in range(folders)), *more])

    assert OFD.read(prepare(filled(fitting), Wanted("signature")).embed(b"v")).signatures
    with pytest.raises(CannotSign):
        prepare(filled(fitting + 1), Wanted("signature"))


def test_the_file_that_is_referred_to_twice_is_named():
    image = "Doc_0/Res/image.png"
    found = OFD.read(archive(sealed(more_references=[(f"/{image}", SM3.of(document()[image]))])))
    told = [check for each in found.signatures for check in each.checks if check.code == "REF_REPEATED"]
    assert [check.subject for check in told] == [f"/{image}"]


@pytest.mark.parametrize("location", ["/a/../b", "..", "../b", "a/..", "\\a", "//a", "x://a", "C:/a", "", "a\x00"])
def test_a_location_that_is_refused_has_no_name(location):
    assert normal(location, "Doc_0/") is None


def test_a_stream_is_unpacked_in_pieces_and_one_that_is_cut_is_refused():
    content = bytes(range(256)) * 20_000
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = stream.compress(content) + stream.flush()
    pieces = list(inflated(memoryview(packed)))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= limits.CHUNK
    for broken in (packed[:-3], packed + b"x", b""):
        with pytest.raises(zlib.error):
            list(inflated(memoryview(broken)))


@pytest.mark.parametrize(("place", "stop"), [(1, 90), (-1, 90), (0, 29), (60, 80), (10_000, 20_000)])
def test_what_is_no_local_header_is_refused(place, stop):
    with pytest.raises(UnreadableDocument):
        local_at(archive({"a" * 50: b""}), place, stop)


def test_a_stamp_at_less_than_nothing_is_written_as_zero():
    wanted = Wanted("seal", Appearance(b"", "image/png", (Place(1, -0.0, 1, 1, 1),)), b"seal")
    assert b'Boundary="0 1 1 1"' in bytes(prepare(archive(document()), wanted).message[0])
