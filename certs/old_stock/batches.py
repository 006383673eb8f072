"""What people do with a batch of old stock: drop it, sign it off, have it made, sampled, published, rolled back.

Only the organ that answers for the certificates today has the batch. Whoever brought the table does not sign it off; a
system may bring tables and have them made, but it answers for none. What takes long is a task's (`work`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from base import bulk
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from certs.acting import ROOM
from certs.errors import NoSuchCertificate
from certs.life import State
from certs.models import Certificate
from certs.old_stock import keeping, states, work
from certs.old_stock.errors import (
    FaultsNotAccepted,
    NoSuchOldStock,
    NoSuchOldStockObjection,
    NoSuchOldStockRow,
    NothingToConvert,
    ObjectionsOpen,
    OldStockMovedOn,
    OldStockPersonNeeded,
    SampleNotDone,
    ScanNotUsable,
    SignedOffByUploader,
)
from certs.old_stock.models import (
    FAILED,
    FAULTY,
    MADE,
    OPEN,
    RIGHT,
    SCANNED,
    SOUND,
    WRONG,
    OldStock,
    OldStockObjection,
    OldStockRow,
)
from certs.old_stock.states import BatchState, BatchStep
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3
from signing.batches import keeping as seal_batches

# One in a hundred, and never fewer than five: what one person looks through in an hour of a large batch.
SAMPLE_SHARE, SMALLEST_SAMPLE = 100, 5
# A scan of both sides at 300 dots has some 3 MB.
LARGEST_SCAN: Final = 10 * 1024 * 1024
SCANS: Final[Mapping[bytes, str]] = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
_ENDED: Final = frozenset({State.CHANGED, State.RENEWED})


@dataclass(frozen=True)
class SignOff:
    """What the department says when it signs a batch off: what becomes of faulty rows, and that the scans are right."""

    statement: str
    leaves_out_faulty: bool = False
    confirms_scans: bool = False


def profile(session: Session, batch: OldStock, by: Caller, at: datetime) -> int:
    """Have the rows judged; gives the task's number."""
    return _begun(session, batch, BatchStep.PROFILE, by, at)


def drop(session: Session, batch: OldStock, by: Caller, at: datetime) -> None:
    """Throw a batch away that nobody signed off, with what its rows say."""
    keeping.advance(session, batch, BatchStep.DROP, by, at)
    session.execute(update(OldStockRow).where(OldStockRow.batch == batch.id).values(content=b"", scan=None))


def scan(session: Session, parts: Certs, batch: OldStock, number: int, file: bytes, by: Caller, at: datetime) -> None:
    """Attach the scan of a paper to a row that has nothing but paper.

    Raises `OldStockStepNotAllowed`, `NoSuchOldStockRow`, `ScanNotUsable`.
    """
    states.after(BatchState(batch.state), BatchStep.SIGN_OFF)
    row = keeping.row_of(session, batch, number, locked=True)
    form = next((form for head, form in SCANS.items() if file.startswith(head)), None)
    if form is None or not row.is_paper or row.state != SOUND or len(file) > LARGEST_SCAN:
        raise ScanNotUsable("format" if form is None else "size" if row.is_paper else "row")
    row.scan = parts.keys.seal(session, file, keeping.bound(batch.id, number, "scan"))
    row.scan_format = form
    thing, digest = Thing(keeping.THING, batch.id), SM3.of(file).hex()
    ROOM.record(session, by, at, "old-stock.scanned", thing, row=number, sm3=digest)


def sign_off(session: Session, batch: OldStock, told: SignOff, by: Caller, at: datetime) -> None:
    """Answer for a batch, as the department, and as another person than the one who brought it.

    Raises `OldStockPersonNeeded`, `SignedOffByUploader`, `FaultsNotAccepted`, `NothingToConvert`.
    """
    _require_person(by, BatchStep.SIGN_OFF)
    if batch.uploaded_by == actor(by):
        raise SignedOffByUploader(batch.id)
    states.after(BatchState(batch.state), BatchStep.SIGN_OFF)
    counted = keeping.counts(session, batch)
    faulty, papers = counted.get(FAULTY, 0), _papers(session, batch)
    if (faulty and not told.leaves_out_faulty) or (papers and not told.confirms_scans):
        raise FaultsNotAccepted(faulty, papers)
    if not counted.get(SOUND):
        raise NothingToConvert(batch.id)
    batch.signed_off_by, batch.signed_off_at, batch.statement = actor(by), at, told.statement
    facts = {"sound": counted[SOUND], "left_out": faulty, "papers": papers}
    keeping.advance(session, batch, BatchStep.SIGN_OFF, by, at, file_sm3=batch.file_sm3, **facts)


