"""The ledger's public face: its head, and proofs about it. Entries are not shown here, only their hashes."""

from typing import Any

from sqlalchemy.orm import Session

from base import audit, ledger_export
from base.api import Blueprint
from base.ledger import leaf_hash
from base.schemas import ConsistencyQuery, ConsistencySchema, InclusionSchema, TreeSizeQuery
from base.web import gives, open_to_all, reads, takes

ledger = Blueprint("ledger", __name__, description="The ledger: its head and proofs about it · 台账")


@ledger.route("/ledger/proofs/<int:entry>", methods=["GET"])
@open_to_all
@reads
@takes(TreeSizeQuery, location="query")
@gives(InclusionSchema)
def inclusion(session: Session, asked: dict[str, Any], entry: int) -> dict[str, Any]:
    """Prove that an entry is in the tree · 证明记录在台账里."""
    recorded = audit.entry_at(session, entry)
    tree = audit.tree_at(session, asked["size"])
    path = audit.inclusion(session, entry, tree.size)
    return {
        "index": entry,
        "size": tree.size,
        "root": tree.root.hex(),
        "leaf": leaf_hash(recorded.content).hex(),
        "path": [each.hex() for each in path],
    }


@ledger.route("/ledger/consistency", methods=["GET"])
@open_to_all
@reads
@takes(ConsistencyQuery, location="query")
@gives(ConsistencySchema)
def consistency(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Prove that a later tree only grew · 证明台账只增不改."""
    return ledger_export.prove_growth(session, asked["first"], asked["second"])
