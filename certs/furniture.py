"""What the room of electronic certificates brings to the application."""

from typing import Final

from base.program import Furniture
from certs import commands, routes, sample, sample_neighbours, sample_work, wiring
from certs import models as _certs_tables  # noqa: F401 - tables of a room are known once its models are
from certs.consents import models as _consent_tables  # noqa: F401 - tables of a room are known once its models are
from certs.copies import jobs as copy_jobs
from certs.copies import models as _copy_tables  # noqa: F401 - tables of a room are known once its models are
from certs.copies import wiring as copies
from certs.deposits import models as _deposit_tables  # noqa: F401 - tables of a room are known once its models are
from certs.holders import models as _holder_tables  # noqa: F401 - tables of a room are known once its models are
from certs.libraries import jobs as library_jobs
from certs.libraries import models as _library_tables  # noqa: F401 - tables of a room are known once its models are
from certs.libraries import wiring as libraries
from certs.missing import models as _missing_tables  # noqa: F401 - tables of a room are known once its models are
from certs.old_stock import models as _old_stock_tables  # noqa: F401 - tables of a room are known once its models are
from certs.old_stock import work as old_stock
from certs.papers import models as _paper_tables  # noqa: F401 - tables of a room are known once its models are
from certs.presentations import jobs as presentation_jobs
from certs.presentations import models as _presentation_tables  # noqa: F401 - tables of a room are known once its models are
from certs.presentations import wiring as presentations
from certs.queries import wiring as queries
from certs.scenes import models as _scene_tables  # noqa: F401 - tables of a room are known once its models are

FURNITURE: Final = Furniture(
    sections=(
        wiring.CertsSettings,
        queries.QuerySettings,
        libraries.LibrarySettings,
        copies.CopySettings,
        presentations.PresentationSettings,
    ),
    api_blueprints=routes.API_BLUEPRINTS,
    commands=commands.COMMANDS,
    jobs=(*library_jobs.JOBS, *copy_jobs.JOBS, *presentation_jobs.JOBS),
    bulk_jobs=(old_stock.JOB, sample_work.JOB),
    samples=(sample.sample,),
    sandbox_settings=(sample.settings_of, sample_neighbours.settings_of),
    sandbox_beside=(("simulate", "neighbour"),),
)
