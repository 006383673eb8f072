"""Receipts below `/api/v1`: of each use, to whoever may see the use; and the keys that verify them, to everyone."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, open_to_all, parts, reads
from exchange.door import receipts as verbs
from exchange.door import usages
from exchange.door.errors import ReceiptNotSigned
from exchange.door.schemas import ReceiptKeysSchema, ReceiptSchema
from exchange.door.wiring import Gateway
from exchange.routes.gateway import READERS

receipts = Blueprint("receipts", __name__, description="回执 · receipts")


@receipts.route("/receipts/<string:usage>", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@gives(ReceiptSchema)
def one(usage: str) -> dict[str, Any]:
    """Give the receipt of a use; where its batch is not signed yet, asking has it signed · 取调用回执."""
    database, gateway = parts(Database), parts(Gateway)
    gateway.open(database)
    found = _found(database, gateway, usage)
    if found is None:
        verbs.sign(database, gateway, clock.now())
        found = _found(database, gateway, usage)
    if found is None:
        raise ReceiptNotSigned(usage)
    return found


@receipts.route("/receipt-keys", methods=["GET"])
@open_to_all
@reads
@gives(ReceiptKeysSchema)
def keys(session: Session) -> dict[str, Any]:
    """Give the keys that receipts are verified with; keep them elsewhere, and compare · 验证回执的公钥."""
    return {"items": verbs.keys_of(session)}


def _found(database: Database, gateway: Gateway, usage: str) -> dict[str, Any] | None:
    with database.reading() as session:
        usages.usage_of(session, usage, caller())
        return verbs.document(session, gateway, usage)
