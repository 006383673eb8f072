"""Access tokens: JWTs after RFC 9068 that this service signs for a system and believes for ten minutes.

Issuing puts into a token what the system may do at that moment. Proving a token: 1. it is a signed token of type
`at+jwt` under a key that this service trusts now; 2. its claims are all there and of their types; 3. it was issued by
and for this service; 4. it is in its time; 5. it was not revoked, its system and organisation are active, and the
system's generation is still the one it was issued in; 6. what it may do is what it says and the system still holds.
Nothing in a token chooses the key but its id, and that only among this service's own.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms.algorithm import PublicKey
from keys.parties import jwk, jws, token_keys
from keys.parties.acting import record
from keys.parties.errors import TokenRefused, UnfitJws
from keys.parties.models import ACTIVE, Organisation, RevokedToken, System
from keys.parties.wiring import Parties

TYPE = "at+jwt"
# RFC 9068 4: both spellings of the media type.
TYPES: frozenset[str | None] = frozenset({TYPE, "application/at+jwt"})
# Nodes whose clocks differ by more than this are told so by the doctor; a token of one is not refused by another.
SKEW = timedelta(seconds=5)
_TEXTS = ("iss", "aud", "sub", "client_id", "jti", "scope")
_NUMBERS = ("iat", "exp", "gen")


@dataclass(frozen=True)
class Draft:
    """A token that is signed and not yet on record, so not yet to be handed out."""

    token: str
    jti: str
    kid: str
    seconds: int
    scopes: tuple[str, ...]
    by: Caller


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
    claims = _claims(session, parties, text, at)
    query = (
        select(System, Organisation.state, RevokedToken.jti)
        .join(Organisation, Organisation.code == System.organisation)
        .outerjoin(RevokedToken, RevokedToken.jti == claims["jti"])
        .where(System.id == claims["client_id"])
    )
    found = session.execute(query).one_or_none()
    if found is None or found[2] is not None:
        raise TokenRefused("revoked")
    system: System = found[0]
    if system.state != ACTIVE or found[1] != ACTIVE:
        raise TokenRefused("suspended")
    if system.generation != claims["gen"]:
        raise TokenRefused("revoked")
    scopes = frozenset(claims["scope"].split()) & system.scope_set
    return Caller("system", system.id, system.name, system.organisation, scopes=scopes)


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
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"jti": claims["jti"], "kept_until": at + timedelta(seconds=parties.token_seconds) + 2 * SKEW}
    if session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing().returning(RevokedToken.jti)).first():
        by = Caller("system", client.id, organisation=client.organisation)
        record(session, by, at, "token.revoked", Thing("token", claims["jti"]))


def _claims(session: Session, parties: Parties, text: str, at: datetime) -> dict[str, Any]:
    """Read a token and hold its claims against this service and the time (steps 1 to 4)."""

    def find(header: jws.Header, _claims: jws.Claims) -> PublicKey:
        key = token_keys.trusted_key(session, header.kid, at)
        if key is None:
            raise TokenRefused("kid")
        return key

    try:
        claims = jws.read(text, TYPES, find)
    except UnfitJws as error:
        raise TokenRefused(error.reason) from error
    _require_shape(claims)
    if claims["iss"] != parties.issuer or claims["aud"] != parties.issuer:
        raise TokenRefused("issuer-or-audience")
    _require_time(claims, parties, at)
    return claims


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
