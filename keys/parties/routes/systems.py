"""Business systems and their keys below `/api/v1`.

The system administrator takes systems in, the security administrator gives them scopes and keys; both are people, so
that no system can widen its own rights.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, require_match, tagged, takes, writes
from keys.algorithms import asymmetric
from keys.parties import jwk, system_keys
from keys.parties import systems as verbs
from keys.parties.models import System, SystemKey
from keys.parties.schemas import (
    KeySchema,
    KeysSchema,
    NewKeySchema,
    NewSystemSchema,
    ReasonSchema,
    ScopesSchema,
    SystemChangeSchema,
    SystemPage,
    SystemQuery,
    SystemSchema,
)
from keys.parties.system_keys import NewKey
from keys.parties.systems import NewSystem, system_of

systems = Blueprint("systems", __name__, description="业务系统 · business systems")

READERS = {"sysadmin", "secadmin", "auditor", "operator"}
WRITERS = {"sysadmin"}
GRANTERS = {"secadmin"}


@systems.route("/systems", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(SystemQuery, "query")
@gives(SystemPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[System]:
    """List business systems, by identifier."""
    query = select(System)
    for name in ("organisation", "state"):
        if asked[name] is not None:
            query = query.where(getattr(System, name) == asked[name])
    return parts(Pager).page(session, query, (System.id,), asked["page"], "systems")


@systems.route("/systems", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(NewSystemSchema)
@gives(SystemSchema, 201)
def add(session: Session, new: NewSystem) -> System:
    """Take a business system in, without scopes and keys."""
    return _shown(verbs.add(session, new, caller(), clock.now()))


@systems.route("/systems/<system>", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(SystemSchema)
def one(session: Session, system: str) -> System:
    """Give one business system."""
    return _shown(system_of(session, system))


@systems.route("/systems/<system>", methods=["PATCH"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(SystemChangeSchema)
@gives(SystemSchema)
def change(session: Session, told: dict[str, Any], system: str) -> System:
    """Change a system's name; If-Match names the version it is changed from."""
    row = system_of(session, system, locked=True)
    require_match(_version(row))
    return _shown(verbs.rename(session, row, told["name"], caller(), clock.now()))


@systems.route("/systems/<system>/scopes", methods=["PUT"])
@guarded(roles=GRANTERS)
@writes
@takes(ScopesSchema)
@gives(SystemSchema)
def grant_scopes(session: Session, told: dict[str, Any], system: str) -> System:
    """Set the scopes that a system holds; If-Match names the version it is changed from."""
    row = system_of(session, system, locked=True)
    require_match(_version(row))
    return _shown(verbs.grant_scopes(session, row, told["scopes"], caller(), clock.now()))


@systems.route("/systems/<system>/suspensions", methods=["POST"])
@guarded(scope="admin", roles=WRITERS | GRANTERS)
@writes
@takes(ReasonSchema)
@gives(SystemSchema)
def suspend(session: Session, told: dict[str, Any], system: str) -> System:
    """Suspend a system and end its tokens."""
    row = system_of(session, system, locked=True)
    return _shown(verbs.suspend(session, row, told["reason"], caller(), clock.now()))


@systems.route("/systems/<system>/resumptions", methods=["POST"])
@guarded(roles=WRITERS | GRANTERS)
@writes
@takes(ReasonSchema)
@gives(SystemSchema)
def resume(session: Session, told: dict[str, Any], system: str) -> System:
    """Let a suspended system act again, with new tokens."""
    row = system_of(session, system, locked=True)
    return _shown(verbs.resume(session, row, told["reason"], caller(), clock.now()))


@systems.route("/systems/<system>/keys", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(KeysSchema)
def keys(session: Session, system: str) -> dict[str, Any]:
    """List every public key that a system ever had, the newest first."""
    row = system_of(session, system)
    return {"items": [_key(each) for each in system_keys.keys_of(session, row.id)]}


@systems.route("/systems/<system>/keys", methods=["POST"])
@guarded(roles=GRANTERS)
@writes
@takes(NewKeySchema)
@gives(KeySchema, 201)
def add_key(session: Session, new: NewKey, system: str) -> dict[str, Any]:
    """Put a public key of a system on record; several may be valid at once."""
    row = system_of(session, system, locked=True)
    return _key(system_keys.add_key(session, row, new, caller(), clock.now()))


@systems.route("/systems/<system>/keys/<kid>/withdrawals", methods=["POST"])
@guarded(roles=GRANTERS)
@writes
@takes(ReasonSchema)
@gives(KeySchema)
def withdraw_key(session: Session, told: dict[str, Any], system: str, kid: str) -> dict[str, Any]:
    """End a key and every token that the system holds."""
    row = system_of(session, system, locked=True)
    return _key(system_keys.withdraw_key(session, row, kid, told["reason"], caller(), clock.now()))


def _key(row: SystemKey) -> dict[str, Any]:
    public = jwk.written(asymmetric.public_key(row.spki))
    return {
        "kid": row.kid,
        "kind": row.kind,
        "jwk": {**public, "kid": row.kid},
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "withdrawn_at": row.withdrawn_at,
        "added_at": row.added_at,
    }


def _shown(row: System) -> System:
    tagged(_version(row))
    return row


def _version(row: System) -> str:
    return f"system:{row.id}:{row.version}"
