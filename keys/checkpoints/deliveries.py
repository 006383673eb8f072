"""Shows every signed head to every witness: each head once, in order, whatever the others do.

Each witness has a queue of its own and is served in a thread of its own; one that is down grows a queue and delays
nobody. For one head: 1. the witness is asked what it remembers; 2. that is verified, and held against what it was shown
and against the ledger; 3. the head is shown with the proof that it continues the remembered one; 4. the receipt is
kept. Every step outside is between transactions, so a process that dies may show a head again: witnesses know it again
by its bytes. What a witness remembers and the ledger contradicts is an alarm.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.db import Database
from base.errors import DomainError
from keys.checkpoints import alarms, heads
from keys.checkpoints.alarms import FINDINGS, Found
from keys.checkpoints.asking import Contradicted, forgot, growth, remembered, require_ledger_continues
from keys.checkpoints.errors import WitnessKnowsOther
from keys.checkpoints.head import NoteKey, SignedHead
from keys.checkpoints.history import require_head_continues
from keys.checkpoints.models import PASSED, SHOWN, WAITING, Checkpoint, WitnessDelivery
from keys.checkpoints.wiring import Checkpoints
from keys.witnesses.witness import Witness

# After a failure: one minute, then twice as long each time, and an hour at most; a witness is rarely away for good.
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
# A witness that was away for a day has 1,440 heads to see; one run shows this many, the next goes on.
MOST_A_RUN: Final = 200
# More witnesses than this are served one after the other.
MOST_THREADS: Final = 8


@dataclass(frozen=True)
class WitnessStatus:
    """How far a witness is: the newest head it was shown, how many wait, and what stands in the way."""

    witness: str
    shown_size: int = 0
    shown_at: datetime | None = None
    waiting: int = 0
    attempts: int = 0
    code: str = ""
    next_try_at: datetime | None = None


@dataclass(frozen=True)
class Due:
    """A head that a witness is to be shown now, and what it was shown before."""

    id: int
    signed: SignedHead
    keys: tuple[NoteKey, ...]
    shown: int


@dataclass(frozen=True)
class Settled:
    """How showing ended: seen with a receipt, or passed over since the witness knew a newer head already."""

    state: str
    receipt: str
    found: tuple[Found, ...] = ()


def queue(session: Session, number: int, witnesses: Iterable[str], at: datetime) -> None:
    """Queue a signed head for witnesses."""
    session.add_all(
        WitnessDelivery(witness=each, number=number, state=WAITING, attempts=0, next_try_at=at, code="", receipt="")
        for each in witnesses
    )
    session.flush()


def deliver_due(database: Database, parts: Checkpoints, at: datetime) -> dict[str, int]:
    """Show what is due to every witness at the same time; give how many heads each was shown."""
    if not parts.witnesses:
        return {}
    with ThreadPoolExecutor(min(MOST_THREADS, len(parts.witnesses))) as pool:
        shown = list(pool.map(lambda each: _serve(database, parts, each, at), parts.witnesses))
    return {each.name: count for each, count in zip(parts.witnesses, shown, strict=True)}


def statuses(session: Session, origin: str) -> list[WitnessStatus]:
    """Tell of each witness that heads of a log were queued for how far it is."""
    of_log = select(WitnessDelivery.witness).join(Checkpoint).where(Checkpoint.origin == origin).distinct()
    return [status(session, each, origin) for each in session.scalars(of_log.order_by(WitnessDelivery.witness))]


def status(session: Session, witness: str, origin: str) -> WitnessStatus:
    """Tell how far a witness is with a log."""
    of_witness = (WitnessDelivery.witness == witness, Checkpoint.origin == origin)
    seen = session.execute(
        select(Checkpoint.size, WitnessDelivery.settled_at)
        .join(WitnessDelivery, WitnessDelivery.number == Checkpoint.number)
        .where(*of_witness, WitnessDelivery.state == SHOWN)
        .order_by(Checkpoint.number.desc())
        .limit(1)
    ).one_or_none()
    waiting = select(WitnessDelivery).join(Checkpoint).where(*of_witness, WitnessDelivery.state == WAITING)
    first = session.scalars(waiting.order_by(WitnessDelivery.number).limit(1)).first()
    count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    return WitnessStatus(
        witness,
        seen.size if seen else 0,
        seen.settled_at if seen else None,
        count,
        first.attempts if first else 0,
        first.code if first else "",
        first.next_try_at if first else None,
    )


def _serve(database: Database, parts: Checkpoints, witness: Witness, at: datetime) -> int:
    """Show a witness what waits for it, in order, up to the first head that it does not take."""
    for done in range(MOST_A_RUN):
        with database.reading() as session:
            due = _next_due(session, witness.name, at)
        if due is None:
            return done
        try:
            settled = _shown(database, witness, due)
        except Contradicted as contradiction:
            _note_failure(database, parts, due, contradiction.found, at)
            return done
        except DomainError as refusal:
            _note_failure(database, parts, due, Found(refusal, witness.name), at)
            return done
        with database.transaction() as session:
            _settle(session, parts, due, settled, at)
    return MOST_A_RUN


def _next_due(session: Session, witness: str, at: datetime) -> Due | None:
    log = heads.present_log(session)
    if log is None:
        return None
    query = (
        select(WitnessDelivery, Checkpoint)
        .join(Checkpoint, Checkpoint.number == WitnessDelivery.number)
        .where(WitnessDelivery.witness == witness, WitnessDelivery.state == WAITING, Checkpoint.origin == log.origin)
        .order_by(WitnessDelivery.number)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None or found[0].next_try_at > at:
        return None
    shown = status(session, witness, log.origin).shown_size
    return Due(found[0].id, heads.kept(session, found[1]).signed, heads.keys_of(session, log.origin), shown)


def _shown(database: Database, witness: Witness, due: Due) -> Settled:
    head = due.signed.head
    told = remembered(witness, head.origin, due.keys)  # 1, 2
    lost = forgot(witness, told, due.shown)
    found = () if lost is None else (Found(lost, witness.name),)
    known = told.signed
    if known is not None and known.note == due.signed.note:
        return Settled(SHOWN, "remembered", found)
    if known is not None:
        with database.reading() as session:
            require_ledger_continues(session, [(witness.name, known.head, known.note)])
        if (known.head.size, known.head.at) > (head.size, head.at):
            return Settled(PASSED, "", found)
    old = known.head.size if known is not None else 0 if witness.tells_all else due.shown
    with database.reading() as session:
        path = growth(session, old, head.size)
    if known is not None:
        require_head_continues(known.head, head, path)
    return Settled(SHOWN, _show(database, witness, due.signed, old, path), found)  # 3


def _show(database: Database, witness: Witness, signed: SignedHead, old: int, path: tuple[bytes, ...]) -> str:
    """Show the head; a witness that cannot be asked may answer that it remembers another, smaller one."""
    try:
        return witness.show(signed, old, path)
    except WitnessKnowsOther as other:
        if other.size == old or other.size > signed.head.size:
            raise
        with database.reading() as session:
            path = growth(session, other.size, signed.head.size)
        return witness.show(signed, other.size, path)


def _settle(session: Session, parts: Checkpoints, due: Due, settled: Settled, at: datetime) -> None:
    row = session.get_one(WitnessDelivery, due.id, with_for_update=True)
    if row.state != WAITING:
        return
    row.state, row.settled_at, row.last_try_at, row.code = settled.state, at, at, ""
    row.attempts, row.receipt = row.attempts + 1, settled.receipt
    for each in settled.found:
        alarms.sound(session, parts, due.signed.head.origin, each, at)


def _note_failure(database: Database, parts: Checkpoints, due: Due, found: Found, at: datetime) -> None:
    with database.transaction() as session:
        row = session.get_one(WitnessDelivery, due.id, with_for_update=True)
        row.last_try_at, row.code = at, found.finding.code
        row.next_try_at = at + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.attempts, 10))
        row.attempts += 1
        if isinstance(found.finding, FINDINGS):
            alarms.sound(session, parts, due.signed.head.origin, found, at)
