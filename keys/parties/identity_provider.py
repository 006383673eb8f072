"""The identity provider of a site (OpenID Connect, code flow with PKCE), asked through the guarded way out alone.

`begin` sends a browser there; the browser keeps one secret in a cookie of ours, from which state, nonce and code
verifier are derived, so that nothing has to be kept here and a code brought by another browser is worth nothing.
`require_own` holds what came back against that cookie; `identity` changes the code for an ID token and judges it.
Addresses come from the provider's own discovery document and must stand at its origin or one that the site named.
"""

import base64
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from base import strict_json
from base.fetch import Destination, Fetch, FetchFailed, Outgoing
from base.strict_json import MalformedJson
from keys.parties import id_tokens, provider_keys
from keys.parties.id_tokens import Expected, Identity, Reading
from keys.parties.levels import FRESH
from keys.parties.login_errors import IdentityRefused, ProviderUnusable
from keys.parties.provider_keys import ALGORITHMS, ProviderKey

DISCOVERY: Final = "/.well-known/openid-configuration"
# A person types a password and a code there meanwhile.
FLOW_LIVES: Final = timedelta(minutes=10)
SKEW: Final = timedelta(seconds=5)
# A discovery document or a key set takes a few KiB.
ANSWER_LIMIT: Final = 256 * 1024
ANSWER_SECONDS: Final = 10.0
DOCUMENTS_KEPT: Final = timedelta(hours=1)
# A key that is not known may be new; asking again at every forged token would be an attack on the provider.
KEYS_ASKED_EVERY: Final = timedelta(seconds=60)
CODE_LIMIT: Final = 2048
SECRET_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Terms:
    """What this site and its provider agreed on."""

    issuer: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect: str
    algorithm: str
    scope: str
    hosts: tuple[str, ...]
    intranet: bool
    person_claim: str
    level_claim: str
    levels: Mapping[str, int]
    second_factors: frozenset[str]


@dataclass(frozen=True)
class Flow:
    """One way there and back, as the browser's cookie keeps it."""

    secret: str = field(repr=False)
    began: int
    fresh: bool
    onward: str

    @property
    def cookie(self) -> str:
        """Write the flow into a cookie's value."""
        onward = base64.urlsafe_b64encode(self.onward.encode()).rstrip(b"=").decode()
        return f"{self.secret}.{self.began}.{int(self.fresh)}.{onward}"

    @property
    def state(self) -> str:
        """Derive what the provider hands back as it got it."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Derive what the ID token must say."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Derive what proves that the code is brought by who asked for it (RFC 7636)."""
        return self._derived("verifier")

    def _derived(self, name: str) -> str:
        told = f"{name}\0{self.began}\0{int(self.fresh)}\0{self.onward}"
        return _b64(hmac.digest(self.secret.encode(), told.encode(), hashlib.sha256))


@dataclass(frozen=True)
class Arrival:
    """What a browser brings back, before anything of it is believed."""

    code: str | None = field(repr=False)
    state: str | None = field(repr=False)
    issuer: str | None
    error: str | None


@dataclass(frozen=True)
class _Documents:
    endpoints: Mapping[str, str]
    tells_issuer: bool
    keys: Mapping[str, ProviderKey]
    at: datetime


def flow_of(cookie: str | None) -> Flow:
    """Read a flow from the browser's cookie.

    Raises `IdentityRefused`.
    """
    parts = (cookie or "").split(".")
    try:
        secret, began, fresh, onward = parts
        path = base64.urlsafe_b64decode(onward + "=" * (-len(onward) % 4)).decode()
        flow = Flow(secret, int(began), fresh == "1", path)
    except ValueError as error:
        raise IdentityRefused("no-flow") from error
    if not SECRET_SHAPE.fullmatch(secret) or flow.cookie != cookie:
        raise IdentityRefused("no-flow")
    return flow


