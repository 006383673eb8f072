"""How calls are signed here and how a secret is sealed, written after the convention and not after any client. Pure."""

import base64
import binascii
import functools
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from catalog_sync.simulator.wire import Request

PARTS: Final = ("rid", "sid", "rtime", "sign")
WINDOW_SECONDS: Final = 600


def part_of(request: Request, part: str) -> str:
    """Give one of the four parts, under either generation of names."""
    names = (f"gjgxjhpt-{part}", f"gjzwfwpt-{part}")
    return next((request.headers[name] for name in names if name in request.headers), "")


def is_now(rtime: str, at: float) -> bool:
    """Tell whether a call's time is within the window."""
    return rtime.isascii() and rtime.isdigit() and abs(int(rtime) / 1000 - at) <= WINDOW_SECONDS


def is_signed(parts: Mapping[str, str], secret: str) -> bool:
    """Tell whether the parts are signed under a secret."""
    message = (parts["sid"] + parts["rid"] + parts["rtime"]).encode()
    try:
        sign = base64.b64decode(parts["sign"], validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(sign, hmac.digest(secret.encode(), message, "sha256"))


@functools.lru_cache(maxsize=8)
def _cipher_key(app_key: str) -> bytes:
    """Derive the AES key as SHA1PRNG seeded with the application key does."""
    once = hashlib.sha1(app_key.encode(), usedforsecurity=False).digest()
    return hashlib.sha1(once, usedforsecurity=False).digest()[:16]


def sealed(app_key: str, secret: str) -> str:
    """Seal a secret under the application key."""
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(_cipher_key(app_key)), modes.ECB()).encryptor()  # noqa: S305 - the platform's
    padded = padder.update(secret.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
