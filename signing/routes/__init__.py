"""The addresses of signing, by what they are about."""

from signing.routes.seals import seals
from signing.routes.signatures import signatures

API_BLUEPRINTS = (seals, signatures)
