"""Signed calls of JSON to a platform: each under our SM2 key (RFC 9421, Content-Digest over SM3), what came back named.

Each call has a nonce and a moment of its own; method, path, query and body are under the signature, so that nothing on
the way can be changed or sent twice. A platform that does not let us in is not asked again by itself: the key is what
it knows us by, and a person has to look.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from base.errors import DomainError
from base.fetch import Fetch
from catalog_sync.targets import calls
from catalog_sync.targets.calls import MOST_EVIDENCE, Way
from catalog_sync.targets.gateway import answers
from catalog_sync.targets.gateway.answers import Meaning, Told, Unbelievable
from catalog_sync.targets.gateway.forms import NotWritable
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from certs.libraries.signing_requests import key_id, signed_headers
from keys.parties.request_signing import Message
from keys.signers.signer import Signer

# The largest honest answer is a page of two hundred things with what was told of them.
LARGEST_ANSWER: Final = 8 * 1024 * 1024
# A case with the names of a few hundred materials; files of theirs do not go this way.
LARGEST_BODY: Final = 1024 * 1024
# A platform that says *too fast* by a code of its own does not say for how long.
RATE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Account:
    """How this site is known to a platform: the way there, the id that our key goes by, and the key in custody."""

    way: Way
    client: str
    signer: Callable[[], Signer] = field(repr=False)
    meanings: Mapping[str, Sequence[str]] = field(default_factory=dict)


class SignedLine:
    """Calls under one account; shared by threads."""

    def __init__(self, account: Account, fetch: Fetch) -> None:
        self.account = account
        self._fetch = fetch

    def call(self, path: str, body: Mapping[str, Any], at: datetime, key: str = "") -> Told:
        """Call a service; `key` is the record's, for platforms that know records by it.

        Raises `NotWritable`, `ChannelDown`, `ChannelRefused`, `HostileAnswer`.
        """
        name = self.account.way.name
        told = self._sent(path, body, at, key)
        if told.meaning is Meaning.UNAUTHORISED:
            raise ChannelRefused(name, f"code {told.code}")
        if told.meaning is Meaning.TIME:
            raise ChannelRefused(name, "clocks differ")
        if told.meaning is Meaning.RATE:
            raise ChannelDown(name, f"rate, code {told.code}", RATE_SECONDS)
        return told

    def _sent(self, path: str, body: Mapping[str, Any], at: datetime, key: str) -> Told:
        way = self.account.way
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if len(content) > LARGEST_BODY:
            raise NotWritable("too-large", f"{len(content)} > {LARGEST_BODY}")
        given = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        if key:
            given["Idempotency-Key"] = key
        given |= self._signature(path, content, at)
        incoming = calls.posted(way, self._fetch, path, tuple(given.items()), content, LARGEST_ANSWER)
        if incoming.status == calls.UNAUTHORISED:
            raise ChannelRefused(way.name, f"status {incoming.status}")
        try:
            return answers.read_by(incoming.headers.get("content-type", ""), incoming.body, self.account.meanings)
        except Unbelievable as error:
            raise HostileAnswer(way.name, str(error), incoming.body[:MOST_EVIDENCE]) from error

    def _signature(self, path: str, content: bytes, at: datetime) -> Mapping[str, str]:
        """Sign a call; a key that cannot be used now makes the channel rest, as nothing was sent."""
        way = self.account.way
        try:
            signer = self.account.signer()
            message = Message.of_url("POST", way.to(path), {}, content)
            return signed_headers(message, signer, self.account.client or key_id(signer), at)
        except DomainError as error:
            raise ChannelDown(way.name, error.code) from error
