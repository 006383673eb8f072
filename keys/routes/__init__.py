"""The addresses of tree heads and of the trust store, below `/api/v1`."""

from keys.routes.auditing import auditing
from keys.routes.checkpoints import checkpoints
from keys.routes.trust import trust

API_BLUEPRINTS = (auditing, checkpoints, trust)
