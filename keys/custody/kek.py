"""The key that wraps all data keys: outside the database, in a file of mode 0600 or inside a key device.

A file holds 256 drawn bits, from which wrapping key and id are derived; it wraps with SM4-GCM. A key in a device
wraps by encryption to its public half and its own signature on the outcome: without the signature, whoever can write to
the database could put in a data key of their own making. Either way a wrapped key opens for its own row only (`bound`).
"""

import base64
import binascii
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from base.errors import DomainError
from keys.algorithms import sm3, sm4
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.algorithms.international import RSA_PSS_SHA256, new_nonce
from keys.algorithms.sm2 import SM2_SM3
from keys.custody.errors import KekUnusable
from keys.errors import CiphertextAltered
from keys.signers import secret_files
from keys.signers.errors import SecretFileUnusable
from keys.signers.key_transport import transport_for
from keys.signers.secret_files import DRAWN, DRAWN_BYTES
from keys.signers.signer import Signer, signed

ID_BYTES: Final = 16
_LENGTH: Final = 2


class Kek(Protocol):
    """A key that wraps keys."""

    @property
    def id(self) -> str:
        """Name the key without telling anything of it. Raises `KekUnusable`."""

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Wrap a key for one row. Raises `KekUnusable`."""

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Unwrap a key of that row. Raises `KekUnusable`, `CiphertextAltered`."""

    def make_if_missing(self) -> None:
        """Make the key where there is none yet; only for a database that holds no data key. Raises `KekUnusable`."""


class FileKek:
    """A wrapping key in a file; read again whenever the file changes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def file(self) -> Path:
        """Tell where the key is."""
        return self._file

    @property
    def id(self) -> str:
        """Name the key. Raises `KekUnusable`."""
        return sm3.HMAC_SM3.tag(self._secret(), b"yinxin kek id")[:ID_BYTES].hex()

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Wrap a key. Raises `KekUnusable`."""
        nonce = new_nonce()
        return nonce + sm4.SM4_GCM.seal(self._key(), nonce, key, bound)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Unwrap a key. Raises `KekUnusable`, `CiphertextAltered`."""
        size = sm4.SM4_GCM.nonce_size
        return sm4.SM4_GCM.open(self._key(), wrapped[:size].ljust(size, b"\0"), wrapped[size:], bound)

    def make_if_missing(self) -> None:
        """Draw the key; of several makers one wins. Raises `KekUnusable`."""
        if self._file.exists():
            return
        try:
            secret_files.made_once(self._file, lambda: secret_files.new_password() + b"\n")
        except SecretFileUnusable as error:
            raise KekUnusable(f"{error.file}: {error.reason}") from error

    def _key(self) -> bytes:
        return sm3.HMAC_SM3.tag(self._secret(), b"yinxin kek wrap")[: sm4.SM4_GCM.key_size]

    def _secret(self) -> bytes:
        try:
            told = secret_files.line(self._file)
            secret = base64.b64decode(told.removeprefix(DRAWN) + b"=", altchars=b"-_", validate=True)
        except SecretFileUnusable as error:
            raise KekUnusable(f"{error.file}: {error.reason}") from error
        except binascii.Error as error:
            raise KekUnusable(f"{self._file.name}: not a wrapping key") from error
        if not told.startswith(DRAWN) or len(secret) != DRAWN_BYTES:
            raise KekUnusable(f"{self._file.name}: not a wrapping key")
        return secret


class Opening(Protocol):
    """Gives the key in a device, when it is first needed."""

    def __call__(self) -> Signer:
        """Open it."""


@dataclass
class DeviceKek:
    """A wrapping key in a device: SM2 or RSA."""

    opening: Opening = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _opened: Signer | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """Name the key. Raises `KekUnusable`."""
        return sm3.SM3.of(self._signer().public.spki)[:ID_BYTES].hex()

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Encrypt to the public half, and sign. Raises `KekUnusable`."""
        signer = self._signer()
        try:
            sealed = transport_for(signer.public.kind).encrypt(signer.public, key)
            signature = signed(signer, _signature_for(signer.public.kind), bound + sealed)
        except DomainError as error:
            raise KekUnusable(error.code) from error
        return len(sealed).to_bytes(_LENGTH) + sealed + signature

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Check the signature, and have the device open. Raises `KekUnusable`, `CiphertextAltered`."""
        signer = self._signer()
        end = _LENGTH + int.from_bytes(wrapped[:_LENGTH])
        sealed, signature = wrapped[_LENGTH:end], wrapped[end:]
        if not _signature_for(signer.public.kind).verify(signer.public, signature, bound + sealed):
            raise CiphertextAltered("kek")
        try:
            return signer.decrypt(transport_for(signer.public.kind), sealed)
        except CiphertextAltered:
            raise
        except DomainError as error:
            raise KekUnusable(error.code) from error

    def make_if_missing(self) -> None:
        """Keys in devices are made with `yinxin key create`, never on the way. Raises `KekUnusable`."""
        self._signer()

    def _signer(self) -> Signer:
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = self.opening()
                except DomainError as error:
                    raise KekUnusable(error.code) from error
            return self._opened


def _signature_for(kind: KeyKind) -> SignatureAlgorithm:
    for entry in (SM2_SM3, RSA_PSS_SHA256):
        if kind in entry.kinds:
            return entry
    raise KekUnusable(f"a key of kind {kind}")
