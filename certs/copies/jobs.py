"""What is done about copies by the clock: documents whose link is over are thrown away."""

from base.scheduling import Every, Job, in_one_transaction
from certs.copies import copies

# A link lasts ten minutes; its document outlives it by five at most.
JOBS = (Job("certs.copies.clear", Every(300), in_one_transaction(copies.clear)),)
