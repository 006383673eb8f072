"""RSA, ECDSA, Ed25519, SHA-2 and AES by `cryptography`, under the same strictness as the national algorithms.

A key is accepted only in its canonical encoding (what was read is written again and compared), so explicit curve
parameters, compressed points and second spellings fall out. RSA has 2,048 to 16,384 bits and an exponent over 2^16;
PSS is taken with the digest's own length of salt and the same digest inside, as certificates have it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.algorithms import der, pkcs8
from keys.algorithms.algorithm import Aead, Digest, KeyKind, Mac, PrivateKey, PublicKey, SignatureAlgorithm
from keys.algorithms.macs import hmac_over
from keys.errors import CiphertextAltered, FaultySignature, KeyDoesNotFit, UnusableKey, UnusableValue

RSA_LEAST_BITS: Final = 2048
RSA_MOST_BITS: Final = 16_384
RSA_NEW_BITS: Final = 3072
# FIPS 186-5 A.1.1 (b): a public exponent over 2^16.
RSA_LEAST_EXPONENT: Final = 65_537
RSA_MOST_EXPONENT: Final = 1 << 32
SPKI_LIMIT: Final = 4096
# NIST SP 800-38D 8.2.1: 96 bits.
NONCE: Final = 12
TAG: Final = 16
MESSAGE_LIMIT: Final = (1 << 31) - 1

LibraryPublic = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
LibraryPrivate = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

SHA256: Final = Digest("sha-256", ("2.16.840.1.101.3.4.2.1",), 32, hashes.SHA256())
SHA384: Final = Digest("sha-384", ("2.16.840.1.101.3.4.2.2",), 48, hashes.SHA384())
SHA512: Final = Digest("sha-512", ("2.16.840.1.101.3.4.2.3",), 64, hashes.SHA512())
HMAC_SHA256: Final[Mac] = hmac_over(SHA256, "1.2.840.113549.2.9")


@dataclass(frozen=True)
class InternationalPublicKey:
    """A public key of RSA, ECDSA or Ed25519 that passed its checks."""

    kind: KeyKind
    spki: bytes
    key: LibraryPublic = field(repr=False, compare=False)


class InternationalPrivateKey:
    """A private key inside `cryptography`; it cannot be pickled, copied or printed."""

    __slots__ = ("_public", "key")

    def __init__(self, key: LibraryPrivate) -> None:
        self.key = key
        self._public = _checked(key.public_key(), "pkcs8")

    @property
    def kind(self) -> KeyKind:
        """Tell the kind."""
        return self._public.kind

    @property
    def public(self) -> InternationalPublicKey:
        """Give the public half."""
        return self._public

    def pkcs8(self, password: bytes | None = None) -> bytes:
        """Write PKCS#8, encrypted with AES-256 and SHA-256 when a password is given."""
        plain = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return plain if password is None else pkcs8.closed(plain, password, pkcs8.INTERNATIONAL)

    def __repr__(self) -> str:
        return f"<{self.kind} private key>"

    def __reduce__(self) -> str:
        raise TypeError("a private key does not travel")


def public_key(spki: bytes) -> InternationalPublicKey:
    """Read a SubjectPublicKeyInfo in its canonical form. Raises `UnusableKey`."""
    if len(spki) > SPKI_LIMIT:
        raise UnusableKey("spki", "too-long")
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey("spki", "not-accepted") from error
    checked = _checked(key, "spki")
    if checked.spki != spki:
        raise UnusableKey("spki", "not-canonical")
    return checked


def private_key(data: bytes) -> InternationalPrivateKey:
    """Read a private key that is not encrypted: PKCS#8, SEC1, or PKCS#1. Raises `UnusableKey`."""
    try:
        key = serialization.load_der_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKey("pkcs8", "not-accepted") from error
    if not isinstance(key, LibraryPrivate):
        raise UnusableKey("pkcs8", "another-algorithm-or-curve")
    return InternationalPrivateKey(key)


def generated(kind: KeyKind, bits: int = RSA_NEW_BITS) -> InternationalPrivateKey:
    """Make a new key; the bits count for RSA only. Raises `UnusableKey`, `KeyDoesNotFit`."""
    if kind is KeyKind.RSA:
        if not RSA_LEAST_BITS <= bits <= RSA_MOST_BITS:
            raise UnusableKey("rsa", "modulus-length-out-of-range")
        return InternationalPrivateKey(rsa.generate_private_key(RSA_LEAST_EXPONENT, bits))
    if kind is KeyKind.ED25519:
        return InternationalPrivateKey(ed25519.Ed25519PrivateKey.generate())
    if kind not in _CURVES.values():
        raise KeyDoesNotFit("generate", kind)
    curve = ec.SECP256R1() if kind is KeyKind.P256 else ec.SECP384R1()
    return InternationalPrivateKey(ec.generate_private_key(curve))


