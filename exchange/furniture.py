"""What the data directory and the door to it bring to the application."""

from typing import Final

from base.program import Furniture
from exchange import commands, jobs, routes, sample, tasks, terms
from exchange.agreements import granting
from exchange.agreements import jobs as sharing_jobs
from exchange.agreements import models as _sharing_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.agreements import sample as sharing_sample
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
from exchange.mounting import jobs as mount_jobs
from exchange.mounting import models as _mount_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.mounting import sample as mount_sample
from exchange.mounting import wiring as mounts
from exchange.partners import models as _dialect_tables  # noqa: F401 - tables of a room are known once its models are
from exchange.partners import sample as partners_sample
from exchange.partners import wiring as dialects

FURNITURE: Final = Furniture(
    sections=(
        mounts.MountSettings,
        gateway.GatewaySettings,
        dialects.DialectSettings,
        pushes.DeliverySettings,
        pushes.PushSettings,
    ),
    api_blueprints=routes.API_BLUEPRINTS,
    commands=commands.COMMANDS,
    jobs=(*jobs.JOBS, *mount_jobs.JOBS, *import_jobs.JOBS, *sharing_jobs.JOBS, *gateway_jobs.JOBS, *push_jobs.JOBS),
    bulk_jobs=(*import_jobs.BULK_JOBS, *push_jobs.BULK_JOBS),
    seeds=(terms.seed,),
    notices=(tasks.KINDS, granting.KINDS, alarms.KINDS),
    samples=(sample.sample, mount_sample.sample, sharing_sample.sample, feeds_sample.sample, partners_sample.sample),
    sandbox_settings=(mount_sample.settings_of, feeds_sample.settings_of),
)
