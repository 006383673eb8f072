"""Sends calls: with the token, signed where asked, again where that is safe; gives the answer or raises the refusal.

A call goes: 1. a token is had, if the caller has a credential; 2. the request is signed, with a new nonce each try;
3. it is sent to this service and nowhere else, redirects are not followed; 4. a token that the service no longer takes
is dropped and asked for anew, once; 5. what failed is made again as `retries` decides. What an answer means is not
decided here.
"""

import json
import random
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from yinxin_client.access import ClientKey, Credential, Token, Tokens
from yinxin_client.errors import Unauthenticated, Unreachable, UnreadableAnswer, UnsignableRequest, YinxinError, problem
from yinxin_client.request_signing import Unsigned, signed
from yinxin_client.retries import Patience, pause
from yinxin_client.signers import Signer

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
# The code with which the service turns down a token that is over, ended or unknown.
TOKEN_REFUSED: Final = "token-refused"  # noqa: S105 - a code
# RFC 9110 9.2.2.
IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Nothing of these left this machine as a whole request.
_NEVER_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class PlainHttpRefused(YinxinError):
    """A token would travel readable for everyone on the way."""


@dataclass(frozen=True)
class World:
    """What a client knows of the world: the time, and how to let it pass."""

    clock: Callable[[], float] = time.time
    stopwatch: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    share: Callable[[], float] = random.random


@dataclass(frozen=True)
class Settings:
    """How a service is called.

    `scopes`: what the token shall hold, all that the system has if empty. `issuer`: the service's own name where it is
    not the address that is called. `signer`: the key of signed requests, if not that of the credential. `language`: zh
    or en, of refusals' words. `timeout`: seconds that a read may take.
    """

    scopes: tuple[str, ...] = ()
    issuer: str | None = None
    signer: Signer | None = field(default=None, repr=False)
    language: str = "zh"
    timeout: float = 30.0
    patience: Patience = field(default_factory=Patience)
    allow_plain_http: bool = False


@dataclass(frozen=True)
class Connection:
    """Through what a service is called where that is not the usual: other trust, another transport, another clock."""

    tls: ssl.SSLContext | None = None
    transport: httpx2.BaseTransport | None = None
    world: World = field(default_factory=World)


@dataclass(frozen=True)
class Call:
    """One call: `basis` is the case number of a signed request.

    `repeatable` says whether twice does no more than once, where neither the method nor an Idempotency-Key tells.
    """

    method: str
    path: str
    body: object = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes] | None = None
    idempotency_key: str | None = None
    is_signed: bool = False
    basis: str = ""
    repeatable: bool | None = None

    @property
    def may_repeat(self) -> bool:
        """Tell whether the call may be made twice."""
        if self.repeatable is not None:
            return self.repeatable
        return self.idempotency_key is not None or self.method in IDEMPOTENT


