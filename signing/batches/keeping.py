"""A batch is taken in, looked at, ended and forgotten; sealing its documents is the task's (`work`).

Documents are kept sealed under a data key until they are fetched or the days are over. Only the system that brought a
batch sees it. Whether the seal may be used is asked for every document when its turn comes, not here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base import bulk
from base.acting import new_id
from base.audit import Thing
from base.bulk import BulkTask, TaskState
from base.callers import Caller
from keys.algorithms.sm3 import SM3
from keys.data_keys import DataKeys
from keys.parties.models import ACTIVE, System
from signing import register
from signing.acting import ROOM
from signing.batches.errors import (
    NoSuchBatchDocument,
    NoSuchSealBatch,
    TooManySealBatches,
)
from signing.batches.models import STATES, WAITING, SealBatch, SealBatchDocument
from signing.drafts import USUAL, Manner
from signing.models import NAME_LENGTH
from signing.report import Place
from signing.sealing_command_errors import SystemNeeded

THING: Final = "seal-batch"
SCOPE: Final = "seal:use"
# Long enough for a system that was down over a holiday weekend to fetch what was sealed for it.
KEPT: Final = timedelta(days=7)
# Of one system at a time; with the largest ones this is some 3 GB.
BATCHES_KEPT: Final = 50
FORGOTTEN_AT_ONCE: Final = 20
_UNDER_WAY: Final = (TaskState.QUEUED, TaskState.RUNNING)


@dataclass(frozen=True)
class NewBatch:
    """What a batch is for: one seal, one purpose, one manner."""

    seal: str
    document_type: str
    act: str
    region: str
    reason: str
    manner: Manner = USUAL


@dataclass(frozen=True)
class NewDocument:
    """A document of a new batch."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Standing:
    """Where a batch stands: a word for it, how many documents have which outcome, and why it stopped, if it did."""

    state: str
    counts: Mapping[str, int]
    problem: tuple[str, Mapping[str, Any]] | None


def open_batch(session: Session, new: NewBatch, by: Caller, at: datetime) -> SealBatch:
    """Open a batch without documents. Raises `NoSuchSeal`, `SystemNeeded`, `TooManySealBatches`."""
    user_of(session, by.id)
    register.seal_of(session, new.seal)
    mine = select(func.count()).select_from(SealBatch).where(SealBatch.system == by.id)
    if session.execute(mine).scalar_one() >= BATCHES_KEPT:
        raise TooManySealBatches(BATCHES_KEPT)
    told = {name: getattr(new, name) for name in ("seal", "document_type", "act", "region", "reason")}
    row = SealBatch(
        id=new_id(),
        system=by.id,
        organisation=by.organisation,
        **told,
        manner=_told(new.manner),
        task=None,
        stopped=None,
        stopped_facts={},
        created_at=at,
        expires_at=at + KEPT,
    )
    session.add(row)
    session.flush()
    ROOM.record(session, by, at, "seal-batch.opened", Thing(THING, row.id), seal=row.seal)
    return row


def add(session: Session, data_keys: DataKeys, batch: SealBatch, new: Iterable[NewDocument], at: datetime) -> list[int]:
    """Put documents into a batch; gives their numbers."""
    last = session.scalar(select(func.max(SealBatchDocument.number)).where(SealBatchDocument.batch == batch.id)) or 0
    numbers = []
    for number, each in enumerate(new, last + 1):
        row = SealBatchDocument(
            batch=batch.id,
            number=number,
            name=each.name[-NAME_LENGTH:],
            state=WAITING,
            draft=data_keys.seal(session, each.content, bound(batch.id, number, "draft")),
            draft_sm3=SM3.of(each.content).hex(),
            use=None,
            document=None,
            sm3=None,
            code=None,
            facts={},
            changed_at=at,
        )
        session.add(row)
        numbers.append(number)
    session.flush()
    return numbers


def cancel(session: Session, batch: SealBatch, by: Caller, at: datetime) -> None:
    """End the work on a batch; what is sealed stays, what waits can be taken up again."""
    if batch.task is not None and under_way(session, batch):
        bulk.cancel(session, batch.task, at)
        ROOM.record(session, by, at, "seal-batch.cancelled", Thing(THING, batch.id))


