"""The addresses of certificates."""

from certs.routes.archives import archive_routes
from certs.routes.assistance import assistance_routes
from certs.routes.cases import case_routes
from certs.routes.certificates import certificates
from certs.routes.checks import certificate_checks
from certs.routes.consents import consent_routes
from certs.routes.copies import copy_routes
from certs.routes.evidence import credential_metadata, evidence_routes
from certs.routes.figures import figure_routes
from certs.routes.filing import filing
from certs.routes.filing_documents import filing_documents
from certs.routes.holder_objections import holder_objections
from certs.routes.holders import holder_routes
from certs.routes.matter_imports import matter_imports
from certs.routes.matters import matters
from certs.routes.missing_reports import missing_reports
from certs.routes.old_stock import old_stock
from certs.routes.packages import package_routes
from certs.routes.panels import panel_routes
from certs.routes.papers import papers
from certs.routes.presentations import presentation_routes
from certs.routes.queries import certificate_queries
from certs.routes.scenes import scene_routes
from certs.routes.supervision import supervision
from certs.routes.types import certificate_types

BLUEPRINTS = (credential_metadata,)
API_BLUEPRINTS = (
    certificate_types,
    certificates,
    old_stock,
    papers,
    certificate_queries,
    certificate_checks,
    missing_reports,
    consent_routes,
    copy_routes,
    presentation_routes,
    holder_routes,
    holder_objections,
    evidence_routes,
    matters,
    matter_imports,
    filing,
    filing_documents,
    panel_routes,
    case_routes,
    assistance_routes,
    archive_routes,
    package_routes,
    scene_routes,
    supervision,
    figure_routes,
)
