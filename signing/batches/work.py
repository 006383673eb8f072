"""The bulk task that seals a batch: one document at a time, whoever dies at whichever point.

Sealing is two transactions with a signature between them, so it is done before the step, which only counts:

1. The next waiting document is sealed (`signing.edges`). The transaction that puts its use on record writes the use
   into its row. A use that stands there already was begun by a process that died: it is given up first, since nothing
   of it was handed out, so that it does not count against the ceiling.
2. The transaction that settles the use keeps the sealed document in the row. If the row names another use by then,
   somebody else took over: what was signed here is thrown away and its use given up. So each document ends with one.
3. A document that is refused keeps the refusal, and the next has its turn. What would refuse all others too (the seal
   stopped, the ceiling reached, the leave withdrawn) ends the task; what may pass (a device, the database) is tried
   again by the task's own rules.
"""

from datetime import datetime
from typing import Any, Final, cast

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base import bulk, clock
from base.audit import Thing
from base.bulk import Advance, BulkJob, Chunk
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from keys.authority.wiring import Authority
from keys.custody.wiring import CustodyParts
from keys.data_keys import DataKeys
from signing import sealing
from signing.acting import ROOM
from signing.batches import keeping
from signing.batches.errors import NothingLeftToSeal, OthersSealedIt, SealBatchUnderWay
from signing.batches.keeping import THING
from signing.batches.models import FAILED, SEALED, WAITING, SealBatch, SealBatchDocument
from signing.edges import Sealer
from signing.errors import CeilingReached, NoSuchSeal, SealNotUsable, UseNotAuthorised
from signing.models import SealUse
from signing.sealing import Order, Sealed
from signing.sealing_command_errors import SystemNeeded
from signing.wiring import Signing

log = structlog.get_logger(__name__)
# After these every other document would be refused as well; going on would only fill the register with refusals.
STOPPING: Final = (SealNotUsable, CeilingReached, UseNotAuthorised, SystemNeeded, NoSuchSeal)


def start(session: Session, batch: SealBatch, by: Caller, at: datetime, *, failed_too: bool = False) -> int:
    """Leave a task that seals what waits, and on wish what failed once more; gives its number.

    Raises `SealBatchUnderWay`, `NothingLeftToSeal`.
    """
    if keeping.under_way(session, batch):
        raise SealBatchUnderWay(batch.id)
    if failed_too:
        again: dict[str, Any] = {"state": WAITING, "code": None, "facts": {}, "changed_at": at}
        documents = update(SealBatchDocument).where(SealBatchDocument.batch == batch.id)
        session.execute(documents.where(SealBatchDocument.state == FAILED).values(again))
    if not keeping.counts(session, [batch.id])[batch.id][WAITING]:
        raise NothingLeftToSeal(batch.id)
    batch.stopped, batch.stopped_facts = None, {}
    batch.task = bulk.enqueue(session, JOB, {"batch": batch.id}, at)
    ROOM.record(session, by, at, "seal-batch.started", Thing(THING, batch.id), task=batch.task)
    return batch.task


def before(database: Database, chunk: Chunk) -> None:
    """Seal the next document that waits, or keep why not. Raises what may pass."""
    found = _next(database, chunk)
    if found is None:
        return
    batch, row, order = found
    try:
        with database.reading() as session:
            by = keeping.user_of(session, batch.system)
        _free(database, batch.id, row.number, by)
        sealer = Sealer(database, chunk.part(Signing), chunk.part(Authority), by, clock.now)
        place = _Place(batch.id, row.number, sealer, chunk.part(CustodyParts).data_keys)
        sealer.seal(batch.seal, order, place.note, place.keep)
    except OthersSealedIt:
        log.warning("batch_document_sealed_by_others", batch=batch.id, number=row.number)
    except STOPPING as refusal:
        _stop(database, batch.id, refusal)
    except DomainError as refusal:
        if refusal.retryable:
            raise
        _refuse(database, batch.id, row.number, refusal)
    except Exception as fault:  # a fault of ours over one document does not stop the others
        log.exception("batch_document_faulted", batch=batch.id, number=row.number)
        _refuse(database, batch.id, row.number, bulk.refusal_of(fault))


