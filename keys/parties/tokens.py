"""Access tokens: JWTs after RFC 9068 that this service signs for a system and believes for ten minutes.

Issuing puts into a token what the system may do at that moment. Proving a token: 1. it is a signed token of type
`at+jwt` under a key that this service trusts now; 2. its claims are all there and of their types; 3. it was issued by
and for this service; 4. it is in its time; 5. it was not revoked, its system and organisation are active, and the
system's generation is still the one it was issued in; 6. what it may do is what it says and the system still holds.
Nothing in a token chooses the key but its id, and that only among this service's own.

That a signature fits its key never changes, so the tokens that were proven last are remembered by their SHA-256, each
with the key that it was proven with. Whatever can change (the key's trust, the time, revocation, the system) is asked
at every call, in one query.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from keys.algorithms.algorithm import PublicKey
from keys.kept import Kept
from keys.parties import jwk, jws, token_keys
from keys.parties.acting import record
from keys.parties.errors import TokenRefused, UnfitJws
from keys.parties.models import ACTIVE, Organisation, RevokedToken, System, TrustedTokenKey
from keys.parties.wiring import Parties

TYPE = "at+jwt"
# RFC 9068 4: both spellings of the media type.
TYPES: frozenset[str | None] = frozenset({TYPE, "application/at+jwt"})
# Nodes whose clocks differ by more than this are told so by the doctor; a token of one is not refused by another.
SKEW = timedelta(seconds=5)
_TEXTS = ("iss", "aud", "sub", "client_id", "jti", "scope")
_NUMBERS = ("iat", "exp", "gen")
# Systems that call within one token's life; each takes about 2 KiB, and one that was pushed out is only proven anew.
REMEMBERED = 2048
# Written once: building it costs more than running it, and it is run for every call.
_STANDING = (
    select(
        System.name,
        System.organisation,
        System.state,
        System.generation,
        System.scopes,
        Organisation.state.label("organisation_state"),
        RevokedToken.jti.label("revoked"),
        TrustedTokenKey.spki,
        TrustedTokenKey.until,
        TrustedTokenKey.withdrawn_at,
    )
    .join(Organisation, Organisation.code == System.organisation)
    .outerjoin(RevokedToken, RevokedToken.jti == bindparam("jti"))
    .outerjoin(TrustedTokenKey, TrustedTokenKey.kid == bindparam("kid"))
    .where(System.id == bindparam("system"))
)


@dataclass(frozen=True)
class Draft:
    """A token that is signed and not yet on record, so not yet to be handed out."""

    token: str
    jti: str
    kid: str
    seconds: int
    scopes: tuple[str, ...]
    by: Caller


@dataclass(frozen=True)
class _Proven:
    """A token whose signature was proven: under which key, and what it claims."""

    kid: str
    spki: bytes
    claims: jws.Claims


_PROVEN = Kept[_Proven](REMEMBERED)


def draft(parties: Parties, system: System, scopes: frozenset[str], at: datetime) -> Draft:
    """Sign a token for a proven system, with scopes that it holds; done before the database is held for writing.

    Raises `TokenKeyUnusable`, `SigningUnavailable`.
    """
    private = parties.token_key.private
    kid = jwk.thumbprint(private.public)
    issued_at, told = int(at.timestamp()), tuple(sorted(scopes))
    claims: jws.Claims = {
        "iss": parties.issuer,
        "aud": parties.issuer,
        "sub": system.id,
        "client_id": system.id,
        "iat": issued_at,
        "exp": issued_at + parties.token_seconds,
        "jti": str(uuid.uuid4()),
        "scope": " ".join(told),
        "gen": system.generation,
    }
    by = Caller("system", system.id, organisation=system.organisation)
    return Draft(jws.written(claims, TYPE, kid, private), claims["jti"], kid, parties.token_seconds, told, by)


def issue(session: Session, parties: Parties, drafted: Draft, at: datetime) -> None:
    """Put a token and the key that signed it on record; whoever hands it out does so after the commit.

    Raises `TokenKeyUnusable` for a key that was withdrawn.
    """
    token_keys.trust(session, parties.token_key, at)
    thing = Thing("token", drafted.jti)
    record(session, drafted.by, at, "token.issued", thing, scopes=drafted.scopes, kid=drafted.kid)


def prove(session: Session, parties: Parties, text: str, at: datetime) -> Caller:
    """Find the system that a token speaks for.

    Raises `TokenRefused`.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    proven = _PROVEN.of(digest)
    if proven is None:
        proven = _PROVEN.keep(digest, _proven(session, text, at))
    claims = proven.claims
    _require_own(claims, parties, at)
    asked = {"jti": claims["jti"], "kid": proven.kid, "system": claims["client_id"]}
    found = session.connection().execute(_STANDING, asked).one_or_none()
    if found is None:
        raise TokenRefused("revoked")
    if found.spki != proven.spki or found.withdrawn_at is not None or found.until <= at:
        raise TokenRefused("kid")
    if found.revoked is not None:
        raise TokenRefused("revoked")
    if found.state != ACTIVE or found.organisation_state != ACTIVE:
        raise TokenRefused("suspended")
    if found.generation != claims["gen"]:
        raise TokenRefused("revoked")
    scopes = frozenset(claims["scope"].split()) & frozenset(found.scopes.split())
    return Caller("system", claims["client_id"], found.name, found.organisation, scopes=scopes)


