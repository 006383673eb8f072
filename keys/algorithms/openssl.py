"""Find the OpenSSL (3.0 or later) that is on this machine and declare the few functions of it that are called.

The interpreter's own `_hashlib` is linked against one; `dlsym` on its handle looks through its dependencies too, so
the same copy that serves `ssl` answers, patched by the distribution. Where the interpreter carries OpenSSL inside, the
system's `libcrypto.so.3` is asked. A caller may name one library, and then no other is tried. ctypes lets the
interpreter's lock go for the length of every call.
"""

import ctypes
import platform
from collections.abc import Iterator
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p
from typing import Any, Final

from keys.errors import BackendMissing

NAME: Final = "openssl"
LEAST_VERSION: Final = 0x30000000
SYSTEM_NAMES: Final = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto-3-x64.dll")

# CVE-2025-9231: SM2 signatures leak the key through time on 64-bit ARM in these series before these patch levels.
_LEAKY_ON_ARM: Final = {(3, 2): 6, (3, 3): 5, (3, 4): 3, (3, 5): 4}
_ARM: Final = frozenset({"aarch64", "arm64"})

Pointer = c_void_p

_POINTER_TO_POINTER = ctypes.POINTER(c_void_p)
_POINTER_TO_SIZE = ctypes.POINTER(c_size_t)

# name, result, arguments: taken from the manual pages of OpenSSL 3.0.
_FUNCTIONS: Final[tuple[tuple[str, Any, tuple[Any, ...]], ...]] = (
    ("OpenSSL_version_num", c_ulong, ()),
    ("OpenSSL_version", c_char_p, (c_int,)),
    ("ERR_get_error", c_ulong, ()),
    ("ERR_clear_error", None, ()),
    ("EVP_PKEY_free", None, (Pointer,)),
    ("EVP_PKEY_CTX_new_from_name", Pointer, (Pointer, c_char_p, c_char_p)),
    ("EVP_PKEY_CTX_new_from_pkey", Pointer, (Pointer, Pointer, c_char_p)),
    ("EVP_PKEY_CTX_free", None, (Pointer,)),
    ("EVP_PKEY_keygen_init", c_int, (Pointer,)),
    ("EVP_PKEY_generate", c_int, (Pointer, _POINTER_TO_POINTER)),
    ("EVP_PKEY_fromdata_init", c_int, (Pointer,)),
    ("EVP_PKEY_fromdata", c_int, (Pointer, _POINTER_TO_POINTER, c_int, Pointer)),
    ("EVP_PKEY_sign_init", c_int, (Pointer,)),
    ("EVP_PKEY_sign", c_int, (Pointer, c_char_p, _POINTER_TO_SIZE, c_char_p, c_size_t)),
    ("EVP_PKEY_verify_init", c_int, (Pointer,)),
    ("EVP_PKEY_verify", c_int, (Pointer, c_char_p, c_size_t, c_char_p, c_size_t)),
    ("EVP_PKEY_encrypt_init", c_int, (Pointer,)),
    ("EVP_PKEY_encrypt", c_int, (Pointer, c_char_p, _POINTER_TO_SIZE, c_char_p, c_size_t)),
    ("EVP_PKEY_decrypt_init", c_int, (Pointer,)),
    ("EVP_PKEY_decrypt", c_int, (Pointer, c_char_p, _POINTER_TO_SIZE, c_char_p, c_size_t)),
    ("EVP_PKEY_get_bn_param", c_int, (Pointer, c_char_p, _POINTER_TO_POINTER)),
    ("EVP_PKEY_get_octet_string_param", c_int, (Pointer, c_char_p, c_char_p, c_size_t, _POINTER_TO_SIZE)),
    ("OSSL_PARAM_BLD_new", Pointer, ()),
    ("OSSL_PARAM_BLD_free", None, (Pointer,)),
    ("OSSL_PARAM_BLD_push_utf8_string", c_int, (Pointer, c_char_p, c_char_p, c_size_t)),
    ("OSSL_PARAM_BLD_push_octet_string", c_int, (Pointer, c_char_p, c_char_p, c_size_t)),
    ("OSSL_PARAM_BLD_push_BN", c_int, (Pointer, c_char_p, Pointer)),
    ("OSSL_PARAM_BLD_to_param", Pointer, (Pointer,)),
    ("OSSL_PARAM_free", None, (Pointer,)),
    ("BN_secure_new", Pointer, ()),
    ("BN_bin2bn", Pointer, (c_char_p, c_int, Pointer)),
    ("BN_bn2binpad", c_int, (Pointer, c_char_p, c_int)),
    ("BN_set_flags", None, (Pointer, c_int)),
    ("BN_clear_free", None, (Pointer,)),
    ("OBJ_txt2nid", c_int, (c_char_p,)),
    ("EC_GROUP_new_by_curve_name", Pointer, (c_int,)),
    ("EC_GROUP_free", None, (Pointer,)),
    ("EC_POINT_new", Pointer, (Pointer,)),
    ("EC_POINT_free", None, (Pointer,)),
    ("EC_POINT_mul", c_int, (Pointer, Pointer, Pointer, Pointer, Pointer, Pointer)),
    ("EC_POINT_point2oct", c_size_t, (Pointer, Pointer, c_uint, c_char_p, c_size_t, Pointer)),
)


