"""The limits of seals hold to the number: what reaches one is read, what passes it is refused, and by which name."""

from typing import Any

import pytest

from keys.algorithms import der
from signing import seals as standards
from signing import values
from signing.errors import MalformedSeal
from signing.policy import DEFAULT
from signing.seals import gmt0031_2014, reading
from signing.seals.errors import UnusableSealDraft
from signing.seals.seal import Seal
from tests.builders import seals as made
from tests.builders.pki import tag
from tests.builders.seals import SealParts, ia5, utf8


def seal(version: int = 4, **peculiar: Any) -> Seal:
    return standards.read_seal(SealParts(version, **peculiar).der)


def refused(**peculiar: Any) -> str:
    with pytest.raises(MalformedSeal) as found:
        seal(**peculiar)
    return found.value.reason


def test_names_and_numbers_are_as_long_as_the_limit_and_no_longer():
    longest = "x" * reading.TEXT_LIMIT
    assert seal(name=utf8(longest)).name == longest
    assert seal(number=ia5(longest)).id == longest
    assert refused(name=utf8(longest + "x"))
    assert refused(number=ia5(longest + "x"))


def test_what_was_sealed_is_told_in_as_many_bytes_as_the_limit():
    longest = "/" + "x" * (reading.PROPERTY_LIMIT - 1)
    assert standards.read_value(made.value(4, property_info=ia5(longest))).property_info == longest
    with pytest.raises(MalformedSeal):
        standards.read_value(made.value(4, property_info=ia5(longest + "x")))


def test_a_picture_has_one_byte_at_least_and_the_limit_at_most():
    largest = b"\x89" * reading.PICTURE_LIMIT
    assert seal(picture=der.octets(largest)).picture.data == largest
    assert seal(picture=der.octets(b"x")).picture.data == b"x"
    for data in (largest + b"x", b""):
        assert refused(picture=der.octets(data)) == "picture-too-large-or-empty"


@pytest.mark.parametrize(("millimetres", "read"), [(1, True), (1000, True), (0, False), (1001, False), (-1, False)])
def test_a_seal_is_a_millimetre_to_a_metre_in_size(millimetres: int, read: bool):
    for side in ("width", "height"):
        told: dict[str, Any] = {side: der.integer(millimetres)}
        if read:
            assert getattr(seal(**told).picture, f"{side}_mm") == millimetres
        else:
            assert refused(**told) == "number-out-of-range"


@pytest.mark.parametrize(("kind", "read"), [(0, True), ((1 << 31) - 1, True), (1 << 31, False), (-1, False)])
def test_kinds_are_whole_numbers_of_31_bits(kind: int, read: bool):
    if read:
        assert seal(kind=der.integer(kind)).type == kind
    else:
        assert refused(kind=der.integer(kind)) == "number-out-of-range"


def test_as_many_may_use_a_seal_as_the_limit_says_and_one_at_least():
    most = made.certificates(*(b"%d" % number for number in range(reading.SIGNERS_LIMIT)))
    assert len(seal(signers=most).signer_certificates) == reading.SIGNERS_LIMIT
    more = made.certificates(*(b"%d" % number for number in range(reading.SIGNERS_LIMIT + 1)))
    assert refused(signers=more) == "too-many"


@pytest.mark.parametrize(("size", "read"), [(16, True), (64, True), (15, False), (65, False)])
def test_a_digest_of_a_certificate_has_the_size_of_a_digest(size: int, read: bool):
    listed = made.digests(b"one", of=lambda _: bytes(size))
    told: dict[str, Any] = {"list_kind": der.integer(2), "signers": listed}
    if read:
        assert seal(**told).signer_digests == (("SM3", bytes(size)),)
    else:
        assert refused(**told)


def test_extensions_are_as_many_as_the_limit_says():
    most = tag(0x30, *(made.extension() for _ in range(reading.EXTENSIONS_LIMIT)))
    assert len(seal(extensions=most).extensions) == reading.EXTENSIONS_LIMIT
    assert refused(extensions=tag(0x30, most[4:], made.extension())) == "too-many"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        *reading.MEDIA_TYPES.items(),
        ("PNG ", "image/png"),
        ("OFD", "application/ofd"),
        ("tiff", "application/octet-stream"),
    ],
)
def test_a_picture_is_of_the_kind_that_its_maker_says(name: str, media_type: str):
    assert seal(picture_kind=ia5(name)).picture.media_type == media_type


def test_a_seal_of_the_limit_is_looked_at_and_one_byte_more_is_not():
    most, more = bytes(reading.SIZE_LIMIT), bytes(reading.SIZE_LIMIT + 1)
    for read in (standards.read_seal, standards.read_value):
        with pytest.raises(MalformedSeal) as looked_at:
            read(most)
        with pytest.raises(MalformedSeal) as refused_at_once:
            read(more)
        assert (looked_at.value.reason, refused_at_once.value.reason) == ("unexpected-tag", "too-large")


def test_a_value_of_the_limit_is_looked_at_and_one_byte_more_is_not():
    assert (values.SIZE_LIMIT, reading.SIZE_LIMIT, reading.PICTURE_LIMIT) == (16 << 20, 8 << 20, 4 << 20)
    for size, reason in ((values.SIZE_LIMIT, "unknown-structure"), (values.SIZE_LIMIT + 1, "too-large")):
        found = values.read(bytes(size), DEFAULT)
        assert isinstance(found, values.Unusable)
        assert found.check.facts == {"reason": reason, "offset": 0}


def test_a_seal_of_2014_has_no_place_for_a_time_stamp_over_its_signature():
    with pytest.raises(UnusableSealDraft) as found:
        gmt0031_2014.STANDARD.stamped(b"value", b"token")
    assert (found.value.field, found.value.reason) == ("timestamp", "not-in-this-standard")


def test_a_standard_stands_once_in_the_table():
    with pytest.raises(ValueError, match="twice"):
        standards.table(*standards.STANDARDS.values(), next(iter(standards.STANDARDS.values())))
