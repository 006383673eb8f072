"""Private keys in this process, and the device that keeps them: files of PKCS#8 under a password, mode 0600.

A file is opened once and kept open in memory while it stays the same file; when it is gone, so is the key. Plain files
are refused here, since whoever copies one has the key.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from base.errors import DomainError
from keys.algorithms import asymmetric, pbes2, pem, pkcs8
from keys.algorithms.algorithm import KeyEncryption, KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.errors import UnusableKey
from keys.signers import secret_files, uris
from keys.signers.device import Place
from keys.signers.errors import KeyNotThere, SecretFileUnusable
from keys.signers.uris import KeyUri

# A drawn password has 256 bits; the slowing down that a chosen one needs would cost each start half a second a key.
DRAWN_ITERATIONS: Final = 10_000
# A province's platform holds some hundred seals; beyond, the key that was used longest ago is opened anew.
KEPT: Final = 1024


@dataclass(frozen=True)
class SoftwareSigner:
    """A signer over a private key that this process holds."""

    private: PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """Give the public half."""
        return self.private.public

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Sign what was prepared. Raises `KeyDoesNotFit`, `UnusableValue`, `SigningUnavailable`, `FaultySignature`."""
        return algorithm.sign_prepared(self.private, prepared)

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Open what was encrypted to the public half. Raises `KeyDoesNotFit` and the algorithm's refusals."""
        return algorithm.decrypt(self.private, sealed)


@dataclass(frozen=True)
class _Opened:
    state: tuple[int, ...]
    private: PrivateKey = field(repr=False)


class FileKeys:
    """The device behind `file:` addresses."""

    def __init__(self, place: Place) -> None:
        self._folder = place.folder
        self._password = place.password
        self._lock = threading.Lock()
        self._opened: dict[str, _Opened] = {}

    def address(self, name: str, within: str) -> KeyUri:  # noqa: ARG002 - files live in one folder
        """Give the address of a new file in the folder of the settings."""
        return uris.of_file(str(self._folder.absolute() / f"{name}.pem"))

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:
        """Make a key in a file. Raises `KeyAlreadyThere`, `SecretFileUnusable`, `SigningUnavailable`."""
        return self.take_in(uri, asymmetric.generated(kind))

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:
        """Write a key into a file of its own. Raises `KeyAlreadyThere`, `SecretFileUnusable`."""
        file = _file(uri)
        if file.parent == self._folder.absolute():
            _made_folder(file.parent)
        secret_files.write(file, written(private, self._password()))
        return private.public

    def signer(self, uri: KeyUri) -> SoftwareSigner:
        """Open the file, unless it is open already. Raises `KeyNotThere`, `SecretFileUnusable`."""
        file = _file(uri)
        with self._lock:
            state = _state(file)
            kept = self._opened.get(uri.text)
            if kept is None or kept.state != state:
                kept = _Opened(state, opened(file, self._password))
            self._opened.pop(uri.text, None)
            self._opened[uri.text] = kept
            if len(self._opened) > KEPT:
                self._opened.pop(next(iter(self._opened)))
            return SoftwareSigner(kept.private)


def opened(file: Path, password: Callable[[], bytes]) -> PrivateKey:
    """Read an encrypted key file. Raises `SecretFileUnusable`."""
    try:
        data = secret_files.read(file)
        label, _ = pem.only(data)
        if label != asymmetric.ENCRYPTED_PKCS8:
            raise UnusableKey("pem", "not-encrypted")
        return asymmetric.private_key_of_pem(data, password())
    except SecretFileUnusable:
        raise
    except DomainError as error:
        raise SecretFileUnusable(file.name, _reason(error)) from error


def written(private: PrivateKey, password: bytes) -> bytes:
    """Write a key as PEM under a password, slowed down as much as the password needs. Raises `UnusableKey`."""
    suite = pkcs8.NATIONAL if private.kind is KeyKind.SM2 else pkcs8.INTERNATIONAL
    iterations = DRAWN_ITERATIONS if secret_files.is_drawn(password) else pbes2.ITERATIONS
    sealed = pbes2.encrypted(private.pkcs8(), password, suite, iterations=iterations)
    return pem.written(asymmetric.ENCRYPTED_PKCS8, sealed)


def _file(uri: KeyUri) -> Path:
    return Path(uri.values["path"])


def _made_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=secret_files.FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise SecretFileUnusable(folder.name, error.strerror or type(error).__name__) from error


def _state(file: Path) -> tuple[int, ...]:
    """Tell one state of a file from another. Raises `KeyNotThere`, `SecretFileUnusable`."""
    try:
        told = file.stat()
    except FileNotFoundError as error:
        raise KeyNotThere("file", 0) from error
    except OSError as error:
        raise SecretFileUnusable(file.name, error.strerror or type(error).__name__) from error
    return (told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)


def _reason(error: DomainError) -> str:
    told = error.facts.get("reason")
    return f"{error.code}: {told}" if told else error.code
