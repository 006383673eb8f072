"""What a room declares: a `Job`, and what its function is given: a `Run`.

A job has one of two forms. `in_one_transaction(act)` is for whatever fits into one: the act is called with a session,
and its rows, the slot's completion and the run's end are committed together or not at all. A plain function of a `Run`
is for long work: it opens its own transactions through `run.database`, each of which is refused at its end when the run
was meanwhile given to another. Such work must bear being repeated: it finds out from its own rows, or from
`run.position`, what is already done. An effect outside the database (a message sent) cannot be taken back by a refused
commit; it needs a key by which the other side knows it again.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from base.canonical import Json
from base.clock import stopwatch
from base.db import Database
from base.scheduling.errors import RunInterrupted, RunLost, RunOverran
from base.scheduling.models import JobSlot
from base.scheduling.schedule import Schedule

P = TypeVar("P")

# With pauses of 10 s doubling, five tries span 2.5 minutes; a run whose process is killed counts as one.
TRIES = 5
# Nothing in this house runs for an hour without having said how far it is; a job that does says so.
DEADLINE = timedelta(hours=1)


class CatchUp(Enum):
    """What to do about slots that fell due while no scheduler ran: carry out each, or only the latest."""

    EVERY = "every"
    LATEST = "latest"


@dataclass(frozen=True)
class OneTransaction:
    """Work that fits into one transaction: called with its session and the slot's due time."""

    act: Callable[[Session, datetime], object]


def in_one_transaction(act: Callable[[Session, datetime], object]) -> OneTransaction:
    """Declare that the act is the whole work and happens on the session that it is given."""
    return OneTransaction(act)


@dataclass(frozen=True)
class Opened:
    """A run that has been opened: which slot, which attempt, by when."""

    run: int
    slot: int
    job: str
    due_at: datetime
    attempt: int
    started_at: datetime
    deadline_at: datetime
    position: Json
    holder: str
    token: int | None


class Run:
    """One attempt at one slot, as long work sees it; `database` refuses a commit once the run is lost."""

    def __init__(self, opened: Opened, database: Database, parts: Mapping[type[Any], Any] | None = None) -> None:
        self.opened = opened
        self.database = database
        self.at = opened.due_at
        self.deadline = opened.deadline_at
        self.attempt = opened.attempt
        self.position = opened.position
        self.told: tuple[int, int | None, str] = (0, None, "")
        self._parts = dict(parts or {})
        self._ends = stopwatch() + (opened.deadline_at - opened.started_at).total_seconds()
        self._lost = threading.Event()
        self._stopping = threading.Event()
        self._lost_since: float | None = None

    def part(self, kind: type[P]) -> P:
        """Give the part of that class which `app.py` built."""
        found: P = self._parts[kind]
        return found

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Tell how far it is; called between transactions, since here a run that should end is ended.

        Raises `RunLost`, `RunOverran`, `RunInterrupted`.
        """
        self.told = (done, total, note)
        if self._lost.is_set():
            raise RunLost(self.opened.job, self.opened.run)
        if stopwatch() > self._ends:
            raise RunOverran(self.opened.job)
        if self._stopping.is_set():
            raise RunInterrupted(self.opened.job)

    def save(self, session: Session, position: Json) -> None:
        """Save on the work's own session where the next attempt at this slot should go on."""
        session.execute(update(JobSlot).where(JobSlot.id == self.opened.slot).values(position=position))
        self.position = position

    def lose(self) -> None:
        """Note that the run was given to another."""
        if not self._lost.is_set():
            self._lost_since = stopwatch()
            self._lost.set()

    def hangs(self, seconds: float) -> bool:
        """Tell whether it goes on so long after it was lost or should have ended."""
        should_have_ended = self._ends if self._lost_since is None else min(self._ends, self._lost_since)
        return stopwatch() > should_have_ended + seconds

    def interrupt(self) -> None:
        """Ask the work to end at its next word of progress."""
        self._stopping.set()


@dataclass(frozen=True)
class Job:
    """Work that is due by a schedule; it never runs twice at a time, and a failed slot is tried again after a pause."""

    name: str
    schedule: Schedule
    run: Callable[[Run], object] | OneTransaction
    catch_up: CatchUp = CatchUp.LATEST
    deadline: timedelta = DEADLINE
    tries: int = TRIES

    @property
    def is_one_transaction(self) -> bool:
        """Whether the whole work is one transaction."""
        return isinstance(self.run, OneTransaction)


def joined(*tables: Iterable[Job]) -> dict[str, Job]:
    """Join the rooms' tables by name; a name used twice is a fault of the code."""
    found: dict[str, Job] = {}
    for job in (each for table in tables for each in table):
        if job.name in found:
            message = f"two jobs are named {job.name}"
            raise ValueError(message)
        found[job.name] = job
    return found
