"""The operator's pages: channels and records of synchronisation, comparisons, webhooks, jobs, systems, checks."""

from console.operators import comparisons, deliveries, running, sync, systems

BLUEPRINTS = (
    sync.sync_pages,
    comparisons.comparison_pages,
    deliveries.delivery_pages,
    running.running_pages,
    systems.system_pages,
)
