"""Signed calls to another site of this platform: a token for our key in custody, and a signature over each request.

The token is fetched once and used by all threads (`certs.libraries.tokens`); one that is no longer taken is fetched
anew, once, as nothing was taken in under it. Each request is signed with the same SM2 key (RFC 9421, Content-Digest)
and has a nonce of its own. Nothing is sent twice otherwise: what is not answered may have arrived, and the other site
knows records by their keys.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from base import strict_json
from base.errors import DomainError
from base.fetch import Destination, Fetch, FetchFailed, Incoming, Outgoing
from base.strict_json import MalformedJson
from catalog_sync.targets.calls import CLOSED, FAULTS, MOST_EVIDENCE, OK, TOO_MANY, UNAUTHORISED, Way, unanswered
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from certs.libraries import signing_requests
from certs.libraries.tokens import Tokens
from certs.libraries.unanswered import Unanswered
from keys.algorithms.algorithm import KeyKind
from keys.parties.request_signing import Message
from keys.signers.signer import Signer

# The largest honest answer is a page of fifty directories of two hundred items each.
LARGEST_ANSWER: Final = 8 * 1024 * 1024
# The other site cannot take this question or this batch: it goes in smaller parts, and at last to a person.
NOT_TAKEN: Final = frozenset({400, 409, 413, 415, 422})
JSON_TYPE: Final = "application/json"


@dataclass(frozen=True)
class Line:
    """Calls to one other site."""

    way: Way
    tokens: Tokens = field(repr=False)
    signer: Callable[[], Signer] = field(repr=False)
    fetch: Fetch = field(repr=False)

    def asked(self, path: str, query: Mapping[str, str], at: datetime) -> Any:
        """Ask something, and give the JSON that came. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        told = urlencode({name: value for name, value in query.items() if value})
        return self._json(self.sent("GET", f"{path}?{told}" if told else path, b"", at))

    def told(self, path: str, body: Mapping[str, Any], at: datetime) -> Any:
        """Tell something, and give the JSON that came. Raises as `asked` does."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self._json(self.sent("POST", path, content, at))

    def sent(self, method: str, path: str, content: bytes, at: datetime, *, seconds: float = 0) -> Incoming:
        """Make a call, and give the answer, whose status is 200. Raises as `asked` does."""
        signer, seconds = self._signer(), seconds or self.way.seconds
        token = self._token(signer)
        incoming = self._once(method, path, content, signer, token, seconds, at)
        if incoming.status == UNAUTHORISED:
            self.tokens.forget(token)
            incoming = self._once(method, path, content, signer, self._token(signer), seconds, at)
        return self._read(incoming)

    # --- below ----------------------------------------------------------------------------------------------------

    def _signer(self) -> Signer:
        try:
            signer = self.signer()
        except DomainError as error:
            raise ChannelRefused(self.way.name, f"our key: {error.code}") from error
        if signer.public.kind is not KeyKind.SM2:
            raise ChannelRefused(self.way.name, "our key is no SM2 key")
        return signer

    def _token(self, signer: Signer) -> str:
        try:
            return self.tokens.bearer(signer, self.way.seconds)
        except Unanswered as error:
            if error.status == TOO_MANY or error.status >= FAULTS:
                raise ChannelDown(self.way.name, f"token: status {error.status}") from error
            raise ChannelRefused(self.way.name, f"token: status {error.status}") from error
        except FetchFailed as error:
            raise unanswered(self.way.name, error) from error
        except DomainError as error:
            raise ChannelRefused(self.way.name, f"our key: {error.code}") from error

    def _once(
        self, method: str, path: str, content: bytes, signer: Signer, token: str, seconds: float, at: datetime
    ) -> Incoming:
        url = self.way.to(path)
        headers = {"accept": JSON_TYPE, **({"content-type": JSON_TYPE} if content else {})}
        try:
            message = Message.of_url(method, url, headers, content)
            headers |= signing_requests.signed_headers(message, signer, signing_requests.key_id(signer), at)
            headers["authorization"] = f"Bearer {token}"
            destination = Destination.of(url, intranet=self.way.intranet)
            given = tuple(headers.items())
            return self.fetch(Outgoing(method, url, (destination,), given, content, 0, False, LARGEST_ANSWER, seconds))
        except FetchFailed as error:
            raise unanswered(self.way.name, error) from error
        except DomainError as error:
            raise ChannelRefused(self.way.name, f"our key: {error.code}") from error

    def _read(self, incoming: Incoming) -> Incoming:
        name, status = self.way.name, incoming.status
        if status == UNAUTHORISED or status in CLOSED:
            raise ChannelRefused(name, f"status {status}")
        if status == TOO_MANY or status >= FAULTS:
            raise ChannelDown(name, f"status {status}", incoming.retry_after)
        if status in NOT_TAKEN:
            raise ChannelDown(name, f"status {status}")
        if status != OK:
            raise HostileAnswer(name, f"status {status}", incoming.body[:MOST_EVIDENCE])
        if incoming.headers.get("content-type", "").partition(";")[0].strip() != JSON_TYPE:
            raise HostileAnswer(name, "no JSON", incoming.body[:MOST_EVIDENCE])
        return incoming

    def _json(self, incoming: Incoming) -> Any:
        try:
            return strict_json.parse(incoming.body)
        except MalformedJson as error:
            raise HostileAnswer(self.way.name, "no JSON of one meaning", incoming.body[:MOST_EVIDENCE]) from error
