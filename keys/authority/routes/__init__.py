"""The addresses of the authority, all below `/api/v1`."""

from keys.authority.routes.authorities import authorities
from keys.authority.routes.certificates import certificates
from keys.authority.routes.published import published

API_BLUEPRINTS = (published, authorities, certificates)
