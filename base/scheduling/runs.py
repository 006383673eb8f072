"""Carries out a run that has been opened: the work, its end, and what is kept of an error."""

import structlog

from base.bulk import refusal_of
from base.db import Database
from base.errors import DomainError
from base.scheduling import slots
from base.scheduling.errors import RunInterrupted, RunLost, RunOverran
from base.scheduling.job import Job, OneTransaction, Opened, Run
from base.scheduling.models import Outcome
from base.scheduling.timing import LONGEST_STILLNESS, Clock, bear

log = structlog.get_logger(__name__)


def fenced(database: Database, opened: Opened) -> Database:
    """Give a database whose every commit is refused once the run has been given to another."""
    return Database(database.engine, (lambda session: slots.fence(session, opened), *database.last_acts))


def carry_out(database: Database, job: Job, run: Run, time: Clock) -> Outcome | None:
    """Do the work and close the run; gives none when the run was lost, since then another decides about its slot.

    Whatever the work raises is kept as an error of the run and raised no further; only what keeps the run from being
    closed (the database is gone) is.
    """
    try:
        if isinstance(job.run, OneTransaction):
            _in_its_transaction(database, job.run, run, time)
        else:
            job.run(run)
            _close(database, job, run, Outcome.DONE, None, time)
    except RunLost:
        log.warning("job_run_lost", job=job.name, run=run.opened.run)
        return None
    except RunInterrupted as error:
        return _ended(database, job, run, Outcome.INTERRUPTED, error, time)
    except RunOverran as error:
        return _ended(database, job, run, Outcome.OVERRAN, error, time)
    except Exception as fault:  # a job's fault ends its run, never the scheduler
        refusal = refusal_of(fault)
        log.exception("job_run_failed", job=job.name, run=run.opened.run, code=refusal.code)
        return _ended(database, job, run, Outcome.FAILED, refusal, time)
    return Outcome.DONE


def _in_its_transaction(database: Database, work: OneTransaction, run: Run, time: Clock) -> None:
    with database.transaction() as session:
        bear(session, LONGEST_STILLNESS)
        slots.hold(session, run.opened)
        work.act(session, run.opened.due_at)
        slots.close(session, run.opened, Outcome.DONE, time(session))


def _ended(database: Database, job: Job, run: Run, outcome: Outcome, error: DomainError, time: Clock) -> Outcome | None:
    try:
        _close(database, job, run, outcome, error, time)
    except RunLost:
        return None
    return outcome


def _close(database: Database, job: Job, run: Run, outcome: Outcome, error: DomainError | None, time: Clock) -> None:
    with database.transaction() as session:
        slots.close(session, run.opened, outcome, time(session), tries=job.tries, error=error, told=run.told)
