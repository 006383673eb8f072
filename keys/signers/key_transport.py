"""Encryption to the public half of a key in custody, for keys that wrap other keys: SM2, or RSA with OAEP.

OAEP (RFC 8017 7.1) is taken with SHA-256 in both places and no label. `oaep_opened` undoes its padding for tokens that
offer only the bare RSA step; it looks at every byte whatever it has found, and tells one failure for all.
"""

import hmac
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from keys.algorithms.algorithm import KeyEncryption, KeyKind, PrivateKey, PublicKey
from keys.algorithms.international import SHA256, InternationalPrivateKey, InternationalPublicKey
from keys.algorithms.sm2 import SM2_ENCRYPTION
from keys.errors import CiphertextAltered, KeyDoesNotFit, UnusableValue

NAME: Final = "rsa-oaep-sha-256"
_PADDING: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_HASH: Final = SHA256.size
_COUNTER: Final = 4


def transport_for(kind: KeyKind) -> KeyEncryption:
    """Give the encryption that fits a kind of key. Raises `KeyDoesNotFit`."""
    for entry in (SM2_ENCRYPTION, RSA_OAEP_SHA256):
        if kind in entry.kinds:
            return entry
    raise KeyDoesNotFit("key-transport", kind)


def oaep_opened(block: bytes) -> bytes:
    """Take the padding off a block that the bare RSA step gave, as long as the modulus. Raises `CiphertextAltered`."""
    if len(block) < 2 * _HASH + 2:
        raise CiphertextAltered(NAME)
    seed = _xor(block[1 : 1 + _HASH], _mask(block[1 + _HASH :], _HASH))
    data = _xor(block[1 + _HASH :], _mask(seed, len(block) - 1 - _HASH))
    good = (block[0] == 0) & hmac.compare_digest(data[:_HASH], SHA256.of(b""))
    mark, looking = 0, 1
    for at in range(_HASH, len(data)):
        is_one, is_zero = int(data[at] == 1), int(data[at] == 0)
        mark |= at * (looking & is_one)
        good &= not looking & (is_one ^ 1) & (is_zero ^ 1)
        looking &= is_one ^ 1
    if not good or looking:
        raise CiphertextAltered(NAME)
    return data[mark + 1 :]


def _encrypt(public: PublicKey, message: bytes) -> bytes:
    if not isinstance(public, InternationalPublicKey) or not isinstance(public.key, rsa.RSAPublicKey):
        raise KeyDoesNotFit(NAME, public.kind)
    try:
        return public.key.encrypt(message, _PADDING)
    except ValueError as error:
        raise UnusableValue(NAME, "message", "too long for the key") from error


def _decrypt(private: PrivateKey, sealed: bytes) -> bytes:
    if not isinstance(private, InternationalPrivateKey) or not isinstance(private.key, rsa.RSAPrivateKey):
        raise KeyDoesNotFit(NAME, private.kind)
    try:
        return private.key.decrypt(sealed, _PADDING)
    except ValueError as error:
        raise CiphertextAltered(NAME) from error


def _mask(seed: bytes, size: int) -> bytes:
    """MGF1 (RFC 8017 B.2.1)."""
    blocks = (SHA256.of(seed, count.to_bytes(_COUNTER)) for count in range(-(-size // _HASH)))
    return b"".join(blocks)[:size]


def _xor(one: bytes, two: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


RSA_OAEP_SHA256: Final = KeyEncryption(
    NAME, ("1.2.840.113549.1.1.7",), frozenset({KeyKind.RSA}), encrypt=_encrypt, decrypt=_decrypt
)
