"""Business systems: the clients of the API, each of one organisation, with scopes and public keys.

Whatever takes rights away (suspension, a scope less, a key withdrawn) ends the system's tokens at once: scopes are
compared with the present ones at each call, and the others raise the system's generation, which its tokens carry.
A client secret is kept as a digest only and is good in the sandbox only; who may change a system is the routes' say.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import SCOPES, Caller, NotAllowed
from base.canonical import Json
from keys.parties.acting import changed
from keys.parties.errors import NoSuchSystem, PartyStateConflict, SystemKnown, UnknownScope
from keys.parties.models import ACTIVE, SUSPENDED, Organisation, System
from keys.parties.organisations import active_organisation

THING = "system"
# 256 bits: nobody tries them all, so a plain digest protects what is kept.
SECRET_BYTES = 32


@dataclass(frozen=True)
class NewSystem:
    """What must be told of a system; the identifier is its `client_id`."""

    id: str
    name: str
    organisation: str


def system_of(session: Session, system: str, *, locked: bool = False) -> System:
    """Give the system; `locked` keeps others from changing it until the transaction ends.

    Raises `NoSuchSystem`.
    """
    query = select(System).where(System.id == system)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchSystem(system)
    return found


def caller_of(session: Session, system: str, scope: str) -> Caller:
    """Give a system as the caller that it is now, for those whom something else than a token proves to speak for it.

    Raises `NotAllowed` where it or its organisation is not active, or it does not hold the scope.
    """
    query = select(System, Organisation.state).join(Organisation, Organisation.code == System.organisation)
    row, state = session.execute(query.where(System.id == system)).one()
    if row.state != ACTIVE or state != ACTIVE or scope not in row.scope_set:
        raise NotAllowed(needed=scope)
    return Caller("system", row.id, row.name, row.organisation, scopes=row.scope_set)


def add(session: Session, new: NewSystem, by: Caller, at: datetime) -> System:
    """Take a system in, without scopes and keys.

    Raises `SystemKnown`, `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    if session.get(System, new.id) is not None:
        raise SystemKnown(new.id)
    organisation = active_organisation(session, new.organisation)
    row = System(
        id=new.id,
        name=new.name,
        organisation=organisation.code,
        scopes="",
        state=ACTIVE,
        generation=1,
        secret_digest=None,
        version=1,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    changed(session, by, at, "system.added", Thing(THING, row.id), organisation=row.organisation)
    return row


def rename(session: Session, row: System, name: str, by: Caller, at: datetime) -> System:
    """Give the system another name."""
    row.name = name
    return _changed(session, row, "system.changed", by, at)


def grant_scopes(session: Session, row: System, scopes: Iterable[str], by: Caller, at: datetime) -> System:
    """Let the system have exactly these scopes from now on.

    Raises `UnknownScope`.
    """
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise UnknownScope(scope)
    row.scopes = " ".join(wanted)
    return _changed(session, row, "system.scopes-granted", by, at, scopes=tuple(wanted))


def suspend(session: Session, row: System, reason: str, by: Caller, at: datetime) -> System:
    """Stop the system and end its tokens.

    Raises `PartyStateConflict`.
    """
    _require_other_state(row, SUSPENDED)
    row.state = SUSPENDED
    end_tokens(row)
    return _changed(session, row, "system.suspended", by, at, reason=reason)


def resume(session: Session, row: System, reason: str, by: Caller, at: datetime) -> System:
    """Let the system act again, with new tokens.

    Raises `PartyStateConflict`.
    """
    _require_other_state(row, ACTIVE)
    row.state = ACTIVE
    return _changed(session, row, "system.resumed", by, at, reason=reason)


def end_tokens(row: System) -> None:
    """Let every token that the system holds be refused from this transaction's commit on."""
    row.generation += 1


def give_secret(session: Session, row: System, by: Caller, at: datetime) -> str:
    """Make a new client secret, which is told once and replaces the one before; the sandbox alone takes it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row.secret_digest = _digest(secret)
    _changed(session, row, "system.secret-given", by, at)
    return secret


def holds_secret(row: System | None, secret: str) -> bool:
    """Tell whether this is the system's secret, in the same time for right, wrong and no system at all."""
    kept = row.secret_digest if row is not None and row.secret_digest is not None else _digest("")
    return hmac.compare_digest(kept, _digest(secret)) and bool(secret)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_other_state(row: System, state: str) -> None:
    if row.state == state:
        raise PartyStateConflict(row.id, state)


def _changed(session: Session, row: System, act: str, by: Caller, at: datetime, **facts: Json) -> System:
    row.version += 1
    row.changed_at = at
    changed(session, by, at, act, Thing(THING, row.id), row.version, **facts)
    return row
