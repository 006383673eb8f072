"""SM2 as the house uses it (GB/T 32918-2016): the strict layer above whichever backend computes.

Signing (32918.2 clause 6): 1. ZA from the signer's identifier and key; 2. e = SM3(ZA ‖ M); 3. the backend signs e;
4. the result is read strictly; 5. it is verified with the public half before anyone sees it.
Verifying (32918.2 clause 7): 1. the signature is read strictly: one DER form, r and s in [1, n−1], r + s not 0;
2. the key was checked when it became a `PublicKey`; 3. e as above; 4. the backend verifies e.
Whose key it is, and whether it may sign now, is decided elsewhere. Nothing reachable from outside the house takes an
e-value from a stranger: for an e-value of one's own choosing a signature can be found without any private key.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms import backends, pkcs8, spki
from keys.algorithms.algorithm import (
    DEFAULT_DISTID,
    KeyEncryption,
    KeyKind,
    SignatureAlgorithm,
)
from keys.algorithms.algorithm import PrivateKey as AnyPrivateKey
from keys.algorithms.algorithm import PublicKey as AnyPublicKey
from keys.algorithms.der import oid, sequence
from keys.algorithms.sm2_backend import PrivateHandle
from keys.algorithms.sm2_ciphertext import MESSAGE_LIMIT, Ciphertext, Layout
from keys.algorithms.sm2_curve import e_value, require_point, require_scalar, za
from keys.algorithms.sm2_signature import Signature
from keys.errors import (
    CiphertextAltered,
    ComputationFailed,
    FaultySignature,
    KeyDoesNotFit,
    MalformedSignature,
    UnusableKey,
    UnusableValue,
)

E_SIZE: Final = 32
NAME: Final = "sm2-sm3"
ENCRYPTION: Final = "sm2-encryption"
# A mask of zeros leaves the message readable, and GB/T 32918.4 6.1 A5 tells the sender to draw again. For one byte it
# happens once in 256; sixteen draws in a row fail once in 2^128.
DRAWS: Final = 16


@dataclass(frozen=True)
class PublicKey:
    """A point of the curve that passed its checks; making one otherwise raises `UnusableKey`."""

    point: bytes

    def __post_init__(self) -> None:
        require_point(self.point)

    @classmethod
    def from_spki(cls, data: bytes) -> "PublicKey":
        """Read either form of SubjectPublicKeyInfo. Raises `UnusableKey`."""
        return cls(spki.point_of(data))

    @property
    def kind(self) -> KeyKind:
        """Tell the kind."""
        return KeyKind.SM2

    @property
    def spki(self) -> bytes:
        """Give the SubjectPublicKeyInfo in the common form."""
        return spki.written(self.point)

    @property
    def gm_spki(self) -> bytes:
        """Give the SubjectPublicKeyInfo under the algorithm number of SM2 (GM/T 0015-2023)."""
        return spki.written(self.point, gm_form=True)

    def za(self, distid: bytes = DEFAULT_DISTID) -> bytes:
        """Compute ZA. Raises `UnusableDistid`."""
        return za(self.point, distid)


class PrivateKey:
    """A private key behind a backend's handle; it cannot be pickled, copied or printed."""

    __slots__ = ("_handle", "_public")

    def __init__(self, handle: PrivateHandle) -> None:
        self._handle = handle
        self._public = PublicKey(handle.point)

    @classmethod
    def generated(cls) -> "PrivateKey":
        """Make a new key. Raises `SigningUnavailable`."""
        return cls(backends.signer().generate())

    @classmethod
    def from_scalar(cls, scalar: bytes) -> "PrivateKey":
        """Take in 32 bytes in [1, n−2]. Raises `UnusableKey`, `SigningUnavailable`."""
        require_scalar(scalar)
        return cls(backends.signer().load(scalar))

    @classmethod
    def from_pkcs8(cls, data: bytes, password: bytes | None = None) -> "PrivateKey":
        """Read PKCS#8, plain or encrypted. Raises `UnusableKey`, `WrongKeyPassword`, `SigningUnavailable`."""
        scalar, point = pkcs8.sm2_scalar(pkcs8.opened(data, password))
        return cls._matched(scalar, point)

    @classmethod
    def from_sec1(cls, data: bytes) -> "PrivateKey":
        """Read an ECPrivateKey that names the curve (RFC 5915). Raises `UnusableKey`, `SigningUnavailable`."""
        scalar, point = pkcs8.sm2_scalar_of_sec1(data, curve_named=True)
        return cls._matched(scalar, point)

    @property
    def kind(self) -> KeyKind:
        """Tell the kind."""
        return KeyKind.SM2

    @property
    def public(self) -> PublicKey:
        """Give the public half."""
        return self._public

    def sign_e(self, e: bytes) -> Signature:
        """Sign an e-value and verify the signature. Raises `UnusableValue`, `FaultySignature`, `ComputationFailed`."""
        _require_e(e)
        try:
            signature = Signature.from_der(self._handle.sign_e(e))
        except MalformedSignature as error:
            raise FaultySignature(NAME) from error
        if not verify_e(self.public, signature, e):
            raise FaultySignature(NAME)
        return signature

    def decrypt(self, ciphertext: Ciphertext) -> bytes:
        """Open a ciphertext. Raises `CiphertextAltered`, `ComputationFailed`."""
        plain = self._handle.decrypt(ciphertext.der)
        # A message that equals its C2 was masked with zeros, which GB/T 32918.4 7.1 B4 refuses.
        if plain is None or plain == ciphertext.c2:
            raise CiphertextAltered(ENCRYPTION)
        return plain

    def pkcs8(self, password: bytes | None = None) -> bytes:
        """Write PKCS#8, encrypted with SM4 and SM3 (GM/T 0091-2020) when a password is given."""
        plain = pkcs8.sm2_written(self._handle.scalar(), self.public.point)
        return plain if password is None else pkcs8.closed(plain, password, pkcs8.NATIONAL)

    def sec1(self) -> bytes:
        """Write ECPrivateKey with the curve and the public half (RFC 5915)."""
        return pkcs8.sec1_written(self._handle.scalar(), self.public.point, curve_named=True)

    def __repr__(self) -> str:
        return f"<SM2 private key of {self.public.point.hex()[2:18]}…>"

    def __reduce__(self) -> str:
        raise TypeError("a private key does not travel")

    @classmethod
    def _matched(cls, scalar: bytes, point: bytes | None) -> "PrivateKey":
        """Take a key in and hold the public half it came with against the computed one."""
        key = cls.from_scalar(scalar)
        if point is not None and point != key.public.point:
            raise UnusableKey("sm2", "halves-differ")
        return key


