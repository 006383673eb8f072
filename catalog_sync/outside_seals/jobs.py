"""How others' seals stand, read by the clock."""

from datetime import timedelta
from typing import Final

from base.scheduling import Every, Job, Run
from catalog_sync.outside_seals.pulling import Pulling
from catalog_sync.outside_seals.wiring import OutsideSeals
from catalog_sync.wiring import OUTSIDE_SEALS, Sync


def pull(run: Run) -> None:
    """Read what changed, and ask for the seals that somebody met; nothing where no system is connected."""
    outside = run.part(OutsideSeals)
    if outside.system is None:
        return
    done = Pulling(run.database, run.part(Sync), outside.system, outside.kept).run()
    run.progress(done.taken, note=f"pages {done.pages}, asked {done.asked}")


JOBS: Final = (Job(OUTSIDE_SEALS, Every(300), pull, deadline=timedelta(minutes=30)),)