def step(session: Session, chunk: Chunk) -> Advance:
    """Count how far the batch is."""
    position = cast("int", chunk.position or 0) + 1
    batch = session.get(SealBatch, _batch(chunk))
    if batch is None:
        return Advance(position, chunk.done, finished=True, note="the batch was removed")
    counted = keeping.counts(session, [batch.id])[batch.id]
    done, total = counted[SEALED] + counted[FAILED], sum(counted.values())
    if batch.stopped is None and counted[WAITING]:
        return Advance(position, done, total)
    by = Caller("system", batch.system, batch.system, batch.organisation)
    facts = {"sealed": counted[SEALED], "failed": counted[FAILED], "waiting": counted[WAITING]}
    ROOM.changed(session, by, chunk.at, "seal-batch.ended", Thing(THING, batch.id), **facts)
    return Advance(position, done, total, note=batch.stopped or "", finished=True)


JOB: Final = BulkJob("signing.seal-batch", step, before=before)


class _Place:
    """The row of a document while it is being sealed."""

    def __init__(self, batch: str, number: int, sealer: Sealer, data_keys: DataKeys) -> None:
        self.batch, self.number, self.sealer, self.data_keys = batch, number, sealer, data_keys

    def note(self, session: Session, use: SealUse) -> None:
        """Write the use into the row, unless somebody was faster."""
        row = _locked(session, self.batch, self.number)
        if row is None or row.state != WAITING or row.use is not None:
            raise OthersSealedIt(self.number)
        row.use = use.id

    def keep(self, session: Session, sealed: Sealed) -> None:
        """Keep the sealed document, if the row is still ours."""
        row = _locked(session, self.batch, self.number)
        if row is None or row.state != WAITING or row.use != sealed.use:
            raise OthersSealedIt(self.number)
        place = keeping.bound(self.batch, self.number, "document")
        row.document = self.data_keys.seal(session, sealed.document, place)
        row.state, row.sm3, row.draft = SEALED, sealed.sm3, None
        row.changed_at = self.sealer.now()


def _next(database: Database, chunk: Chunk) -> tuple[SealBatch, SealBatchDocument, Order] | None:
    with database.reading() as session:
        batch = session.get(SealBatch, _batch(chunk))
        if batch is None or batch.stopped is not None:
            return None
        waiting = select(SealBatchDocument).where(
            SealBatchDocument.batch == batch.id, SealBatchDocument.state == WAITING
        )
        row = session.scalars(waiting.order_by(SealBatchDocument.number).limit(1)).first()
        if row is None or row.draft is None:
            return None
        place = keeping.bound(batch.id, row.number, "draft")
        content = chunk.part(CustodyParts).data_keys.open(session, row.draft, place)
        manner = keeping.manner_of(batch)
        told = (batch.document_type, batch.act, batch.region, batch.reason)
        return batch, row, Order(content, row.name, *told, manner)


def _free(database: Database, batch: str, number: int, by: Caller) -> None:
    """Give up a use that somebody began and never ended, before another is counted against the ceiling."""
    with database.transaction() as session:
        row = _locked(session, batch, number)
        if row is not None and row.state == WAITING and row.use is not None:
            sealing.give_up(session, row.use, "interrupted", by, clock.now())
            row.use = None


def _refuse(database: Database, batch: str, number: int, refusal: DomainError) -> None:
    with database.transaction() as session:
        row = _locked(session, batch, number)
        if row is not None and row.state == WAITING:
            row.state, row.code, row.facts = FAILED, refusal.code, bulk.facts(refusal)
            row.changed_at = clock.now()


def _stop(database: Database, known: str, refusal: DomainError) -> None:
    with database.transaction() as session:
        batch = session.get(SealBatch, known, with_for_update=True)
        if batch is not None:
            batch.stopped, batch.stopped_facts = refusal.code, bulk.facts(refusal)


def _locked(session: Session, batch: str, number: int) -> SealBatchDocument | None:
    return session.get(SealBatchDocument, (batch, number), with_for_update=True)


def _batch(chunk: Chunk) -> str:
    return str(cast("dict[str, Any]", chunk.argument)["batch"])
