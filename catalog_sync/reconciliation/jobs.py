"""Comparisons by the clock: once a day with every target; one that differs or breaks keeps none from the others.

What broke ends the run when all have been compared, so that it is told.
"""

from datetime import timedelta
from typing import Final

from base import clock
from base.errors import DomainError
from base.metrics import Metrics
from base.scheduling import Cron, Job, Run
from catalog_sync.acting import BY
from catalog_sync.errors import ChannelStepNotAllowed
from catalog_sync.reconciliation import gauges, reconciling
from catalog_sync.wiring import RECONCILE, Sync


def reconcile(run: Run) -> None:
    """Compare with every target, one after the other: a comparison reads all that was ever told."""
    sync = run.part(Sync)
    told: list[str] = []
    broken: DomainError | None = None
    for number, name in enumerate(sorted(sync.targets), start=1):
        try:
            found = reconciling.reconcile(run.database, sync, sync.targets[name], BY, clock.now)
            told.append(f"{name} {found.outcome} {found.found}")
        except ChannelStepNotAllowed:
            told.append(f"{name} paused")
        except DomainError as error:
            told.append(f"{name} {error.code}")
            broken = broken or error
        run.progress(number, note=", ".join(told))
    with run.database.reading() as session:
        gauges.tell(session, sync, run.part(Metrics))
    if broken is not None:
        raise broken


# Before people come, after the nightly copies of most departments.
JOBS: Final = (Job(RECONCILE, Cron("30 4 * * *"), reconcile, deadline=timedelta(hours=3)),)