class IdentityProvider:
    """The provider as this process knows it: its addresses and keys are kept for an hour."""

    def __init__(self, terms: Terms, fetch: Fetch) -> None:
        self.terms = terms
        self._fetch = fetch
        self._algorithm = ALGORITHMS[terms.algorithm]
        self._lock = threading.Lock()
        self._documents: _Documents | None = None

    def begin(self, onward: str, at: datetime, *, fresh: bool = False) -> tuple[Flow, str]:
        """Begin a flow; give it and the address to which the browser goes. Raises `ProviderUnusable`."""
        flow = Flow(secrets.token_urlsafe(32), int(at.timestamp()), fresh, onward)
        challenge = _b64(hashlib.sha256(flow.verifier.encode()).digest())
        told = {
            "response_type": "code",
            "client_id": self.terms.client_id,
            "redirect_uri": self.terms.redirect,
            "scope": self.terms.scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if fresh:
            told |= {"prompt": "login", "max_age": str(int(FRESH.total_seconds()))}
        address = self._known(at).endpoints["authorization_endpoint"]
        return flow, f"{address}{'&' if '?' in address else '?'}{urlencode(told, quote_via=quote)}"

    def require_own(self, flow: Flow, arrival: Arrival, at: datetime) -> None:
        """Let only that pass which belongs to this browser's own flow; nobody is asked anything for the rest.

        Raises `IdentityRefused`, `ProviderUnusable`.
        """
        if not hmac.compare_digest(flow.state.encode(), (arrival.state or "").encode("utf-8", "replace")):
            raise IdentityRefused("state")
        began = datetime.fromtimestamp(flow.began, UTC) if 0 < flow.began < at.timestamp() + 1 else None
        if began is None or not began - SKEW <= at < began + FLOW_LIVES:
            raise IdentityRefused("flow-over")
        told = self._known(at)
        # RFC 9207 2.4: a provider that tells who it is in the answer must do so, and no other may.
        if (arrival.issuer is not None or told.tells_issuer) and arrival.issuer != self.terms.issuer:
            raise IdentityRefused("issuer")
        if arrival.error is not None:
            raise IdentityRefused("denied")
        if not arrival.code or len(arrival.code) > CODE_LIMIT:
            raise IdentityRefused("no-code")

    def identity(self, flow: Flow, arrival: Arrival, at: datetime) -> Identity:
        """Change the code for an ID token and judge it. Raises `IdentityRefused`, `ProviderUnusable`."""
        answer = self._changed(flow, arrival.code or "", at)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise IdentityRefused("no-id-token")
        keys = self._keys_for(id_tokens.kid_of(token), at)
        expected = Expected(
            self.terms.issuer,
            self.terms.client_id,
            flow.nonce,
            self.terms.algorithm,
            access if isinstance(access, str) else None,
            FRESH if flow.fresh else None,
        )
        terms = self.terms
        reading = Reading(terms.person_claim, terms.level_claim, terms.levels, terms.second_factors)
        return id_tokens.read(token, keys, expected, reading, at)

    def _changed(self, flow: Flow, code: str, at: datetime) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.terms.redirect,
            "code_verifier": flow.verifier,
        }
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        if self.terms.client_secret:
            # RFC 6749 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(self.terms.client_id, safe='')}:{quote(self.terms.client_secret, safe='')}"
            headers.append(("Authorization", "Basic " + base64.b64encode(pair.encode()).decode()))
        else:
            form["client_id"] = self.terms.client_id
        url = self._known(at).endpoints["token_endpoint"]
        answer = self._ask("POST", url, tuple(headers), urlencode(form).encode())
        if answer is None:
            raise IdentityRefused("code")
        return answer

    def _keys_for(self, kid: str | None, at: datetime) -> Mapping[str, ProviderKey]:
        """Give the keys, asked for again when one is named that is not among them and they are not brand-new."""
        told = self._known(at)
        if kid is not None and kid not in told.keys and at - told.at >= KEYS_ASKED_EVERY:
            told = self._learn(at)
        return told.keys

    def _known(self, at: datetime) -> _Documents:
        told = self._documents
        if told is None or not timedelta(0) <= at - told.at < DOCUMENTS_KEPT:
            return self._learn(at)
        return told

    def _learn(self, at: datetime) -> _Documents:
        with self._lock:
            found = self._document(self.terms.issuer.rstrip("/") + DISCOVERY)
            if found.get("issuer") != self.terms.issuer:
                raise ProviderUnusable("another issuer")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            endpoints = {name: self._endpoint(found, name) for name in names}
            keys = provider_keys.read(self._document(endpoints["jwks_uri"]), self._algorithm)
            if not keys:
                raise ProviderUnusable("no key of the agreed algorithm")
            tells = found.get("authorization_response_iss_parameter_supported") is True
            self._documents = _Documents(endpoints, tells, keys, at)
            return self._documents

    def _endpoint(self, found: Mapping[str, Any], name: str) -> str:
        address = found.get(name)
        if not isinstance(address, str) or not self._allowed(address) or urlsplit(address).fragment:
            raise ProviderUnusable(name)
        return address

    def _allowed(self, address: str) -> bool:
        try:
            origin = Destination.of(address)
            return origin in {Destination.of(each) for each in (self.terms.issuer, *self.terms.hosts)}
        except FetchFailed:
            return False

    def _document(self, url: str) -> dict[str, Any]:
        answer = self._ask("GET", url, (("Accept", "application/json"),), b"")
        if answer is None:
            raise ProviderUnusable("status")
        return answer

    def _ask(self, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> dict[str, Any] | None:
        """Ask; None is a refusal of the provider's (4xx)."""
        try:
            destination = Destination.of(url, intranet=self.terms.intranet)
            incoming = self._fetch(
                Outgoing(
                    method,
                    url,
                    (destination,),
                    headers,
                    body,
                    max_bytes=ANSWER_LIMIT,
                    total_seconds=ANSWER_SECONDS,
                )
            )
        except FetchFailed as error:
            raise ProviderUnusable(error.code) from error
        if 400 <= incoming.status < 500:  # noqa: PLR2004 - the class of status
            return None
        try:
            value = strict_json.parse(incoming.expect(200).body)
        except (FetchFailed, MalformedJson) as error:
            raise ProviderUnusable(error.code) from error
        if not isinstance(value, dict):
            raise ProviderUnusable("no object")
        return value


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
