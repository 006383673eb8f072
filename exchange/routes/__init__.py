"""The addresses of the exchange, by what they are about."""

from exchange.routes.directories import directories
from exchange.routes.duties import duties

API_BLUEPRINTS = (directories, duties)
