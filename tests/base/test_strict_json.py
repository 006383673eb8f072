"""One meaning for every reader: what two programs could read differently is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.strict_json import DEPTH_LIMIT, MalformedJson, parse

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_what_json_writes_is_read_back(value):
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":{"b":1,"b":1}}', "twice"),
        (b'{"\\u0061":1,"a":2}', "twice"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"1e999", "out of range"),
        (b"-1e999", "out of range"),
        (b"1" * 5000, "out of range"),
        (b"0." + b"1" * 5000, "out of range"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff":1}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        (b"\xff\xfe1\x00", "UTF-8"),
        (b"", "Expecting value"),
        (b"{'a':1}", "line 1 column 2"),
        (b'{"a":1,}', "column"),
        (b"[1] x", "Extra data"),
        (b"[" * 100_000, "deeper"),
        (b"[" * 40 + b"]" * 40, "deeper"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "deeper"),
        (b"\xef\xbb\xbf{}", "column"),
    ],
)
def test_what_has_two_meanings_is_refused(text: bytes, reason: str):
    with pytest.raises(MalformedJson) as refusal:
        parse(text)
    assert reason in refusal.value.reason


def test_the_deepest_allowed_is_read():
    assert parse(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)
