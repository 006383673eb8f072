import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.algorithms import pem
from keys.errors import MalformedPem


@given(st.binary(max_size=300), st.sampled_from(["CERTIFICATE", "PRIVATE KEY", "X509 CRL"]))
def test_a_block_comes_back_as_it_went_in(data, label):
    assert pem.only(pem.written(label, data)) == (label, data)


def test_several_blocks_are_read_in_order_with_words_between_them():
    text = b"the root\n" + pem.written("CERTIFICATE", b"1") + b"the leaf\r\n" + pem.written("CERTIFICATE", b"2")
    assert pem.blocks(text) == [("CERTIFICATE", b"1"), ("CERTIFICATE", b"2")]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN X-----",
        b"-----BEGIN X-----\nAA==\n-----END Y-----",
        b"-----BEGIN X-----\nA\n-----END X-----",
        b"-----BEGIN X-----\nA*==\n-----END X-----",
        b"-----BEGIN X-----\nAA==AA==\n-----END X-----",
        b"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END X-----",
        b"-----BEGIN X-----\nAA==\n-----BEGIN X-----\nAA==\n-----END X-----",
        pem.written("X", b"1") + pem.written("X", b"2"),
        b"-----BEGIN X-----\n" + b"A" * pem.SIZE_LIMIT + b"\n-----END X-----",
    ],
)
def test_broken_pem_is_refused(text):
    with pytest.raises(MalformedPem):
        pem.only(text)
