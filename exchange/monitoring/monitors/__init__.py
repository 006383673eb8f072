"""The table of the exchange's monitors; rooms above have tables of their own, which `app.py` joins to this one."""

from typing import Final

from exchange.monitoring.monitor import Monitor
from exchange.monitoring.monitors.deadlines import DEADLINES
from exchange.monitoring.monitors.ends import CERTIFICATES, PARTNER_KEYS
from exchange.monitoring.monitors.quality import QUALITY, REJECTED
from exchange.monitoring.monitors.sources import SOURCES
from exchange.monitoring.monitors.volumes import VOLUMES

MONITORS: Final[tuple[Monitor, ...]] = (
    CERTIFICATES,
    PARTNER_KEYS,
    SOURCES,
    VOLUMES,
    DEADLINES,
    QUALITY,
    REJECTED,
)
