"""Bulk work: one job form for issuing, sealing, importing and reconciling by the thousand.

A `BulkJob` is a name and a step. A task is one row: its argument, how far it has come, and what went wrong. The row is
the only truth, on both databases; what wakes a worker (procrastinate on PostgreSQL, the scheduler's own look at the
table elsewhere) carries nothing but the task's number, and may be lost or doubled without harm.

What is promised, wherever the process is killed:

1. `enqueue` writes on the caller's own session: a transaction that rolls back has enqueued nothing.
2. A step and the position it reached are one transaction: no chunk is done twice and none is left out.
3. Each taking of a task raises its fence. Whoever was taken for dead and wakes up again finds a higher number than its
   own when it wants to save its position, and its chunk is rolled back.
4. A task that fails without getting further is tried again after growing pauses, `tries` times, then it is failed and
   keeps its errors.

Not decided here: who runs a task and in which process (`base.scheduling`), and what a chunk is (the job).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from sqlalchemy import JSON, BigInteger, Index, Integer, Text, bindparam, case, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from base.canonical import Json
from base.db import Base, Database, Moment
from base.errors import DomainError, Kind

P = TypeVar("P")

# The first pause after a failure; each further one is twice as long, up to the longest. Five tries span 2.5 minutes:
# longer than a restart of what the work depends on, short enough that a clerk who waits still sees the answer.
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)
TRIES = 5
# The row is read whole with every chunk; older errors are in the log.
ERRORS_KEPT = 20
# procrastinate's names for our wake-ups.
QUEUE = "yinxin"
WAKE_UP = "yinxin.bulk"


class TaskState(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class UnknownBulkJob(DomainError):
    """No bulk job has this name."""

    job: str
    code: ClassVar[str] = "unknown-bulk-job"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchBulkTask(DomainError):
    """No bulk task has this number, or it has ended."""

    task: int
    code: ClassVar[str] = "no-such-bulk-task"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class BulkTaskLost(DomainError):
    """The task was cancelled or taken over; what was being done for it is rolled back."""

    task: int
    code: ClassVar[str] = "bulk-task-lost"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class BulkTaskStandsStill(DomainError):
    """A step of the task ended without getting further."""

    job: str
    code: ClassVar[str] = "bulk-task-stands-still"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class WorkFaulted(DomainError):
    """The work ended in a fault of the program; the log has the traceback."""

    fault: str
    code: ClassVar[str] = "work-faulted"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class BulkTaskAbandoned(DomainError):
    """The process that worked on the task ended or fell silent."""

    holder: str
    code: ClassVar[str] = "bulk-task-abandoned"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


class BulkTask(Base):
    """One piece of bulk work: what to do, how far it is, who does it, what went wrong."""

    __tablename__ = "base_bulk_tasks"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    argument: Mapped[Json] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text, default=TaskState.QUEUED)
    position: Mapped[Json] = mapped_column(JSON, default=None)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    tries: Mapped[int] = mapped_column(Integer)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    holder: Mapped[str] = mapped_column(Text, default="")
    errors: Mapped[list[dict[str, Json]]] = mapped_column(JSON, default=list)
    queued_at: Mapped[datetime] = mapped_column(Moment)
    not_before: Mapped[datetime | None] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    heartbeat_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


Index("ix_base_bulk_tasks_state", BulkTask.state, BulkTask.id)


@dataclass(frozen=True)
class Chunk:
    """What a step is given: the task's argument and the position that the step before it saved."""

    task: int
    argument: Json
    position: Json
    done: int
    at: datetime
    parts: Mapping[type[Any], Any] = field(default_factory=lambda: MappingProxyType({}))

    def part(self, kind: type[P]) -> P:
        """Give the part of that class which `app.py` built."""
        found: P = self.parts[kind]
        return found


@dataclass(frozen=True)
class Advance:
    """How far a step has come; `finished` ends the task."""

    position: Json
    done: int
    total: int | None = None
    note: str = ""
    finished: bool = False


@dataclass(frozen=True)
class BulkJob:
    """A kind of bulk work: the step does one chunk on the session it is given and says how far that is.

    A chunk should take well under a second: on SQLite every other writer waits for it, everywhere it is what a stop
    has to wait for. What cannot be done while others wait (a device, a partner, an act of two transactions) is done
    `before` the step, which opens transactions of its own; if the process dies between the two it is done again, so it
    must find on record what it did, and must not count on being the only holder.
    """

    name: str
    step: Callable[[Session, Chunk], Advance]
    tries: int = TRIES
    before: Callable[[Database, Chunk], None] | None = None


