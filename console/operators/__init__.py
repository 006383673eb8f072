"""The operator's pages: channels and records of synchronisation, comparisons, webhooks, jobs, systems, checks.

Backups and the maintenance window stand beside them.
"""

from console.operators import backups, comparisons, deliveries, maintenance, running, sync, systems

BLUEPRINTS = (
    sync.sync_pages,
    comparisons.comparison_pages,
    deliveries.delivery_pages,
    running.running_pages,
    systems.system_pages,
    backups.backup_pages,
    maintenance.maintenance_pages,
)
