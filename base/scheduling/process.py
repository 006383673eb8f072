"""The scheduler's process: APScheduler as its ticker, a lease to lead by, a thread for each job that is due.

Any number of these processes may run; one leads, the others wait. Two things tick. The *beat* renews the lease and the
heartbeats of what runs here; whether this process leads or not, its long runs go on while they beat. The *tick*, of the
leader only, lays what fell due, ends what died, and starts a thread for each job with a slot to carry out; that thread
works off the job's slots one by one. A thread cannot be ended from outside: when a run that was lost still has not
ended after the time a stop may take, the process ends itself, and whoever supervises it starts a fresh one.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select

from base.bulk import BulkJob
from base.clock import stopwatch
from base.db import Database, DatabaseBusy
from base.errors import DomainError
from base.metrics import JOB_RUNS, JOB_SECONDS_TAKEN, JOB_SUCCEEDED_AT, Metrics
from base.scheduling import bulk_work, lease, slots
from base.scheduling.errors import JobAlreadyRuns, UnknownJob
from base.scheduling.job import Job, Opened, Run
from base.scheduling.lease import Lease
from base.scheduling.liveness import SCHEDULER, deregister, holder_name, register, ticking
from base.scheduling.models import JobRun, Outcome
from base.scheduling.runs import carry_out, fenced
from base.scheduling.settings import SchedulingSettings
from base.scheduling.timing import Clock, database_time

log = structlog.get_logger(__name__)

Parts = Mapping[type[Any], Any]
Start = Callable[[Callable[[], None]], None]


def in_a_thread(work: Callable[[], None]) -> None:
    """Start the work beside the caller; it does not keep the process from ending."""
    threading.Thread(target=work, daemon=True).start()


class Scheduler:
    """One scheduler process, or the part of one that a test moves by hand: `beat`, `tick`, and threads as given."""

    def __init__(
        self,
        database: Database,
        jobs: Mapping[str, Job],
        bulk_jobs: Mapping[str, BulkJob] | None = None,
        settings: SchedulingSettings | None = None,
        *,
        parts: Parts | None = None,
        time: Clock = database_time,
        start: Start = in_a_thread,
    ) -> None:
        self.database = database
        self.jobs = jobs
        self.settings = settings or SchedulingSettings()
        self.holder = holder_name()
        self.lease: Lease | None = None
        self.hands = bulk_work.Hands(database, bulk_jobs or {}, self.holder, time, parts)
        self.time = time
        self._parts = parts
        self._start = start
        self._busy: set[str] = set()
        self._tasks: set[int] = set()
        self._running: dict[int, Run] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.is_broken = False

    def serve(self) -> bool:
        """Run until `stop` is called, then let what runs come to an end; tell whether all is well.

        Raises what the first sign of life raises, so that a scheduler on an unusable database does not start; a
        database that is only busy is waited for.
        """
        with suppress(DatabaseBusy):
            self.beat()
        beat_seconds, tick_seconds = self.settings.beat_seconds, self.settings.tick_seconds
        with ticking((beat_seconds, self.beat), (beat_seconds, self.care), (tick_seconds, self.tick)):
            self._stopping.wait()
            self._drain()
        self._leave()
        return not self.is_broken

    def stop(self) -> None:
        """Ask the process to end; only sets a flag, so that a signal handler may call it."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether the process has been asked to end."""
        return self._stopping.is_set()

    def beat(self) -> None:
        """Renew or take the lease and show that what runs here goes on."""
        self._end_when_hung()  # first: on SQLite a transaction that hangs keeps everything below from happening
        with self.database.transaction() as session:
            at = self.time(session)
            held = lease.take(session, self.holder, self.settings.silence, at)
            for run in sorted(self._long_runs(), key=lambda each: each.opened.run):
                slots.beat(session, run, at)
            self.hands.beat(session, at)
            register(session, self.holder, SCHEDULER, at)
        if held != self.lease:
            event = "scheduler_leads" if held else "scheduler_follows"
            log.info(event, leader=self.holder, fencing=held and held.token)
        self.lease = held

    def tick(self) -> None:
        """Lay what fell due, end what died, start what is due; does nothing unless this process leads."""
        held = self.lease
        if held is None or self.is_stopping:
            return
        with self.database.reading() as session:
            at = self.time(session)
            unlaid = slots.unlaid(session, self.jobs, at)
            dead = slots.abandonable(held, at, self.settings.silence)
            has_dead = session.scalar(select(JobRun.id).where(dead).limit(1)) is not None
        for job in unlaid:
            self._lay(job, held)
        if has_dead:
            self._abandon(held)
        with self.database.reading() as session:
            due = slots.due_jobs(session, self.time(session))
        self._start_jobs([self.jobs[name] for name in due if name in self.jobs])
        self._start_tasks()

    def care(self) -> None:
        """Queue and wake bulk tasks that nobody holds any more; does nothing unless this process leads."""
        held = self.lease
        if held is None or self.is_stopping:
            return
        with self.database.transaction() as session:
            lease.require(session, held)
            bulk_work.look_after(session, self.time(session), self.settings.silence)

    def _lay(self, job: Job, held: Lease) -> None:
        with self.database.transaction() as session:
            laid = slots.lay(session, job, held, self.time(session))
        if len(laid) > 1:
            log.info("job_caught_up", job=job.name, slots=len(laid), since=laid[0].isoformat())

    def _abandon(self, held: Lease) -> None:
        with self.database.transaction() as session:
            ended = slots.abandon(session, self.jobs, held, self.time(session), self.settings.silence)
        for job, outcome in ended:
            log.warning("job_run_ended_for_it", job=job, outcome=outcome.value)

    def _start_jobs(self, due: list[Job]) -> None:
        for job in due:
            with self._lock:
                if job.name in self._busy or len(self._busy) >= self.settings.threads:
                    continue
                self._busy.add(job.name)
            self._start(partial(self._work_off, job))

    def _work_off(self, job: Job) -> None:
        try:
            while not self.is_stopping and (opened := self._open(job)):
                self._carry_out(job, opened)
        except DomainError as refusal:
            log.warning("job_stopped", job=job.name, code=refusal.code)
        finally:
            with self._lock:
                self._busy.discard(job.name)

    def _open(self, job: Job) -> Opened | None:
        held = self.lease
        if held is None:
            return None
        try:
            with self.database.transaction() as session:
                return slots.open_next(session, job, held, self.time(session))
        except JobAlreadyRuns:
            return None

    def _carry_out(self, job: Job, opened: Opened) -> Outcome | None:
        run = Run(opened, fenced(self.database, opened), self._parts)
        with self._lock:
            self._running[opened.run] = run
        if self.is_stopping:
            run.interrupt()
        began = stopwatch()
        try:
            outcome = carry_out(self.database, job, run, self.time)
            self._measure(job, opened, outcome, stopwatch() - began)
            return outcome
        finally:
            with self._lock:
                del self._running[opened.run]

    def _measure(self, job: Job, opened: Opened, outcome: Outcome | None, seconds: float) -> None:
        counted = (self._parts or {}).get(Metrics)
        if counted is None:
            return
        counted.count(JOB_RUNS, job=job.name, outcome=outcome.value if outcome else "lost")
        counted.time(JOB_SECONDS_TAKEN, seconds, job=job.name)
        if outcome is Outcome.DONE:
            counted.tell(JOB_SUCCEEDED_AT, opened.started_at.timestamp() + seconds, job=job.name)

    def _start_tasks(self) -> None:
        with self.database.reading() as session:
            if not bulk_work.left_to_scheduler(session):
                return
            due = bulk_work.due_tasks(session, self.time(session), self.settings.bulk_threads)
        for task in due:
            with self._lock:
                if task in self._tasks or len(self._tasks) >= self.settings.bulk_threads:
                    continue
                self._tasks.add(task)
            self._start(partial(self._work_on, task))

    def _work_on(self, task: int) -> None:
        try:
            self.hands.carry_out(task, lambda: self.is_stopping)
        except DomainError as refusal:
            log.warning("bulk_task_stopped", task=task, code=refusal.code)
        finally:
            with self._lock:
                self._tasks.discard(task)

    def _long_runs(self) -> list[Run]:
        # The row of a run in one transaction is locked while it goes on: a beat would wait for its end.
        with self._lock:
            return [run for run in self._running.values() if not self.jobs[run.opened.job].is_one_transaction]

    def _end_when_hung(self) -> None:
        with self._lock:
            hung = [run for run in self._running.values() if run.hangs(self.settings.stop_seconds)]
        for run in hung:
            log.error("job_run_hangs", job=run.opened.job, run=run.opened.run)
            self.is_broken = True
            self.stop()

    def _drain(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for run in running:
            run.interrupt()
        ends = stopwatch() + self.settings.stop_seconds
        pause = threading.Event()
        while (self._busy or self._tasks) and stopwatch() < ends:
            pause.wait(0.05)

    def _leave(self) -> None:
        """Hand back what did not end in time, and the lease; a run in one transaction falls with its connection."""
        with self.database.transaction() as session:
            at = self.time(session)
            if self.lease is not None:
                lease.release(session, self.lease, at)
            slots.hand_back(session, [run.opened for run in self._long_runs()], at)
            deregister(session, self.holder)


def run_by_hand(
    database: Database,
    jobs: Mapping[str, Job],
    name: str,
    settings: SchedulingSettings,
    *,
    parts: Parts | None = None,
    time: Clock = database_time,
    watch: Callable[[Run], None] | None = None,
) -> tuple[Opened, Outcome | None]:
    """Carry out a job now, in this process, outside its schedule; the schedule stays as it is.

    `watch` is handed the run before it starts, to interrupt it or to show how far it is. Raises `UnknownJob`,
    `JobAlreadyRuns`.
    """
    if name not in jobs:
        raise UnknownJob(name)
    job = jobs[name]
    with database.transaction() as session:
        opened = slots.open_by_hand(session, job, holder_name(), time(session))
    run = Run(opened, fenced(database, opened), parts)
    if watch is not None:
        watch(run)

    def beat() -> None:
        if not job.is_one_transaction:
            with database.transaction() as session:
                slots.beat(session, run, time(session))

    with ticking((settings.beat_seconds, beat)):
        return opened, carry_out(database, job, run, time)
