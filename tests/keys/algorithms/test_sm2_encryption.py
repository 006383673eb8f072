import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import algorithms
from keys.algorithms import backends, der, sm2, textbook
from keys.algorithms.sm2_ciphertext import MESSAGE_LIMIT, Ciphertext, Layout
from keys.algorithms.sm2_curve import CURVE
from keys.algorithms.sm2_known_answers import CIPHERTEXT, PLAIN
from keys.errors import CiphertextAltered, ComputationFailed, MalformedCiphertext, UnusableValue
from tests.keys.algorithms.samples import POINT, SCALAR, private, public

RAW = CIPHERTEXT.written(Layout.C1C3C2)
ASN1 = CIPHERTEXT.der


@given(st.binary(min_size=1, max_size=300), st.sampled_from(Layout))
@settings(max_examples=60)
def test_what_was_encrypted_comes_back(message, layout):
    ciphertext = sm2.encrypt(public(), message, layout)
    assert sm2.decrypt(private(), ciphertext, layout) == message


@pytest.mark.parametrize("layout", Layout)
def test_the_example_of_the_standard_opens_in_every_layout(layout):
    assert sm2.decrypt(private(), CIPHERTEXT.written(layout), layout) == PLAIN


def test_the_three_parts_of_our_ciphertext_are_those_of_the_textbook():
    """C1 is multiplied by the published private key, and mask and check are computed by the book."""
    value = Ciphertext.from_der(sm2.encrypt(public(), b"by the book"))
    x, y = textbook.finite(textbook.multiply(CURVE, int.from_bytes(SCALAR), (value.x, value.y)))
    shared = x.to_bytes(32) + y.to_bytes(32)
    plain = bytes(a ^ b for a, b in zip(value.c2, textbook.kdf(shared, len(value.c2)), strict=True))
    assert plain == b"by the book"


def test_the_old_order_read_as_the_new_is_noticed():
    with pytest.raises((CiphertextAltered, MalformedCiphertext)):
        sm2.decrypt(private(), CIPHERTEXT.written(Layout.C1C2C3), Layout.C1C3C2)


def test_one_byte_is_never_sent_under_a_mask_of_zeros():
    """A mask of one byte is zero once in 256 draws; such a draw is thrown away, and refused when it comes in."""
    for _ in range(600):
        value = Ciphertext.from_der(sm2.encrypt(public(), b"x"))
        assert value.c2 != b"x"


def test_a_ciphertext_under_a_mask_of_zeros_is_refused():
    """GB/T 32918.4 7.1 B4, for a sender who did not draw again."""
    for nonce in range(1, 5000):
        c1, c3, c2 = textbook.encrypted(CURVE, (CURVE.gx, CURVE.gy), nonce, b"x")
        if c2 == b"x":
            break
    key = sm2.PrivateKey.from_scalar((1).to_bytes(32))
    with pytest.raises(CiphertextAltered):
        key.decrypt(Ciphertext(*textbook.finite(c1), c3, c2))


def test_a_backend_that_never_masks_is_given_up():
    """Sixteen draws that all leave the message readable are no chance."""

    class Naked:
        name = "naked"

        def encrypt(self, point, message):
            return Ciphertext(CURVE.gx, CURVE.gy, bytes(32), message).der

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backends, "signer", Naked)
        with pytest.raises(ComputationFailed):
            sm2.encrypt(public(), b"x")


