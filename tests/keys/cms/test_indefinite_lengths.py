"""Elements of indefinite length are rewritten to definite ones; what is definite stays as it is, to the byte."""

import pytest

from keys.algorithms import der
from keys.algorithms.der import DEPTH_LIMIT
from keys.cms.ber import ELEMENTS_LIMIT, definite
from keys.errors import MalformedDer

NULL, END = b"\x05\x00", b"\x00\x00"


def endless(*parts: bytes, tag: int = 0x30) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + END


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (NULL, (NULL, 2, False)),
        (NULL + b"rest", (NULL, 2, False)),
        (b"\x30\x02" + NULL, (b"\x30\x02" + NULL, 4, False)),
        (b"\x30\x81\x02" + NULL, (b"\x30\x81\x02" + NULL, 5, False)),
        (b"\x04\x01\x80", (b"\x04\x01\x80", 3, False)),
        (b"\x30\x03\x04\x01\x80", (b"\x30\x03\x04\x01\x80", 5, False)),
        (b"\x30\x03\x04\x01\x24", (b"\x30\x03\x04\x01\x24", 5, False)),
        (endless(), (b"\x30\x00", 4, True)),
        (endless(NULL) + b"rest", (b"\x30\x02" + NULL, 6, True)),
        (endless(endless(NULL), NULL), (b"\x30\x06\x30\x02" + NULL + NULL, 12, True)),
        (der.sequence(endless(NULL), NULL), (b"\x30\x06\x30\x02" + NULL + NULL, 10, True)),
        (der.sequence(NULL, endless(NULL)), (b"\x30\x06" + NULL + b"\x30\x02" + NULL, 10, True)),
        (endless(b"\x04\x01a", b"\x04\x02bc", tag=0x24), (b"\x04\x03abc", 11, True)),
        (b"\x24\x07\x04\x01a\x04\x02bc", (b"\x04\x03abc", 9, True)),
        (b"\x24\x00", (b"\x04\x00", 2, True)),
        (endless(b"\x24\x03\x04\x01a", b"\x04\x01b", tag=0x24), (b"\x04\x02ab", 12, True)),
        (endless(NULL, tag=0xA0), (b"\xa0\x02" + NULL, 6, True)),
    ],
)
def test_what_is_indefinite_is_rewritten_and_nothing_else(data: bytes, told: tuple[bytes, int, bool]):
    assert definite(data) == told


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"", "truncated", 0),
        (b"\x30", "truncated", 0),
        (b"\x30\x01", "truncated", 0),
        (b"\x30\x80", "truncated", 2),
        (b"\x30\x80" + NULL, "truncated", 4),
        (b"\x30\x80" + NULL + b"\x00", "truncated", 4),
        (b"\x30\x03\x30\x80\x00", "truncated", 4),
        (b"\x30\x04\x30\x80" + NULL + END, "truncated", 2),
        (b"\x04\x80" + END, "indefinite-or-huge-length", 0),
        (b"\x30\x80\x04\x80" + END + END, "indefinite-or-huge-length", 2),
        (b"\x1f\x01\x00", "high-tag-number", 0),
        (b"\x30\x80\x3f\x80" + END, "high-tag-number", 2),
        (b"\x30\x85\x00\x00\x00\x00\x00", "indefinite-or-huge-length", 0),
        (b"\x30\x82\x00", "indefinite-or-huge-length", 0),
        (endless(NULL, tag=0x24), "unexpected-tag", 0),
    ],
)
def test_what_is_broken_is_refused_with_its_place(data: bytes, reason: str, offset: int):
    with pytest.raises(MalformedDer) as refused:
        definite(data)
    assert (refused.value.reason, refused.value.offset) == (reason, offset)


def test_elements_nest_as_deep_as_the_limit_and_no_deeper():
    deepest = b"\x30\x80" * DEPTH_LIMIT + NULL + END * DEPTH_LIMIT
    assert definite(deepest)[1:] == (len(deepest), True)
    with pytest.raises(MalformedDer, match="too-deep"):
        definite(b"\x30\x80" + deepest + END)


def test_as_many_elements_are_looked_at_as_the_limit_says():
    most = endless(NULL * (ELEMENTS_LIMIT - 1))
    assert definite(most)[1:] == (len(most), True)
    with pytest.raises(MalformedDer, match="too-many-elements"):
        definite(endless(NULL * ELEMENTS_LIMIT))


@pytest.mark.parametrize("content", [b"plain", b"with \x80 in it", b"with \x24 in it"])
def test_content_in_pieces_of_definite_length_is_put_together_whatever_bytes_it_has(content: bytes):
    pieces = b"".join(b"\x04\x01" + bytes((each,)) for each in content)
    assert definite(der.element(0xA0, der.element(0x24, pieces)))[0] == der.element(0xA0, der.octets(content))
