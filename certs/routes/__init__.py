"""The addresses of certificates."""

from certs.routes.certificates import certificates
from certs.routes.checks import certificate_checks
from certs.routes.consents import consent_routes
from certs.routes.copies import copy_routes
from certs.routes.holders import holder_routes
from certs.routes.missing_reports import missing_reports
from certs.routes.old_stock import old_stock
from certs.routes.papers import papers
from certs.routes.presentations import presentation_routes
from certs.routes.queries import certificate_queries
from certs.routes.scenes import scene_routes
from certs.routes.types import certificate_types

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
    scene_routes,
)
