"""Keys inside a cryptographic device with the SDF interface (GM/T 0018-2012), by the library that its maker delivers.

Used are: open and close of device and session, the public half of a signing key, the right to use its private half, and
the internal SM2 signature on an e-value. Structures are written from the 2012 text as it is remembered and were tried
against a simulator of ours only; a device of another layout would show itself at once, since every signature is
verified here before anyone sees it. Keys are made with the device's own tools and then adopted. Decryption is not
offered: its call differs between the texts of 2012 and 2023.
"""

import ctypes
import threading
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_char_p, c_ubyte, c_uint, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from keys.algorithms import spki
from keys.algorithms.algorithm import KeyEncryption, KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.algorithms.sm2 import PublicKey as Sm2PublicKey
from keys.algorithms.sm2_signature import Signature
from keys.errors import FaultySignature, MalformedSignature, UnusableKey
from keys.signers.device import Place
from keys.signers.errors import (
    BeyondDevice,
    DeviceAnswerUnusable,
    DeviceDown,
    DeviceNotSetUp,
    KeyNotThere,
    PinRefused,
)
from keys.signers.pool import Pool
from keys.signers.signer import checked, require_kind
from keys.signers.uris import KeyUri

DEVICE: Final = "sdf"
# GM/T 0018-2012 5.4 (ECCref_MAX_BITS 512): numbers stand at the end of 64 bytes.
WIDE: Final = 64
COORDINATE: Final = 32
BITS: Final = 256
# GM/T 0018-2012 annex A: SDR_BASE 0x01000000; what is told apart here, the rest is "does not answer".
KEY_NOT_EXIST: Final = 0x01000008
PRIVATE_KEY_RIGHT: Final = frozenset({0x01000006, 0x01000012})
UNKNOWN_CALL: Final = 0x01000002
GOOD: Final = 0


class EccPublicKey(Structure):
    """ECCrefPublicKey."""

    _fields_ = [("bits", c_uint), ("x", c_ubyte * WIDE), ("y", c_ubyte * WIDE)]


class EccSignature(Structure):
    """ECCSignature."""

    _fields_ = [("r", c_ubyte * WIDE), ("s", c_ubyte * WIDE)]


_CALLS: Final[dict[str, list[Any]]] = {
    "SDF_OpenDevice": [POINTER(c_void_p)],
    "SDF_CloseDevice": [c_void_p],
    "SDF_OpenSession": [c_void_p, POINTER(c_void_p)],
    "SDF_CloseSession": [c_void_p],
    "SDF_GetPrivateKeyAccessRight": [c_void_p, c_uint, c_char_p, c_uint],
    "SDF_ReleasePrivateKeyAccessRight": [c_void_p, c_uint],
    "SDF_ExportSignPublicKey_ECC": [c_void_p, c_uint, POINTER(EccPublicKey)],
    "SDF_InternalSign_ECC": [c_void_p, c_uint, c_char_p, c_uint, POINTER(EccSignature)],
}


