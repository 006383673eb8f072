"""What synchronisation does by the clock: write rows, tell them, read receipts, look after what is stuck.

Every target is worked on in a thread of its own, so that one that is slow keeps nobody waiting. Each job can be run by
hand, and is safe to repeat.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from base import clock
from base.db import Database
from base.events import CursorMoved
from base.metrics import Metrics
from base.scheduling import Every, Job, Run
from catalog_sync import changes, gauges, push, receipts, sweep
from catalog_sync.changes import Written
from catalog_sync.targets.target import Target
from catalog_sync.wiring import CHANGES, PUSH, RECEIPTS, SWEEP, Sync

T = TypeVar("T")

# Pieces of the feed of one run and target: a target that joins late reads for a while, and others are not kept waiting.
MOST_PIECES: Final = 500


def write(run: Run) -> None:
    """Write what happened since to the outbox of each target."""
    told = _each(run, partial(_written, run.database, run.part(Sync)))
    total = sum(told, Written())
    run.progress(total.events, note=f"written {total.written}, unchanged {total.unchanged}")


def tell(run: Run) -> None:
    """Tell each target what is due."""
    sync = run.part(Sync)
    told = _each(run, lambda target: push.push(run.database, sync, target, progress=run.progress))
    failed = sum(each.failed for each in told)
    run.progress(sum(each.records for each in told), note=f"exchanges failed {failed}")
    with run.database.reading() as session:
        gauges.tell(session, sync, run.part(Metrics), clock.now())


def collect(run: Run) -> None:
    """Read the receipts of each target."""
    sync = run.part(Sync)
    told = _each(run, lambda target: receipts.collect(run.database, sync, target, progress=run.progress))
    changed, unknown = sum(each.changed for each in told), sum(each.unknown for each in told)
    run.progress(sum(each.read for each in told), note=f"changed {changed}, unknown {unknown}")


def look_after(run: Run) -> None:
    """Ask each target for what it took in long ago and never told of."""
    sync = run.part(Sync)
    told = _each(run, lambda target: sweep.sweep(run.database, sync, target, progress=run.progress))
    settled, again = sum(each.settled for each in told), sum(each.again for each in told)
    run.progress(sum(each.asked for each in told), note=f"settled {settled}, told again {again}")


def _each(run: Run, work: Callable[[Target], T]) -> list[T]:
    """Do something for every target, some at a time; a fault of one is raised when all others are done."""
    sync = run.part(Sync)
    with ThreadPoolExecutor(sync.settings.channels_at_once, thread_name_prefix="sync") as together:
        flying = [together.submit(work, sync.targets[name]) for name in sorted(sync.targets)]
    return [each.result() for each in flying]


def _written(database: Database, sync: Sync, target: Target) -> Written:
    total = Written()
    for _ in range(MOST_PIECES):
        try:
            piece = database.repeat(partial(changes.write, sync=sync, target=target, at=clock.now()))
        except CursorMoved:
            break
        total += piece
        if not piece.events:
            break
    return total


JOBS: Final = (
    Job(CHANGES, Every(15), write, deadline=timedelta(minutes=30)),
    Job(PUSH, Every(15), tell, deadline=timedelta(hours=2)),
    Job(RECEIPTS, Every(60), collect, deadline=timedelta(minutes=30)),
    Job(SWEEP, Every(600), look_after, deadline=timedelta(hours=1)),
)
