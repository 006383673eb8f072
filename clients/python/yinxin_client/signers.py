"""Keys that a system proves itself with: ES256 with `cryptography`, SM2 with the `openssl` command, or your own.

A signature is r ‖ s in 64 bytes (RFC 7518 3.4), for SM2 as for P-256. `cryptography` knows no SM2; where OpenSSL 3 is
at hand `OpenSSLKey` signs through it. A key in a card, a machine or another library is a class with `kid`, `algorithm`
and `sign`: see `Signer`.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yinxin_client.errors import UnusableKey

# GM/T 0009-2012 clause 10: the identifier that is used where none was agreed.
SM2_IDENTIFIER: Final = "1234567812345678"
_COORDINATE: Final = 32
# Signing takes milliseconds; a command that hangs longer waits for a password that nobody types.
_OPENSSL_SECONDS: Final = 10


@dataclass(frozen=True)
class Algorithm:
    """A way to sign: its names in tokens (JWS) and in signed requests, and the digest that goes with it."""

    jose: str
    http: str
    digest: str
    hash: hashes.HashAlgorithm

    def digest_of(self, message: bytes) -> bytes:
        """Give the digest of a body, for Content-Digest."""
        digest = hashes.Hash(self.hash)
        digest.update(message)
        return digest.finalize()


ES256: Final = Algorithm("ES256", "ecdsa-p256-sha256", "sha-256", hashes.SHA256())
SM2SM3: Final = Algorithm("SM2SM3", "sm2-sm3", "sm3", hashes.SM3())


class Signer(Protocol):
    """A private key that the platform has the public half of, under the key id `kid`."""

    @property
    def kid(self) -> str:
        """Name the key as the platform does."""

    @property
    def algorithm(self) -> Algorithm:
        """Say how it signs: `ES256` or `SM2SM3`."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message and give r ‖ s, 64 bytes; for SM2 with the identifier 1234567812345678."""


class P256Key:
    """A P-256 key in memory."""

    algorithm = ES256

    def __init__(self, private: ec.EllipticCurvePrivateKey, kid: str) -> None:
        """Take a key on P-256. Raises `UnusableKey`."""
        if not isinstance(private.curve, ec.SECP256R1):
            raise UnusableKey(f"a key on {private.curve.name}; P-256 or SM2 is needed")
        self.kid = kid
        self._private = private

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        return _raw(self._private.sign(message, ec.ECDSA(hashes.SHA256())))


class OpenSSLKey:
    """An SM2 key in a PEM file without a password, used by the command `openssl` (3.0 or later)."""

    algorithm = SM2SM3

    def __init__(self, file: Path, kid: str) -> None:
        """Take a file. Raises `UnusableKey` where there is no `openssl`."""
        found = shutil.which("openssl")
        if found is None:
            raise UnusableKey("an SM2 key needs the command openssl, or a Signer of your own")
        self.kid = kid
        self._command = (found, "dgst", "-sm3", "-sign", str(file), "-sigopt", f"distid:{SM2_IDENTIFIER}")

    def sign(self, message: bytes) -> bytes:
        """Sign a message. Raises `UnusableKey`."""
        try:
            done = subprocess.run(  # noqa: S603 - our own words and a file that the caller named
                self._command, input=message, capture_output=True, check=True, timeout=_OPENSSL_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise UnusableKey("openssl does not sign with the SM2 key") from error
        return _raw(done.stdout)


def key_of(file: str | Path, kid: str, password: bytes | None = None) -> Signer:
    """Read a private key in PEM: on P-256, or on SM2 where `openssl` is at hand.

    Raises `UnusableKey`.
    """
    path = Path(file)
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password)
    except UnsupportedAlgorithm:
        return OpenSSLKey(path, kid)
    except (OSError, ValueError, TypeError) as error:
        raise UnusableKey(f"{path.name} is no private key that can be read") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise UnusableKey(f"{path.name} holds no key on P-256 or SM2")
    return P256Key(private, kid)


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
