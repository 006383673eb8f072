"""Signatures and keys of every class that has fooled a library; each is refused by False or a typed refusal."""

import functools

import pytest

from keys.algorithms import der, sm2
from keys.algorithms.sm2_curve import CURVE
from keys.algorithms.sm2_signature import Signature
from keys.errors import MalformedSignature, UnusableKey
from tests.keys.algorithms.samples import E_VALUE, MESSAGE, POINT, SIGNATURE, public

N, P = CURVE.n, CURVE.p
R, S = SIGNATURE.r, SIGNATURE.s
GOOD = SIGNATURE.der
INT_R, INT_S = der.integer(R), der.integer(S)
BODY = INT_R + INT_S
RAW_R, RAW_S = (value.to_bytes(32) for value in (R, S))


def _pair(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


EDGES = {
    "0": 0,
    "1": 1,
    "-1": -1,
    "n-1": N - 1,
    "n": N,
    "n+1": N + 1,
    "2n": 2 * N,
    "p": P,
    "p-n": P - N,
    "2^255": 1 << 255,
    "2^256-1": (1 << 256) - 1,
    "2^256": 1 << 256,
    "2^512": 1 << 512,
}

NUMBERS = {
    **{f"r={name}": _pair(value, S) for name, value in EDGES.items()},
    **{f"s={name}": _pair(R, value) for name, value in EDGES.items()},
    **{f"r=s={name}": _pair(value, value) for name, value in EDGES.items()},
    "r+n": _pair(R + N, S),
    "s+n": _pair(R, S + N),
    "r+n and s+n": _pair(R + N, S + N),
    "r-n": _pair(R - N, S),
    "s-n": _pair(R, S - N),
    "-r": _pair(-R, S),
    "-s": _pair(R, -S),
    "n-r": _pair(N - R, S),
    "n-s": _pair(R, N - S),
    "n-r and n-s": _pair(N - R, N - S),
    "swapped": _pair(S, R),
    "r+s=n": _pair(N - S, S),
    "r+s=2n": _pair(N - 1, N - (N - 1) + N),
    "r+1": _pair(R + 1, S),
    "s+1": _pair(R, S + 1),
    "r=e": _pair(int.from_bytes(E_VALUE), S),
}

ENCODINGS = {
    "nothing": b"",
    "one byte": b"\x30",
    "two bytes": b"\x30\x00",
    "end of contents": b"\x30\x80\x00\x00",
    "outer long form 81": b"\x30\x81" + bytes((len(BODY),)) + BODY,
    "outer long form 82": b"\x30\x82\x00" + bytes((len(BODY),)) + BODY,
    "outer long form 84": b"\x30\x84\x00\x00\x00" + bytes((len(BODY),)) + BODY,
    "outer indefinite": b"\x30\x80" + BODY + b"\x00\x00",
    "outer indefinite, no end": b"\x30\x80" + BODY,
    "outer one too long": b"\x30" + bytes((len(BODY) + 1,)) + BODY,
    "outer one too short": b"\x30" + bytes((len(BODY) - 1,)) + BODY,
    "outer zero": b"\x30\x00" + BODY,
    "outer ff": b"\x30\xff" + BODY,
    "outer huge": b"\x30\x84\x7f\xff\xff\xff" + BODY,
    "outer length of 15 bytes": b"\x30\x8f" + bytes(14) + bytes((len(BODY),)) + BODY,
    "inner long form of r": der.sequence(b"\x02\x81\x21" + INT_R[2:], INT_S),
    "inner long form of s": der.sequence(INT_R, b"\x02\x81\x21" + INT_S[2:]),
    "r with a zero more": der.sequence(b"\x02\x22\x00" + INT_R[2:], INT_S),
    "s with a zero more": der.sequence(INT_R, b"\x02\x22\x00" + INT_S[2:]),
    "r without its sign byte": der.sequence(der.element(2, RAW_R), INT_S),
    "s without its sign byte": der.sequence(INT_R, der.element(2, RAW_S)),
    "r empty": der.sequence(b"\x02\x00", INT_S),
    "s empty": der.sequence(INT_R, b"\x02\x00"),
    "r missing": der.sequence(INT_S),
    "three numbers": der.sequence(INT_R, INT_S, INT_S),
    "four numbers": der.sequence(BODY, BODY),
    "r is NULL": der.sequence(der.null(), INT_S),
    "r is OCTET STRING": der.sequence(der.octets(INT_R[2:]), INT_S),
    "r is BIT STRING": der.sequence(der.bits(RAW_R), INT_S),
    "r is BOOLEAN": der.sequence(b"\x01\x01\xff", INT_S),
    "r is ENUMERATED": der.sequence(der.element(10, INT_R[2:]), INT_S),
    "r is REAL": der.sequence(der.element(9, INT_R[2:]), INT_S),
    "r in context 0": der.sequence(der.element(0x80, INT_R[2:]), INT_S),
    "r explicit in context 0": der.sequence(der.element(0xA0, INT_R), INT_S),
    "r constructed": der.sequence(der.element(0x22, INT_R), INT_S),
    "s with a high tag": der.sequence(INT_R, b"\x1f\x02\x21" + INT_S[2:]),
    "s application": der.sequence(INT_R, der.element(0x42, INT_S[2:])),
    "SET": der.element(0x31, BODY),
    "primitive SEQUENCE": der.element(0x10, BODY),
    "OCTET STRING around": der.octets(GOOD),
    "BIT STRING around": der.bits(GOOD),
    "SEQUENCE around": der.sequence(GOOD),
    "a hundred SEQUENCEs": functools.reduce(lambda inner, _: der.sequence(inner), range(100), GOOD),
    "trailing zero": GOOD + b"\x00",
    "trailing NULL": GOOD + b"\x05\x00",
    "trailing copy": GOOD + GOOD,
    "trailing NULL inside": der.sequence(BODY, der.null()),
    "leading zero": b"\x00" + GOOD,
    "raw": RAW_R + RAW_S,
    "raw of 65 bytes": b"\x04" + RAW_R + RAW_S,
    "raw little end first": RAW_R[::-1] + RAW_S[::-1],
    "hex": GOOD.hex().encode(),
    "base64": b"MEYCIQD1oDsGSNLEYw7qxRPhu4GhWUTaOCfVt0FDrHrO7ucgswIhALG2qinfIS/Y",
    "backwards": GOOD[::-1],
    "zeros": bytes(71),
    "ones": b"\xff" * 71,
    "a megabyte": b"\x30" * (1 << 20),
    **{f"cut to {size}": GOOD[:size] for size in (3, 4, 5, 10, 35, 36, 37, 38, 39, 68, 69, 70, 71)},
}

KEYS = {
    "nothing": b"",
    "infinity": b"\x00",
    "infinity in 65 bytes": bytes(65),
    "zero point": b"\x04" + bytes(64),
    "bare 04": b"\x04",
    "raw 64 bytes": POINT[1:],
    "compressed 02": b"\x02" + POINT[1:33],
    "compressed 03": b"\x03" + POINT[1:33],
    "hybrid 06": b"\x06" + POINT[1:],
    "hybrid 07": b"\x07" + POINT[1:],
    **{f"prefix {prefix:02x}": bytes((prefix,)) + POINT[1:] for prefix in (0x00, 0x01, 0x02, 0x03, 0x05, 0x08, 0x84)},
    "one byte short": POINT[:-1],
    "one byte long": POINT + b"\x00",
    "twice": POINT + POINT,
    "x and y exchanged": b"\x04" + POINT[33:] + POINT[1:33],
    "y off by one": POINT[:-1] + bytes((POINT[-1] ^ 1,)),
    "x off by one": POINT[:32] + bytes((POINT[32] ^ 1,)) + POINT[33:],
    "x = p": b"\x04" + P.to_bytes(32) + POINT[33:],
    "y = p": POINT[:33] + P.to_bytes(32),
    "y = p - y of another curve": b"\x04" + (1).to_bytes(32) + (1).to_bytes(32),
    "coordinates of ones": b"\x04" + b"\xff" * 64,
    "order 3 on a neighbouring curve": bytes.fromhex(
        "040000000000000000000000000000000000000000000000000000000000000002"
        "d2fe2145a107ea2644177798876894d992f17abd42d9bea67834aa9ec001205f"
    ),
    "order 2 on a neighbouring curve": b"\x04" + (5).to_bytes(32) + bytes(32),
    "the base point of P-256": bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
    "minus the base point": b"\x04" + CURVE.gx.to_bytes(32) + (P - CURVE.gy).to_bytes(32),
}

RAW = {
    "nothing": b"",
    "63 bytes": (RAW_R + RAW_S)[:-1],
    "65 bytes": RAW_R + RAW_S + b"\x00",
    "DER": GOOD,
    "r=0": bytes(32) + RAW_S,
    "s=0": RAW_R + bytes(32),
    "both 0": bytes(64),
    "r=n": N.to_bytes(32) + RAW_S,
    "s=n": RAW_R + N.to_bytes(32),
    "ones": b"\xff" * 64,
    "r+s=n": (N - S).to_bytes(32) + RAW_S,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_wrong_numbers_never_verify(name):
    assert sm2.verify(public(), NUMBERS[name], MESSAGE) is False


@pytest.mark.parametrize("name", ENCODINGS)
def test_another_encoding_of_a_good_signature_never_verifies(name):
    assert sm2.verify(public(), ENCODINGS[name], MESSAGE) is False
    with pytest.raises(MalformedSignature):
        Signature.from_der(ENCODINGS[name])


@pytest.mark.parametrize("name", RAW)
def test_a_wrong_raw_signature_is_refused(name):
    with pytest.raises(MalformedSignature):
        Signature.from_raw(RAW[name])


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_is_no_point_is_refused(name):
    with pytest.raises(UnusableKey) as caught:
        sm2.PublicKey(KEYS[name])
    assert caught.value.form == "sm2"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("infinity", "infinity"),
        ("infinity in 65 bytes", "not-an-uncompressed-point"),
        ("compressed 03", "compressed-point"),
        ("hybrid 07", "hybrid-point"),
        ("prefix 02", "not-an-uncompressed-point"),
        ("x = p", "coordinate-out-of-field"),
        ("y = p", "coordinate-out-of-field"),
        ("y off by one", "point-not-on-curve"),
        ("minus the base point", "private-half-out-of-range"),
    ],
)
def test_a_refused_key_says_why(name, reason):
    with pytest.raises(UnusableKey) as caught:
        sm2.PublicKey(KEYS[name])
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", ["a megabyte", "deep"])
def test_a_long_signature_is_not_even_read(name):
    with pytest.raises(MalformedSignature, match="too-long"):
        Signature.from_der(ENCODINGS.get(name, bytes(73)))


def test_a_signature_with_r_and_s_summing_to_n_is_refused_where_it_would_fit_every_key():
    """Were t = 0 let through, e = r − x(sG) would make this good for any key whatever."""
    from keys.algorithms import textbook

    s = 0x1357
    x, _ = textbook.finite(textbook.multiply(CURVE, s, textbook.base(CURVE)))
    e = ((N - s - x) % N).to_bytes(32)
    with pytest.raises(MalformedSignature, match="sum-is-zero"):
        sm2.verify_e(public(), Signature(N - s, s), e)
