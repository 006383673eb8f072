"""What is done about undertakings by the clock: what was missed falls into a state of its own."""

from typing import Final

from base import clock
from base.scheduling import Every, Job, Run
from certs.filing.cases.wiring import Cases
from certs.filing.undertakings import undertakings

# Terms end at midnight; a quarter of an hour later everybody knows.
FALL_DUE_SECONDS: Final = 900


def fall_due(run: Run) -> None:
    """Note what was missed."""
    with run.database.transaction() as session:
        undertakings.fall_due(session, run.part(Cases), clock.now())


JOBS: Final = (Job("certs.undertakings.fall-due", Every(FALL_DUE_SECONDS), fall_due),)
