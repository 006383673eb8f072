"""The addresses of signing, by what they are about."""

from signing.routes.batches import batches
from signing.routes.impressions import impressions
from signing.routes.seals import seals
from signing.routes.signatures import signatures
from signing.routes.verifications import verification_routes

API_BLUEPRINTS = (seals, signatures, verification_routes, impressions, batches)
