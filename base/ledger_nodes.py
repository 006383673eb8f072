"""Reads the ledger's stored nodes for proofs: one statement a proof, as many rows as the proof has steps."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from base import ledger
from base.journal import DamagedLedger
from base.models import LedgerNode

T = TypeVar("T")
Addresses = Mapping[tuple[int, int], bytes]
NOTHING_MENDED: Addresses = {}


def from_nodes(session: Session, proof: Callable[[ledger.NodeReader], T], mended: Addresses = NOTHING_MENDED) -> T:
    """Make a proof from the stored nodes; `mended` ones are taken instead of what is stored.

    It runs twice: which nodes it asks for does not depend on what stands in them. Raises `DamagedLedger`.
    """
    asked: list[tuple[int, int]] = []

    def note(level: int, index: int) -> bytes:
        asked.append((level, index))
        return bytes(ledger.HASH_SIZE)

    proof(note)
    # Row values in IN would be shorter, but SQLite walks the whole table for them.
    keys = (and_(LedgerNode.level == level, LedgerNode.node_index == index) for level, index in asked)
    query = select(LedgerNode.level, LedgerNode.node_index, LedgerNode.hash).where(or_(false(), *keys))
    found = {(row.level, row.node_index): row.hash for row in session.execute(query)} | dict(mended)

    def read(level: int, index: int) -> bytes:
        if (level, index) not in found:
            raise DamagedLedger(f"node {level}/{index}")
        return bytes(found[level, index])

    return proof(read)