class Library:
    """One loaded libcrypto: its functions as attributes, each declared above."""

    def __init__(self, handle: ctypes.CDLL, place: str) -> None:
        self.place = place
        for name, result, arguments in _FUNCTIONS:
            function = getattr(handle, name)
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)
        number = int(self.OpenSSL_version_num())
        self.version = (number >> 28, number >> 20 & 0xFF, number >> 4 & 0xFFFF)
        self.told = bytes(self.OpenSSL_version(0)).decode("ascii", "replace")

    def __getattr__(self, name: str) -> Any:
        # Only reached for functions that _FUNCTIONS does not declare.
        raise AttributeError(name)

    def errors(self) -> list[tuple[int, int]]:
        """Empty this thread's error queue into (library, reason) pairs, oldest first.

        An error left behind would surface in the interpreter's `ssl` module, which shares the queue.
        """
        found: list[tuple[int, int]] = []
        while code := int(self.ERR_get_error()):
            found.append((code >> 23 & 0xFF, code & 0x7FFFFF))
        return found


def load(path: str | None = None) -> Library:
    """Load the named library, or the first that fits. Raises `BackendMissing` with every reason."""
    reasons: list[str] = []
    for place, handle in _places(path, reasons):
        reason = _unfit(handle)
        if reason is None:
            return Library(handle, place)
        reasons.append(f"{place}: {reason}")
    raise BackendMissing(NAME, "; ".join(reasons) or "no library found")


def caution(version: tuple[int, int, int], machine: str) -> str | None:
    """Name the known weakness of SM2 in this version on this machine, judged by the version number alone.

    Distributions mend without changing the number, so this is told to the operator and refuses nothing.
    """
    major, minor, patch = version
    mended = _LEAKY_ON_ARM.get((major, minor))
    if machine in _ARM and mended is not None and patch < mended:
        return f"CVE-2025-9231 unless the distribution has mended {major}.{minor}.{patch}"
    return None


def machine() -> str:
    """Name the processor family."""
    return platform.machine().lower()


def _places(path: str | None, reasons: list[str]) -> Iterator[tuple[str, ctypes.CDLL]]:
    for place in (path,) if path is not None else (_interpreters_own(), *SYSTEM_NAMES):
        if place is None:
            continue
        try:
            yield place, ctypes.CDLL(place)
        except OSError as error:
            reasons.append(f"{place}: {error}")


def _interpreters_own() -> str | None:
    try:
        import _hashlib
    except ImportError:
        return None
    return getattr(_hashlib, "__file__", None)


def _unfit(handle: ctypes.CDLL) -> str | None:
    """Say why this library will not do, or None."""
    try:
        number = handle.OpenSSL_version_num
        missing = [name for name, _, _ in _FUNCTIONS if not hasattr(handle, name)]
    except AttributeError:
        return "exports no OpenSSL"
    number.restype = c_ulong
    if int(number()) < LEAST_VERSION:
        return "older than OpenSSL 3.0"
    if missing:
        return f"lacks {missing[0]}"
    return None
