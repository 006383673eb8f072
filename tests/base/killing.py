"""Processes that die by SIGKILL at a chosen statement or commit, and the work they die over.

Every effect is one row written by the work's own transaction into a table without any unique constraint: what was done
twice is there twice, what was left out is not there.
"""

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext

from sqlalchemy import Column, Integer, MetaData, Table, Text, event, insert, select
from sqlalchemy.orm import Session

from base.bulk import Advance, BulkJob, Chunk
from base.db import Database, DatabaseSettings, Moment, connect
from base.scheduling import CatchUp, Every, Job, Run, in_one_transaction
from base.scheduling.process import Scheduler
from base.scheduling.settings import SchedulingSettings

AT = datetime(2026, 11, 21, 2, 30, 30, tzinfo=UTC)
EFFECTS = Table(
    "test_effects",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("job", Text),
    Column("due_at", Moment),
    Column("part", Integer),
)
PARTS = 3
# A slot over which a process dies again and again is given up one day; here dying is the story.
WITHOUT_END = 10_000


@dataclass
class Told:
    """A clock that tests turn."""

    at: datetime = AT
    asked: list[Session] = field(default_factory=list)

    def __call__(self, _session: Session) -> datetime:
        return self.at

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@contextmanager
def effects(database: Database) -> Iterator[None]:
    """Have the table of effects for one test."""
    EFFECTS.metadata.create_all(database.engine)
    yield
    EFFECTS.metadata.drop_all(database.engine)


def note(session: Session, job: str, at: datetime, part: int = 0) -> None:
    session.execute(insert(EFFECTS).values(job=job, due_at=at, part=part))


def noted(database: Database) -> Counter[tuple[str, datetime, int]]:
    """Count the effects by job, due time and part."""
    with database.reading() as session:
        rows = session.execute(select(EFFECTS.c.job, EFFECTS.c.due_at, EFFECTS.c.part))
        return Counter((row.job, row.due_at, row.part) for row in rows)


def short_work(session: Session, at: datetime) -> None:
    note(session, "short", at)


def long_work(run: Run) -> None:
    """Three parts, each with the position after it in one transaction."""
    for part in range(int(str(run.position or 0)), PARTS):
        with run.database.transaction() as session:
            note(session, "long", run.at, part)
            run.save(session, part + 1)
        run.progress(part + 1, PARTS)


def bulk_work(session: Session, chunk: Chunk) -> Advance:
    note(session, "bulk", AT, chunk.done)
    return Advance(chunk.done + 1, chunk.done + 1, int(str(chunk.argument)), finished=chunk.done + 1 == chunk.argument)


SHORT = Job("short", Every(60), in_one_transaction(short_work), CatchUp.EVERY, tries=WITHOUT_END)
LONG = Job("long", Every(120), long_work, CatchUp.EVERY, tries=WITHOUT_END)
JOBS = {job.name: job for job in (SHORT, LONG)}
BULK = BulkJob("bulk", bulk_work, tries=WITHOUT_END)
BULK_JOBS = {BULK.name: BULK}


def at_once(work):
    """Do in the calling thread what the scheduler would start a thread for."""
    work()


def scheduler(database: Database, time: Told, jobs=None, bulk_jobs=None, **settings) -> Scheduler:
    told = SchedulingSettings(**settings)
    return Scheduler(database, JOBS if jobs is None else jobs, bulk_jobs, told, time=time, start=at_once)


def work_and_die(settings: DatabaseSettings, at: datetime, point: int, *, scheduled: bool) -> None:
    """Schedule as a leader does, and die at the given statement or commit."""
    database = connect(settings)
    passed = 0

    def pass_point(*_anything: object) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", pass_point)
    event.listen(database.engine, "commit", pass_point)
    leader = scheduler(database, Told(at), JOBS if scheduled else {}, BULK_JOBS)
    while leader.lease is None:
        leader.beat()
    leader.care()
    leader.tick()


def forks() -> ForkServerContext:
    """Give processes that start quickly and share nothing with the tests' own threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def died(
    context: ForkServerContext, settings: DatabaseSettings, at: datetime, point: int, *, scheduled: bool = True
) -> bool:
    """Let a process die at a point; tell whether it came that far."""
    process = context.Process(target=work_and_die, args=(settings, at, point), kwargs={"scheduled": scheduled})
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0