def batch_of(session: Session, known: str, by: Caller, *, locked: bool = False) -> SealBatch:
    """Give a batch of this system. Raises `NoSuchSealBatch` for any other."""
    query = select(SealBatch).where(SealBatch.id == known, SealBatch.system == by.id)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchSealBatch(known)
    return found


def counts(session: Session, batches: list[str]) -> dict[str, dict[str, int]]:
    """Count the documents of each state, for many batches in one query."""
    found = {each: dict.fromkeys(STATES, 0) for each in batches}
    query = select(SealBatchDocument.batch, SealBatchDocument.state, func.count())
    query = query.where(SealBatchDocument.batch.in_(batches))
    for batch, state, count in session.execute(query.group_by(SealBatchDocument.batch, SealBatchDocument.state)):
        found[batch][state] = count
    return found


def standing(session: Session, batch: SealBatch) -> Standing:
    """Tell where a batch stands."""
    counted = counts(session, [batch.id])[batch.id]
    task = session.get(BulkTask, batch.task) if batch.task is not None else None
    if task is None:
        return Standing("opened", counted, None)
    if task.state in _UNDER_WAY:
        return Standing("running", counted, None)
    if batch.stopped is not None:
        return Standing("stopped", counted, (batch.stopped, batch.stopped_facts))
    if task.state == TaskState.FAILED and task.errors:
        last: Any = task.errors[-1]
        return Standing("stopped", counted, (last["code"], last["facts"]))
    return Standing("done" if task.state == TaskState.DONE else "cancelled", counted, None)


def document_of(session: Session, batch: SealBatch, number: int) -> SealBatchDocument:
    """Give one document's row. Raises `NoSuchBatchDocument`."""
    found = session.get(SealBatchDocument, (batch.id, number))
    if found is None:
        raise NoSuchBatchDocument(number)
    return found


def fetched(session: Session, data_keys: DataKeys, batch: SealBatch, number: int) -> bytes:
    """Give a document as it was sealed. Raises `NoSuchBatchDocument`, and what the data key raises."""
    row = document_of(session, batch, number)
    if row.document is None:
        raise NoSuchBatchDocument(number)
    return data_keys.open(session, row.document, bound(batch.id, number, "document"))


def forget(session: Session, at: datetime) -> int:
    """Remove batches whose days are over and that nobody works on; the register of uses keeps every use."""
    over = session.scalars(select(SealBatch).where(SealBatch.expires_at <= at).limit(FORGOTTEN_AT_ONCE))
    found = [each.id for each in over if not under_way(session, each)]
    remove(session, found)
    return len(found)


def remove(session: Session, batches: list[str]) -> None:
    """Remove batches with their documents; the register of uses keeps every use."""
    session.execute(delete(SealBatchDocument).where(SealBatchDocument.batch.in_(batches)))
    session.execute(delete(SealBatch).where(SealBatch.id.in_(batches)))


def user_of(session: Session, system: str) -> Caller:
    """Give an active business system that may use seals, as it acts. Raises `SystemNeeded`."""
    row = session.get(System, system)
    scopes = frozenset() if row is None else frozenset(row.scopes.split())
    if row is None or row.state != ACTIVE or SCOPE not in scopes:
        raise SystemNeeded(system)
    return Caller("system", row.id, row.name, row.organisation, scopes=scopes)


def bound(batch: str, number: int, column: str) -> bytes:
    """Name the place to which a sealed value is bound."""
    return f"signing_batch_documents\0{column}\0{batch}\0{number}".encode()


def manner_of(batch: SealBatch) -> Manner:
    """Give the manner in which a batch is sealed."""
    told = dict(batch.manner)
    return Manner(places=tuple(Place(**each) for each in told.pop("places")), **told)


def _told(manner: Manner) -> dict[str, Any]:
    """Write down what of a manner a batch knows; each of its documents is sealed in the same."""
    return {
        "places": [asdict(each) for each in manner.places],
        "stamped": manner.stamped,
        "lock": manner.lock,
        "certify": manner.certify,
    }


def under_way(session: Session, batch: SealBatch) -> bool:
    """Tell whether a task works on the batch, or is about to."""
    task = session.get(BulkTask, batch.task) if batch.task is not None else None
    return task is not None and task.state in _UNDER_WAY
