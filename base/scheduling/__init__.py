"""Jobs that run by the clock: each due slot is carried out exactly once, by whichever process leads.

A room declares its `Job`s in its table `JOBS`; `app.py` joins the tables. How a slot becomes a run and how runs survive
the death of their process is told in `base.scheduling.slots`; the processes themselves are in `base.scheduling.process`
and `base.scheduling.workers`.
"""

from base.scheduling.job import CatchUp, Job, OneTransaction, Run, in_one_transaction, joined
from base.scheduling.schedule import Cron, Every
from base.scheduling.settings import SchedulingSettings

__all__ = [
    "CatchUp",
    "Cron",
    "Every",
    "Job",
    "OneTransaction",
    "Run",
    "SchedulingSettings",
    "in_one_transaction",
    "joined",
]
