"""An identity provider in memory, behind the port of the way out: honest, and bendable at every place.

`browse(address)` plays the browser that is sent there: the person logs in, and comes back with a code. Each code is
good once, for the client, the redirect address and the PKCE verifier that it was asked with.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwk as peer_jwk
from joserfc import jws as peer_jws

from base.fetch import Incoming, Outgoing
from base.fetch.urls import parse
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import jwk
from keys.parties.key_signatures import SM2SM3

ISSUER = "https://idp.example"
CLIENT = "yinxin"
SECRET = "client-secret:with%signs"

Bend = Callable[[dict[str, Any]], None]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ProviderKeyPair:
    """A signing key of the provider's, with what another library makes of it."""

    def __init__(self, algorithm: str, kid: str) -> None:
        self.algorithm, self.kid = algorithm, kid
        if algorithm == "SM2SM3":
            self._sm2 = asymmetric.generated(KeyKind.SM2)
            self._public: dict[str, Any] = dict(jwk.written(self._sm2.public))
            return
        private = (
            rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        )
        kind = peer_jwk.RSAKey if algorithm == "RS256" else peer_jwk.ECKey
        self._peer = kind.import_key(private)  # type: ignore[arg-type]
        self._public = dict(self._peer.as_dict(private=False))

    @property
    def public(self) -> dict[str, Any]:
        """Give the key as the key set shows it."""
        return {**self._public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
        """Sign as honest providers do, by another library where there is one."""
        told = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        if self.algorithm == "SM2SM3":
            message = f"{b64(json.dumps(header).encode())}.{b64(told)}"
            return f"{message}.{b64(SM2SM3.sign(self._sm2, message.encode()))}"
        return peer_jws.serialize_compact(dict(header), told, self._peer, algorithms=[self.algorithm])


@dataclass
class Grant:
    """What a code stands for."""

    told: Mapping[str, str]
    claims: dict[str, Any]


@dataclass
class OidcProvider:
    """The provider; the functions that bend are given what is about to be said and may change it."""

    now: Callable[[], datetime]
    algorithm: str = "RS256"
    issuer: str = ISSUER
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "person-1"})
    bend_discovery: Bend = lambda _: None
    bend_keys: Bend = lambda _: None
    bend_claims: Bend = lambda _: None
    bend_answer: Bend = lambda _: None
    bend_token: Callable[[str], str] = lambda token: token
    bend_return: Bend = lambda _: None
    asked: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    tells_issuer: bool = True

    def __post_init__(self) -> None:
        self.key = ProviderKeyPair(self.algorithm, "key-1")
        self._codes: dict[str, Grant] = {}

    # --- the browser's side

    def browse(self, address: str) -> str:
        """Log the person in and give the query with which the browser comes back."""
        url = urlsplit(address)
        told = {name: values[0] for name, values in parse_qs(url.query, strict_parsing=True).items()}
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{self.issuer}/authorize"
        assert told["client_id"] == CLIENT
        assert told["response_type"] == "code"
        assert told["code_challenge_method"] == "S256"
        assert "openid" in told["scope"].split()
        now = int(self.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": told["nonce"],
            **self.person,
        }
        code = secrets.token_urlsafe(16)
        self._codes[code] = Grant(told, claims)
        back: dict[str, Any] = {"code": code, "state": told["state"]}
        if self.tells_issuer:
            back["iss"] = self.issuer
        self.bend_return(back)
        return urlencode(back)

    # --- the way out

    def __call__(self, request: Outgoing) -> Incoming:
        """Be the way out."""
        url = parse(request.url)
        assert any(each.covers(url) for each in request.allowed)
        path = urlsplit(request.url).path
        self.asked.append(path)
        status = self.statuses.get(path, 200)
        if status != 200:
            return Incoming(status, {}, b"{}", url)
        answers = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/token": lambda: self._token(request),
        }
        answer = answers[path]()
        if isinstance(answer, bytes):
            return Incoming(200, {}, answer, url)
        return Incoming(400 if "error" in answer else 200, {}, json.dumps(answer).encode(), url)

    def _discovery(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": self.tells_issuer,
        }
        self.bend_discovery(told)
        return told

    def _keys(self) -> dict[str, Any]:
        told: dict[str, Any] = {"keys": [self.key.public]}
        self.bend_keys(told)
        return told

    def _token(self, request: Outgoing) -> Any:
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        headers = {name.lower(): value for name, value in request.headers}
        pair = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
        assert pair == f"{CLIENT}:client-secret%3Awith%25signs"
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or form["grant_type"] != "authorization_code":
            return {"error": "invalid_grant"}
        if form["redirect_uri"] != grant.told["redirect_uri"]:
            return {"error": "invalid_grant"}
        if b64(hashlib.sha256(form["code_verifier"].encode()).digest()) != grant.told["code_challenge"]:
            return {"error": "invalid_grant"}
        access = secrets.token_urlsafe(24)
        claims = dict(grant.claims)
        self.bend_claims(claims)
        header = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": 60}
        answer["id_token"] = self.bend_token(self.key.sign(header, claims))
        self.bend_answer(answer)
        return answer
