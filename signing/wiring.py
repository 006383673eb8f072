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
from keys.algorithms import pem
from keys.certificates import Certificate
from keys.signers.signer import Signer
from keys.trust import Trust
from keys.trust_errors import MalformedCertificate
from signing.errors import NoSealMaker
from signing.making import Maker
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
    certificate = _certificate(Path(told.maker_certificate)) if told.maker_certificate else None
    stamper = HttpStamper(fetch, told.time_stamp_url, told.time_stamp_in_intranet) if told.time_stamp_url else None
    return Signing(
        signer_for, trust_at, stamper, told.maker_key, certificate, Version(told.seal_standard), told.document_bytes
    )


def _certificate(file: Path) -> Certificate | None:
    """Read the maker's certificate; a file that is not there yet is none, since making the site writes it."""
    if not file.exists():
        return None
    try:
        label, data = pem.only(file.read_bytes())
        if label != "CERTIFICATE":
            raise UnusableSigningSetting("signing.maker_certificate", "PEM with one CERTIFICATE")
        return Certificate.of(data)
    except OSError as error:
        raise UnusableSigningSetting("signing.maker_certificate", "a readable PEM file") from error
    except MalformedCertificate as error:
        raise UnusableSigningSetting("signing.maker_certificate", f"a certificate ({error.reason})") from error
