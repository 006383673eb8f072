"""Scheduled work on tree heads: sign what is due, show witnesses what waits for them."""

from base import clock
from base.scheduling import Every, Job, Run
from keys.checkpoints import deliveries, signing
from keys.checkpoints.wiring import Checkpoints

# The settings say after how many minutes a head is due; the job looks each minute.
SIGN_SECONDS = 60
DELIVER_SECONDS = 15


def sign(run: Run) -> None:
    """Sign a head if one is due; it says the real time, so the slot's own is not used."""
    signing.sign_due(run.database, run.part(Checkpoints), clock.now())


def deliver(run: Run) -> None:
    """Show witnesses what is due."""
    deliveries.deliver_due(run.database, run.part(Checkpoints), clock.now())


JOBS = (
    Job("keys.checkpoints.sign", Every(SIGN_SECONDS), sign),
    Job("keys.checkpoints.deliver", Every(DELIVER_SECONDS), deliver),
)
