"""What the wire dialects can be told: where each is served, which header names it takes, how strictly it judges."""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from base.settings import Settings, UnusableSetting, setting
from keys.data_keys import DataKeys
from keys.parties.request_signers import national_gateway
from keys.parties.request_signers.request_signer import RequestSigner

_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")
# Addresses that the house itself serves.
_TAKEN: Final = ("/api", "/oauth", "/docs", "/healthz", "/readyz", "/metrics", "/version")
GENERATIONS: Final = (national_gateway.PREFIX, national_gateway.NEWER_PREFIX)


@dataclass(frozen=True)
class DialectSettings:
    """What the wire dialects can be told."""

    SECTION: ClassVar[str] = "dialects"
    national_gateway: str = setting(
        "/dialects/national-gateway", "Where the national gateway's convention is served; empty: not at all."
    )
    national_gateway_headers: tuple[str, ...] = setting(
        GENERATIONS, "The header prefixes taken: gjgxjhpt (first generation), gjzwfwpt (newer)."
    )
    national_gateway_cached_signatures: bool = setting(
        False, "Take one signature again and again for a day, as some sites cache it; weak: a copied call passes."
    )
    x_road: str = setting("/dialects/x-road", "Where X-Road REST requests are taken; empty: not at all.")


@dataclass(frozen=True)
class Dialects:
    """What calls in a dialect are judged with."""

    told: DialectSettings
    data_keys: DataKeys = field(repr=False)

    def signer(self, prefix: str) -> RequestSigner:
        """Give the scheme of one generation of header names, as strict as the site has it."""
        return (CACHED if self.told.national_gateway_cached_signatures else STRICT)[prefix]

    def strict_signer(self, prefix: str) -> RequestSigner:
        """Give the scheme that believes a signature once: fetching a secret is never repeated with an old one."""
        return STRICT[prefix]


STRICT: Final = {
    national_gateway.PREFIX: national_gateway.NATIONAL_GATEWAY,
    national_gateway.NEWER_PREFIX: national_gateway.NATIONAL_GATEWAY_NEWER,
}
CACHED: Final = {
    national_gateway.PREFIX: national_gateway.NATIONAL_GATEWAY_LEGACY,
    national_gateway.NEWER_PREFIX: national_gateway.gateway(
        "national-gateway-newer-legacy", national_gateway.NEWER_PREFIX, legacy=True
    ),
}


def built(read: Settings, data_keys: DataKeys) -> Dialects:
    """Build the part from the settings. Raises `UnusableSetting`."""
    told = read[DialectSettings]
    for name in ("national_gateway", "x_road"):
        _require_prefix(name, getattr(told, name))
    if told.national_gateway and _overlap(told.national_gateway, told.x_road):
        raise UnusableSetting("dialects.x_road", "another address than dialects.national_gateway")
    headers = told.national_gateway_headers
    if not headers or set(headers) - set(GENERATIONS):
        raise UnusableSetting("dialects.national_gateway_headers", " | ".join(GENERATIONS))
    return Dialects(told, data_keys)


def _require_prefix(name: str, prefix: str) -> None:
    if not prefix:
        return
    # An X-Road address is read from its `/r1/` on.
    if not _PREFIX.fullmatch(prefix) or "/r1/" in f"{prefix}/" or any(_overlap(prefix, taken) for taken in _TAKEN):
        raise UnusableSetting(f"dialects.{name}", "/path, outside of the house's own addresses")


def _overlap(one: str, other: str) -> bool:
    return bool(other) and (f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/"))
