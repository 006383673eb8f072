"""What mounts do by the clock: probe what is due, several at a time, judge what was called, forget what is old."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.scheduling import Every, Job, Run, in_one_transaction
from exchange.mounting import calls as mount_calls
from exchange.mounting import mounts
from exchange.mounting.errors import MountChanged, NoSuchMount
from exchange.mounting.wiring import MountParts, Plan
from exchange.sources.source import Probe

BY: Final = Caller("system", "exchange", "exchange")
# With ten seconds each at the worst, five rounds of four are over within a minute.
MOST_AT_ONCE: Final = 20
TOGETHER: Final = 4


def probe_due(run: Run) -> None:
    """Probe what is due: plan, look without a transaction, keep each result in its own."""
    parts = run.part(MountParts)
    with run.database.reading() as session:
        named = mounts.due(session, run.at, MOST_AT_ONCE)
        planned = [mounts.served_plan(session, mounts.mount_of(session, name)) for name in named]
    plans = [plan for plan in planned if plan is not None]
    with ThreadPoolExecutor(TOGETHER, thread_name_prefix="probe") as together:
        looks = [(plan, together.submit(mounts.look, parts, plan, of_proposal=False)) for plan in plans]
        for place, (plan, looked) in enumerate(looks):
            probe = looked.result()
            run.progress(place, len(plans))
            _keep(run, parts, plan, probe)


def _keep(run: Run, parts: MountParts, plan: Plan, probe: Probe) -> None:
    try:
        with run.database.transaction() as session:
            mounts.keep_probe(session, plan, probe, parts, BY, clock.now(), of_proposal=False)
    except (MountChanged, NoSuchMount):
        return  # changed while it was looked at: the next run looks again


def _judge(session: Session, at: datetime) -> None:
    mount_calls.judge_called(session, BY, at)


def _forget(session: Session, at: datetime) -> None:
    mounts.forget(session, at)


JOBS: Final = (
    Job("exchange.mounts.probe", Every(60), probe_due, deadline=timedelta(minutes=10)),
    Job("exchange.mounts.judge", Every(30), in_one_transaction(_judge)),
    Job("exchange.mounts.forget", Every(24 * 3600), in_one_transaction(_forget)),
)
