"""What imports do by the clock, and the tasks that workers carry out for them."""

from base.scheduling import Every, Job, in_one_transaction
from exchange.imports import applying, staging, uploads

# Imports live for seven days; an hour more or less is nobody's loss.
JOBS = (Job("exchange.imports.forget", Every(3600), in_one_transaction(uploads.forget)),)
BULK_JOBS = (staging.JOB, applying.JOB)