def raw_ecdsa(signature: bytes, kind: KeyKind) -> bytes:
    """Give a DER signature as r ‖ s, as JWS carries it (RFC 7518 3.4); `signature` was made or verified here."""
    size = _COORDINATES[kind]
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size) + s.to_bytes(size)


def der_ecdsa(raw: bytes, kind: KeyKind) -> bytes:
    """Give r ‖ s as DER. Raises `UnusableValue`."""
    size = _COORDINATES[kind]
    if len(raw) != 2 * size:
        raise UnusableValue("ecdsa", "signature", f"not {2 * size} bytes")
    return encode_dss_signature(int.from_bytes(raw[:size]), int.from_bytes(raw[size:]))


def _checked(key: object, form: str) -> InternationalPublicKey:
    """Tell the kind of a key and hold it to the limits. Raises `UnusableKey`."""
    if isinstance(key, rsa.RSAPublicKey):
        _require_rsa(key)
        kind = KeyKind.RSA
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        kind = _CURVES[key.curve.name]
    elif isinstance(key, ed25519.Ed25519PublicKey):
        kind = KeyKind.ED25519
    else:
        raise UnusableKey(form, "another-algorithm-or-curve")
    written = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return InternationalPublicKey(kind, written, key)


def _require_rsa(key: rsa.RSAPublicKey) -> None:
    numbers = key.public_numbers()
    if not RSA_LEAST_BITS <= key.key_size <= RSA_MOST_BITS or numbers.n % 2 == 0:
        raise UnusableKey("rsa", "modulus-length-out-of-range")
    if not RSA_LEAST_EXPONENT <= numbers.e < RSA_MOST_EXPONENT or numbers.e % 2 == 0:
        raise UnusableKey("rsa", "exponent-out-of-range")


def _digested(digest: Digest) -> Callable[[PublicKey, bytes, bytes], bytes]:
    return lambda _public, message, _distid: digest.of(message)


def _require_digest(prepared: bytes, digest: Digest, name: str) -> None:
    if len(prepared) != digest.size:
        raise UnusableValue(name, "digest", f"not {digest.size} bytes")


def _library_public(key: PublicKey, name: str) -> LibraryPublic:
    if not isinstance(key, InternationalPublicKey):
        raise KeyDoesNotFit(name, key.kind)
    return key.key


def _library_private(key: PrivateKey, name: str) -> LibraryPrivate:
    if not isinstance(key, InternationalPrivateKey):
        raise KeyDoesNotFit(name, key.kind)
    return key.key


