"""Passwords: how they are hashed, and that the slow work of it cannot use the server up.

Argon2id (RFC 9106) is what a site has unless it is told otherwise; PBKDF2 with HMAC-SM3 is for sites whose assessment
(GB/T 39786) takes national algorithms only. Whatever is known can be verified, so that a site may change over: a
password that fits and was hashed another way is hashed anew at that login.
"""

import base64
import binascii
import hmac
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

import argon2
from argon2 import Type
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from keys.parties.login_errors import LoginBusy

# RFC 9106 3.1 recommends 16 bytes of salt and 32 of hash.
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
# A person waits this long behind others who log in; then trying again is the better advice.
LONGEST_WAIT_SECONDS: Final = 5.0


class Method(Protocol):
    """One way of hashing passwords."""

    @property
    def prefix(self) -> str:
        """Give that with which all its hashes begin."""

    def hashed(self, password: str) -> str:
        """Hash a password with a new salt."""

    def fits(self, kept: str, password: str) -> bool:
        """Tell whether the password is the one that was hashed."""

    def outdated(self, kept: str) -> bool:
        """Tell whether the hash was made with other parameters."""


class Argon2id:
    """Argon2id by argon2-cffi."""

    prefix: Final = "$argon2id$"

    def __init__(self, memory_kib: int, passes: int, lanes: int) -> None:
        self._library = argon2.PasswordHasher(
            passes, memory_kib, lanes, hash_len=HASH_BYTES, salt_len=SALT_BYTES, type=Type.ID
        )

    def hashed(self, password: str) -> str:
        """Hash a password with a new salt."""
        return self._library.hash(password)

    def fits(self, kept: str, password: str) -> bool:
        """Tell whether the password is the one that was hashed; a damaged hash fits none."""
        try:
            return self._library.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Tell whether the hash was made with other parameters."""
        return self._library.check_needs_rehash(kept)


class Pbkdf2Sm3:
    """PBKDF2 (RFC 8018) with HMAC-SM3, written as `$pbkdf2-sm3$i=<rounds>$<salt>$<hash>`."""

    prefix: Final = "$pbkdf2-sm3$"
    _SHAPE: Final = re.compile(r"\$pbkdf2-sm3\$i=([1-9][0-9]{0,7})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})")

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds

    def hashed(self, password: str) -> str:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(SALT_BYTES)
        return f"{self.prefix}i={self._rounds}${_b64(salt)}${_b64(_derived(password, salt, self._rounds))}"

    def fits(self, kept: str, password: str) -> bool:
        """Tell whether the password is the one that was hashed; a damaged hash fits none."""
        found = self._SHAPE.fullmatch(kept)
        if found is None:
            return False
        try:
            salt, expected = (
                base64.b64decode(each + "=" * (-len(each) % 4), validate=True) for each in found.group(2, 3)
            )
        except binascii.Error:
            return False
        return hmac.compare_digest(_derived(password, salt, int(found[1])), expected)

    def outdated(self, kept: str) -> bool:
        """Tell whether the hash was made with other parameters."""
        found = self._SHAPE.fullmatch(kept)
        return found is None or int(found[1]) != self._rounds


class Hasher:
    """Hashes with the site's method and verifies with the one that a hash names; a few at once and no more."""

    def __init__(self, site: Method, others: tuple[Method, ...] = (), at_once: int = 2) -> None:
        self._site = site
        self._known: Mapping[str, Method] = {each.prefix: each for each in (*others, site)}
        self._turns = threading.BoundedSemaphore(at_once)
        # Verified against when there is nothing to verify against, so that both take as long.
        self._nobodys = site.hashed(secrets.token_urlsafe(SALT_BYTES))

    def hashed(self, password: str) -> str:
        """Hash a password with a new salt. Raises `LoginBusy`."""
        with self._turn():
            return self._site.hashed(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether the password is the one that was hashed; with nothing kept, work as long and say no.

        Raises `LoginBusy`.
        """
        method = self._of(kept)
        with self._turn():
            if kept is None or method is None:
                self._site.fits(self._nobodys, password)
                return False
            return method.fits(kept, password)

    def outdated(self, kept: str) -> bool:
        """Tell whether what is kept was made with other than today's method and parameters."""
        return self._of(kept) is not self._site or self._site.outdated(kept)

    def _of(self, kept: str | None) -> Method | None:
        return next(
            (each for prefix, each in self._known.items() if kept is not None and kept.startswith(prefix)), None
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise LoginBusy
        try:
            yield
        finally:
            self._turns.release()


def _derived(password: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(SM3(), HASH_BYTES, salt, rounds).derive(password.encode())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