@dataclass(frozen=True)
class Taken:
    """A task in hand, with the fence that was raised for it."""

    id: int
    job: str
    fence: int


def joined(*tables: Iterable[BulkJob]) -> dict[str, BulkJob]:
    """Join the rooms' tables by name; a name used twice is a fault of the code."""
    found: dict[str, BulkJob] = {}
    for job in (each for table in tables for each in table):
        if job.name in found:
            message = f"two bulk jobs are named {job.name}"
            raise ValueError(message)
        found[job.name] = job
    return found


def known(jobs: Mapping[str, BulkJob], name: str) -> BulkJob:
    """Give the bulk job of that name.

    Raises `UnknownBulkJob`.
    """
    if name not in jobs:
        raise UnknownBulkJob(name)
    return jobs[name]


def enqueue(session: Session, job: BulkJob, argument: Json, at: datetime) -> int:
    """Leave a task on the caller's session, with its wake-up where there is a queue; give its number."""
    task = BulkTask(job=job.name, argument=argument, tries=job.tries, queued_at=at)
    session.add(task)
    session.flush()
    wake(session, task.id)
    return task.id


def cancel(session: Session, task: int, at: datetime) -> None:
    """End a task where it stands; a chunk that is running is rolled back, what was committed stays.

    Raises `NoSuchBulkTask`.
    """
    waiting = BulkTask.state.in_((TaskState.QUEUED, TaskState.RUNNING))
    ended = {"state": TaskState.CANCELLED, "ended_at": at, "fence": BulkTask.fence + 1}
    if not _changed(session, update(BulkTask).where(BulkTask.id == task, waiting).values(ended)):
        raise NoSuchBulkTask(task)


def take(session: Session, task: int, holder: str, at: datetime) -> Taken | None:
    """Take a queued task that is due: state, holder and a fence one higher; nothing when another was first."""
    due = (BulkTask.id == task, BulkTask.state == TaskState.QUEUED, is_due(at))
    found = session.scalar(select(BulkTask).where(*due).with_for_update(skip_locked=True))
    if found is None:
        return None
    found.state, found.holder, found.fence = TaskState.RUNNING, holder, found.fence + 1
    found.attempts, found.heartbeat_at, found.started_at = found.attempts + 1, at, found.started_at or at
    session.flush()
    return Taken(found.id, found.job, found.fence)


def is_due(at: datetime) -> Any:
    """Say in SQL whether a queued task may be taken at a time."""
    return BulkTask.not_before.is_(None) | (BulkTask.not_before <= at)


def step(
    session: Session, job: BulkJob, taken: Taken, at: datetime, parts: Mapping[type[Any], Any] | None = None
) -> bool:
    """Do one chunk and save its position on the same session; tell whether the task is done.

    Raises `BulkTaskLost` when the task is no longer ours, `BulkTaskStandsStill`, and what the step raises.
    """
    chunk = next_chunk(session, taken, at, parts)
    advance = job.step(session, chunk)
    if not advance.finished and advance.position == chunk.position:
        raise BulkTaskStandsStill(job.name)
    session.flush()
    saved = {
        "position": advance.position,
        "done": advance.done,
        "total": BulkTask.total if advance.total is None else advance.total,
        "note": advance.note,
        "heartbeat_at": at,
        "attempts": 0,
    }
    ended = {"state": TaskState.DONE, "ended_at": at} if advance.finished else {}
    # The fence is looked at again here, in the transaction's last own statement: the one that wins holds the row.
    if not _changed(session, update(BulkTask).where(*_held(taken)).values({**saved, **ended})):
        raise BulkTaskLost(taken.id)
    return advance.finished


def next_chunk(session: Session, taken: Taken, at: datetime, parts: Mapping[type[Any], Any] | None = None) -> Chunk:
    """Give what the next step is given. Raises `BulkTaskLost` when the task is no longer ours."""
    task = session.scalar(select(BulkTask).where(*_held(taken)))
    if task is None:
        raise BulkTaskLost(taken.id)
    return Chunk(task.id, task.argument, task.position, task.done, at, parts or MappingProxyType({}))


def give_back(session: Session, taken: Taken) -> None:
    """Leave a task for whoever comes next, because this process stops; it does not count as a try."""
    uncounted = case((BulkTask.attempts > 0, BulkTask.attempts - 1), else_=0)
    values = {"state": TaskState.QUEUED, "holder": "", "attempts": uncounted}
    if _changed(session, update(BulkTask).where(*_held(taken)).values(values)):
        wake(session, taken.id)