def sign(private: PrivateKey, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bytes:
    """Sign a message and give DER. Raises `UnusableDistid`, `FaultySignature`, `ComputationFailed`."""
    return private.sign_e(e_value(private.public.point, message, distid)).der


def verify(public: PublicKey, signature: bytes, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bool:
    """Tell whether this DER is the key's signature on the message under that identifier; a malformed one is not.

    Raises `UnusableDistid`, `VerifyingUnavailable`, `ComputationFailed`.
    """
    e = e_value(public.point, message, distid)
    try:
        return verify_e(public, Signature.from_der(signature), e)
    except MalformedSignature:
        return False


def verify_e(public: PublicKey, signature: Signature, e: bytes) -> bool:
    """Tell whether the signature fits the key and an e-value that the caller computed from a message.

    Raises `UnusableValue`, `VerifyingUnavailable`, `ComputationFailed`.
    """
    _require_e(e)
    return backends.verifier().verify_e(public.point, signature.der, e)


def encrypt(public: PublicKey, message: bytes, layout: Layout = Layout.ASN1) -> bytes:
    """Encrypt 1 byte to 1 MiB to a key. Raises `UnusableValue`, `SigningUnavailable`, `ComputationFailed`."""
    if not 1 <= len(message) <= MESSAGE_LIMIT:
        raise UnusableValue(ENCRYPTION, "message", "not 1 byte to 1 MiB")
    backend = backends.signer()
    for _ in range(DRAWS):
        ciphertext = Ciphertext.from_der(backend.encrypt(public.point, message))
        if ciphertext.c2 != message:
            return ciphertext.written(layout)
    raise ComputationFailed(backend.name, "encrypt")


def decrypt(private: PrivateKey, ciphertext: bytes, layout: Layout = Layout.ASN1) -> bytes:
    """Open a ciphertext of that form. Raises `MalformedCiphertext`, `CiphertextAltered`, `ComputationFailed`."""
    return private.decrypt(Ciphertext.read(ciphertext, layout))


def _require_e(e: bytes) -> None:
    if len(e) != E_SIZE:
        raise UnusableValue(NAME, "e", "not 32 bytes")


def _public(key: AnyPublicKey) -> PublicKey:
    if not isinstance(key, PublicKey):
        raise KeyDoesNotFit(NAME, key.kind)
    return key


def _private(key: AnyPrivateKey) -> PrivateKey:
    if not isinstance(key, PrivateKey):
        raise KeyDoesNotFit(NAME, key.kind)
    return key


def _verify(key: AnyPublicKey, signature: bytes, e: bytes) -> bool:
    try:
        return verify_e(_public(key), Signature.from_der(signature), e)
    except MalformedSignature:
        return False


# GB/T 35275 messages name the signature by the number of the key's use, 1.2.156.10197.1.301.1.
SM2_SM3: Final = SignatureAlgorithm(
    name=NAME,
    oids=("1.2.156.10197.1.501", spki.SM2_SIGNATURE),
    kinds=frozenset({KeyKind.SM2}),
    digest="sm3",
    identifier=sequence(oid("1.2.156.10197.1.501")),
    prepare_for=lambda public, message, distid: e_value(_public(public).point, message, distid),
    sign_for=lambda private, e: _private(private).sign_e(e).der,
    verify_for=_verify,
)

SM2_ENCRYPTION: Final = KeyEncryption(
    name=ENCRYPTION,
    oids=("1.2.156.10197.1.301.3",),
    kinds=frozenset({KeyKind.SM2}),
    encrypt=lambda public, message: encrypt(_public(public), message),
    decrypt=lambda private, ciphertext: decrypt(_private(private), ciphertext),
)
