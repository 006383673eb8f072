"""Signed calls to the national sharing gateway: the secret fetched and kept, the call signed, what came back named.

1. A secret counts for one service, is fetched under the application key, and kept until its end or the site's own
   interval, whichever is earlier (`keys.parties.request_signers.national_gateway` opens it). The newer generation of
   the convention hands its secret over once; there is nothing to fetch.
2. Each call carries a time of its own, since a signature counts once there.
3. A call that is not let in is made once more with a fresh secret, as nothing was taken from the first; then the
   channel is refused.

Nothing is sent twice otherwise: what is not answered may have arrived. Secrets live in memory alone.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from base.fetch import Fetch
from catalog_sync.targets import calls
from catalog_sync.targets.calls import MOST_EVIDENCE, Way
from catalog_sync.targets.gateway import answers
from catalog_sync.targets.gateway.answers import Meaning, Told, Unbelievable
from catalog_sync.targets.gateway.forms import BEIJING, SECONDS
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from keys.parties.errors import UnfitGatewaySecret
from keys.parties.request_signers import REQUEST_SIGNERS, Shared
from keys.parties.request_signers.national_gateway import NEWER_PREFIX, PREFIX, opened_secret

REFRESH_PATH: Final = "/sysapi/auth/refreshappsecret"
# The largest honest answer is a page of two hundred directories with their items.
LARGEST_ANSWER: Final = 8 * 1024 * 1024
# A secret is fetched anew a little before its end, so that none ends on the way.
MARGIN: Final = timedelta(minutes=2)
# A gateway that says *too fast* by a code of its own does not say for how long; its quotas are by the minute.
RATE_SECONDS: Final = 60.0
# How far the moments of calls may run ahead of the clock, in milliseconds: half of the window of ten minutes.
MOST_AHEAD: Final = 5 * 60 * 1000
UNAUTHORISED_ANSWER: Final = Told("401", Meaning.UNAUTHORISED, "", None)


@dataclass(frozen=True)
class Account:
    """How this site is known to a gateway: where it is, who we are there, and how the key is read when it is needed."""

    name: str
    url: str
    rid: str
    app_key: Callable[[], str] = field(repr=False)
    signer: str = "national-gateway"
    refresh: timedelta = timedelta(hours=8)
    seconds: float = 30.0
    intranet: bool = False

    @property
    def generation(self) -> str:
        """Tell which header names are spoken."""
        return NEWER_PREFIX if "newer" in self.signer else PREFIX


@dataclass(frozen=True)
class _Secret:
    value: str = field(repr=False)
    until: datetime


class Line:
    """Calls under one account; shared by threads."""

    def __init__(self, account: Account, fetch: Fetch) -> None:
        self.account = account
        self._fetch = fetch
        self._lock = threading.Lock()
        # Held while a secret is fetched: a second one would end the first before it is used.
        self._refreshing = threading.Lock()
        self._secrets: dict[str, _Secret] = {}
        self._last = 0

    def call(self, sid: str, path: str, body: Mapping[str, Any], at: datetime, key: str = "") -> Told:
        """Call a service; `key` is the record's, for platforms that know records by it.

        Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`.
        """
        secret = self._secret(sid, at)
        told = self._called(sid, path, body, secret, at, key)
        if told.meaning in {Meaning.UNAUTHORISED, Meaning.TIME}:
            self._forget(sid, secret)
            told = self._called(sid, path, body, self._secret(sid, at), at, key)
        if told.meaning is Meaning.UNAUTHORISED:
            raise ChannelRefused(self.account.name, f"code {told.code}")
        if told.meaning is Meaning.TIME:
            raise ChannelRefused(self.account.name, "clocks differ")
        if told.meaning is Meaning.RATE:
            raise ChannelDown(self.account.name, f"rate, code {told.code}", RATE_SECONDS)
        return told

    def _called(self, sid: str, path: str, body: Mapping[str, Any], secret: str, at: datetime, key: str) -> Told:
        headers = self._signed(sid, secret, at)
        if key:
            headers["Idempotency-Key"] = key
        return self._sent(path, headers, body)

    # --- the secret -----------------------------------------------------------------------------------------------

    def _secret(self, sid: str, at: datetime) -> str:
        if self.account.generation == NEWER_PREFIX:
            return self.account.app_key()
        with self._refreshing:
            kept = self._secrets.get(sid)
            if kept is None or at >= kept.until:
                kept = self._secrets[sid] = self._refreshed(sid, at)
            return kept.value

    def _forget(self, sid: str, secret: str) -> None:
        """Forget a secret that no longer counts, unless somebody has fetched another meanwhile."""
        with self._refreshing:
            kept = self._secrets.get(sid)
            if kept is not None and kept.value == secret:
                del self._secrets[sid]

    def _refreshed(self, sid: str, at: datetime) -> _Secret:
        app_key = self.account.app_key()
        headers = self._signed(sid, app_key, at)
        told = self._sent(REFRESH_PATH, headers, headers)
        if told.meaning is Meaning.RATE:
            raise ChannelDown(self.account.name, f"rate, code {told.code}", RATE_SECONDS)
        if told.meaning is not Meaning.SUCCESS:
            raise ChannelRefused(self.account.name, f"no secret, code {told.code}")
        try:
            sealed, ends = answers.secret(told)
            until = min(_moment(ends) or at + self.account.refresh, at + self.account.refresh)
            return _Secret(opened_secret(app_key, sealed), until - MARGIN)
        except (Unbelievable, UnfitGatewaySecret) as error:
            # The bytes hold a secret, so they are not kept as evidence.
            raise HostileAnswer(self.account.name, "the secret cannot be read") from error

    def _signed(self, sid: str, secret: str, at: datetime) -> dict[str, str]:
        shared = Shared(self.account.rid, secret, sid)
        return REQUEST_SIGNERS[self.account.signer].sign(shared, "", self._moment_of_its_own(at))

    def _moment_of_its_own(self, at: datetime) -> datetime:
        """Give a moment that no call had before: a signature is made of nothing else that changes.

        A clock that was set back far is followed, since the platform's window would not be met otherwise.
        """
        now = int(at.timestamp() * 1000)
        with self._lock:
            self._last = now if self._last - now > MOST_AHEAD else max(now, self._last + 1)
            return datetime.fromtimestamp(self._last / 1000, at.tzinfo)

    # --- the wire -------------------------------------------------------------------------------------------------

    def _sent(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Told:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        given = (("Content-Type", "application/json; charset=utf-8"), ("Accept", "application/json"), *headers.items())
        account = self.account
        way = Way(account.name, account.url, account.seconds, account.intranet)
        incoming = calls.posted(way, self._fetch, path, given, content, LARGEST_ANSWER)
        if incoming.status == calls.UNAUTHORISED:
            return UNAUTHORISED_ANSWER
        try:
            return answers.read(incoming.headers.get("content-type", ""), incoming.body, account.generation)
        except Unbelievable as error:
            raise HostileAnswer(account.name, str(error), incoming.body[:MOST_EVIDENCE]) from error


def _moment(text: str) -> datetime | None:
    """Read until when a secret counts. Raises `Unbelievable`."""
    if not text:
        return None
    try:
        return datetime.strptime(text, SECONDS).replace(tzinfo=BEIJING)
    except ValueError as error:
        raise Unbelievable("secretEndTime") from error
