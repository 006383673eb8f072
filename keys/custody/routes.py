"""Keys in custody below `/api/v1/keys`: people of the system and security duties, never a system.

No private byte comes in or goes out here: keys are made inside devices; importing is a command on the machine.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, tagged, takes, writes
from keys.custody import acts
from keys.custody.acts import NewKey
from keys.custody.custody import newest, versions
from keys.custody.errors import NoSuchCustodyKey
from keys.custody.models import CustodyKey
from keys.custody.schemas import (
    CustodyKeyPage,
    CustodyKeyQuery,
    CustodyKeySchema,
    CustodyKeyVersions,
    EndSchema,
    NewCustodyKeySchema,
)
from keys.custody.wiring import CustodyParts

custody_keys = Blueprint("custody_keys", __name__, description="密钥保管 · keys in custody")

READERS = {"sysadmin", "secadmin", "auditor"}
KEEPERS = {"sysadmin", "secadmin"}


@custody_keys.route("/keys", methods=["GET"])
@guarded(roles=READERS)
@reads
@takes(CustodyKeyQuery, "query")
@gives(CustodyKeyPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[CustodyKey]:
    """List every version of every key, by id."""
    query = select(CustodyKey)
    if asked["use"] is not None:
        query = query.where(CustodyKey.key_use == asked["use"])
    if asked["state"] is not None:
        query = query.where(CustodyKey.state == asked["state"])
    by = (CustodyKey.id, CustodyKey.version)
    return parts(Pager).page(session, query, by, asked["page"], "custody-keys")


@custody_keys.route("/keys", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(NewCustodyKeySchema)
@gives(CustodyKeySchema, 201)
def create(session: Session, new: NewKey) -> CustodyKey:
    """Make a key inside a device; where two must let it in, it is a proposal."""
    return _shown(acts.create(session, parts(CustodyParts).custody, new, caller(), clock.now()))


@custody_keys.route("/keys/<key>", methods=["GET"])
@guarded(roles=READERS)
@reads
@gives(CustodyKeyVersions)
def one(session: Session, key: str) -> dict[str, Any]:
    """Give every version of one key, the newest first."""
    found = versions(session, key)
    if not found:
        raise NoSuchCustodyKey(key)
    return {"items": found}


@custody_keys.route("/keys/<key>/confirmations", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@gives(CustodyKeySchema)
def confirm(session: Session, key: str) -> CustodyKey:
    """Let a proposed key in, as the second person."""
    return _shown(acts.confirm(session, parts(CustodyParts).custody, key, caller(), clock.now()))


@custody_keys.route("/keys/<key>/rotations", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@gives(CustodyKeySchema, 201)
def rotate(session: Session, key: str) -> CustodyKey:
    """Make the next version of a key; the present one signs until the next is active."""
    return _shown(acts.rotate(session, parts(CustodyParts).custody, key, caller(), clock.now()))


@custody_keys.route("/keys/<key>/retirements", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(EndSchema)
@gives(CustodyKeySchema)
def retire(session: Session, told: dict[str, Any], key: str) -> CustodyKey:
    """Let a key sign no more; what it signed before stays good."""
    return _shown(acts.retire(session, key, told["reason"], caller(), clock.now()))


@custody_keys.route("/keys/<key>/withdrawals", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(EndSchema)
@gives(CustodyKeySchema)
def withdraw(session: Session, told: dict[str, Any], key: str) -> CustodyKey:
    """Believe nothing of a key's present version any more, or turn the proposal of a new key down."""
    row = newest(session, key, locked=True)
    return _shown(acts.withdraw(session, key, row.version, told["reason"], caller(), clock.now()))


def _shown(row: CustodyKey) -> CustodyKey:
    tagged(f"custody-key:{row.id}:{row.version}:{row.state}")
    return row


API_BLUEPRINTS = (custody_keys,)
