"""What the room of electronic certificates brings to the application."""

from typing import Final

from base.program import Furniture
from certs import commands, routes, sample, sample_neighbours, sample_work, wiring
from certs import models as _certs_tables  # noqa: F401 - tables of a room are known once its models are
from certs.consents import models as _consent_tables  # noqa: F401 - tables of a room are known once its models are
from certs.copies import jobs as copy_jobs
from certs.copies import models as _copy_tables  # noqa: F401 - tables of a room are known once its models are
from certs.copies import wiring as copies
from certs.demanding import jobs as demand_jobs
from certs.demanding import sample as sample_demanding
from certs.deposits import models as _deposit_tables  # noqa: F401 - tables of a room are known once its models are
from certs.dialects import jobs as dialect_jobs
from certs.dialects import models as _dialect_tables  # noqa: F401 - tables of a room are known once its models are
from certs.dialects import sample as dialect_sample
from certs.dialects import wiring as dialects
from certs.evidence import sample as evidence_sample
from certs.evidence import wiring as evidence
from certs.figures import jobs as figure_jobs
from certs.figures import models as _figure_tables  # noqa: F401 - tables of a room are known once its models are
from certs.figures import sample as figure_sample
from certs.figures import wiring as figures
from certs.filing import duties
from certs.filing import sample as sample_filing
from certs.filing.archives import jobs as archive_jobs
from certs.filing.archives import models as _archive_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.archives import retentions
from certs.filing.cases import centre_models as _centre_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.cases import deliveries as case_deliveries
from certs.filing.cases import jobs as case_jobs
from certs.filing.cases import matter_terms
from certs.filing.cases import models as _case_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.cases import wiring as cases
from certs.filing.lookups import models as _lookup_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.matters import models as _matter_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.matters import sample as sample_matters
from certs.filing.matters import wiring as matter_wiring
from certs.filing.packages import models as _package_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.panels import jobs as panel_jobs
from certs.filing.panels import models as _panel_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.sheets import models as _sheet_tables  # noqa: F401 - tables of a room are known once its models are
from certs.filing.undertakings import jobs as undertaking_jobs
from certs.filing.undertakings import models as _undertaking_tables  # noqa: F401 - tables of a room are known once its models are
from certs.holders import jobs as holder_jobs
from certs.holders import models as _holder_tables  # noqa: F401 - tables of a room are known once its models are
from certs.holders import objections
from certs.libraries import jobs as library_jobs
from certs.libraries import models as _library_tables  # noqa: F401 - tables of a room are known once its models are
from certs.libraries import national
from certs.libraries import wiring as libraries
from certs.missing import models as _missing_tables  # noqa: F401 - tables of a room are known once its models are
from certs.old_stock import models as _old_stock_tables  # noqa: F401 - tables of a room are known once its models are
from certs.old_stock import work as old_stock
from certs.papers import models as _paper_tables  # noqa: F401 - tables of a room are known once its models are
from certs.presentations import jobs as presentation_jobs
from certs.presentations import models as _presentation_tables  # noqa: F401 - tables of a room are known once its models are
from certs.presentations import wiring as presentations
from certs.promises import jobs as promise_jobs
from certs.promises import sample as sample_promises
from certs.promises import telling as promises
from certs.promises.wiring import PromiseSettings
from certs.queries import wiring as queries
from certs.scenes import models as _scene_tables  # noqa: F401 - tables of a room are known once its models are
from certs.scenes import wiring as scenes
from certs.supervision import duties as supervision_duties
from certs.supervision import jobs as supervision_jobs
from certs.supervision import models as _supervision_tables  # noqa: F401 - tables of a room are known once its models are
from certs.supervision import telling as supervision

FURNITURE: Final = Furniture(
    sections=(
        wiring.CertsSettings,
        queries.QuerySettings,
        libraries.LibrarySettings,
        copies.CopySettings,
        presentations.PresentationSettings,
        scenes.SceneSettings,
        evidence.EvidenceSettings,
        matter_wiring.MatterSettings,
        dialects.CertificateDialectSettings,
        national.NationalSettings,
        cases.CaseSettings,
        cases.CentreSettings,
        PromiseSettings,
        figures.FigureSettings,
    ),
    blueprints=routes.BLUEPRINTS,
    api_blueprints=routes.API_BLUEPRINTS,
    commands=commands.COMMANDS,
    jobs=(
        *library_jobs.JOBS,
        *copy_jobs.JOBS,
        *presentation_jobs.JOBS,
        *case_jobs.JOBS,
        *undertaking_jobs.JOBS,
        *archive_jobs.JOBS,
        *supervision_jobs.JOBS,
        *panel_jobs.JOBS,
        *dialect_jobs.JOBS,
        *demand_jobs.JOBS,
        *figure_jobs.JOBS,
        *holder_jobs.JOBS,
        *promise_jobs.JOBS,
    ),
    bulk_jobs=(old_stock.JOB, sample_work.JOB),
    notices=(objections.KINDS, case_deliveries.KINDS, supervision.KINDS, promises.KINDS),
    seeds=(duties.seed, matter_terms.seed, retentions.seed, supervision_duties.seed),
    samples=(
        sample.sample,
        sample_matters.sample,
        sample_filing.sample,
        sample_promises.sample,
        sample_demanding.sample,
        dialect_sample.sample,
        figure_sample.sample,
    ),
    sandbox_settings=(
        sample.settings_of,
        sample_neighbours.settings_of,
        evidence_sample.settings_of,
        figure_sample.settings_of,
    ),
    sandbox_beside=(("simulate", "neighbour"),),
)
