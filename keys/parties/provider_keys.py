"""The keys with which an identity provider signs: read from its key set, each good for the one algorithm agreed on.

A key that says it is for another algorithm, for encryption, or is too weak, is left aside as if it were not there; a
token that names it is refused. Nothing in a token adds a key.
"""

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.util import urlsafe_b64decode

from keys.algorithms import asymmetric, international
from keys.algorithms.algorithm import Digest, PublicKey
from keys.algorithms.sm3 import SM3
from keys.errors import UnusableKey
from keys.parties import jwk
from keys.parties.errors import PrivateKeyOffered, UnfitJwk
from keys.parties.key_signatures import ES256, SM2SM3

# A provider that rotates keys has two or three; a set of more than this is not one of a provider.
MOST_KEYS: Final = 50
# RSA keys of 16384 bits are the largest that are taken.
LONGEST_NUMBER: Final = 4096
KID_LIMIT: Final = 256

Verify = Callable[[PublicKey, bytes, bytes], bool]
_EC_MEMBERS: Final = ("kty", "crv", "x", "y")


@dataclass(frozen=True)
class TokenAlgorithm:
    """One algorithm of ID tokens: how a key of it is read, a signature verified, and what `at_hash` is made with."""

    name: str
    digest: Digest
    read: Callable[[Mapping[str, Any]], PublicKey]
    verify: Verify = field(repr=False)


@dataclass(frozen=True)
class ProviderKey:
    """A key of the provider's and the only algorithm it is good for."""

    kid: str
    algorithm: TokenAlgorithm
    public: PublicKey

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature is this key's on the message."""
        return self.algorithm.verify(self.public, signature, message)


def read(document: Any, algorithm: TokenAlgorithm) -> Mapping[str, ProviderKey]:
    """Read a key set (RFC 7517 5), leaving aside what is not for this algorithm; two keys of one id are neither's."""
    told = document.get("keys") if isinstance(document, dict) else None
    found: dict[str, ProviderKey] = {}
    twice: set[str] = set()
    for each in told[:MOST_KEYS] if isinstance(told, list) else []:
        key = _read_one(each, algorithm)
        if key is not None:
            twice |= {key.kid} & set(found)
            found[key.kid] = key
    return MappingProxyType({kid: key for kid, key in found.items() if kid not in twice})


def _read_one(told: Any, algorithm: TokenAlgorithm) -> ProviderKey | None:
    if not isinstance(told, dict) or "d" in told:
        return None
    kid = told.get("kid", "")
    if not isinstance(kid, str) or len(kid) > KID_LIMIT:
        return None
    if told.get("use", "sig") != "sig" or told.get("alg", algorithm.name) != algorithm.name:
        return None
    try:
        return ProviderKey(kid, algorithm, algorithm.read(told))
    except (UnfitJwk, UnusableKey, PrivateKeyOffered, ValueError):
        return None


def _rsa(told: Mapping[str, Any]) -> PublicKey:
    if told.get("kty") != "RSA":
        raise UnfitJwk("not kty RSA")
    library = rsa.RSAPublicNumbers(_number(told, "e"), _number(told, "n")).public_key()
    return asymmetric.public_key(library.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _on(curve: str) -> Callable[[Mapping[str, Any]], PublicKey]:
    def read_point(told: Mapping[str, Any]) -> PublicKey:
        if told.get("crv") != curve:
            raise UnfitJwk("another curve")
        return jwk.read({name: told[name] for name in _EC_MEMBERS if name in told})

    return read_point


def _number(told: Mapping[str, Any], name: str) -> int:
    text = told.get(name)
    if not isinstance(text, str) or not text.isascii() or len(text) > LONGEST_NUMBER:
        raise UnfitJwk(f"no {name}")
    try:
        return int.from_bytes(urlsafe_b64decode(text.encode()), "big")
    except (binascii.Error, IndexError) as error:
        raise UnfitJwk(f"{name} is not base64url") from error


def _rsa_verify(public: PublicKey, signature: bytes, message: bytes) -> bool:
    return international.RSA_SHA256.verify(public, signature, message)


ALGORITHMS: Final[Mapping[str, TokenAlgorithm]] = MappingProxyType(
    {
        each.name: each
        for each in (
            TokenAlgorithm("RS256", international.SHA256, _rsa, _rsa_verify),
            TokenAlgorithm("ES256", international.SHA256, _on("P-256"), ES256.verify),
            TokenAlgorithm("SM2SM3", SM3, _on("SM2"), SM2SM3.verify),
        )
    }
)
