"""Laws over any bytes: nothing but a refusal leaves, and no change of a protected byte goes unnoticed."""

import contextlib
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signing.errors import CannotSign, UnreadableDocument
from signing.formats.format import Wanted
from signing.formats.ofd import OFD
from signing.formats.ofd.gate import opened
from signing.formats.ofd.markup import Malformed, Reader
from signing.report import Outcome
from tests.builders.ofd import Item, archive, document, sealed, second
from tests.builders.ofd_hostile import BAD_XML

FILES = sealed(sealed(), second())
WHOLE = archive(FILES)
DESCRIPTION = "Doc_0/Signs/Sign_0/Signature.xml"
LIST = "Doc_0/Signs/Signatures.xml"
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
XML_WORDS = st.sampled_from(
    "ofd:Signature ofd:SignedInfo ofd:References ofd:Reference ofd:CheckValue ofd:SignedValue ofd:StampAnnot ofd:Seal "
    "ofd:BaseLoc ofd:Provider ofd:Signatures ofd:MaxSignId ofd:OFD ofd:DocBody ofd:DocRoot ofd:Pages ofd:Page".split()
)


def table(data: bytes) -> dict[str, bytes] | None:
    try:
        return {name: entry.content for name, entry in opened(data).entries.items()}
    except UnreadableDocument:
        return None


def answered(data: bytes) -> bool:
    """Read, and tell whether every signature is without a failure."""
    try:
        found = OFD.read(data)
    except UnreadableDocument:
        return False
    failed = [check for each in found.signatures for check in each.checks if check.outcome is Outcome.FAILED]
    return bool(found.signatures) and not failed


def test_every_single_byte_of_every_covered_entry_is_protected():
    """Each entry in turn, at places spread over it: the digest of that very entry fails."""
    for name, content in FILES.items():
        if "Sign_1/" in name or name == LIST:
            continue
        for place in {0, len(content) // 3, len(content) // 2, len(content) - 1}:
            changed = dict(FILES)
            changed[name] = content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]
            try:
                found = OFD.read(archive(changed))
            except UnreadableDocument:
                assert name == "OFD.xml"
                continue
            subjects = {
                check.subject for each in found.signatures for check in each.checks if check.outcome is Outcome.FAILED
            }
            assert f"/{name}" in subjects or {"/" + LIST} & subjects or name in {"OFD.xml", DESCRIPTION}, (name, place)
            assert not answered(archive(changed)), (name, place)


@MANY
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_byte_of_the_archive_changed_is_refused_or_fails_or_changes_no_entry(place, bits):
    """What remains after a change that nothing reports is the same table of entries: dates, rights, hints."""
    changed = WHOLE[:place] + bytes([WHOLE[place] ^ bits]) + WHOLE[place + 1 :]
    if not answered(changed):
        return
    before, after = table(WHOLE) or {}, table(changed) or {}
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert differing <= {LIST, "Doc_0/Signs/Sign_1/SignedValue.dat", "Doc_0/Signs/Sign_1/Signature.xml"}


@MANY
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    for whole in (data, b"PK\x03\x04" + data, data + WHOLE[-22:], WHOLE[:50] + data + WHOLE[50:]):
        OFD.recognises(whole)
        answered(whole)


@MANY
@given(st.integers(0, 2**32))
def test_archives_with_many_damages_are_read_or_refused(seed):
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    data = bytearray(WHOLE)
    for _ in range(chance.randrange(1, 30)):
        kind, place = chance.randrange(4), chance.randrange(len(data))
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randrange(1, 40)]
        elif kind == 2:
            data[place:place] = data[chance.randrange(len(data)) :][: chance.randrange(1, 60)]
        else:
            data[-chance.randrange(1, min(600, len(data)))] ^= 1 << chance.randrange(8)
    answered(bytes(data))


