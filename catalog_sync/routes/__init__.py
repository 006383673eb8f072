"""The addresses of synchronisation."""

from catalog_sync.routes.channels import channel_routes
from catalog_sync.routes.held import held_routes
from catalog_sync.routes.mirror import mirror_routes
from catalog_sync.routes.outbox import outbox_routes
from catalog_sync.routes.outside_seals import outside_seal_routes
from catalog_sync.routes.reconciliations import reconciliation_routes
from catalog_sync.routes.returns import return_routes

API_BLUEPRINTS = (
    outbox_routes,
    channel_routes,
    held_routes,
    mirror_routes,
    reconciliation_routes,
    outside_seal_routes,
    return_routes,
)
