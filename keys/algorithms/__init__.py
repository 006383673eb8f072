"""The table of algorithms: by name or object identifier, what can be computed here.

Every entry is a row below and lives in its own module; a name or number used twice is refused when this is imported.
What is not in the table (MD5, SHA-1, DES, RC4, keys under their limits) cannot be computed by name, neither to make nor
to check. Which of these are good enough for a purpose is policy, and decided above.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from keys.algorithms import international, sm2, sm3, sm4
from keys.algorithms.algorithm import Aead, Algorithm, Cipher, Digest, KeyEncryption, Mac, SignatureAlgorithm
from keys.errors import UnknownAlgorithm

A = TypeVar("A", Digest, Mac, Aead, Cipher, KeyEncryption, SignatureAlgorithm)


def table(*entries: Algorithm) -> Mapping[str, Algorithm]:
    """Lay the entries out by name and by number. Raises `ValueError` for a key that is used twice."""
    laid: dict[str, Algorithm] = {}
    for entry in entries:
        for key in (entry.name, *entry.oids):
            if key in laid:
                raise ValueError(f"{key} names both {laid[key].name} and {entry.name}")
            laid[key] = entry
    return MappingProxyType(laid)


ALGORITHMS: Final[Mapping[str, Algorithm]] = table(
    sm3.SM3,
    sm3.HMAC_SM3,
    sm2.SM2_SM3,
    sm2.SM2_ENCRYPTION,
    sm4.SM4_GCM,
    sm4.SM4_CCM,
    sm4.SM4_CBC,
    sm4.SM4_CTR,
    international.SHA256,
    international.SHA384,
    international.SHA512,
    international.HMAC_SHA256,
    international.RSA_SHA256,
    international.RSA_SHA384,
    international.RSA_SHA512,
    international.RSA_PSS_SHA256,
    international.RSA_PSS_SHA384,
    international.RSA_PSS_SHA512,
    international.ECDSA_SHA256,
    international.ECDSA_SHA384,
    international.ECDSA_SHA512,
    international.ED25519,
    international.AES128_GCM,
    international.AES256_GCM,
)


def digest(name: str) -> Digest:
    """Find a digest by name or number. Raises `UnknownAlgorithm`."""
    return _found(name, Digest, "digest")


def mac(name: str) -> Mac:
    """Find a MAC by name or number. Raises `UnknownAlgorithm`."""
    return _found(name, Mac, "mac")


def aead(name: str) -> Aead:
    """Find authenticated encryption by name or number. Raises `UnknownAlgorithm`."""
    return _found(name, Aead, "authenticated encryption")


def cipher(name: str) -> Cipher:
    """Find a bare cipher by name or number. Raises `UnknownAlgorithm`."""
    return _found(name, Cipher, "cipher")


def key_encryption(name: str) -> KeyEncryption:
    """Find encryption to a public key by name or number. Raises `UnknownAlgorithm`."""
    return _found(name, KeyEncryption, "key encryption")


def signature(name: str) -> SignatureAlgorithm:
    """Find a signature algorithm by name or number; PSS has no number of its own. Raises `UnknownAlgorithm`."""
    return _found(name, SignatureAlgorithm, "signature")


def _found(name: str, kind: type[A], wanted: str) -> A:
    entry = ALGORITHMS.get(name)
    if not isinstance(entry, kind):
        raise UnknownAlgorithm(wanted, name)
    return entry