@MANY
@given(
    st.lists(
        st.tuples(
            st.binary(min_size=0, max_size=20),
            st.binary(max_size=40),
            st.sampled_from([0, 8, 12]),
            st.integers(0, 0xFFFF),
            st.dictionaries(
                st.sampled_from(["crc", "size", "compressed", "method", "flags"]), st.integers(0, 0xFFFF), max_size=2
            ),
        ),
        max_size=4,
    )
)
def test_archives_whose_records_lie_are_read_or_refused(drawn):
    listed = [
        Item(name, content, method, flags if flags < 100 else None, local=lies)
        for name, content, method, flags, lies in drawn
    ]
    answered(archive([*listed, Item("OFD.xml", b"<x/>")]))


@MANY
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe<\x00a\x00/\x00>\x00")
@example(b"<?xml version='1.0' encoding='gbk'?><a>\x81</a>")
def test_any_bytes_are_xml_or_malformed(data):
    for whole in (data, b"<?xml version='1.0'?>" + data, b"<a>" + data + b"</a>"):
        with contextlib.suppress(Malformed):
            Reader().parse(whole)


@MANY
@given(
    st.sampled_from(["OFD.xml", "Doc_0/Document.xml", LIST, DESCRIPTION, "Doc_0/PublicRes.xml"]), st.integers(0, 2**32)
)
def test_any_damage_to_the_xml_is_read_or_refused(path, seed):
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    text = bytearray(FILES[path])
    pieces = [
        b"<",
        b">",
        b"&",
        b"<!--",
        b"]]>",
        b"<![CDATA[",
        b'"',
        b"ofd:",
        b"../",
        b"\x00",
        b"\xff",
        b"&#0;",
        b"&lt;",
    ]
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(text))
        if chance.random() < 0.5:
            text[place:place] = chance.choice(pieces)
        else:
            begins = chance.randrange(len(text))
            text[place : place + chance.randrange(30)] = text[begins : begins + chance.randrange(60)]
    answered(archive(FILES | {path: bytes(text)}))


ROOTS = (b"ofd:Signature", b"ofd:Signatures", b"ofd:Document")


@MANY
@given(
    st.recursive(XML_WORDS, lambda inner: st.tuples(XML_WORDS, st.lists(inner, max_size=4)), max_leaves=12),
    st.sampled_from([DESCRIPTION, LIST, "Doc_0/Document.xml"]),
    st.sampled_from(ROOTS),
)
def test_any_tree_of_the_standards_elements_is_read_or_refused(tree, path, root):
    def written(each: Any) -> str:
        if isinstance(each, str):
            return f'<{each} ID="s001" BaseLoc="x" FileRef="/OFD.xml" PageRef="1" Boundary="1 1 1 1">/OFD.xml</{each}>'
        return f"<{each[0]}>{''.join(map(written, each[1]))}</{each[0]}>"

    data = b'<%b xmlns:ofd="http://www.ofdspec.org/2016">%b</%b>' % (root, written(tree).encode(), root)
    answered(archive(FILES | {path: data}))


@pytest.mark.parametrize("name", list(BAD_XML))
def test_bad_xml_anywhere_in_the_tree_is_read_or_refused(name):
    paths = [path for path, content in FILES.items() if path.endswith(".xml") and b"</ofd:" in content]
    for path in paths[:3] if name == "many-elements" else paths:
        content = FILES[path]
        answered(archive(FILES | {path: BAD_XML[name](content)}))


@MANY
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_signing_any_damaged_document_refuses_or_succeeds(place, bits):
    changed = WHOLE[:place] + bytes([WHOLE[place] ^ bits]) + WHOLE[place + 1 :]
    try:
        signed = OFD.prepare(changed, Wanted("signature")).embed(b"value")
    except (UnreadableDocument, CannotSign):
        return
    assert answered(signed)


def test_reading_twice_says_the_same():
    assert OFD.read(WHOLE) == OFD.read(WHOLE)
    assert OFD.read(archive(document())) == OFD.read(archive(document()))
