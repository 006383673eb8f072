"""Time-based codes (RFC 6238) as the authenticator apps make them: SHA-1, 30 seconds, 6 digits.

SHA-1 is what the apps know; in HMAC nothing is known against it (RFC 6194 3.3), and it is used for nothing else here.
A code is accepted of its own time step, the one before and the one after (RFC 6238 5.2); that a step counts once is
for whoever keeps the last one. What is compared takes as long whether a code is right or not.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# RFC 4226 4, R6: 160 bits are recommended.
SECRET_BYTES: Final = 20
STEPS_OFF: Final = (-1, 0, 1)
# Held against a code when there is no secret, so that both take as long.
NOBODYS: Final = bytes(SECRET_BYTES)


def new_secret() -> bytes:
    """Make a secret."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Compute the code of a time step."""
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303 - the apps know no other


def step_at(at: datetime) -> int:
    """Tell the time step of a moment."""
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes | None, code: str | None, at: datetime) -> int | None:
    """Find the time step, near this moment, whose code this is."""
    told = (code or "").encode("utf-8", "replace")
    near = [step_at(at) + off for off in STEPS_OFF]
    fits = [hmac.compare_digest(code_at(secret or NOBODYS, step).encode(), told) for step in near]
    if secret is None:
        return None
    # The latest of them, so that no code that was seen before can follow one that was used.
    return max((step for step, fit in zip(near, fits, strict=True) if fit), default=None)


def written(secret: bytes) -> str:
    """Write a secret as the apps take it when it is typed."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, login: str, service: str) -> str:
    """Write a secret as the address that apps read from a picture or a link."""
    label = quote(f"{service}:{login}", safe="")
    told = {"secret": written(secret), "issuer": service, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(told, quote_via=quote)}"
