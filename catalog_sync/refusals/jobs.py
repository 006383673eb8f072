"""Refusals brought back by the clock, and settled."""

from datetime import timedelta
from typing import Final

from base import clock
from base.scheduling import Every, Job, Run
from catalog_sync.refusals import bringing_back
from catalog_sync.wiring import Sync


def bring_back(run: Run) -> None:
    """Open tasks for refusals, close those of what has arrived since, and forget what was settled long ago."""
    at, sync = clock.now(), run.part(Sync)
    with run.database.transaction() as session:
        brought = bringing_back.bring_back(session, sync, at)
        settled = bringing_back.settle(session, at)
        forgotten = bringing_back.forget(session, at - timedelta(days=sync.settings.refusals_kept_days))
    run.progress(
        brought + settled + forgotten, note=f"brought back {brought}, settled {settled}, forgotten {forgotten}"
    )


JOBS: Final = (Job("sync.refusals", Every(600), bring_back),)
