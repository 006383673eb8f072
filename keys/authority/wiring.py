"""What the authority can be told, and the parts that are built from it."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from base.settings import Settings, setting
from base.web import WebSettings
from keys.algorithms import der
from keys.authority.drafts import Places
from keys.authority.errors import UnusableAuthoritySetting
from keys.signers.signer import Signer

SignerFor = Callable[[Session, str], Signer]

API: Final = "/api/v1"
# A number under ITU-T X.667's arc for UUIDs: nobody else has it, and a site with an arc of its own sets that.
POLICY: Final = "2.25.330112786532189418262904391872155437121"
CRL_HOURS_MOST: Final = 24 * 7
OCSP_MINUTES_MOST: Final = 24 * 60
ACCURACY_SECONDS_MOST: Final = 60
# As long as a column holds it; the arcs of UUIDs have 39 digits.
_OID: Final = re.compile(r"(?=.{5,120}\Z)[0-2](\.(0|[1-9][0-9]{0,38})){2,20}")
_ADDRESS: Final = re.compile(r"https?://[!-~]{1,200}(?<!/)")


@dataclass(frozen=True)
class AuthoritySettings:
    """What the authority can be told."""

    SECTION: ClassVar[str] = "authority"
    address: str = setting("", "This service's address as certificates name it, without a slash; empty: of [web].")
    crl_hours: int = setting(24, "How long a revocation list is good; a new one comes out at half of it. At most 168.")
    ocsp_minutes: int = setting(60, "How long an OCSP answer is good; at most 1440.")
    time_stamp_policy: str = setting(POLICY, "The policy number that time stamps are issued under.")
    time_stamp_accuracy_seconds: int = setting(1, "How far the clock may be off, as time stamps say it; at most 60.")


@dataclass(frozen=True)
class Authority:
    """What certificates, lists, answers and time stamps are made with."""

    signer_for: SignerFor = field(repr=False)
    address: str
    crl_life: timedelta = timedelta(hours=24)
    ocsp_life: timedelta = timedelta(minutes=60)
    policy: str = POLICY
    accuracy: timedelta = timedelta(seconds=1)
    random: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    def places(self, authority: str) -> Places:
        """Tell where an authority's list, responder and certificate are found."""
        return Places(
            f"{self.address}{API}/crl/{authority}",
            f"{self.address}{API}/ocsp",
            f"{self.address}{API}/authority/authorities/{authority}/certificate",
        )


def built(read: Settings, signer_for: SignerFor) -> Authority:
    """Build the parts. Raises `UnusableAuthoritySetting`."""
    told, web = read[AuthoritySettings], read[WebSettings]
    for name, value, most in (
        ("crl_hours", told.crl_hours, CRL_HOURS_MOST),
        ("ocsp_minutes", told.ocsp_minutes, OCSP_MINUTES_MOST),
        ("time_stamp_accuracy_seconds", told.time_stamp_accuracy_seconds, ACCURACY_SECONDS_MOST),
    ):
        if not 1 <= value <= most:
            raise UnusableAuthoritySetting(f"authority.{name}", f"1 … {most}")
    if not _is_oid(told.time_stamp_policy):
        raise UnusableAuthoritySetting("authority.time_stamp_policy", "1.2.3…")
    address = told.address or _address(web)
    if not _ADDRESS.fullmatch(address):
        raise UnusableAuthoritySetting("authority.address", "https://…")
    return Authority(
        signer_for,
        address,
        timedelta(hours=told.crl_hours),
        timedelta(minutes=told.ocsp_minutes),
        told.time_stamp_policy,
        timedelta(seconds=told.time_stamp_accuracy_seconds),
    )


def _is_oid(text: str) -> bool:
    """Tell whether a number is written as it reads back: below 0 and 1 there are forty arcs (X.660)."""
    return bool(_OID.fullmatch(text)) and der.Reader(der.oid(text)).oid() == text


def _address(web: WebSettings) -> str:
    host = f"[{web.host}]" if ":" in web.host else web.host
    return f"http://{host}:{web.port}"