def _verified(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except (InvalidSignature, ValueError):
        return False
    return True


def _rsa(
    name: str, oid: str, digest: Digest, scheme: padding.AsymmetricPadding, identifier: bytes
) -> SignatureAlgorithm:
    def sign_for(private: PrivateKey, prepared: bytes) -> bytes:
        _require_digest(prepared, digest, name)
        key = _library_private(private, name)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyDoesNotFit(name, private.kind)
        return _kept(key.sign(prepared, scheme, Prehashed(digest.hash)), private, prepared)

    def verify_for(public: PublicKey, signature: bytes, prepared: bytes) -> bool:
        _require_digest(prepared, digest, name)
        key = _library_public(public, name)
        if not isinstance(key, rsa.RSAPublicKey):
            raise KeyDoesNotFit(name, public.kind)
        # RFC 8017 8.1.2, 8.2.2 step 1: the signature is as long as the modulus.
        if len(signature) != (key.key_size + 7) // 8:
            return False
        return _verified(lambda: key.verify(signature, prepared, scheme, Prehashed(digest.hash)))

    def _kept(signature: bytes, private: PrivateKey, prepared: bytes) -> bytes:
        if not verify_for(private.public, signature, prepared):
            raise FaultySignature(name)
        return signature

    oids = (oid,) if oid else ()
    kinds = frozenset({KeyKind.RSA})
    return SignatureAlgorithm(name, oids, kinds, digest.name, identifier, _digested(digest), sign_for, verify_for)


def _pkcs1(oid: str, digest: Digest) -> SignatureAlgorithm:
    identifier = der.sequence(der.oid(oid), der.null())
    return _rsa(f"rsa-pkcs1-{digest.name}", oid, digest, padding.PKCS1v15(), identifier)


def _pss(digest: Digest) -> SignatureAlgorithm:
    """Build PSS with its parameters spelt out (RFC 4055 3.1); the number alone does not tell the digest."""
    scheme = padding.PSS(mgf=padding.MGF1(digest.hash), salt_length=digest.size)
    hashed = der.sequence(der.oid(digest.oids[0]), der.null())
    parameters = der.sequence(
        der.element(0xA0, hashed),
        der.element(0xA1, der.sequence(der.oid(MGF1), hashed)),
        der.element(0xA2, der.integer(digest.size)),
    )
    return _rsa(f"rsa-pss-{digest.name}", "", digest, scheme, der.sequence(der.oid(RSA_PSS), parameters))


def _ecdsa(oid: str, digest: Digest) -> SignatureAlgorithm:
    name = f"ecdsa-{digest.name}"

    def sign_for(private: PrivateKey, prepared: bytes) -> bytes:
        _require_digest(prepared, digest, name)
        key = _library_private(private, name)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyDoesNotFit(name, private.kind)
        signature = key.sign(prepared, ec.ECDSA(Prehashed(digest.hash)))
        if not verify_for(private.public, signature, prepared):
            raise FaultySignature(name)
        return signature

    def verify_for(public: PublicKey, signature: bytes, prepared: bytes) -> bool:
        _require_digest(prepared, digest, name)
        key = _library_public(public, name)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise KeyDoesNotFit(name, public.kind)
        if not _strict_ecdsa(signature):
            return False
        return _verified(lambda: key.verify(signature, prepared, ec.ECDSA(Prehashed(digest.hash))))

    kinds = frozenset({KeyKind.P256, KeyKind.P384})
    identifier = der.sequence(der.oid(oid))
    return SignatureAlgorithm(name, (oid,), kinds, digest.name, identifier, _digested(digest), sign_for, verify_for)


def _strict_ecdsa(signature: bytes) -> bool:
    """Tell whether a signature is in its one DER form; its range is the library's to check."""
    try:
        r, s = decode_dss_signature(signature)
        return r > 0 and s > 0 and encode_dss_signature(r, s) == signature
    except (ValueError, OverflowError):
        return False


def _ed25519_sign(private: PrivateKey, prepared: bytes) -> bytes:
    key = _library_private(private, "ed25519")
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise KeyDoesNotFit("ed25519", private.kind)
    signature = key.sign(prepared)
    if not _ed25519_verify(private.public, signature, prepared):
        raise FaultySignature("ed25519")
    return signature


def _ed25519_verify(public: PublicKey, signature: bytes, prepared: bytes) -> bool:
    key = _library_public(public, "ed25519")
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise KeyDoesNotFit("ed25519", public.kind)
    return _verified(lambda: key.verify(signature, prepared))


def _aes_gcm(name: str, oid: str, key_size: int) -> Aead:
    def require(key: bytes, nonce: bytes, message: bytes) -> None:
        if len(key) != key_size:
            raise UnusableValue(name, "key", f"not {key_size} bytes")
        if len(nonce) != NONCE:
            raise UnusableValue(name, "nonce", "not 12 bytes")
        if len(message) > MESSAGE_LIMIT:
            raise UnusableValue(name, "message", "over 2 GiB")

    def seal(key: bytes, nonce: bytes, plain: bytes, bound: bytes = b"") -> bytes:
        require(key, nonce, plain)
        return AESGCM(key).encrypt(nonce, plain, bound)

    def opened(key: bytes, nonce: bytes, sealed: bytes, bound: bytes = b"") -> bytes:
        require(key, nonce, sealed)
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound)
        except InvalidTag as error:
            raise CiphertextAltered(name) from error

    return Aead(name, (oid,), key_size, NONCE, TAG, seal, opened)


def new_nonce() -> bytes:
    """Draw a nonce of 96 bits for one sealing under GCM, whichever cipher."""
    return secrets.token_bytes(NONCE)


_CURVES: Final = {"secp256r1": KeyKind.P256, "secp384r1": KeyKind.P384}
_COORDINATES: Final = {KeyKind.P256: 32, KeyKind.P384: 48}

RSA_PSS: Final = "1.2.840.113549.1.1.10"
MGF1: Final = "1.2.840.113549.1.1.8"

RSA_SHA256: Final = _pkcs1("1.2.840.113549.1.1.11", SHA256)
RSA_SHA384: Final = _pkcs1("1.2.840.113549.1.1.12", SHA384)
RSA_SHA512: Final = _pkcs1("1.2.840.113549.1.1.13", SHA512)
RSA_PSS_SHA256: Final = _pss(SHA256)
RSA_PSS_SHA384: Final = _pss(SHA384)
RSA_PSS_SHA512: Final = _pss(SHA512)
ECDSA_SHA256: Final = _ecdsa("1.2.840.10045.4.3.2", SHA256)
ECDSA_SHA384: Final = _ecdsa("1.2.840.10045.4.3.3", SHA384)
ECDSA_SHA512: Final = _ecdsa("1.2.840.10045.4.3.4", SHA512)
ED25519: Final = SignatureAlgorithm(
    name="ed25519",
    oids=("1.3.101.112",),
    kinds=frozenset({KeyKind.ED25519}),
    digest=None,
    identifier=der.sequence(der.oid("1.3.101.112")),
    prepare_for=lambda _public, message, _distid: message,
    sign_for=_ed25519_sign,
    verify_for=_ed25519_verify,
)
AES128_GCM: Final = _aes_gcm("aes-128-gcm", "2.16.840.1.101.3.4.1.6", 16)
AES256_GCM: Final = _aes_gcm("aes-256-gcm", "2.16.840.1.101.3.4.1.46", 32)