def revoke(session: Session, parties: Parties, text: str, client: System, at: datetime) -> None:
    """End a token of the client's own; a token that is no good any more, or another's, is left as it is (RFC 7009 2.2).

    Nothing is told about which of these it was.
    """
    try:
        claims = _claims(session, parties, text, at)
    except TokenRefused:
        return
    if claims["client_id"] != client.id:
        return
    row = {"jti": claims["jti"], "kept_until": at + timedelta(seconds=parties.token_seconds) + 2 * SKEW}
    if session.execute(
        inserting(session, RevokedToken).values(row).on_conflict_do_nothing().returning(RevokedToken.jti)
    ).first():
        by = Caller("system", client.id, organisation=client.organisation)
        record(session, by, at, "token.revoked", Thing("token", claims["jti"]))


def _claims(session: Session, parties: Parties, text: str, at: datetime) -> dict[str, Any]:
    """Read a token and hold its claims against this service and the time (steps 1 to 4)."""
    claims = _proven(session, text, at).claims
    _require_own(claims, parties, at)
    return claims


def _proven(session: Session, text: str, at: datetime) -> _Proven:
    """Read a token that some trusted key signed, whose claims are all there (steps 1 and 2)."""
    used: list[tuple[str, bytes]] = []

    def find(header: jws.Header, _claims: jws.Claims) -> PublicKey:
        key = token_keys.trusted_key(session, header.kid, at)
        if key is None:
            raise TokenRefused("kid")
        used.append((header.kid, key.spki))
        return key

    try:
        claims = jws.read(text, TYPES, find)
    except UnfitJws as error:
        raise TokenRefused(error.reason) from error
    _require_shape(claims)
    return _Proven(*used[0], claims)


def _require_own(claims: jws.Claims, parties: Parties, at: datetime) -> None:
    """Hold claims against this service and the time (steps 3 and 4)."""
    if claims["iss"] != parties.issuer or claims["aud"] != parties.issuer:
        raise TokenRefused("issuer-or-audience")
    _require_time(claims, parties, at)


def _require_shape(claims: jws.Claims) -> None:
    texts = all(isinstance(claims.get(name), str) for name in _TEXTS)
    numbers = all(type(claims.get(name)) is int for name in _NUMBERS)
    if not texts or not numbers or claims["sub"] != claims["client_id"]:
        raise TokenRefused("claims")


def _require_time(claims: jws.Claims, parties: Parties, at: datetime) -> None:
    """Hold the claims against the clock: a whole number of seconds is compared, so no number can be too large."""
    now, skew = at.timestamp(), SKEW.total_seconds()
    if now >= claims["exp"]:
        raise TokenRefused("expired")
    if claims["iat"] > now + skew or claims["exp"] - claims["iat"] > parties.token_seconds:
        raise TokenRefused("issued-at")
    if "nbf" in claims and not (type(claims["nbf"]) is int and claims["nbf"] <= now + skew):
        raise TokenRefused("not-before")
