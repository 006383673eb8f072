"""What a time-stamp token says, as values; nothing in them is proven (`keys.timestamps` does that)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys.algorithms import ALGORITHMS, der
from keys.algorithms.algorithm import Digest
from keys.certificates import Certificate
from keys.names import GeneralName, Name
from keys.revocation_lists import RevocationList
from keys.timestamp_errors import TimeStampUnsupported

SHA256_NUMBER: Final = "2.16.840.1.101.3.4.2.1"
SHA1_NUMBER: Final = "1.3.14.3.2.26"


@dataclass(frozen=True)
class Imprint:
    """The digest that was stamped: its algorithm's number and its value; `null` tells how absent parameters stand."""

    oid: str
    value: bytes
    null: bool = True

    @property
    def algorithm(self) -> Digest | None:
        """Give the digest, or None where it is not computed here."""
        found = ALGORITHMS.get(self.oid)
        return found if isinstance(found, Digest) else None

    @property
    def der(self) -> bytes:
        """Write the MessageImprint; an answer repeats that of its question to the byte."""
        return der.sequence(der.sequence(der.oid(self.oid), der.null() if self.null else b""), der.octets(self.value))

    @classmethod
    def of(cls, digest: Digest, *parts: bytes) -> "Imprint":
        """Digest what is to be stamped."""
        return cls(digest.oids[0], digest.of(*parts))


@dataclass(frozen=True)
class Info:
    """What the authority says: TSTInfo (RFC 3161 2.4.2)."""

    policy: str
    imprint: Imprint
    serial: int
    at: datetime
    accuracy: timedelta | None
    ordering: bool
    nonce: int | None
    authority: GeneralName | None


@dataclass(frozen=True)
class SignerName:
    """How the token names its signer: by issuer and serial number, or by key identifier."""

    issuer: Name | None = None
    serial: int | None = None
    key_id: bytes | None = None

    def names(self, certificate: Certificate) -> bool:
        """Tell whether this certificate is meant."""
        if self.key_id is not None:
            return certificate.extensions.subject_key_id == self.key_id
        return self.serial == certificate.serial and self.issuer == certificate.issuer


@dataclass(frozen=True)
class NamedCertificate:
    """What a signed attribute says of the signer's certificate: its digest, and its issuer and serial number."""

    hash: str
    value: bytes
    issuer: Name | None = None
    serial: int | None = None

    def names(self, certificate: Certificate) -> bool:
        """Tell whether this certificate is meant. Raises `TimeStampUnsupported` for a digest not computed here."""
        if self.hash == SHA1_NUMBER:
            # RFC 2634 5.4.1: here SHA-1 only names; the token's own digest and the signature prove.
            found = hashlib.sha1(certificate.der, usedforsecurity=False).digest()
        else:
            found = known_digest(self.hash).of(certificate.der)
        if self.serial is not None and (self.serial != certificate.serial or self.issuer != certificate.issuer):
            return False
        return found == self.value


@dataclass(frozen=True, eq=False)
class TimeStampToken:
    """A token as it was read: two are equal when their bytes are. Nothing in it is proven yet."""

    der: bytes
    info: Info
    content: bytes
    digest: str
    signed: bytes
    message_digest: bytes
    named: tuple[NamedCertificate, ...]
    signer: SignerName
    algorithm: bytes
    signature: bytes
    certificates: tuple[Certificate, ...]
    lists: tuple[RevocationList, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimeStampToken) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<time stamp {self.info.at.isoformat()}>"


def known_digest(oid: str) -> Digest:
    """Find a digest by number. Raises `TimeStampUnsupported`."""
    found = ALGORITHMS.get(oid)
    if not isinstance(found, Digest):
        raise TimeStampUnsupported(oid)
    return found
