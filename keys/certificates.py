"""An X.509 certificate as a value: read once, strictly, with its original bytes kept, over which signatures go.

The strict profile is RFC 5280 clause 4 without its escapes: DER all the way down, version 3, a serial number from 1 up
and of at most 20 octets, times in the one form of their year, names that show as they are spelt, extensions each once
and each in its one encoding, the signature algorithm named twice alike. What does not fit it is no certificate here.
Two deviations of national authorities are read on request (`NATIONAL`), and each certificate names those it has.

Not decided here: whether the key is usable, the signature right, the use allowed, the time within the period; nor
whether a critical extension may be unknown. That is asked at a moment and for a purpose, in `keys.chain`.
"""

import enum
import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import extensions, times
from keys.algorithms import der, pem
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.errors import MalformedDer, MalformedPem
from keys.extensions import Extension, Extensions
from keys.names import Name
from keys.trust_errors import MalformedCertificate, UnusableBundle

# An RSA-16384 certificate with every extension has 6 KiB; a certificate of 64 KiB is an attack on its readers.
SIZE_LIMIT: Final = 1 << 16
# RFC 5280 4.1.2.2.
SERIAL_OCTETS_LIMIT: Final = 20
VERSION_3: Final = 2
# National stores of anchors hold below 200; a bundle of more is no bundle.
BUNDLE_LIMIT: Final = 1000
PEM_LABELS: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})


class Deviation(enum.StrEnum):
    """What some authorities write against RFC 5280 and a profile may tolerate."""

    EARLY_GENERALIZED_TIME = "generalized-time-before-2050"
    SPELT_OUT_DEFAULT = "default-spelt-out"


@dataclass(frozen=True)
class Profile:
    """Which deviations are read; the name stands in reports."""

    name: str
    tolerated: frozenset[Deviation] = frozenset()


STRICT: Final = Profile("strict")
NATIONAL: Final = Profile("national-authorities", frozenset(Deviation))


