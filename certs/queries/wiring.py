"""What looking up can be told, and the part that is built from it."""

from dataclasses import dataclass, field
from typing import ClassVar

from base.db import Database
from base.metrics import Metrics
from base.settings import Settings, UnusableSetting, setting
from certs.libraries.library import Library
from certs.libraries.own import OwnLibrary
from certs.queries.permission import NOBODY_AGREED, Consents
from certs.wiring import Certs
from exchange.agreements.contracts import Quota
from exchange.door.wiring import Gateway


@dataclass(frozen=True)
class QuerySettings:
    """What looking up can be told."""

    SECTION: ClassVar[str] = "queries"
    misses_per_minute: int = setting(
        60, "So many look-ups of one system that found nothing, within a minute, look like trying out codes."
    )
    misses_per_day: int = setting(2000, "The same within a day.")
    holder_per_day: int = setting(1000, "So often a day one holder's certificates are looked up, by all together.")

    @property
    def misses(self) -> Quota:
        """Give the bounds as a quota."""
        return Quota(per_minute=self.misses_per_minute, per_day=self.misses_per_day)


@dataclass(frozen=True)
class Queries:
    """What look-ups are answered and recorded with."""

    settings: QuerySettings
    certs: Certs
    gateway: Gateway = field(repr=False)
    counted: Metrics = field(repr=False)
    own: OwnLibrary = field(repr=False)
    # The libraries that are asked after our own, in this order.
    others: tuple[Library, ...] = field(default=(), repr=False)
    consents: Consents = field(default=NOBODY_AGREED, repr=False)

    def open(self, database: Database) -> None:
        """Have the keys at hand, and what is opened where nothing is found."""
        self.gateway.open(database)
        if not self.own.is_open:
            with database.transaction() as session:
                self.own.open(session)


def built(
    read: Settings,
    certs: Certs,
    gateway: Gateway,
    counted: Metrics,
    others: tuple[Library, ...] = (),
    consents: Consents = NOBODY_AGREED,
) -> Queries:
    """Build the part from the settings. Raises `UnusableSetting`."""
    told = read[QuerySettings]
    for name in ("misses_per_minute", "misses_per_day", "holder_per_day"):
        if getattr(told, name) < 1:
            raise UnusableSetting(f"queries.{name}", "1 …")
    return Queries(told, certs, gateway, counted, OwnLibrary(certs.keys), others, consents)