def fail(
    session: Session, taken: Taken, error: DomainError, at: datetime, wait: timedelta | None = None
) -> TaskState | None:
    """Keep the error and queue the task again after a pause, or fail it when its tries are used up.

    Gives none when the task is no longer ours: then its new holder decides.
    """
    task = session.scalar(select(BulkTask).where(*_held(taken)).with_for_update())
    if task is None:
        return None
    entry: dict[str, Json] = {"at": at.isoformat(), "code": error.code, "facts": facts(error), "attempt": task.attempts}
    task.errors = [*task.errors, {**entry, "position": task.position}][-ERRORS_KEPT:]
    task.holder = ""
    if task.attempts >= task.tries:
        task.state, task.ended_at = TaskState.FAILED, at
    else:
        task.state, task.not_before = TaskState.QUEUED, at + (pause(task.attempts) if wait is None else wait)
        wake(session, task.id, task.not_before)
    return TaskState(task.state)


def refusal_of(fault: Exception) -> DomainError:
    """Give what may be kept of a fault: a refusal as it is, of anything else only its class.

    The words of a foreign exception may repeat a row, and with it somebody's number.
    """
    return fault if isinstance(fault, DomainError) else WorkFaulted(type(fault).__name__)


def facts(error: DomainError) -> dict[str, Json]:
    """Give an error's facts as canonical JSON takes them."""
    return {name: str(fact) if isinstance(fact, float) else fact for name, fact in error.facts.items()}


def abandoned(session: Session, at: datetime, silence: timedelta) -> list[int]:
    """Take tasks from holders that fell silent and queue them again; a heartbeat from the future gets one more period.

    A heartbeat lies in the future only when the database's clock was set back: whoever lives writes a new one soon.
    """
    silent = (BulkTask.heartbeat_at < at - silence) | (BulkTask.heartbeat_at > at + silence)
    running = select(BulkTask).where(BulkTask.state == TaskState.RUNNING, silent).with_for_update(skip_locked=True)
    found = []
    for task in session.scalars(running):
        if task.heartbeat_at is not None and task.heartbeat_at > at:
            task.heartbeat_at = at
            continue
        taken = Taken(task.id, task.job, task.fence)
        fail(session, taken, BulkTaskAbandoned(task.holder), at, wait=pause(task.attempts - 1))
        found.append(task.id)
    return found


def beat(session: Session, taken: Taken, at: datetime) -> bool:
    """Show that the task is being worked on; tell whether it still is ours."""
    return _changed(session, update(BulkTask).where(*_held(taken)).values(heartbeat_at=at))


def pause(attempts: int) -> timedelta:
    """Tell how long to wait after so many tries; before the first there is no wait."""
    if attempts < 1:
        return timedelta(0)
    # The exponent is bounded so that a row with an absurd count cannot overflow.
    doubled: int = 1 << min(attempts - 1, 16)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def has_queue(session: Session) -> bool:
    """Tell whether this database holds procrastinate's queue."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    return bool(session.scalar(text("select to_regclass('procrastinate_jobs') is not null")))


def wake(session: Session, task: int, at: datetime | None = None) -> None:
    """Leave a wake-up for procrastinate's workers on this very session, unless one is waiting already.

    Its own connector would use another connection, and a task that is rolled back would still be woken.
    """
    if not has_queue(session):
        return
    session.flush()  # what the caller left to be written fails here and not below
    try:
        with session.begin_nested():
            session.execute(
                _WAKE, {"queue": QUEUE, "name": WAKE_UP, "lock": f"{WAKE_UP}:{task}", "args": {"task": task}, "at": at}
            )
    except IntegrityError:
        return  # another transaction left the same wake-up in this moment


_WAKE = text(
    "select procrastinate_defer_jobs_v1(array[row(:queue, :name, 0, null, :lock, :args, :at)"
    "::procrastinate_job_to_defer_v1]) where not exists"
    " (select 1 from procrastinate_jobs where queueing_lock = :lock and status = 'todo')"
).bindparams(bindparam("args", type_=JSONB), bindparam("at", type_=Moment))


def _held(taken: Taken) -> tuple[Any, ...]:
    return BulkTask.id == taken.id, BulkTask.state == TaskState.RUNNING, BulkTask.fence == taken.fence


def _changed(session: Session, statement: Any) -> bool:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return bool(result.rowcount)