@dataclass(frozen=True, eq=False)
class Certificate:
    """A certificate: two are equal when their bytes are."""

    der: bytes
    tbs: bytes
    serial: int
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes
    algorithm: bytes
    signature: bytes
    extensions: Extensions
    deviations: frozenset[Deviation] = frozenset()

    @classmethod
    def of(cls, data: bytes, profile: Profile = STRICT) -> "Certificate":
        """Read one certificate in DER. Raises `MalformedCertificate`."""
        if len(data) > SIZE_LIMIT:
            raise MalformedCertificate("too-large", 0)
        try:
            der.require_der(data)
            certificate = _read(data)
        except MalformedDer as error:
            raise MalformedCertificate(error.reason, error.offset) from error
        refused = certificate.deviations - profile.tolerated
        if refused:
            raise MalformedCertificate(min(refused).value, 0)
        return certificate

    @functools.cached_property
    def sm3(self) -> bytes:
        """Give the fingerprint by SM3."""
        return SM3.of(self.der)

    @functools.cached_property
    def sha256(self) -> bytes:
        """Give the fingerprint by SHA-256."""
        return SHA256.of(self.der)

    @property
    def label(self) -> str:
        """Name the certificate without telling whose it is: the first half of its SM3 fingerprint."""
        return self.sm3.hex()[:32]

    @property
    def serial_text(self) -> str:
        """Write the serial number as authorities print it: hexadecimal, whole octets."""
        return self.serial.to_bytes((self.serial.bit_length() + 7) // 8 or 1).hex()

    @property
    def is_authority(self) -> bool:
        """Tell whether it calls its subject an authority."""
        return self.extensions.basic is not None and self.extensions.basic.authority

    @property
    def is_self_issued(self) -> bool:
        """Tell whether subject and issuer have the same name (RFC 5280 3.2)."""
        return self.subject == self.issuer

    def holds_at(self, at: datetime) -> bool:
        """Tell whether a moment lies in the period of validity, both ends included (RFC 5280 4.1.2.5)."""
        return self.not_before <= at <= self.not_after

    @property
    def pem(self) -> bytes:
        """Write the certificate as PEM."""
        return pem.written("CERTIFICATE", self.der)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<certificate {self.label}>"


def bundle(data: bytes, profile: Profile = STRICT) -> tuple[Certificate, ...]:
    """Read a file of certificates: one in DER, or any number in PEM; each is given once, in the file's order.

    Raises `UnusableBundle`, with the place of the certificate that is at fault.
    """
    found: dict[bytes, Certificate] = {}
    for position, each in enumerate(_bundled(data), start=1):
        try:
            certificate = Certificate.of(each, profile)
        except MalformedCertificate as error:
            raise UnusableBundle(position, error.reason) from error
        found.setdefault(certificate.der, certificate)
    return tuple(found.values())


def _bundled(data: bytes) -> list[bytes]:
    if data[:1] == bytes((der.SEQUENCE,)):
        return [data]
    try:
        blocks = pem.blocks(data)
    except MalformedPem as error:
        raise UnusableBundle(0, error.reason) from error
    if not blocks:
        raise UnusableBundle(0, "no-certificate")
    if len(blocks) > BUNDLE_LIMIT:
        raise UnusableBundle(BUNDLE_LIMIT, "too-many-certificates")
    for position, (label, _) in enumerate(blocks, start=1):
        if label not in PEM_LABELS:
            raise UnusableBundle(position, "not-a-certificate")
    return [block for _, block in blocks]


def _read(data: bytes) -> Certificate:
    """Read Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 4.1)."""
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    tbs = inner.whole()
    algorithm = inner.whole()
    signature = inner.bits()
    inner.end()
    reader = der.Reader(tbs).inside()
    _version(reader)
    serial = take_serial(reader)
    # RFC 5280 4.1.1.2: the algorithm inside the signed part is the one outside, to the byte.
    if reader.whole() != algorithm:
        raise reader.refused("algorithms-differ")
    issuer = Name.take(reader)
    if issuer.is_empty:
        raise reader.refused("no-issuer")
    not_before, not_after, early = _validity(reader)
    subject = Name.take(reader)
    spki = reader.whole()
    _unique_ids(reader)
    told = _extensions(reader)
    reader.end()
    said = extensions.read(told)
    if subject.is_empty and extensions.ALTERNATIVE_NAME not in said.critical:
        raise reader.refused("no-subject")
    deviations = set()
    if early:
        deviations.add(Deviation.EARLY_GENERALIZED_TIME)
    if any(each.spells_out_default for each in told):
        deviations.add(Deviation.SPELT_OUT_DEFAULT)
    return Certificate(
        data,
        tbs,
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        spki,
        algorithm,
        signature,
        said,
        frozenset(deviations),
    )


def _version(reader: der.Reader) -> None:
    if reader.next_tag != 0xA0:  # noqa: PLR2004 version [0]; absent means 1, which has no extensions
        raise reader.refused("not-version-3")
    explicit = reader.inside(0xA0)
    if explicit.integer() != VERSION_3:
        raise reader.refused("not-version-3")
    explicit.end()


def take_serial(reader: der.Reader) -> int:
    """Take a CertificateSerialNumber: positive, at most 20 octets (RFC 5280 4.1.2.2). Raises `MalformedDer`."""
    content = reader.content(der.INTEGER)
    value = int.from_bytes(content, signed=True)
    if value <= 0:
        raise reader.refused("serial-not-positive")
    if len(content) > SERIAL_OCTETS_LIMIT:
        raise reader.refused("serial-too-long")
    return value


def _validity(reader: der.Reader) -> tuple[datetime, datetime, bool]:
    inner = reader.inside()
    not_before, early_start = times.take(inner)
    not_after, early_end = times.take(inner)
    inner.end()
    if not_before > not_after:
        raise reader.refused("validity-inverted")
    return not_before, not_after, early_start or early_end


def _unique_ids(reader: der.Reader) -> None:
    """Pass over issuerUniqueID [1] and subjectUniqueID [2] (RFC 5280 4.1.2.8: not made, but read)."""
    for tag in (0x81, 0x82):
        if reader.next_tag == tag:
            content = reader.content(tag)
            unused = content[0] if content else 8
            if unused > 7 or content[-1] & ((1 << unused) - 1):  # noqa: PLR2004 at most seven bits of a byte
                raise reader.refused("unused-bits")


def _extensions(reader: der.Reader) -> tuple[Extension, ...]:
    if reader.ended:
        return ()
    explicit = reader.inside(0xA3)
    found = extensions.take_all(explicit)
    explicit.end()
    return found
