"""What the dialects of certificates can be told: where each is served, and under which key answers are encrypted."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from base.settings import Settings, UnusableSetting, setting
from exchange.partners.wiring import DialectSettings
from keys.algorithms.sm2 import PublicKey
from keys.errors import UnusableKey

_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")
# Addresses that the house itself serves.
_TAKEN: Final = ("/api", "/oauth", "/docs", "/healthz", "/readyz", "/metrics", "/version", "/static", "/v")
PREFIXES: Final = ("shandong", "national_library", "fujian")
MOST_MINUTES: Final = 480


@dataclass(frozen=True)
class CertificateDialectSettings:
    """What the dialects of certificates can be told."""

    SECTION: ClassVar[str] = "certificate_dialects"
    shandong: str = setting(
        "/dialects/shandong", "Where the Shandong city specification is served (elsewhere /CertShare); empty: not."
    )
    national_library: str = setting(
        "/dialects/national-library", "Where the national library's operations are served; empty: not at all."
    )
    fujian: str = setting("/dialects/fujian", "Where Fujian's certificateShare is served; empty: not at all.")
    encryption_key: str = setting(
        "", "The site's SM2 public key for partners without their own: 04 and 64 bytes, hexadecimal."
    )
    session_minutes: int = setting(30, "How long a session of the national library's operations is good; at most 480.")


@dataclass(frozen=True)
class CertificateDialects:
    """What calls in a dialect of certificates are served with."""

    told: CertificateDialectSettings
    # This service's own address, for links.
    address: str
    encryption_key: PublicKey | None = field(default=None, repr=False)

    @property
    def session_lasts(self) -> timedelta:
        """Give how long a session is good."""
        return timedelta(minutes=self.told.session_minutes)

    def key(self, point: bytes | None) -> PublicKey | None:
        """Give the key of an account, or the site's."""
        return self.encryption_key if point is None else PublicKey(point)

    def links(self, dialect: str) -> str:
        """Give where the links of a dialect begin."""
        return self.address + str(getattr(self.told, dialect))


def built(read: Settings, address: str) -> CertificateDialects:
    """Build the part from the settings. Raises `UnusableSetting`."""
    told = read[CertificateDialectSettings]
    others = [read[DialectSettings].national_gateway, read[DialectSettings].x_road]
    for name in PREFIXES:
        prefix = getattr(told, name)
        _require_prefix(name, prefix, others)
        others.append(prefix)
    if not 1 <= told.session_minutes <= MOST_MINUTES:
        raise UnusableSetting("certificate_dialects.session_minutes", f"1 … {MOST_MINUTES}")
    return CertificateDialects(told, address, _key(told.encryption_key))


def _key(told: str) -> PublicKey | None:
    if not told:
        return None
    try:
        return PublicKey(bytes.fromhex(told))
    except (ValueError, UnusableKey) as error:
        raise UnusableSetting("certificate_dialects.encryption_key", "04 and 64 bytes, hexadecimal") from error


def _require_prefix(name: str, prefix: str, others: list[str]) -> None:
    if prefix and (not _PREFIX.fullmatch(prefix) or any(_overlap(prefix, each) for each in (*_TAKEN, *others))):
        raise UnusableSetting(f"certificate_dialects.{name}", "/path, outside of the house's and other dialects'")


def _overlap(one: str, other: str) -> bool:
    return bool(other) and (f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/"))
