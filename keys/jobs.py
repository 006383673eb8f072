"""Scheduled work of keys and certificates: fetching revocation lists before the old ones end."""

from base.measured import MeasuredFetch
from base.scheduling import Every, Job, Run
from keys.revocation_fetching import refresh

# Lists are issued hourly at the most often; ten minutes keep a revocation's delay well below that.
REFRESH_SECONDS = 600


def refresh_revocations(run: Run) -> None:
    """Fetch what is due; how long each list is good for is its issuer's word."""
    refresh(run.database, run.part(MeasuredFetch), run.at)


JOBS = (Job("keys.revocations.refresh", Every(REFRESH_SECONDS), refresh_revocations),)
