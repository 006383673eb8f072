"""What deliveries and pushes can be told, and the parts that are built from it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from base.fetch import Destination, Fetch, FetchSettings
from base.fetch.addresses import Network
from base.fetch.wiring import opened_networks
from base.settings import Settings, UnusableSetting, setting
from exchange.feeds.pushes.destinations import KINDS, Kind
from exchange.feeds.pushes.destinations.destination import Destination as Landing
from exchange.feeds.pushes.destinations.destination import Ground
from exchange.feeds.pushes.gate import Gate
from exchange.feeds.pushes.plan import Order
from exchange.mounting.wiring import MountParts, Plan
from exchange.sources.reading import Reader
from keys.data_keys import DataKeys
from keys.signers.signer import Signer

SignerFor = Callable[[Session, str], Signer]
MOST_THREADS: Final = 64
MOST_CHUNK: Final = 20_000
# Readers and destinations at hand; one pushed out is only opened anew.
MOST_OPEN: Final = 16


@dataclass(frozen=True)
class DeliverySettings:
    """What deliveries to subscribers can be told."""

    SECTION: ClassVar[str] = "deliveries"
    source: str = setting("/api/v1/changes", "The `source` of every event: this site's address, or a name for it.")
    hosts: tuple[str, ...] = setting((), "host:port of every receiver that may be named; empty: any public one.")
    in_intranet: bool = setting(
        False, "Whether receivers may stand in the networks opened under fetch.intranet_networks."
    )
    key: str = setting("", "Id of the SM2 key in custody that signs events and manifests; empty: none is signed.")
    steady: int = setting(6, "Deliveries at a time to receivers that are well.")
    failing: int = setting(2, "Deliveries at a time to receivers that failed last time.")


@dataclass(frozen=True)
class PushSettings:
    """What pushes can be told."""

    SECTION: ClassVar[str] = "pushes"
    folder: str = setting("", "Folder with each organisation's destinations and drops; empty: nothing is pushed.")
    chunk_rows: int = setting(2000, "Rows of one step; each is a transaction at the destination.")
    most_rejects: int = setting(100_000, "Rejected rows after which a run is given up.")
    seconds: float = setting(60.0, "How long a destination may take for one statement.")


@dataclass(frozen=True)
class Deliveries:
    """What deliveries work with: the way out, who signs, and who says what may be told."""

    settings: DeliverySettings
    fetch: Fetch = field(repr=False)
    data_keys: DataKeys = field(repr=False)
    signer_for: SignerFor = field(repr=False)
    gate: Gate = field(repr=False)
    networks: tuple[Network, ...] = ()

    def destination(self, url: str, lane: str = "") -> Destination:
        """Give the one partner that a call may reach; each subscription has a lane of its own. Raises `UrlRefused`."""
        told = Destination.of(url, intranet=self.settings.in_intranet)
        return Destination(told.scheme, told.host, told.port, told.intranet, lane)


class Pushes:
    """What pushes work with: where rows come from and go to, kept open between steps."""

    def __init__(
        self,
        settings: PushSettings,
        mounts: MountParts,
        gate: Gate,
        signer_for: SignerFor,
        key: str = "",
    ) -> None:
        """Build it; nothing is reached yet. Raises `UnusableSetting`."""
        if not 1 <= settings.chunk_rows <= MOST_CHUNK:
            raise UnusableSetting("pushes.chunk_rows", f"1 to {MOST_CHUNK}")
        self.settings = settings
        self.mounts = mounts
        self.gate = gate
        self.signer_for = signer_for
        self.key = key
        self._lock = threading.Lock()
        self._readers: OrderedDict[str, tuple[Plan, Reader]] = OrderedDict()
        self._landings: OrderedDict[str, tuple[Order, Landing]] = OrderedDict()

    def ground(self, organisation: str) -> Ground:
        """Give what destinations of an organisation may use of this site."""
        folder = Path(self.settings.folder).absolute() if self.settings.folder else None
        return Ground(organisation, folder, self.settings.seconds)

    def kind(self, name: str) -> Kind:
        """Give a kind of destination by name."""
        return KINDS[name]

    def reader(self, plan: Plan) -> Reader:
        """Give the reader of a mount. Raises `UnusableMount`."""
        with self._lock:
            kept = self._readers.pop(plan.mount, None)
            if kept is None or kept[0] != plan:
                if kept is not None:
                    kept[1].close()
                kept = plan, self.mounts.reader(plan)
            self._readers[plan.mount] = kept
            while len(self._readers) > MOST_OPEN:
                self._readers.popitem(last=False)[1][1].close()
            return kept[1]

    def landing(self, order: Order, organisation: str) -> Landing:
        """Give the destination of a push. Raises `PushDestinationFailed`."""
        with self._lock:
            kept = self._landings.pop(order.push, None)
            if kept is None or kept[0] != order:
                if kept is not None:
                    kept[1].close()
                kept = order, KINDS[order.kind].opened(order, self.ground(organisation))
            self._landings[order.push] = kept
            while len(self._landings) > MOST_OPEN:
                self._landings.popitem(last=False)[1][1].close()
            return kept[1]

    def landing_of(self, push: str) -> Landing | None:
        """Give the destination of a push, if this process has it open."""
        with self._lock:
            kept = self._landings.get(push)
            return None if kept is None else kept[1]

    def close(self) -> None:
        """Close every reader and destination."""
        with self._lock:
            while self._readers:
                self._readers.popitem()[1][1].close()
            while self._landings:
                self._landings.popitem()[1][1].close()


def deliveries(read: Settings, fetch: Fetch, data_keys: DataKeys, signer_for: SignerFor, gate: Gate) -> Deliveries:
    """Build the part of deliveries. Raises `UnusableSetting`."""
    told = read[DeliverySettings]
    if not (1 <= told.steady <= MOST_THREADS and 1 <= told.failing <= MOST_THREADS):
        raise UnusableSetting("deliveries.steady", f"1 to {MOST_THREADS}")
    if not told.source:
        raise UnusableSetting("deliveries.source", "an address or a name")
    return Deliveries(told, fetch, data_keys, signer_for, gate, opened_networks(read[FetchSettings]))


def pushes(read: Settings, mounts: MountParts, signer_for: SignerFor, gate: Gate) -> Pushes:
    """Build the part of pushes. Raises `UnusableSetting`."""
    return Pushes(read[PushSettings], mounts, gate, signer_for, read[DeliverySettings].key)
