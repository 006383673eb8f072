"""What other platforms offer, read by the clock."""

from typing import Final

from base.scheduling import Every, Job, Run
from catalog_sync.mirror import pulling
from catalog_sync.mirror.offering import KINDS, Offering
from catalog_sync.mirror.pulling import Pulled
from catalog_sync.wiring import MIRROR, Sync


def read(run: Run) -> None:
    """Go on reading what each platform offers, as far as it is due."""
    sync, done = run.part(Sync), Pulled()
    for target in sync.targets.values():
        if not isinstance(target, Offering):
            continue
        for kind in KINDS:
            if kind in target.offers:
                done += pulling.pull(run.database, sync, target, kind)
                run.progress(done.rows, note=f"rejects {done.rejects}, applied {done.applied}, held {done.held}")


JOBS: Final = (Job(MIRROR, Every(600), read),)
