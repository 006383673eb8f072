"""What key devices refuse; no fact ever holds a PIN, a password, key bytes or a whole path."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnusableKeyUri(DomainError):
    """This text is not the address of a private key in a form that is read here."""

    reason: str
    code: ClassVar[str] = "unusable-key-uri"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DeviceNotSetUp(DomainError):
    """This site has not been told how to reach key devices of that kind."""

    device: str
    setting: str
    code: ClassVar[str] = "key-device-not-set-up"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class DeviceLibraryMissing(DomainError):
    """The library that speaks to key devices of that kind is not installed."""

    device: str
    extra: str
    code: ClassVar[str] = "key-device-library-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class DeviceDown(DomainError):
    """The key device does not answer, so nothing was signed or opened."""

    device: str
    reason: str
    code: ClassVar[str] = "key-device-down"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class DeviceAnswerUnusable(DomainError):
    """The key device answered with something that cannot be what was asked for."""

    device: str
    reason: str
    code: ClassVar[str] = "key-device-answer-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class BeyondDevice(DomainError):
    """The key device does not do this."""

    device: str
    act: str
    code: ClassVar[str] = "beyond-key-device"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class KeyNotThere(DomainError):
    """The key device holds no such key, or several that answer to the same address."""

    device: str
    found: int
    code: ClassVar[str] = "key-not-there"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class KeyAlreadyThere(DomainError):
    """The key device holds a key at that address already; it is never overwritten."""

    device: str
    code: ClassVar[str] = "key-already-there"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PinRefused(DomainError):
    """The key device refused the PIN; the same PIN is not tried again, so that the token is not locked."""

    device: str
    reason: str
    code: ClassVar[str] = "key-pin-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class SecretFileUnusable(DomainError):
    """A file that holds a key, a password or a PIN cannot be used."""

    file: str
    reason: str
    code: ClassVar[str] = "secret-file-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
