"""Carries out bulk tasks: chunk after chunk, each its own transaction, until done, failed, lost or asked to stop.

Also the care for tasks that nobody holds any more: they are queued again, and woken again where there is a queue. Any
process may do that, as often as it likes.
"""

import importlib.util
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from base import bulk
from base.bulk import BulkJob, BulkTask, Taken, TaskState
from base.db import Database
from base.scheduling.timing import LONGEST_STILLNESS, Clock, bear

log = structlog.get_logger(__name__)

# Wake-ups that one look leaves: the workers find the next ones while they are at these.
WOKEN_AT_ONCE = 100


class Hands:
    """The bulk tasks that this process has in hand."""

    def __init__(
        self,
        database: Database,
        jobs: Mapping[str, BulkJob],
        holder: str,
        time: Clock,
        parts: Mapping[type[Any], Any] | None = None,
    ) -> None:
        self.database = database
        self.jobs = jobs
        self.holder = holder
        self.time = time
        self.parts = parts
        self._held: dict[int, Taken] = {}
        self._lock = threading.Lock()

    @property
    def busy(self) -> int:
        """How many tasks are in hand."""
        return len(self._held)

    def carry_out(self, task: int, stopping: Callable[[], bool]) -> TaskState | None:
        """Take a task and carry it out; gives none when it was another's, was lost or was given back."""
        with self.database.transaction() as session:
            taken = bulk.take(session, task, self.holder, self.time(session))
        if taken is None:
            return None
        with self._lock:
            self._held[task] = taken
        try:
            return self._work(taken, stopping)
        finally:
            with self._lock:
                del self._held[task]

    def _work(self, taken: Taken, stopping: Callable[[], bool]) -> TaskState | None:
        try:
            job = bulk.known(self.jobs, taken.job)
            while not stopping():
                if self._chunk(job, taken):
                    return TaskState.DONE
        except bulk.BulkTaskLost:
            log.warning("bulk_task_lost", job=taken.job, task=taken.id)
            return None
        except Exception as fault:  # a task's fault ends its try, never the worker
            error = bulk.refusal_of(fault)
            log.exception("bulk_task_failed", job=taken.job, task=taken.id, code=error.code)
            with self.database.transaction() as session:
                return bulk.fail(session, taken, error, self.time(session))
        with self.database.transaction() as session:
            bulk.give_back(session, taken)
        return None

    def _chunk(self, job: BulkJob, taken: Taken) -> bool:
        if job.before is not None:
            with self.database.reading() as session:
                chunk = bulk.next_chunk(session, taken, self.time(session), self.parts)
            job.before(self.database, chunk)
        with self.database.transaction() as session:
            bear(session, LONGEST_STILLNESS)
            return bulk.step(session, job, taken, self.time(session), self.parts)

    def beat(self, session: Session, at: datetime) -> None:
        """Show that the tasks in hand are being worked on."""
        with self._lock:
            held = list(self._held.values())
        for taken in sorted(held, key=lambda each: each.id):
            bulk.beat(session, taken, at)


def look_after(session: Session, at: datetime, silence: timedelta) -> None:
    """Queue tasks of silent holders again; where there is a queue, wake what is due and forget what is not."""
    bear(session, silence)
    bulk.abandoned(session, at, silence)
    if bulk.has_queue(session):
        # Wake-ups of workers that died, and of tasks that are not waiting for one (the scheduler or a hand did them).
        session.execute(_FORGET, {"name": bulk.WAKE_UP, "seconds": silence.total_seconds()})
        for task in session.scalars(_UNWOKEN, {"name": bulk.WAKE_UP, "at": at, "limit": WOKEN_AT_ONCE}).all():
            bulk.wake(session, task)


def due_tasks(session: Session, at: datetime, limit: int) -> list[int]:
    """Name the queued tasks that may be taken now, oldest first."""
    due = select(BulkTask.id).where(BulkTask.state == TaskState.QUEUED, bulk.is_due(at))
    return list(session.scalars(due.order_by(BulkTask.id).limit(limit)))


def left_to_scheduler(session: Session) -> bool:
    """Tell whether the scheduler carries out bulk tasks itself: no queue in this database, or no extra to read it."""
    return importlib.util.find_spec("procrastinate") is None or not bulk.has_queue(session)


_FORGET = text(
    "delete from procrastinate_jobs j where j.task_name = :name and ("
    "(j.status = 'doing' and not exists (select 1 from procrastinate_workers w"
    " where w.id = j.worker_id and w.last_heartbeat > now() - make_interval(secs => :seconds)))"
    " or (j.status = 'todo' and not exists (select 1 from base_bulk_tasks t"
    " where t.id = (j.args->>'task')::bigint and t.state in ('queued', 'running'))))"
)
_UNWOKEN = text(
    "select t.id from base_bulk_tasks t where t.state = 'queued' and (t.not_before is null or t.not_before <= :at)"
    " and not exists (select 1 from procrastinate_jobs j"
    " where j.queueing_lock = :name || ':' || t.id and j.status = 'todo') order by t.id limit :limit"
)
