"""A batch carried out by a command: its task is worked off in this process, and each outcome is handed on at once.

Where a worker of the site takes the task first, or takes it over, the command only waits and hands on. What was handed
on is removed from the database: the files are where they belong.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from base import clock
from base.callers import Caller
from base.program import Running
from base.scheduling.bulk_work import Hands
from keys.custody.wiring import CustodyParts
from signing.batches import keeping, work
from signing.batches.errors import NoSuchSealBatch, NothingLeftToSeal
from signing.batches.keeping import NewBatch, NewDocument
from signing.batches.models import FAILED, SEALED, SealBatchDocument

# While another process has the task, or a device is waited for.
PAUSE_SECONDS: Final = 1.0
Problem = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of a document; a refused one has no content."""

    number: int
    draft_sm3: str
    content: bytes | None = field(repr=False)
    sm3: str | None
    use: str | None
    code: str
    facts: dict[str, Any]


class BatchRun:
    """Batches that a command carries out as a system."""

    def __init__(self, running: Running, by: Caller) -> None:
        self.database, self.by = running.database, by
        self.data_keys = running.parts[CustodyParts].data_keys
        holder = f"seal-batch:{os.getpid()}"
        self.hands = Hands(
            self.database, {work.JOB.name: work.JOB}, holder, lambda _session: clock.now(), running.parts
        )

    def opened(self, new: NewBatch) -> str:
        """Open a batch. Raises as `keeping.open_batch` does."""
        with self.database.transaction() as session:
            return keeping.open_batch(session, new, self.by, clock.now()).id

    def add(self, known: str, name: str, content: bytes) -> int:
        """Put a document into a batch; gives its number."""
        with self.database.transaction() as session:
            batch = keeping.batch_of(session, known, self.by)
            return keeping.add(session, self.data_keys, batch, [NewDocument(name, content)], clock.now())[0]

    def go_on(self, known: str, outcome: Callable[[Outcome], None]) -> Problem | None:
        """Carry a batch to its end and hand on every outcome; gives why it stopped before the last, if it did."""
        try:
            task = self._started(known)
        except NoSuchSealBatch:
            return None  # its days are over: what it had sealed and nobody fetched is sealed anew
        while task is not None and self._is_running(known):
            self.hands.carry_out(task, lambda: self._between(known, outcome))
            if self._is_running(known):
                time.sleep(PAUSE_SECONDS)
        self._hand_on(known, outcome)
        with self.database.transaction() as session:
            batch = keeping.batch_of(session, known, self.by, locked=True)
            problem = keeping.standing(session, batch).problem
            keeping.remove(session, [batch.id])
        return None if problem is None else (problem[0], dict(problem[1]))

    def _started(self, known: str) -> int | None:
        """Leave a task of our own, in place of one that an earlier run may have died over."""
        with self.database.transaction() as session:
            batch = keeping.batch_of(session, known, self.by, locked=True)
            keeping.cancel(session, batch, self.by, clock.now())
            session.flush()
            session.expire_all()
            try:
                return work.start(session, batch, self.by, clock.now())
            except NothingLeftToSeal:
                return None

    def _is_running(self, known: str) -> bool:
        with self.database.reading() as session:
            return keeping.under_way(session, keeping.batch_of(session, known, self.by))

    def _between(self, known: str, outcome: Callable[[Outcome], None]) -> bool:
        """Between two documents: hand on what is there, and show that the task is in hand."""
        self._hand_on(known, outcome)
        with self.database.transaction() as session:
            self.hands.beat(session, clock.now())
        return False

    def _hand_on(self, known: str, outcome: Callable[[Outcome], None]) -> None:
        """Hand on every document that has its outcome, and remove it."""
        ended = select(SealBatchDocument).where(
            SealBatchDocument.batch == known, SealBatchDocument.state.in_((SEALED, FAILED))
        )
        with self.database.reading() as session:
            rows = session.scalars(ended.order_by(SealBatchDocument.number)).all()
            found = [each.number for each in rows]
        for number in found:
            with self.database.transaction() as session:
                batch = keeping.batch_of(session, known, self.by)
                row = keeping.document_of(session, batch, number)
                content = keeping.fetched(session, self.data_keys, batch, number) if row.state == SEALED else None
                outcome(Outcome(number, row.draft_sm3, content, row.sm3, row.use, row.code or "", dict(row.facts)))
                session.delete(row)
