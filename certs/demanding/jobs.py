"""What filing lacks becomes demands by the clock, an organ in a transaction."""

from datetime import timedelta
from typing import Final

from base import clock
from base.scheduling import Cron, Job, Run
from certs.demanding import raising
from certs.queries.wiring import Queries


def raise_demands(run: Run) -> None:
    """Raise the demands of every organ's gaps, and those of entries that are reported missing again and again."""
    parts = run.part(Queries)
    with run.database.reading() as session:
        organs = raising.organs(session)
    for done, organ in enumerate(organs, 1):
        with run.database.transaction() as session:
            raising.of_gaps(session, parts, organ, clock.now())
        run.progress(done)
    with run.database.transaction() as session:
        raising.of_reports(session, parts.certs.types, clock.now())


# At night, when nobody waits for a plan; correspondence and grants change by the day.
JOBS: Final = (Job("certs.raise-demands", Cron("40 2 * * *"), raise_demands, deadline=timedelta(hours=2)),)
