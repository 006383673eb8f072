"""SM2 by OpenSSL 3 through ctypes: the backend that signs.

Every operation makes an EVP_PKEY_CTX of its own, so no two threads ever share one and none outlives a call; measured,
that costs 2 µs of 290. Public keys stay loaded in a small cache by their point. Private keys live in OpenSSL's memory
behind a handle; nonces come from its private generator, which notices a fork and reseeds.
"""

import ctypes
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_size_t, c_void_p, create_string_buffer
from typing import Any, Final, NoReturn

from keys.algorithms import openssl
from keys.algorithms.openssl import Library
from keys.algorithms.sm2_backend import PrivateHandle
from keys.algorithms.sm2_curve import COORDINATE, POINT
from keys.errors import BackendMissing, ComputationFailed

# A public key costs 0.16 ms to load and about 2 KiB to keep; partners and CAs of one site are fewer than this.
CACHED_KEYS: Final = 256

_SM2: Final = b"SM2"
# OSSL_KEYMGMT_SELECT_*: all parameters (0x84), with the public (0x02) and the private half (0x01).
_PUBLIC: Final = 0x86
_PAIR: Final = 0x87
_UNCOMPRESSED: Final = 4
_CONSTANT_TIME: Final = 0x04
# SEQUENCE of two INTEGERs of 33 bytes each.
_SIGNATURE_ROOM: Final = 72
# What EVP_PKEY_encrypt adds: two INTEGERs, C3, headers.
_CIPHERTEXT_ROOM: Final = 128

# openssl/err.h and ecerr.h, crypto/sm2err.h: what can come of an input, as against memory running out.
_POINT_AT_INFINITY: Final = (16, 106)
_INVALID_DIGEST: Final = (53, 102)
_INVALID_ENCODING: Final = (53, 104)


class _Key:
    """An EVP_PKEY that is freed with its last reference."""

    __slots__ = ("_free", "pointer")

    def __init__(self, library: Library, pointer: c_void_p) -> None:
        self._free = library.EVP_PKEY_free
        self.pointer = pointer

    def __del__(self) -> None:
        self._free(self.pointer)


class OpenSSLPrivate:
    """A private key in OpenSSL's memory."""

    __slots__ = ("_backend", "_key", "_point")

    def __init__(self, backend: "OpenSSLBackend", key: _Key, point: bytes) -> None:
        self._backend = backend
        self._key = key
        self._point = point

    @property
    def point(self) -> bytes:
        """Give the public half."""
        return self._point

    def sign_e(self, e: bytes) -> bytes:
        """Sign an e-value."""
        library = self._backend.crypto
        room, size = create_string_buffer(_SIGNATURE_ROOM), c_size_t(_SIGNATURE_ROOM)
        with self._backend.context(self._key) as context:
            if library.EVP_PKEY_sign_init(context) != 1:
                self._backend.give_up("sign")
            if library.EVP_PKEY_sign(context, room, byref(size), e, len(e)) != 1:
                self._backend.give_up("sign")
        return room.raw[: size.value]

    def decrypt(self, ciphertext: bytes) -> bytes | None:
        """Open a ciphertext; OpenSSL compares C3 in constant time and clears what it had opened."""
        library = self._backend.crypto
        room, size = create_string_buffer(len(ciphertext)), c_size_t(len(ciphertext))
        with self._backend.context(self._key) as context:
            if library.EVP_PKEY_decrypt_init(context) != 1:
                self._backend.give_up("decrypt")
            if library.EVP_PKEY_decrypt(context, room, byref(size), ciphertext, len(ciphertext)) != 1:
                if {_INVALID_DIGEST, _INVALID_ENCODING} & set(library.errors()):
                    return None
                self._backend.give_up("decrypt")
        return room.raw[: size.value]

    def scalar(self) -> bytes:
        """Give the private key as 32 bytes."""
        library = self._backend.crypto
        number = c_void_p()
        if library.EVP_PKEY_get_bn_param(self._key.pointer, b"priv", byref(number)) != 1:
            self._backend.give_up("export")
        room = create_string_buffer(COORDINATE)
        try:
            if library.BN_bn2binpad(number, room, COORDINATE) != COORDINATE:
                self._backend.give_up("export")
            return room.raw
        finally:
            library.BN_clear_free(number)
            ctypes.memset(room, 0, COORDINATE)


