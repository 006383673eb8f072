"""The gate lets honest archives through, in every form that the field writes, and tells what is unusual."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace

import pytest

from keys.algorithms.sm3 import SM3
from signing.errors import UnreadableDocument
from signing.formats.ofd import OFD, names
from signing.formats.ofd.gate import opened
from signing.formats.ofd.limits import MAX_KEPT_BYTES, MIB
from tests.builders.ofd import Item, archive, deflated, document, items, sealed, zip64

NAME = "Doc_0/Document.xml"


def described(item: Item, *, mark: bytes = b"PK\x07\x08", local: dict | None = None) -> Item:
    """Give an entry whose sizes are told behind it."""
    packed = deflated(item.content)
    told = struct.pack("<3L", zlib.crc32(item.content), len(packed), len(item.content))
    zeros = {"crc": 0, "compressed": 0, "size": 0}
    return Item(item.name, item.content, flags=8, descriptor=mark + told, local=zeros if local is None else local)


def table(data: bytes) -> dict[str, bytes]:
    return {name: entry.content for name, entry in opened(data).entries.items()}


def test_an_honest_archive_gives_its_entries_in_order():
    files = document()
    assert list(table(archive(files)).items()) == list(files.items())


def test_what_pythons_own_writer_makes_is_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.mkdir("Doc_0")
        for name, content in document().items():
            writer.writestr(name, content)
    container = opened(out.getvalue())
    assert dict(table(out.getvalue())) == document()
    assert container.folders == ("Doc_0/",)
    assert container.deviations == ()


def test_an_archive_written_to_a_stream_is_read():
    class Stream(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in document().items():
            writer.writestr(name, content)
    assert table(bytes(stream.data)) == document()


@pytest.mark.parametrize("mark", [b"PK\x07\x08", b""])
def test_a_descriptor_is_read_with_and_without_its_mark(mark):
    listed = [described(each, mark=mark) for each in items(document())]
    assert table(archive(listed)) == document()


def test_a_descriptor_beside_right_numbers_in_the_local_header_is_read():
    listed = [described(each, local={}) for each in items(document())]
    assert table(archive(listed)) == document()


def test_zip64_fields_that_say_the_same_are_read():
    assert table(zip64(document())) == document()
    content = document()[NAME]
    wide = struct.pack("<HHQQ", 1, 16, len(content), len(deflated(content)))
    told = {"extra": wide, "size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF}
    assert table(archive([Item(NAME, content, local=told, central=told)])) == {NAME: content}


def test_a_zip64_entry_with_a_descriptor_of_eight_bytes_is_read():
    content = document()[NAME]
    packed = deflated(content)
    wide = struct.pack("<HHQQ", 1, 16, 0, 0)
    local = {"extra": wide, "size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF, "crc": 0}
    told = b"PK\x07\x08" + struct.pack("<LQQ", zlib.crc32(content), len(packed), len(content))
    assert table(archive([Item(NAME, content, flags=8, descriptor=told, local=local)])) == {NAME: content}


def test_stored_entries_and_empty_ones_are_read():
    listed = [Item("a", b"plain", method=0), Item("b", b"", method=0), Item("c", b""), Item("d/", b"", method=0)]
    assert table(archive(listed)) == {"a": b"plain", "b": b"", "c": b""}


ALL_ONES = 0xFFFFFFFF


def wide(*numbers: int) -> bytes:
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


@pytest.mark.parametrize(
    ("extra", "told", "subject"),
    [
        (b"", {"size": ALL_ONES}, "zip64"),
        (b"", {"compressed": ALL_ONES}, "zip64"),
        (struct.pack("<HH", 0x5455, 0), {"size": ALL_ONES}, "zip64"),
        (struct.pack("<HH", 0x5455, 0), {"compressed": ALL_ONES}, "zip64"),
        (wide(1) + wide(1), {"size": ALL_ONES}, "zip64"),
        (wide(1) + wide(1), {}, "zip64"),
        (wide(1), {"size": ALL_ONES, "compressed": ALL_ONES}, "zip64"),
        (wide(1)[:-1], {"size": ALL_ONES}, "a"),
        (b"\x01", {}, "a"),
        (b"\x00\x00\x01", {}, "a"),
    ],
)
@pytest.mark.parametrize("which", ["local", "central"])
def test_a_size_of_all_ones_stands_once_in_eight_bytes_beside_it_or_nothing_is_read(which, extra, told, subject):
    item = Item("a", b"x", method=0)
    item = (
        replace(item, local={"extra": extra, **told})
        if which == "local"
        else replace(item, central={"extra": extra, **told})
    )
    with pytest.raises(UnreadableDocument) as refusal:
        opened(archive([item]))
    assert (refusal.value.reason, refusal.value.subject) == ("PACKAGE_MALFORMED", subject)


@pytest.mark.parametrize("raw", [b"a" * 60 + b"\xff", b"a" * 600])
def test_a_name_that_cannot_be_read_is_told_by_its_first_forty_bytes(raw):
    for flags in (0, 0x800):
        with pytest.raises(UnreadableDocument) as refusal:
            opened(archive([Item(raw, b"x", flags=flags)]))
        assert (refusal.value.reason, refusal.value.subject) == ("PACKAGE_NAME", repr(raw[:40]))


def test_padding_in_an_extra_field_is_passed_over():
    padded = {"extra": b"\x00\x00\x00"}
    assert table(archive([Item("a", b"x", local=padded, central=padded)])) == {"a": b"x"}


def test_a_comment_is_passed_over():
    assert table(archive(document(), comment="由演示软件生成".encode())) == document()


def test_a_name_without_the_flag_is_utf8_where_it_can_be():
    container = opened(archive([Item("附件.xml".encode(), b"x", flags=0)]))
    assert list(container.entries) == ["附件.xml"]
    assert container.deviations == ()


def test_a_name_without_the_flag_is_gb18030_else_and_that_is_told():
    container = opened(archive([Item("附件.xml".encode("gbk"), b"x", flags=0)]))
    assert list(container.entries) == ["附件.xml"]
    assert container.deviations == (("PACKAGE_NAME_ENCODING", "附件.xml"),)


def test_a_second_name_that_is_the_same_is_no_second_name():
    raw = "附件.xml".encode("gbk")
    body = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + "附件.xml".encode()
    told = {"extra": struct.pack("<HH", 0x7075, len(body)) + body}
    assert list(opened(archive([Item(raw, b"x", flags=0, local=told, central=told)])).entries) == ["附件.xml"]


@pytest.mark.parametrize("counted", [True, False])
def test_a_vendors_block_before_the_archive_is_told(counted):
    block = b"KGVENDOR" + bytes(24)
    container = opened(archive(document(), prefix=block, offsets_from=0 if counted else len(block)))
    assert container.prefix == block
    assert container.deviations == (("PACKAGE_PREFIX", "32"),)


def test_names_that_no_reader_takes_for_one_another_may_stand_together():
    pairs = [Item("Doc_0/a.xml", b"1"), Item("Doc_0/a.xm", b"2"), Item("Doc_0/ä.xml", b"3"), Item("Doc_1/a.xml", b"4")]
    assert len(opened(archive(pairs)).entries) == 4


def test_what_is_larger_than_is_kept_is_unpacked_when_asked_for():
    content = b"".join(SM3.of(bytes([n // 256, n % 256])) * 50 for n in range(21_000))
    assert len(content) > MAX_KEPT_BYTES
    container = opened(archive({"a": b"small", "big": content, "b": b"after"}))
    assert container.entries["big"].kept is None
    assert container.entries["b"].kept == b"after"
    assert container.entries["big"].content == content
    assert container.digest(container.entries["big"], SM3) == SM3.of(content)
    assert container.digest(container.entries["big"], SM3, b"before") == SM3.of(b"before", content)


def test_a_large_stored_entry_is_digested_in_pieces():
    content = bytes(range(256)) * 4096 * 34
    container = opened(archive([Item("big", content, method=0)]))
    assert container.entries["big"].kept is None
    assert container.digest(container.entries["big"], SM3) == SM3.of(content)
    assert container.entries["big"].content == content


def test_a_digest_is_computed_once():
    container = opened(archive(document()))
    entry = container.entries[NAME]
    assert container.digest(entry, SM3) is container.digest(entry, SM3)


def test_names_are_found_in_other_case_only_where_the_exact_one_is_missing():
    container = opened(archive(document()))
    assert container.find("doc_0/DOCUMENT.xml") is container.entries[NAME]
    assert container.find("Doc_0/Document.xm") is None


def test_content_recognises_an_archive():
    whole = archive(document())
    assert OFD.recognises(whole)
    assert OFD.recognises(archive({}))
    assert OFD.recognises(b"KG" * 16 + whole)
    assert not OFD.recognises(b"%PDF-1.7\n" + whole)
    assert not OFD.recognises(b"")
    assert not OFD.recognises(b"\x00" * 5000 + whole)
    assert (OFD.name, OFD.media_type) == ("ofd", "application/ofd")


@pytest.mark.parametrize(
    ("one", "other"),
    [("A/b", "a/B"), ("a.", "a"), ("a /b", "a/b"), ("\u00e9", "e\u0301"), ("\u1e9e", "SS"), ("\uff0f", "/")],
)
def test_folding_makes_alike_what_some_reader_takes_for_the_same(one, other):
    assert names.folded(one) == names.folded(other)


def test_the_sum_of_all_entries_is_limited():
    told = {"size": 60 * MIB}
    huge = [Item(f"f{n}", b"", packed=bytes(400_000), local=told, central=told) for n in range(5)]
    with pytest.raises(UnreadableDocument) as refusal:
        opened(archive(huge))
    assert refusal.value.reason == "PACKAGE_TOO_LARGE"


def test_a_signed_document_in_which_every_entry_has_a_descriptor_is_read():
    found = OFD.read(archive([described(each) for each in items(sealed())]))
    assert len(found.signatures) == 1