def make(session: Session, batch: OldStock, system: str, by: Caller, at: datetime) -> int:
    """Have the faces made and sealed under a system's leave to use the organ's seal; what failed is tried once more.

    Raises `SystemNeeded`, `NoSuchOldStock` for a system of another organ, `OldStockStepNotAllowed`.
    """
    if seal_batches.user_of(session, system).organisation != batch.organisation:
        raise NoSuchOldStock(batch.id)
    again: dict[str, Any] = {"state": SOUND, "code": None}
    failed = update(OldStockRow).where(OldStockRow.batch == batch.id, OldStockRow.state == FAILED)
    session.execute(failed.values(again))
    batch.system, batch.stopped = system, None
    return _begun(session, batch, BatchStep.MAKE, by, at)


def sample(session: Session, batch: OldStock, size: int, by: Caller, at: datetime) -> int:
    """Draw certificates of the batch to be looked at, at least the share that is asked; gives how many.

    The draw follows from the batch's number and the file's digest, so that nobody chooses what is looked at.
    Raises `OldStockStepNotAllowed`.
    """
    keeping.advance(session, batch, BatchStep.SAMPLE, by, at)
    query = select(OldStockRow.number).where(OldStockRow.batch == batch.id, OldStockRow.state.in_((MADE, SCANNED)))
    made = list(session.scalars(query))
    least = min(len(made), max(size, SMALLEST_SAMPLE, len(made) // SAMPLE_SHARE))
    drawn = sorted(made, key=lambda each: SM3.of(f"{batch.id}:{batch.file_sm3}:{each}".encode()))[:least]
    for start in range(0, len(drawn), 500):
        some = OldStockRow.number.in_(drawn[start : start + 500])
        session.execute(update(OldStockRow).where(OldStockRow.batch == batch.id, some).values(is_sampled=True))
    return len(drawn)


def look(
    session: Session, batch: OldStock, number: int, verdict: str, note: str, by: Caller, at: datetime
) -> OldStockRow:
    """Say of a sampled certificate whether it is right. Raises `OldStockPersonNeeded`, `NoSuchOldStockRow`."""
    _require_person(by, BatchStep.SAMPLE)
    states.after(BatchState(batch.state), BatchStep.PUBLISH)
    row = keeping.row_of(session, batch, number, locked=True)
    if not row.is_sampled:
        raise NoSuchOldStockRow(number)
    row.look = verdict
    thing = Thing(keeping.THING, batch.id)
    ROOM.record(session, by, at, "old-stock.looked", thing, row=number, look=verdict, note=note)
    return row


def publish(session: Session, batch: OldStock, days: int, by: Caller, at: datetime) -> int:
    """Have the certificates published, and the window for objections opened for so many working days.

    Raises `OldStockPersonNeeded`, `SampleNotDone`, `OldStockStepNotAllowed`.
    """
    _require_person(by, BatchStep.PUBLISH)
    query = select(OldStockRow.look, func.count()).where(OldStockRow.batch == batch.id, OldStockRow.is_sampled)
    looks = {each[0]: each[1] for each in session.execute(query.group_by(OldStockRow.look))}
    if looks.get(None) or looks.get(WRONG) or (batch.state == BatchState.SAMPLED and not looks.get(RIGHT)):
        raise SampleNotDone(looks.get(None, 0), looks.get(WRONG, 0))
    batch.objection_days = days
    return _begun(session, batch, BatchStep.PUBLISH, by, at)


def object_to(
    session: Session, batch: OldStock, identifier: str, reason: str, by: Caller, at: datetime
) -> OldStockObjection:
    """Say that a published certificate of the batch is wrong, while the window is open.

    Raises `OldStockStepNotAllowed`, `ObjectionsOpen` after the window, `NoSuchCertificate`.
    """
    states.after(BatchState(batch.state), BatchStep.CLOSE)
    if batch.objections_until is None or at >= batch.objections_until:
        raise ObjectionsOpen(batch.objections_until.isoformat() if batch.objections_until else "", 0)
    query = select(OldStockRow.number).where(OldStockRow.batch == batch.id, OldStockRow.identifier == identifier)
    if session.scalars(query).first() is None:
        raise NoSuchCertificate(identifier)
    row = OldStockObjection(
        id=new_id(),
        batch=batch.id,
        identifier=identifier,
        reason=reason,
        state=OPEN,
        by=actor(by),
        at=at,
        decision="",
        decided_by=None,
        decided_at=None,
    )
    session.add(row)
    session.flush()
    thing = Thing(keeping.THING, batch.id)
    ROOM.changed(session, by, at, "old-stock.objected", thing, batch.version, certificate=identifier)
    return row


def decide(
    session: Session, batch: OldStock, objection: str, state: str, decision: str, by: Caller, at: datetime
) -> OldStockObjection:
    """Uphold or reject an objection; one that is upheld is followed by cancelling, or by taking the batch back.

    Raises `OldStockPersonNeeded`, `NoSuchOldStockObjection`.
    """
    _require_person(by, BatchStep.CLOSE)
    row = session.get(OldStockObjection, objection, with_for_update=True)
    if row is None or row.batch != batch.id or row.state != OPEN:
        raise NoSuchOldStockObjection(objection)
    row.state, row.decision, row.decided_by, row.decided_at = state, decision, actor(by), at
    thing = Thing(keeping.THING, batch.id)
    ROOM.changed(session, by, at, "old-stock.objection-decided", thing, batch.version, state=state)
    return row


def close(session: Session, batch: OldStock, by: Caller, at: datetime) -> None:
    """Close a batch after its window, when every objection is decided. Raises `ObjectionsOpen`."""
    open_ = select(func.count()).where(OldStockObjection.batch == batch.id, OldStockObjection.state == OPEN)
    waiting = session.execute(open_).scalar_one()
    states.after(BatchState(batch.state), BatchStep.CLOSE)
    until = batch.objections_until
    if waiting or until is None or at < until:
        raise ObjectionsOpen(until.isoformat() if until else "", waiting)
    keeping.advance(session, batch, BatchStep.CLOSE, by, at)


def roll_back(session: Session, batch: OldStock, reason: str, by: Caller, at: datetime) -> int:
    """Have every certificate of the batch cancelled, each by its own event, and its number given back.

    Raises `OldStockPersonNeeded`, `OldStockMovedOn` where a certificate has a later version by now.
    """
    _require_person(by, BatchStep.ROLL_BACK)
    states.after(BatchState(batch.state), BatchStep.ROLL_BACK)
    moved = (
        select(Certificate.identifier)
        .join(OldStockRow, OldStockRow.identifier == Certificate.identifier)
        .where(OldStockRow.batch == batch.id)
        .where((Certificate.superseded_by.is_not(None)) | Certificate.state.in_([each.value for each in _ENDED]))
    )
    found = list(session.scalars(moved.order_by(Certificate.identifier)))
    if found:
        raise OldStockMovedOn(len(found), found[0])
    batch.reason = reason
    return _begun(session, batch, BatchStep.ROLL_BACK, by, at)


def _begun(session: Session, batch: OldStock, step: BatchStep, by: Caller, at: datetime) -> int:
    """Move a batch into a state that a task works off, and leave the task."""
    keeping.advance(session, batch, step, by, at)
    who: dict[str, Json] = {"kind": by.kind, "id": by.id, "name": by.name, "organisation": by.organisation}
    batch.task = bulk.enqueue(session, work.JOB, {"batch": batch.id, "by": who}, at)
    session.flush()
    return batch.task


def _papers(session: Session, batch: OldStock) -> int:
    query = select(func.count()).where(OldStockRow.batch == batch.id, OldStockRow.is_paper, OldStockRow.state == SOUND)
    return session.execute(query).scalar_one()


def _require_person(by: Caller, step: BatchStep) -> None:
    if by.kind != "person":
        raise OldStockPersonNeeded(step.value)
