"""Files that hold secrets: read only when nobody else may, written whole or not at all, never written over.

A file is written beside its place and linked there, which fails when another process was faster: of several makers one
wins, and the others read what it made.
"""

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from base.durable import filled, names_kept
from keys.signers.errors import KeyAlreadyThere, SecretFileUnusable

MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
OTHERS: Final = 0o077
# The largest secret is an RSA key of 16,384 bits in PEM: 13 KiB.
LARGEST: Final = 64 * 1024
# 32 bytes from the system's generator: more than any cipher here takes from a password.
DRAWN_BYTES: Final = 32
# A password that begins so was drawn here, so that deriving from it needs no slowing down.
DRAWN: Final = b"yinxin-drawn-1."


def read(file: Path) -> bytes:
    """Read a secret that only the service's user (or root) holds. Raises `SecretFileUnusable`."""
    try:
        with file.open("rb") as opened:
            state = os.fstat(opened.fileno())
            _require_ours(file, state)
            return opened.read(LARGEST)
    except OSError as error:
        raise SecretFileUnusable(file.name, error.strerror or type(error).__name__) from error


def line(file: Path) -> bytes:
    """Read a password or PIN: the file's one line, without its end. Raises `SecretFileUnusable`."""
    told = read(file).removesuffix(b"\n").removesuffix(b"\r")
    if not told or b"\n" in told or b"\0" in told:
        raise SecretFileUnusable(file.name, "not one line")
    return told


def write(file: Path, data: bytes) -> None:
    """Write a secret where none is. Raises `KeyAlreadyThere`, `SecretFileUnusable`."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            filled(descriptor, data)
            os.link(part, file)
        finally:
            part.unlink()
        names_kept(file.parent)
    except FileExistsError as error:
        raise KeyAlreadyThere("file") from error
    except OSError as error:
        raise SecretFileUnusable(file.name, error.strerror or type(error).__name__) from error


def replace(file: Path, data: bytes) -> None:
    """Put a secret in the place of an older one, at once. Raises `SecretFileUnusable`."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")
    try:
        filled(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), data)
        part.replace(file)
        names_kept(file.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SecretFileUnusable(file.name, error.strerror or type(error).__name__) from error


def line_made_once(file: Path, drawn: Callable[[], bytes] | None = None) -> bytes:
    """Read a password, drawing it first when the file is not there yet. Raises `SecretFileUnusable`."""
    if not file.exists():
        made_once(file, lambda: (drawn or new_password)() + b"\n")
    return line(file)


def made_once(file: Path, make: Callable[[], bytes]) -> None:
    """Write a secret unless another process has just done so. Raises `SecretFileUnusable`."""
    try:
        write(file, make())
    except KeyAlreadyThere:
        return


def new_password() -> bytes:
    """Draw a password that nobody needs to remember."""
    return DRAWN + secrets.token_urlsafe(DRAWN_BYTES).encode()


def is_drawn(password: bytes) -> bool:
    """Tell a password that was drawn here from one that a person has chosen."""
    return password.startswith(DRAWN) and len(password) >= len(new_password())


def is_loose(file: Path) -> bool:
    """Tell whether other users may touch the file."""
    return bool(stat.S_IMODE(file.stat().st_mode) & OTHERS)


def _require_ours(file: Path, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise SecretFileUnusable(file.name, "not a regular file")
    if stat.S_IMODE(state.st_mode) & OTHERS:
        raise SecretFileUnusable(file.name, f"mode {stat.S_IMODE(state.st_mode):04o}, needed 0600")
    if state.st_uid not in {os.geteuid(), 0}:
        raise SecretFileUnusable(file.name, "another user's file")
    if state.st_size > LARGEST:
        raise SecretFileUnusable(file.name, "too large")
