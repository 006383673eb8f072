import copy
import functools
import pickle

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keys.algorithms import ALGORITHMS, asymmetric, der, international, signature
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.errors import FaultySignature, KeyDoesNotFit, UnusableKey, UnusableValue

ENTRIES = [
    entry
    for entry in dict.fromkeys(ALGORITHMS.values())
    if isinstance(entry, SignatureAlgorithm) and KeyKind.SM2 not in entry.kinds
]
PAIRS = [(entry, kind) for entry in sorted(ENTRIES, key=lambda entry: entry.name) for kind in sorted(entry.kinds)]

N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@functools.cache
def key_of(kind: KeyKind) -> international.InternationalPrivateKey:
    return international.generated(kind, 2048)


def _spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(("entry", "kind"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_what_was_signed_verifies_and_with_anything_altered_does_not(entry, kind):
    key = key_of(kind)
    made = entry.sign(key, b"message")
    assert entry.verify(key.public, made, b"message")
    assert entry.verify(key.public, made, b"message", distid=b"left aside")
    assert not entry.verify(key.public, made, b"another")
    assert not entry.verify(international.generated(kind, 2048).public, made, b"message")
    for place in range(0, len(made) * 8, 37):
        changed = bytearray(made)
        changed[place // 8] ^= 1 << place % 8
        assert entry.verify(key.public, bytes(changed), b"message") is False
    for wrong in (b"", b"\x30\x00", made[:-1], made + b"\0", b"\0" + made, made * 2, bytes(len(made)), b"\xff" * 512):
        assert entry.verify(key.public, wrong, b"message") is False


@pytest.mark.parametrize("entry", [each for each in ENTRIES if each.digest], ids=lambda entry: entry.name)
@pytest.mark.parametrize("size", [0, 20, 31, 33, 65])
def test_what_is_prepared_has_the_size_of_the_digest(entry, size):
    key = key_of(min(entry.kinds))
    with pytest.raises(UnusableValue):
        entry.sign_prepared(key, bytes(size))
    with pytest.raises(UnusableValue):
        entry.verify_prepared(key.public, b"", bytes(size))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_algorithm_refuses_a_key_of_another_kind(entry):
    other = key_of(next(kind for kind in KeyKind if kind not in {*entry.kinds, KeyKind.SM2}))
    digest = bytes({"sha-384": 48, "sha-512": 64}.get(entry.digest, 32))
    acts = (
        lambda: entry.sign(other, b"m"),
        lambda: entry.verify(other.public, b"", b"m"),
        lambda: entry.sign_for(other, digest),
        lambda: entry.verify_for(other.public, b"", digest),
    )
    for act in acts:
        with pytest.raises(KeyDoesNotFit):
            act()


@pytest.mark.parametrize("name", ["rsa-pkcs1-sha-256", "rsa-pss-sha-256", "ecdsa-sha-256", "ed25519"])
def test_a_faulty_signature_is_thrown_away(name):
    """The public half of another key stands beside the private one, as after a memory fault."""
    entry = signature(name)
    kind = min(entry.kinds)
    key = international.InternationalPrivateKey(key_of(kind).key)
    key._public = international.generated(kind, 2048).public
    with pytest.raises(FaultySignature):
        entry.sign(key, b"message")


ECDSA = {
    "r=0": (0, 1),
    "s=0": (1, 0),
    "r=n": (N256, 1),
    "s=n": (1, N256),
    "ones": (1, 1),
    "n-1": (N256 - 1, N256 - 1),
    "huge": (1 << 512, 1 << 512),
    "negative": (-1, 1),
}


@pytest.mark.parametrize("name", ECDSA)
def test_ecdsa_numbers_out_of_range_never_verify(name):
    value = der.sequence(*(der.integer(number) for number in ECDSA[name]))
    assert international.ECDSA_SHA256.verify(key_of(KeyKind.P256).public, value, b"m") is False


def test_a_second_encoding_of_an_ecdsa_signature_never_verifies():
    key = key_of(KeyKind.P256)
    made = international.ECDSA_SHA256.sign(key, b"m")
    inner = made[2:]
    for wrong in (b"\x30\x81" + bytes((len(inner),)) + inner, b"\x30\x80" + inner + b"\0\0", made + b"\x05\0"):
        assert international.ECDSA_SHA256.verify(key.public, wrong, b"m") is False


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
def test_raw_ecdsa_signatures_are_another_way_to_write_the_same(kind):
    key = key_of(kind)
    made = international.ECDSA_SHA384.sign(key, b"m")
    raw = international.raw_ecdsa(made, kind)
    assert international.der_ecdsa(raw, kind) == made
    for wrong in (raw[:-1], raw + b"\0", b""):
        with pytest.raises(UnusableValue):
            international.der_ecdsa(wrong, kind)


def test_pss_with_another_salt_or_digest_does_not_verify():
    key = key_of(KeyKind.RSA)
    assert isinstance(key.key, rsa.RSAPrivateKey)
    for scheme in (
        padding.PSS(padding.MGF1(hashes.SHA256()), 20),
        padding.PSS(padding.MGF1(hashes.SHA384()), 32),
        padding.PKCS1v15(),
    ):
        made = key.key.sign(b"m", scheme, hashes.SHA256())
        assert international.RSA_PSS_SHA256.verify(key.public, made, b"m") is False


def _rsa_numbers(n: int, e: int) -> bytes:
    identifier = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
    return der.sequence(identifier, der.bits(der.sequence(der.integer(n), der.integer(e))))


def _modulus() -> int:
    key = key_of(KeyKind.RSA).key
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key().public_numbers().n


MODULUS = _modulus()
GOOD_RSA = _rsa_numbers(MODULUS, 65537)
P256 = _spki(key_of(KeyKind.P256).key.public_key())
P256_POINT = P256[-65:]
P256_OID = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
HOSTILE_KEYS = {
    "RSA of 1024 bits": _rsa_numbers((1 << 1023) | 1, 65537),
    "RSA of 2047 bits": _rsa_numbers((1 << 2046) | 1, 65537),
    "RSA of 20,000 bits": _rsa_numbers((1 << 19_999) | 1, 65537),
    "RSA with e=1": _rsa_numbers(MODULUS, 1),
    "RSA with e=3": _rsa_numbers(MODULUS, 3),
    "RSA with even e": _rsa_numbers(MODULUS, 65538),
    "RSA with e of 33 bits": _rsa_numbers(MODULUS, (1 << 32) + 1),
    "RSA with even modulus": _rsa_numbers(MODULUS - 1, 65537),
    "RSA with negative modulus": _rsa_numbers(-MODULUS, 65537),
    "RSA without NULL": der.sequence(
        der.sequence(der.oid("1.2.840.113549.1.1.1")),
        der.bits(der.sequence(der.integer(MODULUS), der.integer(65537))),
    ),
    "RSA with a tail": GOOD_RSA + b"\0",
    "RSA with MD5": der.sequence(
        der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null()), der.bits(der.sequence(der.integer(1)))
    ),
    "P-256 compressed": der.sequence(P256_OID, der.bits(b"\x02" + P256_POINT[1:33])),
    "P-256 hybrid": der.sequence(P256_OID, der.bits(bytes((6 | P256_POINT[-1] & 1,)) + P256_POINT[1:])),
    "P-256 infinity": der.sequence(P256_OID, der.bits(b"\0")),
    "P-256 off the curve": P256[:-1] + bytes((P256[-1] ^ 1,)),
    "P-256 without curve": der.sequence(der.sequence(der.oid("1.2.840.10045.2.1")), der.bits(P256_POINT)),
    "P-521": _spki(ec.generate_private_key(ec.SECP521R1()).public_key()),
    "secp256k1": _spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "P-224": _spki(ec.generate_private_key(ec.SECP224R1()).public_key()),
    "X25519": _spki(x25519.X25519PrivateKey.generate().public_key()),
    "DSA": _spki(dsa.generate_private_key(2048).public_key()),
    "Ed25519 of 31 bytes": der.sequence(der.sequence(der.oid("1.3.101.112")), der.bits(bytes(31))),
    "Ed25519 with NULL": der.sequence(der.sequence(der.oid("1.3.101.112"), der.null()), der.bits(bytes(32))),
    "nothing": b"",
    "a certificate's length": b"\x30\x82\xff\xff",
}


@pytest.mark.parametrize("name", HOSTILE_KEYS)
def test_a_key_under_the_limits_or_in_another_form_is_refused(name):
    with pytest.raises(UnusableKey):
        asymmetric.public_key(HOSTILE_KEYS[name])


def test_a_good_key_comes_back_equal_and_shows_no_library_object():
    key = asymmetric.public_key(GOOD_RSA)
    assert key == asymmetric.public_key(GOOD_RSA)
    assert hash(key) == hash(asymmetric.public_key(GOOD_RSA))
    assert "object at" not in repr(key)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256K1()),
        x25519.X25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - must be refused
        dsa.generate_private_key(2048),
    ],
    ids=["secp256k1", "X25519", "RSA 1024", "DSA"],
)
def test_a_private_key_of_a_kind_that_is_not_accepted_is_refused(key):
    data = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(UnusableKey):
        asymmetric.private_key(data)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"\x30\x80", bytes(100)])
