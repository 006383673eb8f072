"""What the parties do by the clock."""

from base.scheduling import Every, Job, in_one_transaction
from keys.parties import attempts, sessions, spending

# Values are believed for 15 minutes at most; their table stays as small as an hour's traffic.
JOBS = (
    Job("keys.parties.forget", Every(900), in_one_transaction(spending.forget)),
    Job("keys.parties.forget-sessions", Every(900), in_one_transaction(sessions.forget)),
    Job("keys.parties.forget-attempts", Every(900), in_one_transaction(attempts.forget)),
)
