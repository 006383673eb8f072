"""What the cascade can be told: where this site serves it, which other sites it tells, and its rows of targets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from base.db import DatabaseSettings
from base.fetch import Destination, UrlRefused
from base.identifiers import InvalidRegionCode, RegionCode
from base.settings import Settings, UnusableSetting, setting
from catalog_sync.cascade.shapes import SHAPES
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.calls import Way
from catalog_sync.targets.making import Ground, KeyInCustody, Maker
from catalog_sync.targets.site.line import Line
from certs.dialects.wiring import CertificateDialectSettings
from certs.libraries.tokens import Tokens
from exchange.partners.wiring import DialectSettings

NAME: Final = "another-site"
FORM: Final = "NAME URL CLIENT"
SCOPE: Final = "directory:write"
MOST_SECONDS: Final = 120.0
# Which systems and people a site knows is its own affair, and many of them are other sites': these are told on demand.
NOT_TOLD: Final = frozenset({"system", "user"})
TOLD: Final = tuple(sorted(SHAPES.keys() - NOT_TOLD))
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
_PREFIX: Final = re.compile(r"/dialects/[A-Za-z0-9._~-]+")


@dataclass(frozen=True)
class CascadeSettings:
    """What the cascade between sites of this platform can be told."""

    SECTION: ClassVar[str] = "cascade"
    prefix: str = setting("/dialects/cascade", "Where other sites of this platform are served; empty: not at all.")
    region: str = setting("", "Our region; what another site returns to us must lie in it. Empty: anything may come.")
    key: str = setting("", "Id of the SM2 key in custody that signs our requests to other sites.")
    sites: tuple[str, ...] = setting((), f"Other sites that we tell our records, and as whom they know us: {FORM}.")
    returns: tuple[str, ...] = setting((), "Names of those sites that we fetch what they return from.")
    kinds: tuple[str, ...] = setting(TOLD, "Which kinds of records they are told.")
    seconds: float = setting(30.0, "How long one call may take; at most 120.")
    intranet: bool = setting(False, "Whether they may stand in the networks that [fetch] opens.")


def built(read: Settings, ground: Ground) -> tuple[AnotherSite, ...]:
    """Build a target for each site that is named. Raises `UnusableSetting`."""
    told = read[CascadeSettings]
    _check(told, read)
    named = _named(told)
    if unknown := set(told.returns) - named.keys():
        raise UnusableSetting("cascade.returns", f"not {min(unknown)}: one of cascade.sites")
    signer = KeyInCustody(read[DatabaseSettings], ground, told.key)
    return tuple(_site(name, url, client, told, ground, signer) for name, (url, client) in named.items())


def _site(name: str, url: str, client: str, told: CascadeSettings, ground: Ground, signer: KeyInCustody) -> AnotherSite:
    try:
        Destination.of(url)
    except UrlRefused as error:
        raise UnusableSetting("cascade.sites", FORM) from error
    tokens = Tokens(_origin(url), client, ground.fetch, told.intranet, SCOPE)
    line = Line(Way(name, url, told.seconds, told.intranet), tokens, signer, ground.fetch)
    return AnotherSite(line, frozenset(told.kinds), told.region, returns=name in told.returns)


def _named(told: CascadeSettings) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for text in told.sites:
        name, *more = text.split() or [""]
        if not _NAME.fullmatch(name) or name in found or len(more) != 2:  # noqa: PLR2004 - an address and a client
            raise UnusableSetting("cascade.sites", FORM)
        found[name] = (more[0], more[1])
    if found and not told.key:
        raise UnusableSetting("cascade.key", "the id of the key that proves us to cascade.sites")
    return found


def _origin(url: str) -> str:
    """Give where the site's tokens are fetched: its address without the dialect's prefix."""
    return url.partition("/dialects/")[0]


def _check(told: CascadeSettings, read: Settings) -> None:
    others = {read[DialectSettings].national_gateway, read[DialectSettings].x_road}
    served = read[CertificateDialectSettings]
    others |= {getattr(served, name) for name in ("shandong", "national_library", "fujian")}
    if told.prefix and (not _PREFIX.fullmatch(told.prefix) or told.prefix in others):
        raise UnusableSetting("cascade.prefix", "/dialects/name, none of another dialect")
    if told.region:
        try:
            RegionCode(told.region)
        except InvalidRegionCode as error:
            raise UnusableSetting("cascade.region", "a region code") from error
    if unknown := set(told.kinds) - SHAPES.keys():
        raise UnusableSetting("cascade.kinds", f"not {min(unknown)}")
    if not 0 < told.seconds <= MOST_SECONDS:
        raise UnusableSetting("cascade.seconds", f"up to {MOST_SECONDS:g}")


ANOTHER_SITE: Final = Maker(NAME, (CascadeSettings,), built)
