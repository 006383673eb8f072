"""Signed attributes as a value, read strictly from the original bytes that the signature goes over.

What is judged here is form alone (RFC 5652 5.3 and 11, RFC 5035 3 and 5, RFC 6211 2): each attribute once, each of the
known ones with one well-formed value. Whether the digest fits and the certificate is the one named is asked in
`verification`. A fault does not keep a message from being read; the signer then carries it, and is judged by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from keys import times
from keys.algorithms import der
from keys.algorithms.spki import read_identifier
from keys.cms import numbers
from keys.cms.numbers import Deviation
from keys.errors import MalformedDer
from keys.names import SET, Name, general_names

# Signed messages have three to six attributes; each more is work for the reader.
ATTRIBUTES_LIMIT: Final = 64
VALUES_LIMIT: Final = 16
SHA256: Final = "2.16.840.1.101.3.4.2.1"
# RFC 5035 5.4.1: the first form of signingCertificate knows no hash but SHA-1.
SHA1: Final = "1.3.14.3.2.26"
T = TypeVar("T")

_SIGNATURE: Final = 0xA1
_MAC: Final = 0xA2


@dataclass(frozen=True)
class Attribute:
    """One attribute: its number and its values in DER."""

    oid: str
    values: tuple[bytes, ...]
    der: bytes


@dataclass(frozen=True)
class CertificateHash:
    """The signer's certificate as signingCertificate names it: by hash, and by issuer and serial where they stand."""

    algorithm: str
    hash: bytes
    issuer: Name | None = None
    serial: int | None = None


@dataclass(frozen=True)
class SignedAttributes:
    """What the signed attributes say; `content_type` and `message_digest` are there always (RFC 5652 5.3)."""

    content_type: str
    message_digest: bytes
    signing_time: datetime | None = None
    certificates: tuple[CertificateHash, ...] = ()
    protected: tuple[bytes, bytes] | None = None
    all: tuple[Attribute, ...] = ()
    deviations: frozenset[Deviation] = field(default_factory=frozenset)


def take(reader: der.Reader) -> tuple[Attribute, ...]:
    """Take attributes up to the end of a SET, in the order in which they stand. Raises `MalformedDer`."""
    found: list[Attribute] = []
    while not reader.ended:
        if len(found) == ATTRIBUTES_LIMIT:
            raise reader.refused("too-many-attributes")
        data = reader.whole()
        inner = der.Reader(data).inside()
        oid = inner.oid()
        values = inner.inside(SET)
        inner.end()
        each: list[bytes] = []
        while not values.ended:
            if len(each) == VALUES_LIMIT:
                raise reader.refused("too-many-values")
            each.append(values.whole())
        if not each:
            raise reader.refused("attribute-without-value")
        found.append(Attribute(oid, tuple(each), data))
    return tuple(found)


def read(attributes: tuple[Attribute, ...]) -> SignedAttributes:
    """Read what is known among signed attributes. Raises `MalformedDer`."""
    by_oid = {each.oid: each for each in attributes}
    if len(by_oid) != len(attributes):
        raise MalformedDer("attribute-twice", 0)
    content_type = _one(by_oid, numbers.CONTENT_TYPE, lambda reader: reader.oid())
    digest = _one(by_oid, numbers.MESSAGE_DIGEST, lambda reader: reader.octets())
    if content_type is None:
        raise MalformedDer("no-content-type-attribute", 0)
    if digest is None:
        raise MalformedDer("no-message-digest-attribute", 0)
    moment = _one(by_oid, numbers.SIGNING_TIME, times.take)
    deviations = set()
    if moment is not None and moment[1]:
        deviations.add(Deviation.EARLY_GENERALIZED_TIME)
    written = [each.der for each in attributes]
    if written != sorted(written):
        deviations.add(Deviation.UNSORTED_ATTRIBUTES)
    named = (
        _one(by_oid, numbers.SIGNING_CERTIFICATE, _signing_certificate),
        _one(by_oid, numbers.SIGNING_CERTIFICATE_V2, _signing_certificate_v2),
    )
    return SignedAttributes(
        content_type,
        digest,
        moment[0] if moment else None,
        tuple(each for each in named if each is not None),
        _one(by_oid, numbers.ALGORITHM_PROTECTION, _protection),
        attributes,
        frozenset(deviations),
    )


def _one(by_oid: dict[str, Attribute], oid: str, how: Callable[[der.Reader], T]) -> T | None:
    """Read the one value of an attribute, or None when it is not there."""
    found = by_oid.get(oid)
    if found is None:
        return None
    if len(found.values) != 1:
        raise MalformedDer("attribute-with-several-values", 0)
    der.require_der(found.values[0])
    reader = der.Reader(found.values[0])
    value = how(reader)
    reader.end()
    return value


def _signing_certificate(reader: der.Reader) -> CertificateHash:
    """Read SigningCertificate (RFC 2634 5.4): the first ESSCertID is the signer's."""
    return _first_of(reader, lambda _inner: SHA1)


def _signing_certificate_v2(reader: der.Reader) -> CertificateHash:
    """Read SigningCertificateV2 (RFC 5035 3): as above, with a hash algorithm that is SHA-256 unless it is named."""
    return _first_of(reader, lambda inner: read_identifier(inner)[0] if inner.next_tag == der.SEQUENCE else SHA256)


def _first_of(reader: der.Reader, algorithm_of: Callable[[der.Reader], str]) -> CertificateHash:
    outer = reader.inside()
    certificates = outer.inside()
    inner = certificates.inside()
    algorithm = algorithm_of(inner)
    hashed = inner.octets()
    issuer, serial = _issuer_serial(inner) if not inner.ended else (None, None)
    inner.end()
    return CertificateHash(algorithm, hashed, issuer, serial)


def _issuer_serial(reader: der.Reader) -> tuple[Name | None, int]:
    inner = reader.inside()
    names = general_names(inner.inside())
    serial = inner.integer()
    inner.end()
    return next((each.directory for each in names if each.directory is not None), None), serial


def _protection(reader: der.Reader) -> tuple[bytes, bytes]:
    """Read CMSAlgorithmProtection of a signature: both identifiers, the second under its implicit tag [1]."""
    inner = reader.inside()
    digest = inner.whole()
    if inner.next_tag == _MAC:
        raise reader.refused("protects-a-mac")
    signature = der.element(der.SEQUENCE, inner.content(_SIGNATURE))
    inner.end()
    return digest, signature
