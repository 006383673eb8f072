"""How long ended slots, runs and bulk tasks are kept. The evidence of what was done is the ledger, not this."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from base.bulk import BulkTask
from base.scheduling.job import Job, in_one_transaction
from base.scheduling.models import JobSlot, SlotState
from base.scheduling.schedule import Cron

# What went well is of use for a while: a week of the jobs that run every few seconds (six a minute make 60,000 rows),
# and of rarer ones the latest thousand (of a nightly job, nearly three years).
KEPT_WHEN_DONE = timedelta(days=7)
KEPT_OF_EACH = 1000
# What failed, and bulk tasks, which are few: a quarter, long enough to compare month with month.
KEPT = timedelta(days=90)


def prune(session: Session, at: datetime) -> None:
    """Delete slots and bulk tasks that ended long ago, with all their runs; what waits or runs stays."""
    for job in session.scalars(select(JobSlot.job).distinct()).all():
        newest = select(JobSlot.due_at).where(JobSlot.job == job).order_by(JobSlot.due_at.desc())
        thousandth = session.scalar(newest.offset(KEPT_OF_EACH).limit(1))
        if thousandth is not None:
            until = min(thousandth, at - KEPT_WHEN_DONE)
            _forget(session, until, JobSlot.job == job, JobSlot.state.in_((SlotState.DONE, SlotState.SKIPPED)))
    _forget(session, at - KEPT, JobSlot.state == SlotState.FAILED)
    session.execute(delete(BulkTask).where(BulkTask.ended_at <= at - KEPT))


def _forget(session: Session, until: datetime, *which: ColumnElement[bool]) -> None:
    session.execute(delete(JobSlot).where(JobSlot.due_at <= until, *which))


JOBS = (Job("base.prune-runs", Cron("15 3 * * *"), in_one_transaction(prune)),)
