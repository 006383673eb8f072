"""What the room of synchronisation brings to the application."""

from typing import Final

from base.program import Furniture
from catalog_sync import checks, commands, jobs, monitors, routes, sample, wiring
from catalog_sync import models as _sync_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.arrivals import front_models as _front_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.arrivals import jobs as arrival_jobs
from catalog_sync.arrivals import models as _arrival_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.cascade import jobs as cascade_jobs
from catalog_sync.cascade import models as _cascade_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.mirror import jobs as mirror_jobs
from catalog_sync.mirror import models as _mirror_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.outside_seals import jobs as seal_jobs
from catalog_sync.outside_seals import models as _seal_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.outside_seals import sample as seal_sample
from catalog_sync.reconciliation import checks as comparison_checks
from catalog_sync.reconciliation import duties as difference_duties
from catalog_sync.reconciliation import jobs as reconciliation_jobs
from catalog_sync.reconciliation import models as _comparison_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.refusals import duties
from catalog_sync.refusals import jobs as refusal_jobs
from catalog_sync.refusals import models as _refusal_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.returns import jobs as return_jobs
from catalog_sync.returns import models as _return_tables  # noqa: F401 - tables of a room are known once its models are
from catalog_sync.returns import sample as return_sample
from catalog_sync.simulator import doors
from catalog_sync.simulator import settings as simulator
from catalog_sync.targets import TARGETS
from exchange.monitoring import tickets

FURNITURE: Final = Furniture(
    sections=(
        wiring.SyncSettings,
        simulator.SimulatorSettings,
        doors.DoorsSettings,
        *(section for maker in TARGETS.values() for section in maker.sections),
    ),
    api_blueprints=routes.API_BLUEPRINTS,
    checks=(*checks.CHECKS, *comparison_checks.CHECKS),
    commands=commands.COMMANDS,
    jobs=(
        *jobs.JOBS,
        *arrival_jobs.JOBS,
        *return_jobs.JOBS,
        *mirror_jobs.JOBS,
        *refusal_jobs.JOBS,
        *reconciliation_jobs.JOBS,
        *cascade_jobs.JOBS,
        *seal_jobs.JOBS,
    ),
    seeds=(
        duties.seed,
        difference_duties.seed,
        tickets.seed_of(monitors.MONITORS, "sync-monitoring"),
    ),
    samples=(sample.sample, return_sample.sample, seal_sample.sample),
    sandbox_settings=(simulator.settings_of, doors.settings_of, doors.offices_of),
    sandbox_beside=(("simulate", "national"),),
)