def test_bytes_that_are_no_private_key_are_refused(data):
    with pytest.raises(UnusableKey):
        international.private_key(data)


def test_a_private_key_does_not_travel_and_does_not_show_itself():
    key = key_of(KeyKind.ED25519)
    for leaving in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="does not travel"):
            leaving(key)
    assert repr(key) == "<ed25519 private key>"


@pytest.mark.parametrize("bits", [0, 1024, 2047, 16_385])
def test_a_new_rsa_key_is_within_the_limits(bits):
    with pytest.raises(UnusableKey):
        international.generated(KeyKind.RSA, bits)


def test_a_key_of_sm2_is_not_made_here():
    with pytest.raises(KeyDoesNotFit):
        international.generated(KeyKind.SM2)


def test_old_files_of_rsa_and_ec_keys_are_read():
    for kind, form in ((KeyKind.RSA, "PKCS1"), (KeyKind.P256, "SEC1")):
        text = key_of(kind).key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        assert asymmetric.private_key_of_pem(text).public == key_of(kind).public, form


def test_ed25519_signs_the_message_itself():
    key = key_of(KeyKind.ED25519)
    assert isinstance(key.key, ed25519.Ed25519PrivateKey)
    assert international.ED25519.prepare(key.public, b"message") == b"message"


def test_the_identifier_of_pss_spells_out_its_digest():
    """RSASSA-PSS-params: the digest, MGF1 with the same, a salt as long (RFC 4055 3.1)."""
    assert international.RSA_PSS_SHA256.identifier.hex() == (
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
        "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
    )


def test_huge_numbers_in_a_signature_are_no_signature():
    value = encode_dss_signature(1 << 4096, 1)
    assert international.ECDSA_SHA256.verify(key_of(KeyKind.P256).public, value, b"m") is False
