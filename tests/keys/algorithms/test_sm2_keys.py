import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import DomainError
from keys.algorithms import asymmetric, der, pbes2, pem, pkcs8, sm2, spki
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_curve import CURVE
from keys.errors import MalformedPem, UnusableKey, WrongKeyPassword
from tests.keys.algorithms.samples import MESSAGE, POINT, SCALAR, private, public

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl command on this machine")

SM2_OID = der.oid(spki.SM2_CURVE)
EC = der.oid(spki.EC_PUBLIC_KEY)
COMMON = der.sequence(EC, SM2_OID)
EXPLICIT = der.sequence(
    der.integer(1),
    der.sequence(der.oid("1.2.840.10045.1.1"), der.integer(CURVE.p)),
    der.sequence(der.octets(CURVE.a.to_bytes(32)), der.octets(CURVE.b.to_bytes(32))),
    der.octets(b"\x04" + CURVE.gx.to_bytes(32) + CURVE.gy.to_bytes(32)),
    der.integer(CURVE.n),
    der.integer(1),
)


def test_both_forms_of_a_public_key_are_read_as_one_key():
    key = public()
    assert key.spki != key.gm_spki
    assert sm2.PublicKey.from_spki(key.spki) == sm2.PublicKey.from_spki(key.gm_spki) == key
    assert asymmetric.public_key(key.gm_spki).spki == key.spki


@pytest.mark.parametrize("number", sorted(spki.SM2_NUMBERS))
@pytest.mark.parametrize("parameter", [b"", der.null(), SM2_OID], ids=["nothing", "NULL", "curve"])
def test_the_number_of_sm2_is_read_with_the_curve_with_null_and_with_nothing(number, parameter):
    data = der.sequence(der.sequence(der.oid(number), parameter), der.bits(POINT))
    assert sm2.PublicKey.from_spki(data) == public()


SPKIS = {
    "nothing": b"",
    "a point": POINT,
    "no algorithm": der.sequence(der.bits(POINT)),
    "no key": der.sequence(COMMON),
    "no curve": der.sequence(der.sequence(EC), der.bits(POINT)),
    "NULL for a curve": der.sequence(der.sequence(EC, der.null()), der.bits(POINT)),
    "P-256": der.sequence(der.sequence(EC, der.oid("1.2.840.10045.3.1.7")), der.bits(POINT)),
    "secp256k1": der.sequence(der.sequence(EC, der.oid("1.3.132.0.10")), der.bits(POINT)),
    "the signature number as curve": der.sequence(der.sequence(EC, der.oid(spki.SM2_SIGNATURE)), der.bits(POINT)),
    "explicit parameters": der.sequence(der.sequence(EC, EXPLICIT), der.bits(POINT)),
    "explicit parameters under SM2": der.sequence(der.sequence(SM2_OID, EXPLICIT), der.bits(POINT)),
    "two parameters": der.sequence(der.sequence(EC, SM2_OID, der.null()), der.bits(POINT)),
    "RSA number": der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bits(POINT)),
    "SM2 with P-256": der.sequence(der.sequence(SM2_OID, der.oid("1.2.840.10045.3.1.7")), der.bits(POINT)),
    "OCTET STRING for the key": der.sequence(COMMON, der.octets(POINT)),
    "OCTET STRING inside the bits": der.sequence(COMMON, der.bits(der.octets(POINT))),
    "unused bits": der.sequence(COMMON, der.element(der.BIT_STRING, b"\x01", POINT[:-1], b"\x00")),
    "trailing byte": der.sequence(COMMON, der.bits(POINT)) + b"\x00",
    "trailing element": der.sequence(COMMON, der.bits(POINT), der.null()),
    "long form of a length": b"\x30\x81\x59" + der.sequence(COMMON, der.bits(POINT))[2:],
    "indefinite length": b"\x30\x80" + der.sequence(COMMON, der.bits(POINT))[2:] + b"\x00\x00",
    "compressed point": der.sequence(COMMON, der.bits(b"\x03" + POINT[1:33])),
    "hybrid point": der.sequence(COMMON, der.bits(b"\x07" + POINT[1:])),
    "infinity": der.sequence(COMMON, der.bits(b"\x00")),
    "empty key": der.sequence(COMMON, der.bits(b"")),
    "off the curve": der.sequence(COMMON, der.bits(POINT[:-1] + b"\x00")),
    "padded number": der.sequence(der.sequence(b"\x06\x09\x2a\x80\x81\x1c\xcf\x55\x01\x82\x2d"), der.bits(POINT)),
    "ten kilobytes": der.sequence(COMMON, der.bits(POINT * 160)),
}


