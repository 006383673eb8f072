"""PBES2 (RFC 8018): a key file under a password, by the national suite of GM/T 0091-2020 or the one OpenSSL writes.

Read are PBKDF2 with HMAC over SM3 or SHA-2 and CBC under SM4 or AES; everything older (PBES1, RC2, DES, and PBKDF2's
default of SHA-1) is refused, since a key file protected so is not protected.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from keys.algorithms import der
from keys.algorithms.spki import read_identifier
from keys.errors import MalformedDer, UnusableKey, WrongKeyPassword

PBES2: Final = "1.2.840.113549.1.5.13"
PBKDF2: Final = "1.2.840.113549.1.5.12"

BLOCK: Final = 16
SALT: Final = 16
# OWASP's figure of 2023 for PBKDF2 with SHA-256; SM3 is no faster.
ITERATIONS: Final = 600_000
# RFC 8018 4.2 asks for a thousand; above ten million one file would hold a process for half a minute.
ITERATIONS_LEAST: Final = 1_000
ITERATIONS_MOST: Final = 10_000_000
SALT_LEAST: Final = 8
SALT_MOST: Final = 128
PASSWORD_MOST: Final = 1024


@dataclass(frozen=True)
class Suite:
    """A hash for deriving and a cipher for encrypting, by their numbers."""

    prf: str
    cipher: str


NATIONAL: Final = Suite(prf="1.2.156.10197.1.401.2", cipher="1.2.156.10197.1.104.2")
INTERNATIONAL: Final = Suite(prf="1.2.840.113549.2.9", cipher="2.16.840.1.101.3.4.1.42")

_PRFS: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        NATIONAL.prf: hashes.SM3(),
        INTERNATIONAL.prf: hashes.SHA256(),
        "1.2.840.113549.2.10": hashes.SHA384(),
        "1.2.840.113549.2.11": hashes.SHA512(),
    }
)
_CIPHERS: Final[Mapping[str, tuple[type[algorithms.AES | algorithms.SM4], int]]] = MappingProxyType(
    {
        NATIONAL.cipher: (algorithms.SM4, 16),
        "2.16.840.1.101.3.4.1.2": (algorithms.AES, 16),
        "2.16.840.1.101.3.4.1.22": (algorithms.AES, 24),
        INTERNATIONAL.cipher: (algorithms.AES, 32),
    }
)


@dataclass(frozen=True)
class _Parameters:
    prf: str
    cipher: str
    salt: bytes
    iterations: int
    iv: bytes

    def cipher_under(self, password: bytes) -> LibraryCipher[modes.CBC]:
        algorithm, size = _CIPHERS[self.cipher]
        derivation = PBKDF2HMAC(algorithm=_PRFS[self.prf], length=size, salt=self.salt, iterations=self.iterations)
        block: BlockCipherAlgorithm = algorithm(derivation.derive(password))
        return LibraryCipher(block, modes.CBC(self.iv))


def is_encrypted(data: bytes) -> bool:
    """Tell whether this is an EncryptedPrivateKeyInfo, which begins with an AlgorithmIdentifier and not a version."""
    try:
        return der.Reader(data).inside().next_tag == der.SEQUENCE
    except MalformedDer:
        return False


def encrypted(plain: bytes, password: bytes, suite: Suite = NATIONAL, *, iterations: int = ITERATIONS) -> bytes:
    """Write an EncryptedPrivateKeyInfo. Raises `UnusableKey` for a password that is empty or too long."""
    _require_password(password)
    used = _Parameters(suite.prf, suite.cipher, secrets.token_bytes(SALT), iterations, secrets.token_bytes(BLOCK))
    padder = padding.PKCS7(BLOCK * 8).padder()
    encryptor = used.cipher_under(password).encryptor()
    body = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    prf = der.sequence(der.oid(used.prf), der.null())
    derivation = der.sequence(der.oid(PBKDF2), der.sequence(der.octets(used.salt), der.integer(used.iterations), prf))
    scheme = der.sequence(der.oid(used.cipher), der.octets(used.iv))
    return der.sequence(der.sequence(der.oid(PBES2), der.sequence(derivation, scheme)), der.octets(body))


def decrypted(data: bytes, password: bytes) -> bytes:
    """Open an EncryptedPrivateKeyInfo; what comes out is a key only if the caller can read it as one.

    Raises `UnusableKey`, `WrongKeyPassword`.
    """
    _require_password(password)
    try:
        used, body = _read(data)
    except MalformedDer as error:
        raise UnusableKey("pkcs8", error.reason) from error
    decryptor = used.cipher_under(password).decryptor()
    unpadder = padding.PKCS7(BLOCK * 8).unpadder()
    try:
        return unpadder.update(decryptor.update(body) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise WrongKeyPassword from error


def _read(data: bytes) -> tuple[_Parameters, bytes]:
    reader = der.Reader(data)
    inner = reader.inside()
    reader.end()
    scheme, parameter = read_identifier(inner)
    body = inner.octets()
    inner.end()
    if scheme != PBES2 or parameter is None:
        raise UnusableKey("pkcs8", "encryption-scheme-not-accepted")
    halves = der.Reader(parameter).inside()
    derivation = read_identifier(halves)
    cipher, iv = read_identifier(halves)
    halves.end()
    salt, iterations, prf = _derivation(derivation, cipher)
    if cipher not in _CIPHERS or iv is None:
        raise UnusableKey("pkcs8", "cipher-not-accepted")
    return _Parameters(prf, cipher, salt, iterations, _iv(iv)), body


def _derivation(derivation: tuple[str, bytes | None], cipher: str) -> tuple[bytes, int, str]:
    """Read PBKDF2-params: salt, iterationCount, keyLength OPTIONAL, prf (RFC 8018 A.2)."""
    name, parameter = derivation
    if name != PBKDF2 or parameter is None:
        raise UnusableKey("pkcs8", "key-derivation-not-accepted")
    reader = der.Reader(parameter).inside()
    salt, iterations = reader.octets(), reader.natural()
    if reader.next_tag == der.INTEGER and reader.natural() != _CIPHERS.get(cipher, (None, 0))[1]:
        raise UnusableKey("pkcs8", "key-length-does-not-fit")
    prf, parameter = read_identifier(reader) if not reader.ended else ("", None)
    reader.end()
    if prf not in _PRFS or parameter not in (None, der.null()):
        raise UnusableKey("pkcs8", "hash-not-accepted")
    if not ITERATIONS_LEAST <= iterations <= ITERATIONS_MOST:
        raise UnusableKey("pkcs8", "iterations-out-of-range")
    if not SALT_LEAST <= len(salt) <= SALT_MOST:
        raise UnusableKey("pkcs8", "salt-out-of-range")
    return salt, iterations, prf


def _iv(parameter: bytes) -> bytes:
    iv = der.Reader(parameter).octets()
    if len(iv) != BLOCK:
        raise UnusableKey("pkcs8", "iv-not-16-bytes")
    return iv


def _require_password(password: bytes) -> None:
    if not 1 <= len(password) <= PASSWORD_MOST:
        raise UnusableKey("pkcs8", "password-empty-or-too-long")
