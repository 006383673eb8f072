"""The ground's scheduled work: delivering notices, and clearing what ended long ago."""

from base import clock
from base.metrics import NOTICES, Metrics
from base.notices import Channels, deliver_due
from base.scheduling import Every, Job, Run, history


def deliver(run: Run) -> None:
    """Deliver the notices that are due; claims must lie ahead of the real time, so the slot's own is not used."""
    tally = deliver_due(run.database, run.part(Channels), clock.now(), progress=run.progress)
    metrics = run.part(Metrics)
    for outcome, count in vars(tally).items():
        metrics.count(NOTICES, count, outcome=outcome)


JOBS = (Job("base.notices", Every(15), deliver), *history.JOBS)
