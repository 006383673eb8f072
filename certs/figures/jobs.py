"""What figures need by the clock: what happened since is counted."""

from typing import Final

from base.metrics import FIGURES_USES, FIGURES_WAITING, Metrics
from base.scheduling import Every, Job, Run
from certs.figures import counting, reading


def count(run: Run) -> None:
    """Count what the ledger tells since the last time, a piece a transaction."""
    metrics, entries, uses = run.part(Metrics), 0, 0
    for some, used in counting.count_all(run.database):
        entries, uses = entries + some, uses + used
        metrics.count(FIGURES_USES, used)
        run.progress(entries, note=f"uses {uses}")
    with run.database.reading() as session:
        metrics.tell(FIGURES_WAITING, reading.standing(session).waiting)


# A leader's page is of days and months; five minutes behind is the same moment.
JOBS: Final = (Job("certs.figures.count", Every(300), count),)
