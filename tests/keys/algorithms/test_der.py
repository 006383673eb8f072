import contextlib
import functools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keys.algorithms import der
from keys.errors import MalformedDer


@given(st.integers())
@example(0)
@example(-1)
@example(127)
@example(128)
@example(-128)
@example(-129)
@example(1 << 2048)
def test_an_integer_comes_back_as_it_went_in(value):
    written = der.integer(value)
    reader = der.Reader(written)
    assert reader.integer() == value
    reader.end()
    der.require_der(written)


@given(st.binary(max_size=70_000))
@example(bytes(127))
@example(bytes(128))
@example(bytes(65_536))
def test_octets_come_back_as_they_went_in(data):
    reader = der.Reader(der.octets(data))
    assert reader.octets() == data
    reader.end()


@given(
    st.lists(st.integers(min_value=0, max_value=1 << 60), max_size=6),
    st.sampled_from([(0, 0), (0, 39), (1, 2), (1, 39), (2, 5), (2, 999)]),
)
def test_an_object_identifier_comes_back_as_it_went_in(rest, first):
    dotted = ".".join(str(arc) for arc in (*first, *rest))
    assert der.Reader(der.oid(dotted)).oid() == dotted


def test_the_number_of_the_sm2_curve_is_written_as_every_certificate_has_it():
    assert der.oid("1.2.156.10197.1.301").hex() == "06082a811ccf5501822d"


@given(st.binary(max_size=40))
def test_any_bytes_are_either_der_or_refused(data):
    with contextlib.suppress(MalformedDer):
        der.require_der(data)


HOSTILE = {
    "nothing": "",
    "a tag alone": "02",
    "length alone": "0201",
    "content too short": "020200",
    "trailing byte": "02010100",
    "empty integer": "0200",
    "leading zero": "02020001",
    "leading ones": "0202ff80",
    "long form of a short length": "02810101",
    "long form with a zero": "0282000101",
    "indefinite": "30800000",
    "indefinite with 128 bytes behind": "0480" + "00" * 128,
    "five length bytes": "04850000000001aa",
    "huge length": "0484ffffffff00",
    "length of 127 bytes": "04ff" + "ff" * 127,
    "reserved length ff": "04ff",
    "high tag": "1f020101",
    "high tag inside": "3005bf02020101",
    "boolean 1": "010101",
    "boolean of two bytes": "0102ffff",
    "null with content": "05020000",
    "bits without count": "0300",
    "eight unused bits": "030208ff",
    "unused bits that are set": "030201ff",
    "unused bits of nothing": "030101",
    "empty identifier": "0600",
    "identifier cut short": "060281",
    "identifier with a padded arc": "06048001ff7f",
    "identifier of 65 bytes": "0641" + "01" * 65,
    "primitive sequence": "1000",
    "primitive set": "1100",
    "child longer than parent": "3003020201",
    "deep nesting": functools.reduce(lambda inner, _: der.sequence(inner), range(40), b"").hex(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_der_is_refused(name):
    with pytest.raises(MalformedDer):
        der.require_der(bytes.fromhex(HOSTILE[name]))


def test_a_reader_says_what_is_wrong_and_where():
    inner = der.Reader(der.sequence(der.integer(1), der.octets(b"x"))).inside()
    inner.integer()
    with pytest.raises(MalformedDer) as caught:
        inner.integer()
    assert (caught.value.reason, caught.value.offset) == ("unexpected-tag", 5)


def _nested(depth: int) -> bytes:
    return functools.reduce(lambda inner, _: der.sequence(inner), range(depth), b"")


def test_nesting_is_followed_for_32_levels_below_the_first():
    der.require_der(_nested(33))
    with pytest.raises(MalformedDer, match="too-deep"):
        der.require_der(_nested(34))


@pytest.mark.parametrize(
    "text", ["030100", "03020780", "03020100", "0303010180", "0101ff", "0500", "020100", "0202ff7f"]
)
def test_the_edges_of_what_is_der_are_taken(text):
    der.require_der(bytes.fromhex(text))


def test_a_null_has_no_content():
    der.Reader(der.null()).null()
    with pytest.raises(MalformedDer, match="null-with-content"):
        der.Reader(b"\x05\x01\x00").null()


def test_nothing_can_be_taken_from_what_has_ended():
    for take in (der.Reader.whole, der.Reader.integer, der.Reader.inside):
        with pytest.raises(MalformedDer, match="truncated"):
            take(der.Reader(b""))


def test_a_negative_number_is_no_natural():
    with pytest.raises(MalformedDer, match="negative-integer"):
        der.Reader(der.integer(-1)).natural()


def test_an_element_cannot_reach_out_of_its_parent():
    """The inner length covers a byte that belongs to the neighbour."""
    inner = der.Reader(bytes.fromhex("3003020201") + b"\x01").inside()
    with pytest.raises(MalformedDer, match="truncated"):
        inner.integer()
