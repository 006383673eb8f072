"""What certificates, lists and answers are written from: times, named bits, extensions, key identifiers, algorithms.

Written is the one form that the house's strict reader accepts; nothing here decides what ought to be written.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from keys.algorithms import der, international, sm2, spki
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.errors import KeyDoesNotFit
from keys.extensions import AUTHORITY_KEY_ID
from keys.times import FIRST_GENERALIZED_YEAR, GENERALIZED_TIME, UTC_TIME

TRUE: Final = der.element(0x01, b"\xff")
ENUMERATED: Final = 0x0A
# RFC 7093 2, method 1: the leftmost 160 bits.
KEY_ID_SIZE: Final = 20

# What each kind of key signs with: one digest a kind, as strong as the key.
SIGNATURES: Final[Mapping[KeyKind, SignatureAlgorithm]] = MappingProxyType(
    {
        KeyKind.SM2: sm2.SM2_SM3,
        KeyKind.P256: international.ECDSA_SHA256,
        KeyKind.P384: international.ECDSA_SHA384,
        KeyKind.RSA: international.RSA_SHA256,
    }
)


def signature_for(kind: KeyKind) -> SignatureAlgorithm:
    """Give what a kind of key signs with. Raises `KeyDoesNotFit` for a kind that signs nothing of an authority's."""
    found = SIGNATURES.get(kind)
    if found is None:
        raise KeyDoesNotFit("certificates", kind)
    return found


def whole_seconds(at: datetime) -> datetime:
    """Cut a moment to its second in UTC, as X.509 writes moments."""
    return at.astimezone(UTC).replace(microsecond=0)


def time(at: datetime) -> bytes:
    """Write a Time in the one form of its year (RFC 5280 4.1.2.5)."""
    at = at.astimezone(UTC)
    if at.year >= FIRST_GENERALIZED_YEAR:
        return generalized(at)
    return der.element(UTC_TIME, f"{at:%y%m%d%H%M%S}Z".encode())


def generalized(at: datetime) -> bytes:
    """Write a GeneralizedTime to the second."""
    at = at.astimezone(UTC)
    return der.element(GENERALIZED_TIME, f"{at.year:04d}{at:%m%d%H%M%S}Z".encode())


def named_bits(bits: Iterable[int]) -> bytes:
    """Write a named bit list, whose last bit is 1 (X.690 11.2.2)."""
    wanted = sorted(bits)
    data = bytearray(wanted[-1] // 8 + 1)
    for bit in wanted:
        data[bit // 8] |= 0x80 >> bit % 8
    return der.element(der.BIT_STRING, bytes((7 - wanted[-1] % 8,)), bytes(data))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """Write an extension."""
    return der.sequence(der.oid(oid), TRUE if critical else b"", der.octets(value))


def key_id(public: bytes) -> bytes:
    """Name a key: the head of a digest over the bits of its SubjectPublicKeyInfo, SM3 for SM2 and else SHA-256."""
    number, parameter, bits = spki.read(public)
    digest = SM3 if spki.is_sm2(number, parameter) else SHA256
    return digest.of(bits)[:KEY_ID_SIZE]


def authority_key_id(name: bytes) -> bytes:
    """Write the extension authorityKeyIdentifier with the issuer's key identifier."""
    return extension(AUTHORITY_KEY_ID, der.sequence(der.element(0x80, name)))


def responder_key(public: bytes) -> bytes:
    """Name a responder's key in OCSP: SHA-1 over its bits, as RFC 6960 4.2.1 has it; it proves nothing."""
    return hashlib.sha1(spki.read(public)[2], usedforsecurity=False).digest()


def set_of(tag: int, parts: Iterable[bytes]) -> bytes:
    """Write a SET OF: its members stand in the order of their bytes (X.690 11.6)."""
    return der.element(tag, *sorted(parts))
