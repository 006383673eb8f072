"""What every platform that is told JSON over signed calls can be told, and how its target is built from that."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from base.db import DatabaseSettings
from base.fetch import Destination, UrlRefused
from base.settings import Settings, UnusableSetting
from catalog_sync.targets.calls import Way
from catalog_sync.targets.making import Ground, KeyInCustody
from catalog_sync.targets.signed import dialect
from catalog_sync.targets.signed.dialect import Dialect, UnusableDialect
from catalog_sync.targets.signed.line import Account, SignedLine

MOST_SECONDS: Final = 120.0


class Told(Protocol):
    """The settings that they share."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def client(self) -> str:
        """Who we are there."""

    @property
    def key(self) -> str:
        """With which key we sign."""

    @property
    def dialect(self) -> str:
        """A table of the site's own."""

    @property
    def seconds(self) -> float:
        """How long one call may take."""

    @property
    def intranet(self) -> bool:
        """Whether it may stand in the networks that are opened."""


def checked(section: str, told: Told) -> None:
    """See that an address that is told can be used. Raises `UnusableSetting`."""
    try:
        Destination.of(told.url)
    except UrlRefused as error:
        raise UnusableSetting(f"{section}.url", "https://host/path") from error
    if not told.key:
        raise UnusableSetting(f"{section}.key", "needed where url is told")
    if not 0 < told.seconds <= MOST_SECONDS:
        raise UnusableSetting(f"{section}.seconds", f"up to {MOST_SECONDS:g}")


def dialect_of(section: str, told: Told, shipped: Callable[[], Dialect]) -> Dialect:
    """Give the site's own dialect, or the one that is shipped. Raises `UnusableSetting`."""
    if not told.dialect:
        return shipped()
    try:
        return dialect.of_file(Path(told.dialect))
    except UnusableDialect as error:
        raise UnusableSetting(f"{section}.dialect", str(error)) from error


def line_of(
    name: str, told: Told, spoken: Dialect, read: Settings, ground: Ground, seconds: float | None = None
) -> SignedLine:
    """Lay the line to a platform; `seconds` where it is not to wait as long as the settings say."""
    way = Way(name, told.url, told.seconds if seconds is None else seconds, told.intranet)
    signer = KeyInCustody(read[DatabaseSettings], ground, told.key)
    return SignedLine(Account(way, told.client, signer, spoken.table["meanings"]), ground.fetch)
