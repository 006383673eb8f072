"""What the dialects of certificates do by the clock: forget addresses that are over."""

from typing import Final

from base.scheduling import Every, Job, in_one_transaction
from certs.dialects import links

JOBS: Final = (Job("certs.dialects.forget", Every(3600), in_one_transaction(links.forget)),)