class OpenSSLBackend:
    """SM2 by one OpenSSL library."""

    name = openssl.NAME

    def __init__(self, library: Library) -> None:
        self.crypto = library
        self.library = library.told
        self.caution = openssl.caution(library.version, openssl.machine())
        self._public: OrderedDict[bytes, _Key] = OrderedDict()
        self._lock = threading.Lock()

    def verify_e(self, point: bytes, signature: bytes, e: bytes) -> bool:
        """Tell whether the signature fits."""
        with self.context(self._public_key(point)) as context:
            if self.crypto.EVP_PKEY_verify_init(context) != 1:
                self.give_up("verify")
            answer = self.crypto.EVP_PKEY_verify(context, signature, len(signature), e, len(e))
        if answer == 1:
            return True
        # sG + tP at infinity is an answer about the signature; a negative answer for any other reason is none.
        errors = self.crypto.errors()
        if answer < 0 and _POINT_AT_INFINITY not in errors:
            self.give_up("verify")
        return False

    def generate(self) -> PrivateHandle:
        """Make a key pair."""
        pointer = c_void_p()
        with self._new_key() as context:
            if self.crypto.EVP_PKEY_keygen_init(context) != 1:
                self.give_up("generate")
            if self.crypto.EVP_PKEY_generate(context, byref(pointer)) != 1:
                self.give_up("generate")
        key = _Key(self.crypto, pointer)
        room, size = create_string_buffer(POINT), c_size_t()
        if self.crypto.EVP_PKEY_get_octet_string_param(pointer, b"pub", room, POINT, byref(size)) != 1:
            self.give_up("generate")
        return OpenSSLPrivate(self, key, room.raw[: size.value])

    def load(self, scalar: bytes) -> PrivateHandle:
        """Take in a private key; its public half is computed here, never believed."""
        number = self.crypto.BN_bin2bn(scalar, len(scalar), self.crypto.BN_secure_new())
        if not number:
            self.give_up("load")
        try:
            self.crypto.BN_set_flags(number, _CONSTANT_TIME)
            point = self._point_of(number)
            return OpenSSLPrivate(self, self._from_data(point, number), point)
        finally:
            self.crypto.BN_clear_free(number)

    def encrypt(self, point: bytes, message: bytes) -> bytes:
        """Encrypt to a point."""
        size = c_size_t(len(message) + _CIPHERTEXT_ROOM)
        room = create_string_buffer(size.value)
        with self.context(self._public_key(point)) as context:
            if self.crypto.EVP_PKEY_encrypt_init(context) != 1:
                self.give_up("encrypt")
            if self.crypto.EVP_PKEY_encrypt(context, room, byref(size), message, len(message)) != 1:
                self.give_up("encrypt")
        return room.raw[: size.value]

    @contextmanager
    def context(self, key: _Key) -> Iterator[Any]:
        """Open a context for one operation on one key, in one thread."""
        context = self.crypto.EVP_PKEY_CTX_new_from_pkey(None, key.pointer, None)
        if not context:
            self.give_up("context")
        try:
            yield context
        finally:
            self.crypto.EVP_PKEY_CTX_free(context)

    def give_up(self, act: str) -> NoReturn:
        """Say that nothing was computed. Raises `ComputationFailed`."""
        self.crypto.ERR_clear_error()
        raise ComputationFailed(self.name, act)

    @contextmanager
    def _new_key(self) -> Iterator[Any]:
        context = self.crypto.EVP_PKEY_CTX_new_from_name(None, _SM2, None)
        if not context:
            self.crypto.ERR_clear_error()
            raise BackendMissing(self.name, f"{self.library} was built without SM2")
        try:
            yield context
        finally:
            self.crypto.EVP_PKEY_CTX_free(context)

    def _public_key(self, point: bytes) -> _Key:
        with self._lock:
            if point in self._public:
                self._public.move_to_end(point)
                return self._public[point]
        key = self._from_data(point, None)
        with self._lock:
            self._public[point] = key
            while len(self._public) > CACHED_KEYS:
                self._public.popitem(last=False)
        return key

    def _from_data(self, point: bytes, number: Any) -> _Key:
        """Build an EVP_PKEY from a point, and a private number where there is one."""
        crypto, pointer = self.crypto, c_void_p()
        builder = crypto.OSSL_PARAM_BLD_new()
        parameters = None
        try:
            if (
                crypto.OSSL_PARAM_BLD_push_utf8_string(builder, b"group", _SM2, 0) == 1
                and crypto.OSSL_PARAM_BLD_push_octet_string(builder, b"pub", point, len(point)) == 1
                and (number is None or crypto.OSSL_PARAM_BLD_push_BN(builder, b"priv", number) == 1)
            ):
                parameters = crypto.OSSL_PARAM_BLD_to_param(builder)
            if not parameters:
                self.give_up("load")
            selection = _PUBLIC if number is None else _PAIR
            with self._new_key() as context:
                if crypto.EVP_PKEY_fromdata_init(context) != 1:
                    self.give_up("load")
                if crypto.EVP_PKEY_fromdata(context, byref(pointer), selection, parameters) != 1:
                    self.give_up("load")
        finally:
            crypto.OSSL_PARAM_free(parameters)
            crypto.OSSL_PARAM_BLD_free(builder)
        return _Key(crypto, pointer)

    def _point_of(self, number: Any) -> bytes:
        """Multiply the base point by a private number; OpenSSL takes its ladder, since only the base is multiplied."""
        crypto = self.crypto
        group = crypto.EC_GROUP_new_by_curve_name(crypto.OBJ_txt2nid(_SM2))
        if not group:
            self.give_up("load")
        product, room = crypto.EC_POINT_new(group), create_string_buffer(POINT)
        try:
            if crypto.EC_POINT_mul(group, product, number, None, None, None) != 1:
                self.give_up("load")
            if crypto.EC_POINT_point2oct(group, product, _UNCOMPRESSED, room, POINT, None) != POINT:
                self.give_up("load")
            return room.raw
        finally:
            crypto.EC_POINT_free(product)
            crypto.EC_GROUP_free(group)


def opened(path: str | None = None) -> OpenSSLBackend:
    """Open the OpenSSL at this path, or the one that is found. Raises `BackendMissing`."""
    backend = OpenSSLBackend(openssl.load(path))
    with backend._new_key():  # noqa: SLF001 - asks whether this build has SM2 at all
        return backend
