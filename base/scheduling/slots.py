"""Slots and runs: how each due time of a job is carried out exactly once.

1. `lay` writes each due time down as a slot, UNIQUE(job, due_at), up to the present. What fell due while nobody
   scheduled is laid when somebody does again; a job that wants only the latest gets only that.
2. `open_next` opens a run for the oldest slot that is due: the slot is claimed and the run, which a job can have only
   one of, is shown. This is committed before the work begins, so that a slot whose work kills its process is counted.
3. Work in one transaction calls `hold` first and `close` last on its own session: the run's row is locked all the
   while, the slot is done when the work is, and neither without the other. Long work commits under `fence`, and its
   run is closed in a transaction of its own.
4. `abandon` ends runs whose process is dead or silent, or whose deadline is past, and lays their slots open again. From
   then on `hold`, `fence` and `close` refuse the old run: a process that was only asleep can commit nothing more.
   A run in one transaction that an earlier leader opened needs no silence: where its row is not locked, its
   transaction is not going on, and it will not be allowed to begin.
5. 1, 2 and 4 first `require` the lease, in the same transaction. Locks are taken in one order: lease, run, slot.

Setting the clock forward lays slots early, setting it back lays none twice: the slots that exist are looked up. `lay`
begins again at the present, instead of waiting for the moment that had been reached.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.bulk import facts, pause
from base.errors import DomainError
from base.scheduling.errors import JobAlreadyRuns, RunAbandoned, RunInterrupted, RunLost, RunOverran, UnknownJob
from base.scheduling.job import TRIES, CatchUp, Job, Opened, Run
from base.scheduling.lease import Lease, require
from base.scheduling.models import JobRun, JobSchedule, JobSlot, Outcome, SlotKind, SlotState
from base.scheduling.schedule import due_between

# Slots that one transaction lays for one job: a backlog of a million is laid in pieces, none of which holds the
# database for long.
LAID_AT_ONCE = 500


def unlaid(session: Session, jobs: Mapping[str, Job], at: datetime) -> list[Job]:
    """List the jobs that have something to lay, or whose mark lies in the future; only reads."""
    marks = {row.job: row.laid_until for row in session.scalars(select(JobSchedule))}
    return [job for job in jobs.values() if _has_unlaid(job, marks.get(job.name), at)]


def _has_unlaid(job: Job, mark: datetime | None, at: datetime) -> bool:
    return mark is None or mark > at or job.schedule.next_after(mark) <= at


def lay(session: Session, job: Job, lease: Lease, at: datetime) -> list[datetime]:
    """Lay the slots that fell due since the last laying; a job that is seen for the first time begins now.

    Raises `LeaseLost`.
    """
    require(session, lease)
    mark = session.get(JobSchedule, job.name)
    if mark is None:
        session.add(JobSchedule(job=job.name, laid_until=at))
        return []
    due = _due(job, min(mark.laid_until, at), at)
    mark.laid_until = due[-1] if len(due) == LAID_AT_ONCE else at
    existing = _existing(session, job.name, due)
    laid = [each for each in due if each not in existing]
    if laid:
        session.execute(insert(JobSlot), [{"job": job.name, "due_at": each} for each in laid])
    if laid and job.catch_up is CatchUp.LATEST:
        _skip_before(session, job.name, laid[-1])
    return laid


def _due(job: Job, after: datetime, until: datetime) -> list[datetime]:
    if job.catch_up is CatchUp.LATEST:
        last = job.schedule.last_until(until, after)
        return [] if last is None else [last]
    return list(islice(due_between(job.schedule, after, until), LAID_AT_ONCE))


def _existing(session: Session, job: str, due: list[datetime]) -> set[datetime]:
    if not due:
        return set()
    between = (JobSlot.job == job, JobSlot.due_at >= due[0], JobSlot.due_at <= due[-1])
    return set(session.scalars(select(JobSlot.due_at).where(*between)))


def _skip_before(session: Session, job: str, due_at: datetime) -> None:
    overtaken = (JobSlot.job == job, JobSlot.state == SlotState.DUE, JobSlot.due_at < due_at)
    scheduled = JobSlot.kind == SlotKind.SCHEDULED
    session.execute(update(JobSlot).where(*overtaken, scheduled).values(state=SlotState.SKIPPED))


def ask(session: Session, jobs: Mapping[str, Job], job: str, at: datetime) -> int:
    """Ask for one run of a job as soon as a scheduler comes by, on the caller's session; give the slot's number.

    Raises `UnknownJob`.
    """
    if job not in jobs:
        raise UnknownJob(job)
    return _beside_the_schedule(session, job, SlotKind.ASKED, at).id


def _beside_the_schedule(session: Session, job: str, kind: SlotKind, at: datetime) -> JobSlot:
    """Write a slot at a moment that no schedule names: those are whole seconds."""
    due_at = at.replace(microsecond=at.microsecond or 1)
    session.flush()  # what the caller left to be written fails here and not below
    while True:
        slot = JobSlot(job=job, due_at=due_at, kind=kind)
        try:
            with session.begin_nested():
                session.add(slot)
        except IntegrityError:
            due_at += timedelta(microseconds=1)  # somebody else asked in the same moment
        else:
            return slot


def due_jobs(session: Session, at: datetime) -> list[str]:
    """Name the jobs that have a slot to carry out now."""
    return list(session.scalars(select(JobSlot.job).where(_ready(at)).distinct().order_by(JobSlot.job)))


def _ready(at: datetime) -> ColumnElement[bool]:
    # What somebody asked for is due at once, whatever that somebody's clock said; a laid slot is due at its time, which
    # lies ahead only when the clock was set back.
    arrived = or_(JobSlot.due_at <= at, JobSlot.kind == SlotKind.ASKED)
    return and_(JobSlot.state == SlotState.DUE, arrived, or_(JobSlot.not_before.is_(None), JobSlot.not_before <= at))


def open_next(session: Session, job: Job, lease: Lease, at: datetime) -> Opened | None:
    """Open a run for the job's oldest slot that is due; none when there is none or the job is running.

    Raises `LeaseLost`.
    """
    require(session, lease)
    if _runs(session, job.name):
        return None
    ready = select(JobSlot).where(JobSlot.job == job.name, _ready(at)).order_by(JobSlot.due_at).limit(1)
    slot = session.scalar(ready.with_for_update(skip_locked=True))
    if slot is None:
        return None
    return _opened(session, slot, job, lease.holder, lease.token, at)


def open_by_hand(session: Session, job: Job, holder: str, at: datetime) -> Opened:
    """Open a run that somebody carries out himself, outside the schedule and without the lease.

    Raises `JobAlreadyRuns`.
    """
    if _runs(session, job.name):
        raise JobAlreadyRuns(job.name)
    slot = _beside_the_schedule(session, job.name, SlotKind.BY_HAND, at)
    return _opened(session, slot, job, holder, None, at)


def _runs(session: Session, job: str) -> bool:
    return session.scalar(select(JobRun.id).where(JobRun.job == job, JobRun.outcome.is_(None))) is not None


def _opened(session: Session, slot: JobSlot, job: Job, holder: str, token: int | None, at: datetime) -> Opened:
    slot.state, slot.attempts = SlotState.RUNNING, slot.attempts + 1
    run = JobRun(
        slot_id=slot.id,
        job=job.name,
        due_at=slot.due_at,
        attempt=slot.attempts,
        in_one_transaction=job.is_one_transaction,
        holder=holder,
        token=token,
        started_at=at,
        heartbeat_at=at,
        deadline_at=at + job.deadline,
    )
    session.add(run)
    try:
        session.flush()
    except IntegrityError as error:
        raise JobAlreadyRuns(job.name) from error  # opened by hand in this very moment
    return Opened(
        run.id, slot.id, job.name, slot.due_at, run.attempt, at, run.deadline_at, slot.position, holder, token
    )


def hold(session: Session, opened: Opened) -> None:
    """Lock the run until the transaction ends, as its first statement.

    Raises `RunLost`.
    """
    _still_open(session, opened, read=False)


def fence(session: Session, opened: Opened) -> None:
    """See, as a transaction's last act but one, that the run has not been given to another.

    Raises `RunLost`.
    """
    _still_open(session, opened, read=True)


def _still_open(session: Session, opened: Opened, *, read: bool) -> None:
    its = select(JobRun.id).where(JobRun.id == opened.run, JobRun.outcome.is_(None))
    if session.scalar(its.with_for_update(read=read)) is None:
        raise RunLost(opened.job, opened.run)


def close(
    session: Session,
    opened: Opened,
    outcome: Outcome,
    at: datetime,
    *,
    tries: int = TRIES,
    error: DomainError | None = None,
    told: tuple[int, int | None, str] | None = None,
) -> None:
    """End a run and say what becomes of its slot.

    Raises `RunLost` when it has ended already.
    """
    ended: dict[str, Any] = {"outcome": outcome, "ended_at": at}
    if error is not None:
        ended |= {"error_code": error.code, "error_facts": facts(error)}
    if told is not None:
        ended |= dict(zip(("done", "total", "note"), told, strict=True))
    if not _changed(session, opened.run, ended):
        raise RunLost(opened.job, opened.run)
    slot = session.get_one(JobSlot, opened.slot)
    settle(slot, outcome, at, tries)


def settle(slot: JobSlot, outcome: Outcome, at: datetime, tries: int) -> None:
    """Say what becomes of a slot whose run ended so: done, due again after a pause, or given up."""
    if outcome is Outcome.DONE:
        slot.state = SlotState.DONE
        return
    if outcome is Outcome.INTERRUPTED:
        slot.attempts -= 1  # the process was asked to stop; that is no failure of the work
    if slot.kind == SlotKind.BY_HAND or slot.attempts >= tries:
        slot.state = SlotState.FAILED
        return
    # Whose process died is not at fault: the first time it is tried again at once.
    at_fault = outcome in {Outcome.FAILED, Outcome.OVERRAN}
    slot.state, slot.not_before = SlotState.DUE, at + pause(slot.attempts if at_fault else slot.attempts - 1)


def hand_back(session: Session, held: Iterable[Opened], at: datetime) -> None:
    """End runs that did not come to an end before their process has to, and lay their slots open again."""
    for opened in held:
        with suppress(RunLost):
            close(session, opened, Outcome.INTERRUPTED, at, error=RunInterrupted(opened.job))


def beat(session: Session, run: Run, at: datetime) -> bool:
    """Show that long work goes on and how far it is; tell whether the run still is ours."""
    done, total, note = run.told
    if _changed(session, run.opened.run, {"heartbeat_at": at, "done": done, "total": total, "note": note}):
        return True
    run.lose()
    return False


def _changed(session: Session, run: int, values: dict[str, Any]) -> bool:
    still_open = update(JobRun).where(JobRun.id == run, JobRun.outcome.is_(None))
    result: Any = session.execute(still_open.values(values), execution_options={"synchronize_session": False})
    return bool(result.rowcount)


def abandonable(lease: Lease, at: datetime, silence: timedelta) -> ColumnElement[bool]:
    """Say in SQL which open runs are to be looked at: dead, silent, past their deadline, or from the future."""
    of_earlier_leader = and_(JobRun.in_one_transaction, JobRun.token < lease.token)
    silent = or_(JobRun.heartbeat_at < at - silence, JobRun.heartbeat_at > at + silence)
    return and_(JobRun.outcome.is_(None), or_(of_earlier_leader, silent, JobRun.deadline_at < at))


def abandon(
    session: Session, jobs: Mapping[str, Job], lease: Lease, at: datetime, silence: timedelta
) -> list[tuple[str, Outcome]]:
    """End the runs that will not end by themselves and lay their slots open again.

    A heartbeat from the future (the clock was set back) is brought to the present and gets one more period.
    Raises `LeaseLost`.
    """
    require(session, lease)
    ended = []
    for run in session.scalars(select(JobRun).where(abandonable(lease, at, silence)).with_for_update(skip_locked=True)):
        if run.heartbeat_at > at + silence:
            run.heartbeat_at, run.deadline_at = at, min(run.deadline_at, at + (run.deadline_at - run.started_at))
            continue
        overran = run.deadline_at < at and run.heartbeat_at >= at - silence
        error: DomainError = RunOverran(run.job) if overran else RunAbandoned(run.holder)
        run.outcome = outcome = Outcome.OVERRAN if overran else Outcome.ABANDONED
        run.ended_at, run.error_code, run.error_facts = at, error.code, facts(error)
        tries = jobs[run.job].tries if run.job in jobs else TRIES
        settle(session.get_one(JobSlot, run.slot_id), outcome, at, tries)
        ended.append((run.job, outcome))
    return ended
