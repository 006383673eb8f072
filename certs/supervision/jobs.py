"""What supervision does by the clock: read on, and tell whoever supervises."""

from datetime import timedelta
from typing import Final

from base import clock
from base.scheduling import Every, Job, Run
from certs.filing.cases.wiring import Cases
from certs.supervision import telling


def tell_supervisors(run: Run) -> None:
    """Tell what happened since, a page of events in a transaction, until all is read."""
    webhooks = run.part(Cases).webhooks
    done = 0
    while True:
        with run.database.transaction() as session:
            read, _ = telling.carry(session, webhooks, clock.now())
        done += read
        run.progress(done)
        if not read:
            return


JOBS: Final = (Job("certs.supervision.tell", Every(10), tell_supervisors, deadline=timedelta(minutes=10)),)
