"""What libraries do by the clock: fetch the answers that come late, and forget what is over."""

from datetime import timedelta
from typing import Final

from base import clock
from base.db import Database
from base.scheduling import Every, Job, Run, in_one_transaction
from certs.libraries import late
from certs.libraries.library import Patient
from certs.queries.wiring import Queries

# Answers are kept for seconds and minutes; what is over must not lie about for long.
FORGOTTEN_EVERY: Final = 300


def fetch_late(run: Run) -> None:
    """Ask again, with time, what was not answered in time."""
    fetch_due(run.database, run.part(Queries))


def fetch_due(database: Database, parts: Queries) -> int:
    """Ask every library again for what waits; tell how many answers came."""
    return sum(_fetched(database, parts, each) for each in parts.others if isinstance(each, Patient))


def _fetched(database: Database, parts: Queries, library: Patient) -> int:
    keys = parts.certs.keys
    with database.reading() as session:
        waiting = [
            (row.key, keys.open(session, row.question, late.bound(row.key, "question")))
            for row in late.due(session, library.name, clock.now())
        ]
        if not waiting:
            return 0
        again = library.again(session)
    came = 0
    for key, body in waiting:
        content = again(body)
        came += content is not None
        with database.transaction() as session:
            late.settle(session, keys, key, content, clock.now())
    return came


JOBS: Final = (
    Job("certs.libraries.fetch-late", Every(5), fetch_late, deadline=timedelta(minutes=10)),
    Job("certs.libraries.forget", Every(FORGOTTEN_EVERY), in_one_transaction(late.forget)),
)
