"""What custody does by the clock: warn of certificates that end, and seal under a new data key each quarter."""

from typing import Final

from base.callers import Caller
from base.scheduling import Every, Job, Run, in_one_transaction
from keys.custody import expiry
from keys.custody.wiring import CustodyParts

DAILY: Final = 24 * 3600
BY: Final = Caller("system", "custody", "custody")


def renew_data_keys(run: Run) -> None:
    """Make the next version of the data key when the present one is old enough."""
    data_keys = run.part(CustodyParts).data_keys
    with run.database.transaction() as session:
        data_keys.renew(session, BY, run.at)


JOBS = (
    Job("keys.custody.warn", Every(DAILY), in_one_transaction(expiry.warn)),
    Job("keys.custody.renew-data-keys", Every(DAILY), renew_data_keys),
)
