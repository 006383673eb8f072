"""The addresses of the exchange, by what they are about."""

from exchange.routes.directories import directories
from exchange.routes.duties import duties
from exchange.routes.exports import exports
from exchange.routes.imports import imports
from exchange.routes.mounts import mounted
from exchange.routes.quality import quality

# Those whose addresses begin like a directory's code come before the directories.
API_BLUEPRINTS = (imports, exports, quality, mounted, directories, duties)
