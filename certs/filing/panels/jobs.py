"""What is done about panels by the clock: the persons of those that are over are thrown away."""

from base.scheduling import Every, Job, in_one_transaction
from certs.filing.panels import panels

# A ticket lasts five minutes, a session thirty; what is kept outlives them by five at most.
JOBS = (Job("certs.panels.clear", Every(300), in_one_transaction(panels.clear)),)
