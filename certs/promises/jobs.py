"""What promise records need by the clock: whoever shares them is told of those that were broken."""

from typing import Final

from base import clock
from base.scheduling import Every, Job, Run
from certs.promises import telling
from certs.promises.telling import Promising

# A broken promise is looked into within days; a minute is soon.
TELL_SECONDS: Final = 60


def tell(run: Run) -> None:
    """Tell what was broken since, a page of events in a transaction, until all is read."""
    done = 0
    while True:
        with run.database.transaction() as session:
            read, _ = telling.carry(session, run.part(Promising), clock.now())
        done += read
        run.progress(done)
        if not read:
            return


JOBS: Final = (Job("certs.promises.tell", Every(TELL_SECONDS), tell),)
