"""Reads what there is to know about jobs, runs, processes and bulk tasks: for commands, checks and pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import bulk
from base.bulk import BulkTask, TaskState
from base.scheduling.bulk_work import left_to_scheduler
from base.scheduling.job import CatchUp, Job
from base.scheduling.models import JobProcess, JobRun, JobSchedule, JobSlot, SchedulerLease, SlotKind, SlotState
from base.scheduling.stuck import BulkView, JobView, LeaseView, ProcessView, RunView, State


def state_of(session: Session, jobs: Mapping[str, Job], at: datetime, silence: timedelta) -> State:
    """Read the whole state as of one moment of the database's clock."""
    lease = session.scalar(select(SchedulerLease))
    processes = session.scalars(select(JobProcess).order_by(JobProcess.holder))
    return State(
        at,
        silence,
        None if lease is None else LeaseView(lease.holder, lease.token, lease.renewed_at, lease.expires_at),
        _jobs(session, jobs, at),
        tuple(ProcessView(each.holder, each.kind, each.heartbeat_at) for each in processes),
        _bulk(session, at, silence),
    )


def runs_of(session: Session, job: str, limit: int = 50) -> list[RunView]:
    """Give a job's latest runs, newest first."""
    newest = select(JobRun).where(JobRun.job == job).order_by(JobRun.id.desc()).limit(limit)
    return [_view(run) for run in session.scalars(newest)]


def _jobs(session: Session, jobs: Mapping[str, Job], at: datetime) -> tuple[JobView, ...]:
    marks = {each.job: each.laid_until for each in session.scalars(select(JobSchedule))}
    waiting = {row.job: row for row in session.execute(_WAITING)}
    running = {each.job: _view(each) for each in session.scalars(select(JobRun).where(JobRun.outcome.is_(None)))}
    views = []
    for name in sorted({*jobs, *waiting}):
        job, row = jobs.get(name), waiting.get(name)
        last = session.scalar(_LAST.where(JobRun.job == name))
        views.append(
            JobView(
                name,
                None if job is None else str(job.schedule),
                marks.get(name),
                None if job is None else job.schedule.next_after(at),
                row.waiting if row else 0,
                row.oldest if row else None,
                row.not_before if row else None,
                0 if job is None else _given_up(session, job),
                running.get(name),
                None if last is None else _view(last),
            )
        )
    return tuple(views)


_WAITING = (
    select(
        JobSlot.job,
        func.count().label("waiting"),
        func.min(JobSlot.due_at).label("oldest"),
        func.min(JobSlot.not_before).label("not_before"),
    )
    .where(JobSlot.state == SlotState.DUE)
    .group_by(JobSlot.job)
)
_LAST = select(JobRun).where(JobRun.outcome.is_not(None)).order_by(JobRun.id.desc()).limit(1)


def _given_up(session: Session, job: Job) -> int:
    """Count the slots that are missing: of a job that wants the latest, those since it last succeeded.

    Of a job that wants every slot, a later success mends nothing, only a run that somebody asked for.
    """
    done = [JobSlot.job == job.name, JobSlot.state == SlotState.DONE]
    if job.catch_up is CatchUp.EVERY:
        done.append(JobSlot.kind != SlotKind.SCHEDULED)
    mended = session.scalar(select(func.max(JobSlot.due_at)).where(*done))
    missing = [JobSlot.job == job.name, JobSlot.state == SlotState.FAILED, JobSlot.kind != SlotKind.BY_HAND]
    if mended is not None:
        missing.append(JobSlot.due_at > mended)
    return session.scalar(select(func.count()).select_from(JobSlot).where(*missing)) or 0


def _view(run: JobRun) -> RunView:
    return RunView(**{name: getattr(run, name) for name in RunView.__dataclass_fields__})


def _bulk(session: Session, at: datetime, silence: timedelta) -> BulkView:
    counts: dict[str, int] = dict(session.execute(select(BulkTask.state, func.count()).group_by(BulkTask.state)).all())
    queued = BulkTask.state == TaskState.QUEUED
    silent = (BulkTask.state == TaskState.RUNNING, BulkTask.heartbeat_at < at - silence)
    ready: Any = func.min(func.coalesce(BulkTask.not_before, BulkTask.queued_at))
    return BulkView(
        counts.get(TaskState.QUEUED, 0),
        counts.get(TaskState.RUNNING, 0),
        counts.get(TaskState.FAILED, 0),
        session.scalar(select(func.count()).select_from(BulkTask).where(*silent)) or 0,
        session.scalar(select(ready).where(queued, bulk.is_due(at))),
        left_to_scheduler(session),
    )
