"""One value, one row of bytes; whatever cannot be written so is refused with its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.canonical import DEEPEST, Json, NotCanonical, canonical, read

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_reads_back_the_same(value):
    assert read(canonical(value)) == value
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(TEXTS, st.integers(0, 9), min_size=2))
def test_the_order_of_members_does_not_matter_and_is_that_of_their_bytes(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)
    names = [name.encode() for name in json.loads(canonical(value))]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("value", "place", "reason"),
    [
        ({"a": [1, 2.0]}, "/a/1", "not-json: float"),
        ({"a": {"b": "\x00"}}, "/a/b", "nul"),
        ({"a\x00": 1}, "", "nul"),
        ("\udfff", "", "surrogate"),
        ([-(2**53)], "/0", "number-too-large"),
        ({2: 1}, "", "name-is-no-text"),
        (b"bytes", "", "not-json: bytes"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(value, place, reason):
    with pytest.raises(NotCanonical) as refusal:
        canonical(value)
    assert (refusal.value.place, refusal.value.reason) == (place, reason)


def test_a_value_nested_deeper_than_the_limit_is_refused():
    value: Json = []
    for _ in range(DEEPEST):
        value = [value]
    canonical(value)
    with pytest.raises(NotCanonical, match="too-deep"):
        canonical([value])


@pytest.mark.parametrize(
    "content",
    [b"", b'{"b":1,"a":2}', b"[1, 2]", b"1.0", b"1e3", b"NaN", b'"\\u4e2d"', b'{"a":1,"a":1}', b"\xef\xbb\xbf1"],
)
def test_another_form_of_the_same_value_is_refused(content):
    with pytest.raises(NotCanonical):
        read(content)
