"""The addresses of the exchange, by what they are about."""

from exchange.routes.changes import feed
from exchange.routes.demands import demands
from exchange.routes.direct import directly
from exchange.routes.directories import directories
from exchange.routes.duties import duties
from exchange.routes.exports import exports
from exchange.routes.gateway import gateway
from exchange.routes.grants import granted
from exchange.routes.imports import imports
from exchange.routes.monitoring import monitored
from exchange.routes.mounts import mounted
from exchange.routes.objections import objections
from exchange.routes.pushes import pushed
from exchange.routes.quality import quality
from exchange.routes.receipts import receipts
from exchange.routes.results import results
from exchange.routes.sharing import sharing
from exchange.routes.subscriptions import subscribed
from exchange.routes.use_lists import use_lists
from exchange.routes.zones import zones

# Those whose addresses begin like a directory's code come before the directories, and before the gateway.
API_BLUEPRINTS = (
    feed,
    subscribed,
    pushed,
    directly,
    imports,
    exports,
    quality,
    mounted,
    directories,
    duties,
    monitored,
    sharing,
    granted,
    use_lists,
    results,
    gateway,
    receipts,
    demands,
    objections,
    zones,
)
