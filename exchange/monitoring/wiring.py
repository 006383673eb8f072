"""The part that monitoring works with, built from what the site told and from the tables of monitors of the rooms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from base.notices import Mail, Webhook
from base.notices.errors import UnusableRecipient
from base.settings import Settings, UnusableSetting
from exchange.monitoring.monitor import Monitor
from exchange.monitoring.settings import AT_LEAST_ONE, MonitoringSettings


@dataclass(frozen=True)
class Monitoring:
    """What monitoring works with; `read` is all that the site was told, for monitors that look at files it names."""

    settings: MonitoringSettings
    monitors: Mapping[str, Monitor]
    read: Settings = field(repr=False)

    def monitor_of(self, name: str) -> Monitor:
        """Give a monitor; of one that this program no longer has, tickets may still be there."""
        return self.monitors.get(name) or Monitor(name, name, name, "", "")

    @property
    def outside(self) -> tuple[Mail | Webhook, ...]:
        """Give whoever is told outside the pages."""
        mails = tuple(Mail(each) for each in self.settings.mail)
        return (*mails, *(Webhook(each) for each in self.settings.webhooks))


def built(read: Settings, monitors: Iterable[Monitor]) -> Monitoring:
    """Build the part from the tables of the rooms. Raises `UnusableSetting`, and `ValueError` for a reused name."""
    told = read[MonitoringSettings]
    for name in AT_LEAST_ONE:
        if getattr(told, name) < 1:
            raise UnusableSetting(f"monitoring.{name}", "1 …")
    rows = tuple(monitors)
    made = Monitoring(told, MappingProxyType({each.name: each for each in rows}), read)
    if len(made.monitors) != len(rows):
        message = "two monitors have one name"
        raise ValueError(message)
    try:
        _ = made.outside
    except UnusableRecipient as error:
        raise UnusableSetting("monitoring.mail", "name@host; webhooks https://host/path") from error
    return made