class Calls:
    """Sends calls to one service; one for all threads of a process."""

    def __init__(self, url: str, credential: Credential | None, settings: Settings, through: Connection) -> None:
        """Prepare; nothing is sent yet. Raises `PlainHttpRefused`."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK and not settings.allow_plain_http:
            raise PlainHttpRefused(f"{parts.scheme}://{parts.hostname}: use https, or say allow_plain_http=True")
        self._credential, self._settings, self._world = credential, settings, through.world
        # The service's own name comes from the caller, never from an answer: an assertion made out to another service
        # at a stranger's word would let the stranger use it there (RFC 8414 3.3).
        self._audience = (settings.issuer or url).rstrip("/") + TOKEN_PATH
        self._signer = settings.signer or (credential.signer if isinstance(credential, ClientKey) else None)
        self._http = httpx2.Client(
            base_url=url.rstrip("/"),
            headers={"User-Agent": f"yinxin-client/{_version()}", "Accept-Language": LANGUAGES[settings.language]},
            timeout=settings.timeout,
            verify=True if through.tls is None else through.tls,
            transport=through.transport,
        )
        self._tokens = None if credential is None else Tokens(lambda: self._token(credential), self._world.stopwatch)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def answer(self, call: Call) -> dict[str, Any]:
        """Make a call whose answer is a JSON object. Raises what `YinxinError` stands for."""
        return _object(self.sent(call))

    def sent(self, call: Call) -> httpx2.Response:
        """Make a call and give its answer, whatever it holds.

        Raises `Problem`, `Unreachable`, `UnreadableAnswer`, `UnusableKey`, `UnsignableRequest`.
        """
        return self._again(lambda: self._once(call), repeatable=call.may_repeat)

    def _once(self, call: Call) -> httpx2.Response:
        if self._tokens is None:
            return self._exchanged(self._request(call, None))
        bearer = self._tokens.bearer()
        try:
            return self._exchanged(self._request(call, bearer))
        except Unauthenticated as refusal:
            if refusal.code != TOKEN_REFUSED:
                raise
            self._tokens.forget(bearer)
        # Nothing was done yet, whatever the call: a token may be ended before its time.
        return self._exchanged(self._request(call, self._tokens.bearer()))

    def _again(self, send: Callable[[], httpx2.Response], *, repeatable: bool) -> httpx2.Response:
        tried = 0
        while True:
            tried += 1
            try:
                return send()
            except YinxinError as failure:
                wait = pause(failure, self._settings.patience, tried, self._world.share(), repeatable=repeatable)
                if wait is None:
                    raise
            self._world.sleep(wait)

    def _request(self, call: Call, bearer: str | None) -> httpx2.Request:
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        request = self._http.build_request(
            call.method,
            call.path,
            params=dict(call.query) or None,
            headers=headers,
            json=call.body,
            data=dict(call.form) if call.form is not None else None,
            files={"file": call.file} if call.file is not None else None,
        )
        if call.is_signed:
            request.headers.update(self._signature(request, call.basis))
        return request

    def _signature(self, request: httpx2.Request, basis: str) -> dict[str, str]:
        if self._signer is None:
            raise UnsignableRequest("a signed request needs a key: give the client a ClientKey or a signer")
        unsigned = Unsigned(request.method, request.url.raw_path.decode("ascii"), request.read(), basis)
        return signed(unsigned, self._signer, uuid.uuid4().hex, int(self._world.clock()))

    def _exchanged(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request, follow_redirects=False)
        except _NEVER_SENT as error:
            raise Unreachable(f"the service was not reached ({type(error).__name__})", was_sent=False) from error
        except httpx2.HTTPError as error:
            raise Unreachable(f"the connection broke ({type(error).__name__})", was_sent=True) from error
        if response.is_success:
            return response
        raise problem(response.status_code, _problem(response), _retry_after(response, self._world.clock()))

    def _token(self, credential: Credential) -> Token:
        def send() -> httpx2.Response:
            form = {"grant_type": "client_credentials", **credential.form(self._audience, self._world.clock())}
            if self._settings.scopes:
                form["scope"] = " ".join(self._settings.scopes)
            return self._exchanged(self._request(Call("POST", TOKEN_PATH, form=form), None))

        return Token.of(_object(self._again(send, repeatable=True)))


def _object(response: httpx2.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer("the answer is no JSON") from error
    if not isinstance(told, dict):
        raise UnreadableAnswer("the answer is no JSON object")
    return told


def _problem(response: httpx2.Response) -> dict[str, Any] | None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in {"application/problem+json", "application/json"}:
        return None
    try:
        told = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and "code" in told else None


def _retry_after(response: httpx2.Response, now: float) -> float | None:
    """Read Retry-After (RFC 9110 10.2.3): seconds or a date; what is neither says nothing."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, until.replace(tzinfo=until.tzinfo or UTC).timestamp() - now)


def _version() -> str:
    try:
        return version("yinxin-client")
    except PackageNotFoundError:
        return "0"


def moment(text: datetime) -> str:
    """Write a moment as RFC 3339. Raises `ValueError` for one without a time zone."""
    if text.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return text.isoformat()