@pytest.mark.parametrize("name", SPKIS)
def test_a_malformed_public_key_is_refused(name):
    with pytest.raises(UnusableKey):
        sm2.PublicKey.from_spki(SPKIS[name])
    with pytest.raises(UnusableKey):
        asymmetric.public_key(SPKIS[name])


@given(st.integers(min_value=0, max_value=91 * 8 - 1))
def test_a_public_key_with_any_bit_flipped_is_refused(place):
    changed = bytearray(public().spki)
    changed[place // 8] ^= 1 << place % 8
    with pytest.raises(UnusableKey):
        asymmetric.public_key(bytes(changed))


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_of_any_kind_comes_back_from_its_file(kind):
    key = asymmetric.generated(kind)
    assert key.kind is key.public.kind is kind
    assert asymmetric.private_key_of_pem(asymmetric.private_key_pem(key, None)).public == key.public
    assert asymmetric.public_key_of_pem(asymmetric.public_key_pem(key.public)) == key.public


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_a_key_under_a_password_comes_back_with_it_and_not_without(kind):
    key = asymmetric.generated(kind)
    text = asymmetric.private_key_pem(key, "密码".encode())
    assert text.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert asymmetric.private_key_of_pem(text, "密码".encode()).public == key.public
    for wrong in (None, b"wrong"):
        with pytest.raises(WrongKeyPassword):
            asymmetric.private_key_of_pem(text, wrong)


def test_sec1_and_pkcs8_hold_the_same_key():
    key = private()
    assert sm2.PrivateKey.from_sec1(key.sec1()).public == sm2.PrivateKey.from_pkcs8(key.pkcs8()).public == key.public
    assert asymmetric.private_key_of_pem(pem.written(asymmetric.SEC1, key.sec1())).public == key.public


def test_the_public_half_is_computed_and_never_believed():
    other = sm2.PrivateKey.generated().public.point
    with pytest.raises(UnusableKey, match="halves-differ"):
        sm2.PrivateKey.from_pkcs8(pkcs8.sm2_written(SCALAR, other))
    with pytest.raises(UnusableKey, match="halves-differ"):
        sm2.PrivateKey.from_sec1(pkcs8.sec1_written(SCALAR, other, curve_named=True))


def test_a_key_file_without_its_public_half_is_read():
    bare = der.sequence(der.integer(0), COMMON, der.octets(der.sequence(der.integer(1), der.octets(SCALAR))))
    assert sm2.PrivateKey.from_pkcs8(bare).public == public()


@pytest.mark.parametrize("value", [1, 2, CURVE.n - 3, CURVE.n - 2])
def test_a_private_key_at_the_edge_of_the_range_signs(value):
    key = sm2.PrivateKey.from_scalar(value.to_bytes(32))
    assert sm2.verify(key.public, sm2.sign(key, MESSAGE), MESSAGE)


@pytest.mark.parametrize("value", [0, CURVE.n - 1, CURVE.n, CURVE.n + 1, (1 << 256) - 1])
def test_a_private_key_out_of_range_is_refused(value):
    """With d = n − 1 the number 1 + d has no inverse, so the key could never sign."""
    with pytest.raises(UnusableKey, match="private-half-out-of-range"):
        sm2.PrivateKey.from_scalar(value.to_bytes(32))


@pytest.mark.parametrize("scalar", [b"", SCALAR[:-1], SCALAR + b"\0", b"\0" + SCALAR])
def test_a_private_key_has_32_bytes(scalar):
    with pytest.raises(UnusableKey, match="private-half-not-32-bytes"):
        sm2.PrivateKey.from_scalar(scalar)


def _ec(*parts: bytes) -> bytes:
    return der.sequence(der.integer(0), COMMON, der.octets(der.sequence(*parts)))


ONE, KEY, HALF = der.integer(1), der.octets(SCALAR), der.element(0xA1, der.bits(POINT))
PKCS8S = {
    "nothing": b"",
    "only a version": der.sequence(der.integer(0)),
    "version 2": der.sequence(der.integer(2), COMMON, der.octets(der.sequence(ONE, KEY))),
    "negative version": der.sequence(der.integer(-1), COMMON, der.octets(der.sequence(ONE, KEY))),
    "P-256": der.sequence(
        der.integer(0), der.sequence(EC, der.oid("1.2.840.10045.3.1.7")), der.octets(der.sequence(ONE, KEY))
    ),
    "explicit parameters": der.sequence(der.integer(0), der.sequence(EC, EXPLICIT), der.octets(der.sequence(ONE, KEY))),
    "no key": der.sequence(der.integer(0), COMMON),
    "empty key": der.sequence(der.integer(0), COMMON, der.octets(b"")),
    "bare scalar": der.sequence(der.integer(0), COMMON, der.octets(SCALAR)),
    "inner version 0": _ec(der.integer(0), KEY),
    "inner version 2": _ec(der.integer(2), KEY),
    "no scalar": _ec(ONE),
    "scalar as number": _ec(ONE, der.integer(int.from_bytes(SCALAR))),
    "scalar of 31 bytes": _ec(ONE, der.octets(SCALAR[:-1])),
    "scalar of 33 bytes": _ec(ONE, der.octets(b"\x00" + SCALAR)),
    "scalar 0": _ec(ONE, der.octets(bytes(32))),
    "scalar n": _ec(ONE, der.octets(CURVE.n.to_bytes(32))),
    "scalar n-1": _ec(ONE, der.octets((CURVE.n - 1).to_bytes(32))),
    "another curve inside": _ec(ONE, KEY, der.element(0xA0, der.oid("1.2.840.10045.3.1.7"))),
    "public half off the curve": _ec(ONE, KEY, der.element(0xA1, der.bits(POINT[:-1] + b"\x00"))),
    "public half compressed": _ec(ONE, KEY, der.element(0xA1, der.bits(b"\x03" + POINT[1:33]))),
    "public half of another": _ec(
        ONE, KEY, der.element(0xA1, der.bits(b"\x04" + CURVE.gx.to_bytes(32) + CURVE.gy.to_bytes(32)))
    ),
    "public half with a tail": _ec(ONE, KEY, der.element(0xA1, der.bits(POINT), der.null())),
    "a tail inside": _ec(ONE, KEY, HALF, der.null()),
    "a tail": pkcs8.sm2_written(SCALAR, POINT) + b"\x00",
    "indefinite": b"\x30\x80" + pkcs8.sm2_written(SCALAR, POINT)[3:] + b"\x00\x00",
    "cut": pkcs8.sm2_written(SCALAR, POINT)[:-1],
    "a hundred kilobytes": der.sequence(der.integer(0), COMMON, der.octets(bytes(100_000))),
}


@pytest.mark.parametrize("name", PKCS8S)
def test_a_malformed_private_key_is_refused_without_its_bytes(name):
    readers = [sm2.PrivateKey.from_pkcs8] if name == "P-256" else [sm2.PrivateKey.from_pkcs8, asymmetric.private_key]
    for read in readers:
        with pytest.raises(UnusableKey) as caught:
            read(PKCS8S[name])
        assert SCALAR.hex() not in str(caught.value).lower()


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_random_bytes_are_no_key_of_any_kind(data):
    for read in (asymmetric.private_key, asymmetric.public_key):
        with pytest.raises(DomainError):
            read(data)


SEC1S = {
    "no curve": pkcs8.sec1_written(SCALAR, POINT, curve_named=False),
    "another curve": der.sequence(ONE, KEY, der.element(0xA0, der.oid("1.2.840.10045.3.1.7"))),
    "explicit curve": der.sequence(ONE, KEY, der.element(0xA0, EXPLICIT)),
    "nothing": b"",
    "pkcs8": pkcs8.sm2_written(SCALAR, POINT),
}


@pytest.mark.parametrize("name", SEC1S)
def test_a_sec1_key_that_does_not_name_sm2_is_refused(name):
    with pytest.raises(UnusableKey):
        sm2.PrivateKey.from_sec1(SEC1S[name])


PEMS = {
    "nothing": b"",
    "a certificate": pem.written("CERTIFICATE", b"\x30\x00"),
    "two keys": pem.written("PRIVATE KEY", PKCS8S["no key"]) * 2,
    "plain under the encrypted label": pem.written(asymmetric.ENCRYPTED_PKCS8, pkcs8.sm2_written(SCALAR, POINT)),
    "broken": b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n",
    "old OpenSSL encryption": pem.written(asymmetric.SEC1, b"").replace(
        b"\n", b"\nProc-Type: 4,ENCRYPTED\n\nAA==\n", 1
    ),
    "PKCS1 of nothing": pem.written(asymmetric.PKCS1, b"\x30\x00"),
    "SEC1 of nothing": pem.written(asymmetric.SEC1, b"\x30\x00"),
    "a public key": pem.written(asymmetric.SPKI, b"\x30\x00"),
}


@pytest.mark.parametrize("name", PEMS)
def test_a_pem_without_one_private_key_is_refused(name):
    with pytest.raises((UnusableKey, MalformedPem)):
        asymmetric.private_key_of_pem(PEMS[name])


def test_a_password_for_a_file_that_is_not_encrypted_is_not_passed_over():
    with pytest.raises(WrongKeyPassword):
        asymmetric.private_key_of_pem(pem.written(asymmetric.SEC1, private().sec1()), b"secret")


# -- key files under a password --------------------------------------------------------------------------------------

FAST = 1000


def _pbes2(**changed) -> bytes:
    """Build an EncryptedPrivateKeyInfo with one thing wrong."""
    parts = {
        "scheme": der.oid(pbes2.PBES2),
        "kdf": der.oid(pbes2.PBKDF2),
        "salt": der.octets(bytes(16)),
        "count": der.integer(FAST),
        "length": b"",
        "prf": der.sequence(der.oid(pbes2.NATIONAL.prf), der.null()),
        "cipher": der.oid(pbes2.NATIONAL.cipher),
        "iv": der.octets(bytes(16)),
        "body": der.octets(bytes(64)),
        "tail": b"",
    } | changed
    derivation = der.sequence(parts["kdf"], der.sequence(parts["salt"], parts["count"], parts["length"], parts["prf"]))
    scheme = der.sequence(parts["scheme"], der.sequence(derivation, der.sequence(parts["cipher"], parts["iv"])))
    return der.sequence(scheme, parts["body"], parts["tail"])


ENCRYPTED = {
    "PBES1": _pbes2(scheme=der.oid("1.2.840.113549.1.5.10")),
    "scrypt": _pbes2(kdf=der.oid("1.3.6.1.4.1.11591.4.11")),
    "SHA-1 by default": _pbes2(prf=b""),
    "SHA-1 by name": _pbes2(prf=der.sequence(der.oid("1.2.840.113549.2.7"), der.null())),
    "odd parameter of the hash": _pbes2(prf=der.sequence(der.oid(pbes2.NATIONAL.prf), der.integer(1))),
    "triple DES": _pbes2(cipher=der.oid("1.2.840.113549.3.7"), iv=der.octets(bytes(8))),
    "no IV": _pbes2(iv=b""),
    "short IV": _pbes2(iv=der.octets(bytes(8))),
    "short salt": _pbes2(salt=der.octets(bytes(7))),
    "huge salt": _pbes2(salt=der.octets(bytes(129))),
    "salt elsewhere": _pbes2(salt=der.sequence(der.oid(pbes2.PBES2))),
    "one iteration": _pbes2(count=der.integer(1)),
    "no iteration": _pbes2(count=der.integer(0)),
    "negative iterations": _pbes2(count=der.integer(-1000)),
    "two billion iterations": _pbes2(count=der.integer(2_000_000_000)),
    "iterations past any number": _pbes2(count=der.integer(1 << 200)),
    "a key length that does not fit": _pbes2(length=der.integer(32)),
    "a tail": _pbes2(tail=der.null()),
}


@pytest.mark.parametrize("name", ENCRYPTED)
def test_a_key_file_with_weak_or_broken_encryption_is_refused(name):
    with pytest.raises(UnusableKey):
        asymmetric.private_key(ENCRYPTED[name], b"secret")


@pytest.mark.parametrize("body", [b"", bytes(15), bytes(64), bytes(65)], ids=["empty", "15", "64", "65"])
def test_what_does_not_decrypt_is_a_wrong_password(body):
    with pytest.raises(WrongKeyPassword):
        asymmetric.private_key(_pbes2(body=der.octets(body)), b"secret")


@pytest.mark.parametrize("password", [b"", b"x" * 1025])
def test_an_empty_or_endless_password_is_refused(password):
    with pytest.raises(UnusableKey):
        private().pkcs8(password)


@pytest.mark.parametrize("suite", [pbes2.NATIONAL, pbes2.INTERNATIONAL])
@given(plain=st.binary(max_size=200), password=st.binary(min_size=1, max_size=40))
@settings(max_examples=15)
def test_what_was_encrypted_under_a_password_comes_back(suite, plain, password):
    assert pbes2.decrypted(pbes2.encrypted(plain, password, suite, iterations=FAST), password) == plain


def test_a_wrong_password_never_opens_a_file_even_when_the_padding_happens_to_fit():
    """Padding fits by chance once in 256; over 600 passwords some do, and still no key comes out."""
    data = pbes2.encrypted(pkcs8.sm2_written(SCALAR, POINT), b"right", iterations=FAST)
    for number in range(600):
        with pytest.raises(WrongKeyPassword):
            asymmetric.private_key(data, f"wrong {number}".encode())


# -- beside the openssl command --------------------------------------------------------------------------------------


def _openssl(*arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run([str(OPENSSL), *arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@needs_openssl
def test_openssl_reads_our_keys_and_we_read_its():
    theirs = _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2")
    key = asymmetric.private_key_of_pem(theirs)
    assert key.kind is KeyKind.SM2
    ours = asymmetric.private_key_pem(key, None)
    assert asymmetric.public_key_of_pem(_openssl("pkey", "-pubout", given=ours)) == key.public


@needs_openssl
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "sm4-cbc"])
def test_we_read_key_files_that_openssl_encrypted(cipher):
    text = asymmetric.private_key_pem(private(), None)
    encrypted = _openssl("pkcs8", "-topk8", "-v2", cipher, "-passout", "pass:secret", given=text)
    assert asymmetric.private_key_of_pem(encrypted, b"secret").public == public()


@needs_openssl
def test_openssl_reads_key_files_that_we_encrypted_with_the_international_suite():
    data = pkcs8.closed(pkcs8.sm2_written(SCALAR, POINT), b"secret", pbes2.INTERNATIONAL)
    text = pem.written(asymmetric.ENCRYPTED_PKCS8, data)
    assert asymmetric.public_key_of_pem(_openssl("pkey", "-passin", "pass:secret", "-pubout", given=text)) == public()


@needs_openssl
def test_openssl_verifies_our_signatures_and_we_verify_its(tmp_path):
    key, signature, message = tmp_path / "key.pem", tmp_path / "signature", tmp_path / "message"
    key.write_bytes(asymmetric.private_key_pem(private(), None))
    message.write_bytes(MESSAGE)
    signature.write_bytes(sm2.sign(private(), MESSAGE))
    common = ["-inkey", str(key), "-rawin", "-in", str(message), "-digest", "sm3"]
    distid = ["-pkeyopt", "distid:1234567812345678"]
    told = _openssl("pkeyutl", "-verify", *common, "-sigfile", str(signature), *distid)
    assert b"Verified Successfully" in told
    theirs = _openssl("pkeyutl", "-sign", *common, *distid)
    assert sm2.verify(public(), theirs, MESSAGE)
    assert not sm2.verify(public(), theirs, MESSAGE, distid=b"another")
