"""What the data directory and the door to it bring to the application."""

from typing import Final

from base.program import Furniture
from exchange import commands, jobs, routes, sample, tasks, terms
from exchange.agreements import granting
from exchange.agreements import jobs as sharing_jobs
from exchange.agreements import models as _sharing_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.agreements import sample as sharing_sample
from exchange.demands import jobs as demand_jobs
from exchange.demands import models as _demand_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.demands import sample as demand_sample
from exchange.demands import steps as demand_steps
from exchange.direct import jobs as direct_jobs
from exchange.direct import models as _direct_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.door import alarms
from exchange.door import jobs as gateway_jobs
from exchange.door import models as _gateway_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.door import wiring as gateway
from exchange.feeds import jobs as push_jobs
from exchange.feeds import models as _push_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.feeds import sample as feeds_sample
from exchange.feeds import wiring as pushes
from exchange.imports import jobs as import_jobs
from exchange.imports import models as _import_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.monitoring import jobs as monitoring_jobs
from exchange.monitoring import models as _monitoring_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.monitoring import telling, tickets
from exchange.monitoring.monitors import MONITORS
from exchange.monitoring.settings import MonitoringSettings
from exchange.mounting import jobs as mount_jobs
from exchange.mounting import models as _mount_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.mounting import sample as mount_sample
from exchange.mounting import wiring as mounts
from exchange.objections import jobs as objection_jobs
from exchange.objections import models as _objection_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.objections import monitors as objection_monitors
from exchange.objections import objections
from exchange.objections import sample as objection_sample
from exchange.objections import wiring as objecting
from exchange.partners import models as _dialect_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.partners import sample as partners_sample
from exchange.partners import wiring as dialects
from exchange.zones import declaring as zones
from exchange.zones import jobs as zone_jobs
from exchange.zones import models as _zone_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.zones import sample as zone_sample

FURNITURE: Final = Furniture(
    sections=(
        mounts.MountSettings,
        gateway.GatewaySettings,
        dialects.DialectSettings,
        pushes.DeliverySettings,
        pushes.PushSettings,
        MonitoringSettings,
        objecting.ObjectionSettings,
    ),
    api_blueprints=routes.API_BLUEPRINTS,
    commands=commands.COMMANDS,
    jobs=(
        *jobs.JOBS,
        *mount_jobs.JOBS,
        *import_jobs.JOBS,
        *sharing_jobs.JOBS,
        *gateway_jobs.JOBS,
        *push_jobs.JOBS,
        *direct_jobs.JOBS,
        *monitoring_jobs.JOBS,
        *zone_jobs.JOBS,
        *demand_jobs.JOBS,
        *objection_jobs.JOBS,
    ),
    bulk_jobs=(*import_jobs.BULK_JOBS, *push_jobs.BULK_JOBS),
    seeds=(terms.seed, tickets.seed_of((*MONITORS, *objection_monitors.MONITORS), "monitoring")),
    notices=(
        tasks.KINDS,
        granting.KINDS,
        alarms.KINDS,
        telling.KINDS,
        demand_steps.KINDS,
        objections.KINDS,
        zones.KINDS,
    ),
    samples=(
        sample.sample,
        mount_sample.sample,
        sharing_sample.sample,
        feeds_sample.sample,
        partners_sample.sample,
        demand_sample.sample,
        objection_sample.sample,
        zone_sample.sample,
    ),
    sandbox_settings=(mount_sample.settings_of, feeds_sample.settings_of),
)
