"""What mounts can be told, and the part that is built from it: sources kept open behind their gates."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from base import clock
from base.fetch import Fetch, FetchSettings
from base.fetch.wiring import opened_networks
from base.settings import Settings, UnusableSetting, setting
from base.tables import laid_out
from exchange.sources import SOURCES, Kind, open_reader, open_source
from exchange.sources.gates import Gate, GatedSource
from exchange.sources.place import Limits, Place
from exchange.sources.reading import Reader
from exchange.sources.source import Column, Source

# Sources at hand; one pushed out is only opened anew.
MOST_OPEN: Final = 256


@dataclass(frozen=True)
class MountSettings:
    """What mounts can be told."""

    SECTION: ClassVar[str] = "mounts"
    folder: str = setting(
        "", "Folder with each organisation's credentials, databases and files for its mounts; empty: REST only."
    )
    hosts: tuple[str, ...] = setting((), "host:port of every interface that may be mounted; empty: any public one.")
    seconds: float = setting(10.0, "How long an interface or a file may take to answer one question.")
    statement_seconds: float = setting(2.0, "How long a database may take to answer one question.")
    answer_bytes: int = setting(8 * 1024 * 1024, "The largest answer taken from an interface or a database.")
    file_bytes: int = setting(1024 * 1024 * 1024, "The largest CSV file read; packed formats stop at 64 MiB.")
    scanned_rows: int = setting(2_000_000, "Rows of files that are looked through for one question.")
    concurrent: int = setting(4, "Questions that one mount answers at a time; more wait for half a second.")
    rest_seconds: float = setting(30.0, "How long a mount is left alone after five failures in a row.")
    probe_minutes: int = setting(60, "How often a mount that serves is probed.")


@dataclass(frozen=True)
class Plan:
    """A mount as far as its source needs it: whose, what it says, and the columns that the directory promises."""

    mount: str
    organisation: str
    version: int
    kind: str
    declaration: Mapping[str, Any] = field(repr=False)
    columns: tuple[Column, ...] = field(repr=False)


class MountParts:
    """The sources of this process, each opened when it is first asked."""

    def __init__(
        self,
        settings: MountSettings,
        fetch: Fetch,
        fetch_settings: FetchSettings,
        sources: Mapping[str, Kind] = SOURCES,
    ) -> None:
        """Build it; nothing is reached yet. Raises `UnusableSetting`."""
        if not 1 <= settings.concurrent <= 64 or settings.probe_minutes < 1:  # noqa: PLR2004 - more is no limit
            raise UnusableSetting("mounts.concurrent", "1 to 64")
        self.settings = settings
        self._fetch = fetch
        self._networks = opened_networks(fetch_settings)
        self._sources = sources
        self._lock = threading.Lock()
        self._open: OrderedDict[str, tuple[Plan, Source]] = OrderedDict()
        self._gates: OrderedDict[str, Gate] = OrderedDict()

    def require_usable(self, plan: Plan) -> None:
        """Read a declaration without keeping anything. Raises `UnusableMount`."""
        open_source(plan.kind, plan.declaration, plan.columns, self._place(plan), self._sources).close()

    def source(self, plan: Plan) -> Source:
        """Give the source of a mount, behind its gate. Raises `UnusableMount`."""
        with self._lock:
            kept = self._open.pop(plan.mount, None)
            if kept is None or kept[0] != plan:
                if kept is not None:
                    kept[1].close()
                opened = open_source(plan.kind, plan.declaration, plan.columns, self._place(plan), self._sources)
                kept = plan, GatedSource(opened, self._gate(plan.mount))
            self._open[plan.mount] = kept
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)[1][1].close()
            return kept[1]

    def once(self, plan: Plan) -> Source:
        """Give a source for one look at what is proposed; the caller closes it. Raises `UnusableMount`."""
        return open_source(plan.kind, plan.declaration, plan.columns, self._place(plan), self._sources)

    def reader(self, plan: Plan) -> Reader:
        """Give what fetches raw rows, for pushes; the caller closes it. Raises `UnusableMount`."""
        return open_reader(plan.kind, plan.declaration, plan.columns, self._place(plan), self._sources)

    def close(self) -> None:
        """Close every source."""
        with self._lock:
            while self._open:
                self._open.popitem()[1][1].close()

    def _gate(self, mount: str) -> Gate:
        if mount not in self._gates:
            self._gates[mount] = Gate(self.settings.concurrent, self.settings.rest_seconds, clock.stopwatch)
            if len(self._gates) > 4 * MOST_OPEN:
                self._gates.popitem(last=False)
        return self._gates[mount]

    def _place(self, plan: Plan) -> Place:
        told = self.settings
        limits = Limits(told.seconds, told.statement_seconds, told.answer_bytes, told.file_bytes, told.scanned_rows)
        folder = Path(told.folder).absolute() if told.folder else None
        return Place(
            plan.organisation, folder, self._fetch, limits, clock.stopwatch, self._networks, told.hosts, plan.mount
        )


def built(read: Settings, fetch: Fetch, *further: Kind) -> MountParts:
    """Build the part from the settings, with kinds of source that rooms above hand in. Raises `UnusableSetting`."""
    sources = laid_out(*SOURCES.values(), *further)
    return MountParts(read[MountSettings], fetch, read[FetchSettings], sources)
