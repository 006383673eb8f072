"""The ground's own addresses."""

from base.routes import ledger, probes

BLUEPRINTS = (probes.probes,)
API_BLUEPRINTS = (ledger.ledger,)