@given(st.integers(min_value=0, max_value=len(RAW) * 8 - 1))
@settings(max_examples=150)
def test_a_ciphertext_with_any_bit_flipped_never_opens(place):
    changed = bytearray(RAW)
    changed[place // 8] ^= 1 << place % 8
    with pytest.raises((CiphertextAltered, MalformedCiphertext)):
        sm2.decrypt(private(), bytes(changed), Layout.C1C3C2)


def test_a_ciphertext_for_another_key_does_not_open():
    with pytest.raises(CiphertextAltered):
        sm2.decrypt(sm2.PrivateKey.generated(), ASN1)


@pytest.mark.parametrize("message", [b"", bytes(MESSAGE_LIMIT + 1)], ids=["empty", "over a megabyte"])
def test_a_message_is_1_byte_to_1_megabyte_long(message):
    with pytest.raises(UnusableValue):
        sm2.encrypt(public(), message)


def test_a_megabyte_goes_through():
    message = bytes(range(256)) * (MESSAGE_LIMIT // 256)
    assert sm2.decrypt(private(), sm2.encrypt(public(), message, Layout.C1C2C3), Layout.C1C2C3) == message


def test_the_entry_of_the_table_uses_the_asn1_form():
    entry = algorithms.key_encryption("1.2.156.10197.1.301.3")
    assert sm2.decrypt(private(), entry.encrypt(public(), b"key"), Layout.ASN1) == b"key"
    assert entry.decrypt(private(), ASN1) == PLAIN


X, Y, C3, C2 = (
    der.integer(CIPHERTEXT.x),
    der.integer(CIPHERTEXT.y),
    der.octets(CIPHERTEXT.c3),
    der.octets(CIPHERTEXT.c2),
)


def _off(x: int, y: int) -> bytes:
    return der.sequence(der.integer(x), der.integer(y), C3, C2)


HOSTILE_ASN1 = {
    "nothing": b"",
    "empty sequence": b"\x30\x00",
    "indefinite": b"\x30\x80" + ASN1[2:] + b"\x00\x00",
    "long form": b"\x30\x81" + ASN1[1:],
    "tail": ASN1 + b"\x00",
    "tail inside": der.sequence(X, Y, C3, C2, der.null()),
    "cut": ASN1[:-1],
    "no C2": der.sequence(X, Y, C3),
    "empty C2": der.sequence(X, Y, C3, der.octets(b"")),
    "short C3": der.sequence(X, Y, der.octets(CIPHERTEXT.c3[:-1]), C2),
    "long C3": der.sequence(X, Y, der.octets(CIPHERTEXT.c3 + b"\x00"), C2),
    "empty C3": der.sequence(X, Y, der.octets(b""), C2),
    "C2 before C3": der.sequence(X, Y, C2, C3),
    "raw inside": der.sequence(der.octets(RAW)),
    "negative x": _off(-CIPHERTEXT.x, CIPHERTEXT.y),
    "x + p": _off(CIPHERTEXT.x + CURVE.p, CIPHERTEXT.y),
    "y + p": _off(CIPHERTEXT.x, CIPHERTEXT.y + CURVE.p),
    "x = p": _off(CURVE.p, CIPHERTEXT.y),
    "x of 4096 bits": _off(1 << 4096, CIPHERTEXT.y),
    "zero point": _off(0, 0),
    "y off by one": _off(CIPHERTEXT.x, CIPHERTEXT.y + 1),
    "order 2 on a neighbouring curve": _off(5, 0),
    "order 3 on a neighbouring curve": _off(2, 0xD2FE2145A107EA2644177798876894D992F17ABD42D9BEA67834AA9EC001205F),
    "base point of P-256": _off(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    "padded x": der.sequence(b"\x02\x21\x00" + X[2:], Y, C3, C2),
    "C2 constructed": der.sequence(X, Y, C3, der.element(0x24, der.octets(CIPHERTEXT.c2))),
    "C2 over a megabyte": der.sequence(X, Y, C3, der.octets(bytes(MESSAGE_LIMIT + 1))),
}

HOSTILE_RAW = {
    "nothing": b"",
    "only a point": POINT,
    "no C2": RAW[:97],
    "cut in C3": RAW[:90],
    "compressed C1": b"\x02" + RAW[1:33] + RAW[65:] + bytes(40),
    "hybrid C1": b"\x06" + RAW[1:],
    "infinity": b"\x00" + RAW[1:],
    "no prefix": RAW[1:],
    "off the curve": RAW[:64] + bytes((RAW[64] ^ 1,)) + RAW[65:],
    "zero point": b"\x04" + bytes(64) + RAW[65:],
    "coordinates of ones": b"\x04" + b"\xff" * 64 + RAW[65:],
    "ASN.1": ASN1,
    "hex": RAW.hex().encode(),
    "over a megabyte": RAW + bytes(MESSAGE_LIMIT),
}


@pytest.mark.parametrize("name", HOSTILE_ASN1)
def test_a_hostile_ciphertext_in_asn1_is_refused(name):
    with pytest.raises(MalformedCiphertext):
        sm2.decrypt(private(), HOSTILE_ASN1[name])


@pytest.mark.parametrize("layout", [Layout.C1C3C2, Layout.C1C2C3])
@pytest.mark.parametrize("name", HOSTILE_RAW)
def test_a_hostile_raw_ciphertext_is_refused(name, layout):
    with pytest.raises(MalformedCiphertext):
        sm2.decrypt(private(), HOSTILE_RAW[name], layout)
