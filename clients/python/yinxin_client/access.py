"""How a system proves itself, and the token that it is given: asked for once, used by all threads, renewed in time.

By its key (`ClientKey`, private_key_jwt after RFC 7523) or, in a sandbox only, by a secret (`ClientSecret`). The key
signs an assertion that lives two minutes and counts once. How the token endpoint is called is handed in.
"""

import base64
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from yinxin_client.errors import UnreadableAnswer
from yinxin_client.signers import Signer

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# The service takes five minutes at most; two leave room for a clock that is a little ahead.
ASSERTION_SECONDS: Final = 120
# A token is renewed this long before its end, so that none runs out on the way or by a slow clock; short ones at half.
SPARE_SECONDS: Final = 60


class Credential(Protocol):
    """What a system proves itself with."""

    @property
    def client_id(self) -> str:
        """Name the system."""

    def form(self, audience: str, at: float) -> dict[str, str]:
        """Give the members of a token request that prove the system, at a moment in seconds since 1970."""


@dataclass(frozen=True)
class ClientSecret:
    """A client id and secret: for the sandbox."""

    client_id: str
    secret: str = field(repr=False)

    def form(self, audience: str, at: float) -> dict[str, str]:  # noqa: ARG002 - a secret is the same everywhere
        """Give id and secret."""
        return {"client_id": self.client_id, "client_secret": self.secret}


@dataclass(frozen=True)
class ClientKey:
    """A client id and the key that the platform has on record for it."""

    client_id: str
    signer: Signer = field(repr=False)

    def form(self, audience: str, at: float) -> dict[str, str]:
        """Give a signed assertion. Raises `UnusableKey`."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": str(uuid.uuid4()),
            "iat": int(at),
            "exp": int(at) + ASSERTION_SECONDS,
        }
        header = {"alg": self.signer.algorithm.jose, "typ": "JWT", "kid": self.signer.kid}
        signed = f"{_part(header)}.{_part(claims)}"
        signature = _encoded(self.signer.sign(signed.encode("ascii")))
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": f"{signed}.{signature}"}


@dataclass(frozen=True)
class Token:
    """An access token and the seconds it lives."""

    text: str = field(repr=False)
    seconds: float

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "Token":
        """Read the answer of the token endpoint. Raises `UnreadableAnswer`."""
        text, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(text, str) or not isinstance(seconds, int) or isinstance(seconds, bool):
            raise UnreadableAnswer("the token endpoint gave no token")
        return cls(text, seconds)


class Tokens:
    """Keeps one token for all threads; whoever comes while it is fetched waits for that one."""

    def __init__(self, ask: Callable[[], Token], stopwatch: Callable[[], float]) -> None:
        self._ask, self._stopwatch = ask, stopwatch
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renewed_at = 0.0

    def bearer(self) -> str:
        """Give a token that is good for a while yet. Raises what asking for one raises."""
        with self._lock:
            now = self._stopwatch()
            if self._token is None or now >= self._renewed_at:
                self._token = self._ask()
                # Counted from before the request: the answer's way back is not time that the token has.
                self._renewed_at = now + max(self._token.seconds - SPARE_SECONDS, self._token.seconds / 2)
            return self._token.text

    def forget(self, text: str) -> None:
        """Drop a token that the service no longer takes; another that came meanwhile stays."""
        with self._lock:
            if self._token is not None and self._token.text == text:
                self._token = None


def _part(told: Mapping[str, object]) -> str:
    return _encoded(json.dumps(told, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
