"""The token with which this house asks another: fetched once for all threads, used until shortly before it ends.

It is kept in this process alone, and never written anywhere. Whoever comes while it is fetched waits for that one, as
long as they would have waited for the answer and no longer. A token that is no longer taken is forgotten by whoever
was refused with it, so that it is fetched anew once, however many were refused with it.
"""

import threading
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from base import clock, strict_json
from base.fetch import Destination, Fetch, Outgoing, TimedOut
from base.strict_json import MalformedJson
from certs.libraries import signing_requests
from certs.libraries.unanswered import Unanswered
from keys.parties.client_proof import ASSERTION_TYPE
from keys.signers.signer import Signer

PATH: Final = "/oauth/token"
SCOPE: Final = "cert:read"
# A token with its key and claims takes under 2 KiB.
LARGEST_ANSWER: Final = 64 * 1024
# Renewed this long before its end, so that none runs out on the way or by a slow clock; short ones at half their time.
SPARE_SECONDS: Final = 60.0
GOOD_STATUS: Final = 200


@dataclass
class Tokens:
    """The token of one library, for a client that it has on record."""

    address: str
    client: str
    fetch: Fetch = field(repr=False)
    intranet: bool = False
    scope: str = SCOPE
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _token: str = field(default="", repr=False)
    _renewed_at: float = 0.0

    def bearer(self, signer: Signer, seconds: float) -> str:
        """Give a token that is good for a while yet. Raises `FetchFailed`, `Unanswered`, and what signing raises."""
        began = clock.stopwatch()
        url = self.address.rstrip("/") + PATH
        destination = Destination.of(url, intranet=self.intranet)
        if not self._lock.acquire(timeout=seconds):
            raise TimedOut(destination.host, "token")
        try:
            if not self._token or clock.stopwatch() >= self._renewed_at:
                left = seconds - (clock.stopwatch() - began)
                if left <= 0:
                    raise TimedOut(destination.host, "token")
                self._renew(url, destination, signer, left)
            return self._token
        finally:
            self._lock.release()

    def forget(self, token: str) -> None:
        """Drop a token that is no longer taken; another that came meanwhile stays."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _renew(self, url: str, destination: Destination, signer: Signer, seconds: float) -> None:
        asked_at = clock.stopwatch()
        form = {
            "grant_type": "client_credentials",
            "scope": self.scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signing_requests.assertion(signer, self.client, url, clock.now()),
        }
        headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
        incoming = self.fetch(
            Outgoing(
                "POST",
                url,
                (destination,),
                headers,
                urlencode(form).encode("ascii"),
                max_bytes=LARGEST_ANSWER,
                total_seconds=seconds,
            )
        )
        if incoming.status != GOOD_STATUS:
            raise Unanswered(incoming.status)
        self._token, lasts = _read(incoming.body)
        # Counted from before the request: the answer's way back is not time that the token has.
        self._renewed_at = asked_at + max(lasts - SPARE_SECONDS, lasts / 2)


def _read(body: bytes) -> tuple[str, float]:
    """Read a token and its seconds. Raises `Unanswered` for what is none."""
    try:
        told: Any = strict_json.parse(body)
    except MalformedJson as error:
        raise Unanswered(GOOD_STATUS) from error
    told = told if isinstance(told, dict) else {}
    token, lasts = told.get("access_token"), told.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise Unanswered(GOOD_STATUS)
    if not isinstance(lasts, int) or isinstance(lasts, bool) or lasts <= 0:
        raise Unanswered(GOOD_STATUS)
    return token, float(lasts)
