"""What signing can be told, and the parts that are built from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from sqlalchemy.orm import Session

from base.errors import DomainError, Kind
from base.fetch import Fetch
from base.settings import Settings, setting
from keys.certificates import Certificate
from keys.signers.signer import Signer
from keys.trust import Trust
from signing.errors import NoSealMaker, UnfitSealCertificate
from signing.filings import WAYS
from signing.filings.by_hand import ByHand
from signing.filings.filing import Place, Registrar
from signing.making import KnownMaker, Maker, certificate_of
from signing.seals.seal import Version
from signing.stamping import HttpStamper, Stamper

SignerFor = Callable[[Session, str], Signer]
TrustAt = Callable[[Session, datetime], Trust]


@dataclass(frozen=True)
class SigningSettings:
    """What signing can be told."""

    SECTION: ClassVar[str] = "signing"
    maker_key: str = setting("", "Key id of the seal maker; empty: this site makes no seals.")
    maker_certificate: str = setting("", "PEM file with the seal maker's certificate.")
    seal_standard: str = setting(Version.GBT38540_2020.value, "By which standard seals are made.")
    time_stamp_url: str = setting("", "Time-stamp authority elsewhere (RFC 3161); empty: the one of this house.")
    time_stamp_in_intranet: bool = setting(
        False, "Whether that authority may stand in the networks opened under fetch.intranet_networks."
    )
    filing: str = setting("by_hand", "How seals are filed with the office that keeps the filings: by_hand | http.")
    filing_url: str = setting("", "Where that office's system is asked, for http.")
    filing_in_intranet: bool = setting(
        False, "Whether it may stand in the networks opened under fetch.intranet_networks."
    )
    document_bytes: int = setting(20 * 1024 * 1024, "Largest document to verify or to seal, in bytes.")
    verifying_seconds: int = setting(10, "How long a verification may take; then it is given up.")
    verifying_megabytes: int = setting(1024, "How much memory the process of a verification may take.")
    verifying_processes: int = setting(2, "Processes that verify documents from outside; about one a core.")


@dataclass(eq=False)
class UnusableSigningSetting(DomainError):
    """A setting of signing cannot be worked with."""

    path: str
    expected: str
    code: ClassVar[str] = "unusable-signing-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class Signing:
    """What seals are made, used and judged with; keys stay where custody has them."""

    signer_for: SignerFor = field(repr=False)
    trust_at: TrustAt = field(repr=False)
    stamper: Stamper | None = field(repr=False)
    """The authority elsewhere, where the settings name one."""
    maker_key: str
    maker_certificate: Certificate | None
    standard: Version
    document_bytes: int
    registrar: Registrar = field(default=ByHand(), repr=False)
    """The office that keeps the filings of seals, as this site reaches it."""

    def known_maker(self) -> KnownMaker:
        """Give the maker as this site knows it, its key here or elsewhere. Raises `NoSealMaker`."""
        if self.maker_certificate is None:
            raise NoSealMaker
        return KnownMaker(self.maker_certificate, self.standard)

    def maker(self, session: Session) -> Maker:
        """Give the seal maker. Raises `NoSealMaker` where this site makes no seals, and what custody refuses."""
        if not self.maker_key or self.maker_certificate is None:
            raise NoSealMaker
        return Maker(self.signer_for(session, self.maker_key), self.maker_certificate, self.standard)


def built(read: Settings, signer_for: SignerFor, trust_at: TrustAt, fetch: Fetch) -> Signing:
    """Build the parts. Raises `UnusableSigningSetting`."""
    told = read[SigningSettings]
    if told.seal_standard not in {Version.GBT38540_2020.value, Version.GMT0031_2014.value}:
        raise UnusableSigningSetting("signing.seal_standard", "GB/T 38540-2020 | GM/T 0031-2014")
    if told.document_bytes < 1:
        raise UnusableSigningSetting("signing.document_bytes", "1 …")
    file = Path(told.maker_certificate)
    # A file that is not there yet is none, since making the site writes it.
    is_there = bool(told.maker_certificate) and file.exists()
    certificate = certificate_at("signing.maker_certificate", file) if is_there else None
    stamper = HttpStamper(fetch, told.time_stamp_url, told.time_stamp_in_intranet) if told.time_stamp_url else None
    return Signing(
        signer_for,
        trust_at,
        stamper,
        told.maker_key,
        certificate,
        Version(told.seal_standard),
        told.document_bytes,
        _registrar(told, fetch),
    )


def _registrar(told: SigningSettings, fetch: Fetch) -> Registrar:
    way = WAYS.get(told.filing)
    if way is None:
        raise UnusableSigningSetting("signing.filing", " | ".join(WAYS))
    if way.needs_address and not told.filing_url:
        raise UnusableSigningSetting("signing.filing_url", "an address, for signing.filing = http")
    return way.registrar(Place(told.filing_url, told.filing_in_intranet), fetch)


def certificate_at(name: str, file: Path) -> Certificate:
    """Read the certificate in the PEM file that a setting names. Raises `UnusableSigningSetting`."""
    try:
        return certificate_of(file.read_bytes())
    except OSError as error:
        raise UnusableSigningSetting(name, "a readable PEM file") from error
    except UnfitSealCertificate as error:
        raise UnusableSigningSetting(name, f"PEM with one CERTIFICATE ({error.reason})") from error
