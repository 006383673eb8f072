"""Files that came down, taken in by the clock."""

from typing import Final

from base.scheduling import Every, Job, Run
from catalog_sync.arrivals import staging
from catalog_sync.targets.file_exchange import FileExchange
from catalog_sync.wiring import Sync


def collect(run: Run) -> None:
    """Take in what waits in each exchange of files."""
    sync = run.part(Sync)
    for target in sync.targets.values():
        if isinstance(target, FileExchange):
            done = staging.collect(run.database, sync, target)
            run.progress(done.staged, note=f"refused {done.refused}, rows {done.rows}, rejects {done.rejects}")


JOBS: Final = (Job("sync.arrivals", Every(600), collect),)
