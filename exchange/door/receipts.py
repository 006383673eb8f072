"""Receipts: each use of data can prove, alone and to anyone, that it is on record.

The use's entry is a leaf of the ledger (`exchange.door.receipt_trees`). A batch is a head of the ledger that is signed
with the receipts' key: `sign` reads the tree as it stands committed, sees that it continues the batch before, has its
head signed outside of any transaction, verifies the signature, and keeps the batch. Nothing is claimed and nothing can
be doubled: a head that a process signed and did not keep was shown to nobody, the next round signs a later one, and of
two that sign at once one keeps its batch. A job signs each second while something is new; whoever asks for a receipt
before that has the batch signed by asking.

Not decided here: what the ledger's own checkpoints are and who witnesses them (`keys.checkpoints`); both speak of the
same tree, under the same name, with keys of their own, so that a receipt can be held against any checkpoint.
"""

import base64
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import audit, canonical, ledger
from base.audit import Search, Thing, Tree
from base.callers import Caller
from base.db import Database, inserting
from base.journal import DamagedLedger
from exchange.acting import ROOM
from exchange.door import receipt_trees
from exchange.door.models import ReceiptBatch, ReceiptKey
from exchange.door.receipt_trees import Chain, Leaf
from exchange.door.usages import THING
from exchange.door.wiring import Gateway
from keys.algorithms.sm2 import SM2_SM3
from keys.checkpoints import heads
from keys.checkpoints.head import Head, NoteKey, sealed
from keys.custody import custody
from keys.custody.errors import NoSuchCustodyKey
from keys.signers.signer import signed

_HOUSE: Final = Caller("system", "receipts", "receipts")


def sign(database: Database, parts: Gateway, at: datetime) -> ReceiptBatch | None:
    """Sign what was entered since the last batch; none when nothing was.

    Raises `ReceiptKeyMissing`, `DamagedLedger`, and what the signer raises.
    """
    with database.reading() as session:
        last, tree = latest(session), audit.tree_at(session)
        if tree.size == (last.size if last else 0):
            return last
        _require_continued(session, last, tree)
        log = heads.present_log(session)
        key_id = parts.required_receipt_key
        signer = parts.signer_for(session, key_id)
    head = Head(log.origin if log else parts.origin, tree.size, tree.root, at)
    key = NoteKey.of(head.origin, signer.public)
    note = sealed(head, key, signed(signer, SM2_SM3, head.text.encode())).note
    try:
        with database.transaction() as session:
            return _kept(session, parts, head, key, note.decode())
    except IntegrityError:
        return None  # another process signed in this moment: its batch is as good


def document(session: Session, parts: Gateway, usage: str) -> dict[str, Any] | None:
    """Write the receipt of a use; none while no batch holds it yet. Raises `DamagedLedger`."""
    found = audit.search(session, Search(thing_kind=THING, thing_id=usage), limit=audit.MOST_AT_ONCE)
    recorded = found[-1] if found else None
    if recorded is None:
        raise DamagedLedger(f"the entry of use {usage}")
    batch = _first_above(session, recorded.index)
    if batch is None:
        return None
    key = session.get_one(ReceiptKey, batch.key)
    certificate = base64.b64encode(key.certificate).decode("ascii") if key.certificate is not None else None
    path = audit.inclusion(session, recorded.index, batch.size)
    text = recorded.content.decode()
    told: Any = canonical.read(recorded.content)
    head = receipt_trees.Head(batch.number, batch.size, batch.root, batch.note, key.text, certificate)
    leaf = Leaf(recorded.index, text, path)
    return receipt_trees.document(leaf, told, head, _chain(session, batch), parts.salts.of(usage))


def latest(session: Session) -> ReceiptBatch | None:
    """Give the last batch."""
    return session.scalars(select(ReceiptBatch).order_by(ReceiptBatch.number.desc()).limit(1)).first()


def keys_of(session: Session) -> list[ReceiptKey]:
    """Give every key that signed receipts, the newest first."""
    return list(session.scalars(select(ReceiptKey).order_by(ReceiptKey.since.desc())))


def _require_continued(session: Session, last: ReceiptBatch | None, tree: Tree) -> None:
    """See that the tree only grew since the last batch; else nothing is signed. Raises `DamagedLedger`."""
    if last is None:
        return
    if tree.size < last.size:
        raise DamagedLedger(f"the ledger is shorter than batch {last.number}")
    path = audit.consistency(session, last.size, tree.size)
    if not ledger.proves_consistency(last.size, tree.size, bytes.fromhex(last.root), tree.root, path):
        raise DamagedLedger(f"the ledger does not continue batch {last.number}")


def _kept(session: Session, parts: Gateway, head: Head, key: NoteKey, note: str) -> ReceiptBatch | None:
    last = latest(session)
    if last is not None and last.size >= head.size:
        return last
    _take_in(session, parts, key, head.at)
    batch = ReceiptBatch(
        number=last.number + 1 if last else 1,
        size=head.size,
        root=head.root.hex(),
        origin=head.origin,
        key=key.hash.hex(),
        note=note,
        at=head.at,
    )
    session.add(batch)
    session.flush()
    return batch


def _take_in(session: Session, parts: Gateway, key: NoteKey, at: datetime) -> None:
    """Put a key on record with its first batch, and its certificate, if custody has one."""
    if session.get(ReceiptKey, key.hash.hex()) is not None:
        return
    row = {
        "hash": key.hash.hex(),
        "key_id": parts.required_receipt_key,
        "text": key.text,
        "certificate": _certificate(session, parts.required_receipt_key),
        "since": at,
    }
    session.execute(inserting(session, ReceiptKey).values(row).on_conflict_do_nothing())
    ROOM.record(session, _HOUSE, at, "receipt-key.taken-in", Thing("receipt-key", key.hash.hex()), key=key.text)


def _certificate(session: Session, key_id: str) -> bytes | None:
    try:
        return custody.newest(session, key_id).certificate
    except NoSuchCustodyKey:
        return None


def _first_above(session: Session, index: int) -> ReceiptBatch | None:
    """Give the first batch that holds an entry."""
    query = select(ReceiptBatch).where(ReceiptBatch.size > index).order_by(ReceiptBatch.size).limit(1)
    return session.scalars(query).first()


def _chain(session: Session, batch: ReceiptBatch) -> Chain | None:
    before = session.get(ReceiptBatch, batch.number - 1)
    if before is None:
        return None
    return Chain(before.size, before.root, audit.consistency(session, before.size, batch.size))
