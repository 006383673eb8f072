"""What the national sharing gateway can be told, and its row in the table of targets."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final

from base.fetch import Destination, UrlRefused
from base.settings import MissingSecret, Settings, UnusableSetting, setting
from catalog_sync.mirror.offering import KINDS as OFFERED
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.making import Ground, Maker
from catalog_sync.targets.national_gateway import NAME, NationalGateway

SIGNERS: Final = ("national-gateway", "national-gateway-newer")
# Commonly told as eight to twelve hours; the number was not found in a text.
REFRESH_HOURS: Final = 8.0
MOST_SECONDS: Final = 120.0


@dataclass(frozen=True)
class NationalGatewaySettings:
    """What the national sharing gateway can be told."""

    SECTION: ClassVar[str] = "national_gateway"
    url: str = setting("", "Address of the national sharing gateway, before /httpproxy; empty: nothing is sent there.")
    rid: str = setting("", "This site's id there (请求方 id).")
    app_key_file: str = setting("", "File with the application key (授权码); with newer headers, the secret itself.")
    signer: str = setting(SIGNERS[0], f"Which generation of header names it speaks: {' | '.join(SIGNERS)}.")
    refresh_hours: float = setting(REFRESH_HOURS, "How long a fetched secret is used at most.")
    marks: bool = setting(True, "Whether records carry our key, version and digest as members of their own.")
    keys: bool = setting(False, "Whether it knows a record again by the header Idempotency-Key.")
    offers: tuple[str, ...] = setting((), f"What is copied from there: {', '.join(OFFERED)}; see forms.toml first.")
    seconds: float = setting(30.0, "How long one call may take; at most 120.")
    intranet: bool = setting(False, "Whether it may stand in the networks that [fetch] opens.")


def built(read: Settings, ground: Ground) -> tuple[NationalGateway, ...]:
    """Build the target, if the settings name one. Raises `UnusableSetting`."""
    told = read[NationalGatewaySettings]
    if not told.url:
        return ()
    _check(told)
    account = Account(
        NAME,
        told.url,
        told.rid,
        lambda: _key(told.app_key_file),
        told.signer,
        timedelta(hours=told.refresh_hours),
        told.seconds,
        told.intranet,
    )
    offers = frozenset(told.offers)
    return (NationalGateway(account, ground.fetch, marks=told.marks, keys=told.keys, offers=offers),)


def _check(told: NationalGatewaySettings) -> None:
    try:
        Destination.of(told.url)
    except UrlRefused as error:
        raise UnusableSetting("national_gateway.url", "https://host/path") from error
    for name in ("rid", "app_key_file"):
        if not getattr(told, name):
            raise UnusableSetting(f"national_gateway.{name}", "needed where url is told")
    if told.signer not in SIGNERS:
        raise UnusableSetting("national_gateway.signer", " | ".join(SIGNERS))
    if not set(told.offers) <= set(OFFERED):
        raise UnusableSetting("national_gateway.offers", ", ".join(OFFERED))
    if told.refresh_hours <= 0:
        raise UnusableSetting("national_gateway.refresh_hours", "more than 0")
    if not 0 < told.seconds <= MOST_SECONDS:
        raise UnusableSetting("national_gateway.seconds", f"up to {MOST_SECONDS:g}")


def _key(file: str) -> str:
    """Read the key where it is kept, each time: it may be replaced. Raises `MissingSecret`."""
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingSecret("national_gateway.app_key_file", file) from error


NATIONAL_GATEWAY: Final = Maker(NAME, (NationalGatewaySettings,), built)
