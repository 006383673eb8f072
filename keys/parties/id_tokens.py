"""ID tokens (OpenID Connect Core 1.0): whom an identity provider vouches for, or why a token proves nothing.

1. size and shape: three parts of unpadded base64url in their one form; 2. the header holds `alg`, `kid`, `typ` and at
most a certificate's thumbprint, so nothing that brings or fetches a key; 3. `typ` is JWT or left out, so no access,
logout or other token; 4. the key is one of the provider's key set, and `alg` the one agreed on (RFC 8725 3.1); 5. the
signature fits; then OpenID Connect Core 3.1.3.7: 6. issuer; 7. audience, this service alone, and authorized party;
8. times; 9. nonce, of this browser's own flow; 10. the person authenticated just now, where that was asked; 11. the
access token's hash, where one is told (3.1.3.6); 12. the person's name. Steps of the other flows are not here because
the code flow is the only one; `acr` is not judged, the level has a claim of its own.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.util import urlsafe_b64decode

from base import strict_json
from base.strict_json import MalformedJson
from keys.parties import levels
from keys.parties.login_errors import IdentityRefused
from keys.parties.provider_keys import ProviderKey

# Providers put roles and photographs' addresses in; a header line of common servers ends at 8 KiB, a body does not.
SIZE_LIMIT: Final = 16 * 1024
HEADER_LIMIT: Final = 1024
_PARTS: Final = 3
_MUST: Final = frozenset({"alg"})
_MAY: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
TYPES: Final = frozenset({None, "JWT"})
SKEW: Final = timedelta(seconds=60)
# The token was made for the code that was changed for it a moment ago.
OLDEST: Final = timedelta(minutes=10)
# Core 2: a subject has 255 characters at most.
NAME_LIMIT: Final = 255

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    algorithm: str
    access_token: str | None = field(default=None, repr=False)
    authenticated_within: timedelta | None = None


@dataclass(frozen=True)
class Reading:
    """Which claims tell what of a person."""

    person_claim: str
    level_claim: str
    levels: Mapping[str, int]
    second_factors: frozenset[str]


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for, by its own name, at which level and how proven."""

    name: str = field(repr=False)
    level: int
    second_factor: bool


def read(text: str, keys: Mapping[str, ProviderKey], expected: Expected, reading: Reading, at: datetime) -> Identity:
    """Judge an ID token.

    Raises `IdentityRefused`.
    """
    claims = _proven(text, keys, expected)
    _require_parties(claims, expected)
    _require_time(claims, expected, at)
    if not _same(claims.get("nonce"), expected.nonce):
        raise IdentityRefused("nonce")
    _require_access_token(claims, keys, expected)
    if "events" in claims:
        raise IdentityRefused("typ")
    return _identity(claims, reading)


def kid_of(text: str) -> str | None:
    """Tell which key a token names, before anything of it is believed.

    Raises `IdentityRefused`.
    """
    kid = _header(text)[0].get("kid")
    return kid if isinstance(kid, str) else None


def _header(text: str) -> tuple[dict[str, Any], list[str]]:
    if len(text) > SIZE_LIMIT:
        raise IdentityRefused("size")
    parts = text.split(".")
    if len(parts) != _PARTS or not text.isascii() or not all(parts) or len(parts[0]) > HEADER_LIMIT:
        raise IdentityRefused("shape")
    header = _object(parts[0])
    if not _MUST <= set(header) <= _MAY or not all(isinstance(value, str) for value in header.values()):
        raise IdentityRefused("header-members")
    if header.get("typ") not in TYPES:
        raise IdentityRefused("typ")
    return header, parts


def _proven(text: str, keys: Mapping[str, ProviderKey], expected: Expected) -> Claims:
    header, parts = _header(text)
    if header["alg"] != expected.algorithm:
        raise IdentityRefused("alg")
    key = keys.get(header["kid"]) if "kid" in header else _only(keys)
    if key is None or key.algorithm.name != header["alg"]:
        raise IdentityRefused("key")
    if not key.verifies(_decoded(parts[2]), ".".join(parts[:2]).encode()):
        raise IdentityRefused("signature")
    return _object(parts[1])


def _only(keys: Mapping[str, ProviderKey]) -> ProviderKey | None:
    """Core 10.1: a token may leave the key's id out where there is one key only."""
    return next(iter(keys.values())) if len(keys) == 1 else None


def _require_parties(claims: Claims, expected: Expected) -> None:
    if not _same(claims.get("iss"), expected.issuer):
        raise IdentityRefused("issuer")
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    # 3.1.3.7 (3): audiences that are not trusted make the token unfit, and we know of none that is.
    if not _same(audience, expected.client_id) or not _same(claims.get("azp", expected.client_id), expected.client_id):
        raise IdentityRefused("audience")


def _require_time(claims: Claims, expected: Expected, at: datetime) -> None:
    for name in ("exp", "iat", "nbf", "auth_time"):
        if name in claims and type(claims[name]) is not int:
            raise IdentityRefused(name)
    if "exp" not in claims or "iat" not in claims:
        raise IdentityRefused("times")
    # Whole numbers, so that none that a token tells can be too large.
    now, skew = int(at.timestamp()), int(SKEW.total_seconds())
    if now >= claims["exp"] + skew:
        raise IdentityRefused("expired")
    if not now - int(OLDEST.total_seconds()) <= claims["iat"] <= now + skew or claims.get("nbf", 0) > now + skew:
        raise IdentityRefused("issued-at")
    if expected.authenticated_within is not None:
        oldest = now - int(expected.authenticated_within.total_seconds()) - skew
        if not oldest <= claims.get("auth_time", 0) <= now + skew:
            raise IdentityRefused("auth-time")


def _require_access_token(claims: Claims, keys: Mapping[str, ProviderKey], expected: Expected) -> None:
    """Hold `at_hash` against the access token: the left half of its digest by the token's own algorithm."""
    if "at_hash" not in claims:
        return
    digest = next(iter(keys.values())).algorithm.digest
    whole = digest.of((expected.access_token or "").encode())
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    if expected.access_token is None or not _same(claims["at_hash"], half):
        raise IdentityRefused("access-token-hash")


def _identity(claims: Claims, reading: Reading) -> Identity:
    name = claims.get(reading.person_claim)
    subject = claims.get("sub")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT or not isinstance(subject, str) or not subject:
        raise IdentityRefused("person")
    told = claims.get(reading.level_claim) if reading.level_claim else None
    word = str(told) if type(told) in (str, int) else ""
    methods = claims.get("amr", [])
    if not isinstance(methods, list) or not all(isinstance(each, str) for each in methods):
        raise IdentityRefused("amr")
    # A level that nobody explained to us is the lowest, never an error: the account may still do what asks for none.
    level = reading.levels.get(word, levels.LOWEST)
    return Identity(name, level, bool(reading.second_factors & set(methods)))


def _same(told: Any, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode("utf-8", "replace"), expected.encode())


def _object(part: str) -> dict[str, Any]:
    try:
        value = strict_json.parse(_decoded(part))
    except MalformedJson as error:
        raise IdentityRefused("json") from error
    if not isinstance(value, dict):
        raise IdentityRefused("json")
    return value


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part.encode())
    except (binascii.Error, ValueError) as error:
        raise IdentityRefused("base64url") from error
