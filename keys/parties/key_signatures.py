"""The two ways in which parties sign: SM2 with SM3, and ECDSA on P-256 with SHA-256, as r ‖ s of 64 bytes.

A key has one algorithm, by its curve; nothing that a message says can choose another. The names: RFC 7518 and RFC 9421
register those of P-256; none is registered for SM2, so `SM2SM3` and `sm2-sm3` are ours. SM2 binds the signer through
the default identifier 1234567812345678 (GM/T 0009-2012 clause 10), as OpenSSL and the national libraries do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from keys.algorithms import international, sm2
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.algorithms.sm2_signature import Signature
from keys.errors import KeyDoesNotFit, MalformedSignature, UnusableValue

SIZE: Final = 64


@dataclass(frozen=True)
class KeySignature:
    """One way to sign: its names in tokens and in requests, its key kind, and how its values are written."""

    jose: str
    http: str
    kind: KeyKind
    algorithm: SignatureAlgorithm
    raw: Callable[[bytes], bytes]
    der: Callable[[bytes], bytes]

    def sign(self, private: PrivateKey, message: bytes) -> bytes:
        """Sign a message and give r ‖ s. Raises `KeyDoesNotFit`, `SigningUnavailable`, `FaultySignature`."""
        self._require(private.kind)
        return self.raw(self.algorithm.sign(private, message))

    def verify(self, public: PublicKey, signature: bytes, message: bytes) -> bool:
        """Tell whether r ‖ s is the key's signature on the message; a malformed one is not.

        Raises `KeyDoesNotFit`, `VerifyingUnavailable`.
        """
        self._require(public.kind)
        if len(signature) != SIZE:
            return False
        try:
            return self.algorithm.verify(public, self.der(signature), message)
        except (MalformedSignature, UnusableValue):
            return False

    def _require(self, kind: KeyKind) -> None:
        if kind is not self.kind:
            raise KeyDoesNotFit(self.jose, kind)


ES256: Final = KeySignature(
    jose="ES256",
    http="ecdsa-p256-sha256",
    kind=KeyKind.P256,
    algorithm=international.ECDSA_SHA256,
    raw=lambda der: international.raw_ecdsa(der, KeyKind.P256),
    der=lambda raw: international.der_ecdsa(raw, KeyKind.P256),
)
SM2SM3: Final = KeySignature(
    jose="SM2SM3",
    http="sm2-sm3",
    kind=KeyKind.SM2,
    algorithm=sm2.SM2_SM3,
    raw=lambda der: Signature.from_der(der).raw,
    der=lambda raw: Signature.from_raw(raw).der,
)

KEY_SIGNATURES: Final[Mapping[KeyKind, KeySignature]] = MappingProxyType({each.kind: each for each in (SM2SM3, ES256)})
BY_JOSE_NAME: Final[Mapping[str, KeySignature]] = MappingProxyType(
    {each.jose: each for each in KEY_SIGNATURES.values()}
)
