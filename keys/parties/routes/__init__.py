"""The addresses of the parties: OAuth's own in `BLUEPRINTS`, and in `API_BLUEPRINTS` what stands below `/api/v1`."""

from keys.parties.routes.imports import imports
from keys.parties.routes.oauth import oauth
from keys.parties.routes.organisations import organisations
from keys.parties.routes.people import people
from keys.parties.routes.sessions import sessions_api
from keys.parties.routes.signatures import signatures
from keys.parties.routes.systems import systems

BLUEPRINTS = (oauth,)
API_BLUEPRINTS = (organisations, systems, people, imports, signatures, sessions_api)
