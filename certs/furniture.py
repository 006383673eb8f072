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
from certs.dialects import jobs as dialect_jobs
from certs.dialects import models as _dialect_tables  # noqa: F401 - tables of a room are known once its models are
from certs.dialects import sample as dialect_sample
from certs.dialects import wiring as dialects
from certs.evidence import sample as evidence_sample
from certs.evidence import wiring as evidence
from certs.filing import duties
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
from certs.filing.undertakings import jobs as undertaking_jobs
from certs.filing.undertakings import models as _undertaking_tables  # noqa: F401 - tables of a room are known once its models are
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
from certs.queries import wiring as queries
from certs.scenes import models as _scene_tables  # noqa: F401 - tables of a room are known once its models are
from certs.scenes import wiring as scenes

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
        *dialect_jobs.JOBS,
    ),
    bulk_jobs=(old_stock.JOB, sample_work.JOB),
    notices=(objections.KINDS, case_deliveries.KINDS),
    seeds=(duties.seed, matter_terms.seed),
    samples=(sample.sample, sample_matters.sample, dialect_sample.sample),
    sandbox_settings=(sample.settings_of, sample_neighbours.settings_of, evidence_sample.settings_of),
    sandbox_beside=(("simulate", "neighbour"),),
)