class SdfDevice:
    """The device behind `sdf:` addresses."""

    def __init__(self, place: Place) -> None:
        if not place.sdf_library:
            raise DeviceNotSetUp(DEVICE, "custody.sdf_library")
        self._pin = place.pin
        self._lock = threading.Lock()
        self._library = _loaded(place.sdf_library)
        self._device: c_void_p | None = None
        self._publics: dict[str, PublicKey] = {}
        self._refused: dict[int, bytes] = {}
        self._pool: Pool[_Session] = Pool(DEVICE, self._opened, self._closed)

    def address(self, name: str, within: str) -> KeyUri:  # noqa: ARG002 - nothing is made there
        """Keys are made with the device's own tools. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "generate")

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:  # noqa: ARG002
        """Keys are made with the device's own tools. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "generate")

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:  # noqa: ARG002
        """Keys are brought in with the device's own tools. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "take in")

    def signer(self, uri: KeyUri) -> "SdfSigner":
        """Give the key, reading its public half once. Raises `KeyNotThere`, `DeviceDown`, `DeviceAnswerUnusable`."""
        with self._lock:
            known = self._publics.get(uri.text)
        public = known or self._public(int(uri.values["index"]))
        with self._lock:
            self._publics[uri.text] = public
        return SdfSigner(self, int(uri.values["index"]), public)

    def signed(self, index: int, prepared: bytes) -> bytes:
        """Have the device sign an e-value, and give DER. Raises `DeviceDown`, `PinRefused`, `FaultySignature`."""
        with self._pool.session() as session:
            self._require_right(session, index)
            signature = EccSignature()
            self._call("SDF_InternalSign_ECC", session.handle, index, prepared, len(prepared), byref(signature))
        try:
            return Signature.from_raw(_short(signature.r) + _short(signature.s)).der
        except (MalformedSignature, DeviceAnswerUnusable) as error:
            raise FaultySignature(DEVICE) from error

    def _public(self, index: int) -> PublicKey:
        told = EccPublicKey()
        with self._pool.session() as session:
            self._call("SDF_ExportSignPublicKey_ECC", session.handle, index, byref(told))
        if told.bits != BITS:
            raise DeviceAnswerUnusable(DEVICE, "bits")
        try:
            return Sm2PublicKey.from_spki(spki.written(b"\x04" + _short(told.x) + _short(told.y)))
        except UnusableKey as error:
            raise DeviceAnswerUnusable(DEVICE, "public key") from error

    def _require_right(self, session: "_Session", index: int) -> None:
        """Ask once a session for the right to a private key; a refused password is not tried again."""
        if self._pin is None or index in session.rights:
            return
        pin = self._pin(f"{DEVICE}-{index}")
        with self._lock:
            if self._refused.get(index) == pin:
                raise PinRefused(DEVICE, "refused before")
        try:
            self._call("SDF_GetPrivateKeyAccessRight", session.handle, index, pin, len(pin))
        except PinRefused:
            with self._lock:
                self._refused[index] = pin
            raise
        session.rights.add(index)

    def _opened(self) -> "_Session":
        with self._lock:
            if self._device is None:
                device = c_void_p()
                self._call("SDF_OpenDevice", byref(device))
                self._device = device
            device, handle = self._device, c_void_p()
        try:
            self._call("SDF_OpenSession", device, byref(handle))
        except DeviceDown:
            with self._lock:
                self._device = None
            raise
        return _Session(handle)

    def _closed(self, session: "_Session") -> None:
        for index in session.rights:
            self._call("SDF_ReleasePrivateKeyAccessRight", session.handle, index)
        self._call("SDF_CloseSession", session.handle)

    def _call(self, name: str, *arguments: object) -> None:
        call: Callable[..., int] = getattr(self._library, name)
        code = call(*arguments)
        if code == GOOD:
            return
        if code == KEY_NOT_EXIST:
            raise KeyNotThere(DEVICE, 0)
        if code in PRIVATE_KEY_RIGHT:
            raise PinRefused(DEVICE, f"{code & 0xFFFFFFFF:#010x}")
        if code == UNKNOWN_CALL:
            raise BeyondDevice(DEVICE, name)
        raise DeviceDown(DEVICE, f"{name} {code & 0xFFFFFFFF:#010x}")


@dataclass
class _Session:
    handle: c_void_p
    rights: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class SdfSigner:
    """A key that stays in its device."""

    device: SdfDevice = field(repr=False)
    index: int
    public: PublicKey = field(repr=False)

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Have the device sign. Raises `KeyDoesNotFit`, `DeviceDown`, `PinRefused`, `FaultySignature`."""
        require_kind(self.public, algorithm)
        return checked(self.public, algorithm, self.device.signed(self.index, prepared), prepared)

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:  # noqa: ARG002
        """Not offered. Raises `KeyDoesNotFit`, `BeyondDevice`."""
        require_kind(self.public, algorithm)
        raise BeyondDevice(DEVICE, "decrypt")


def _loaded(path: str) -> ctypes.CDLL:
    if not Path(path).is_absolute():
        raise DeviceNotSetUp(DEVICE, "custody.sdf_library")
    try:
        library = ctypes.CDLL(path)
        for name, arguments in _CALLS.items():
            call = getattr(library, name)
            call.argtypes, call.restype = arguments, c_uint
    except (OSError, AttributeError) as error:
        raise DeviceDown(DEVICE, "library cannot be loaded") from error
    return library


def _short(wide: Any) -> bytes:
    """Take the 32 bytes at the end of 64. Raises `DeviceAnswerUnusable`."""
    data = bytes(wide)
    if any(data[: WIDE - COORDINATE]):
        raise DeviceAnswerUnusable(DEVICE, "number over 256 bits")
    return data[WIDE - COORDINATE :]
