"""How a business system proves to be itself at the token endpoint.

By a signed assertion (`private_key_jwt`, RFC 7523): 1. it names the client as issuer and subject; 2. it is signed with
a key of that client's that is valid now, named by its key id; 3. its audience is this service alone; 4. it is in its
time, and that time is short; 5. its `jti` was never used before, which is written down in the same transaction as what
the proof is used for. Keys are looked up in our records only; an address in the assertion is never visited.
By a client secret: in the sandbox only, where nothing is real.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from keys.algorithms.algorithm import PublicKey
from keys.parties import jws, spending, system_keys
from keys.parties.errors import (
    AssertionReplayed,
    ClientNotProven,
    ClientSuspended,
    SecretsOnlyInSandbox,
    UnfitJws,
)
from keys.parties.models import ACTIVE, SYSTEM_ID_LENGTH, Organisation, System
from keys.parties.systems import holds_secret
from keys.parties.wiring import Parties

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# An assertion is made for one request; five minutes bridge what clocks on government networks differ by.
LONGEST_LIFE = timedelta(minutes=5)
SKEW = timedelta(seconds=60)
TYPES: frozenset[str | None] = frozenset({None, "JWT", "client-authentication+jwt"})
# A jti is to be unguessable and unrepeated: a UUID has 36 characters, a short hash 16.
JTI_SHORTEST, JTI_LONGEST = 8, 200


@dataclass(frozen=True)
class Assertion:
    """A signed assertion, and the client id beside it if one was sent."""

    text: str
    client_id: str | None = None


@dataclass(frozen=True)
class Secret:
    """A client id and secret, from the Authorization header or the form."""

    client_id: str
    secret: str


ClientProof = Assertion | Secret


@dataclass(frozen=True)
class Proven:
    """A system that proved itself, and the assertion's `jti` that is still to be spent, with how long it is kept."""

    system: System
    jti: str | None = None
    kept_until: datetime | None = None


def judged(session: Session, parties: Parties, proof: ClientProof, at: datetime) -> Proven:
    """Find the system behind a proof (steps 1 to 4); reading is enough, so that nobody waits for a stranger's proof.

    Raises `ClientNotProven`, `ClientSuspended`, `SecretsOnlyInSandbox`.
    """
    if isinstance(proof, Assertion):
        proven = _by_assertion(session, parties, proof, at)
    else:
        proven = Proven(_by_secret(session, parties, proof))
    organisation = session.get(Organisation, proven.system.organisation)
    if proven.system.state != ACTIVE or organisation is None or organisation.state != ACTIVE:
        raise ClientSuspended(proven.system.id)
    return proven


def spend(session: Session, proven: Proven) -> None:
    """Spend the assertion (step 5) in the transaction of what it is used for.

    Raises `AssertionReplayed`.
    """
    if proven.jti is None or proven.kept_until is None:
        return
    if not spending.spend(session, spending.ASSERTION, proven.system.id, proven.jti, proven.kept_until):
        raise AssertionReplayed


def _by_secret(session: Session, parties: Parties, proof: Secret) -> System:
    if not parties.demo:
        raise SecretsOnlyInSandbox
    found = session.get(System, proof.client_id[:SYSTEM_ID_LENGTH])
    if not holds_secret(found, proof.secret) or found is None:
        raise ClientNotProven("client-or-secret")
    return found


def _by_assertion(session: Session, parties: Parties, proof: Assertion, at: datetime) -> Proven:
    def find(header: jws.Header, unproven: jws.Claims) -> PublicKey:
        client = unproven.get("iss")
        key = system_keys.valid_key(session, client, header.kid, at) if isinstance(client, str) else None
        if key is None:
            raise ClientNotProven("client-or-key")
        return key

    try:
        claims = jws.read(proof.text, TYPES, find)
    except UnfitJws as error:
        raise ClientNotProven(error.reason) from error
    _require_parties(claims, parties, proof)
    until = _require_time(claims, at)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not JTI_SHORTEST <= len(jti) <= JTI_LONGEST:
        raise ClientNotProven("jti")
    system = session.get(System, claims["iss"])
    if system is None:  # its key has a foreign key on it
        raise ClientNotProven("client-or-key")
    return Proven(system, jti, until + 2 * SKEW)


def _require_parties(claims: jws.Claims, parties: Parties, proof: Assertion) -> None:
    """Hold issuer, subject and audience; several audiences at once would let another service use the assertion here."""
    if claims.get("sub") != claims["iss"] or proof.client_id not in (None, claims["iss"]):
        raise ClientNotProven("issuer-and-subject-differ")
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in parties.audiences:
        raise ClientNotProven("audience")


def _require_time(claims: jws.Claims, at: datetime) -> datetime:
    """Hold the times against the clock and give the moment from which the assertion is no good."""
    for name in ("exp", "iat", "nbf"):
        if name in claims and type(claims[name]) is not int:
            raise ClientNotProven(name)
    now, skew = at.timestamp(), SKEW.total_seconds()
    if "exp" not in claims or claims["exp"] + skew <= now:
        raise ClientNotProven("expired")
    if claims["exp"] > now + skew + LONGEST_LIFE.total_seconds():
        raise ClientNotProven("lives-too-long")
    if claims.get("nbf", 0) > now + skew or claims.get("iat", 0) > now + skew:
        raise ClientNotProven("not-yet")
    return datetime.fromtimestamp(claims["exp"], UTC) + SKEW
