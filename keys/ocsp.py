"""OCSP (RFC 6960) as values: a question to ask, and an answer read strictly with the bytes that were signed.

A nonce is made and compared by whoever asks. Whether an answer is authentic, fresh, and about a certificate is decided
in `keys.revocation`. Answers may name the certificate by SHA-1, SHA-256, SHA-384, SHA-512 or SM3; SHA-1 only names
here, the issuer's signature proves.
"""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import extensions, times
from keys.algorithms import der
from keys.algorithms.sm3 import SM3
from keys.algorithms.spki import read as read_spki
from keys.certificates import Certificate
from keys.errors import MalformedDer, UnusableKey
from keys.extensions import Extension
from keys.names import Name
from keys.revocation_lists import Entry, Reason, take_reason
from keys.trust_errors import MalformedCertificate, MalformedOcspAnswer, OcspRefused

# An answer with a responder's chain has some 5 KiB.
SIZE_LIMIT: Final = 1 << 17
# One question is asked at a time; some responders answer more than was asked.
ANSWERS_LIMIT: Final = 100
CERTIFICATES_LIMIT: Final = 10
# RFC 9654 2.1: a nonce has 1 to 128 octets.
NONCE_LIMIT: Final = 128

BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"

_STATUSES: Final = {
    1: "malformed-request",
    2: "internal-error",
    3: "try-later",
    5: "signature-required",
    6: "unauthorized",
}
HASHES: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "sha-1": ("1.3.14.3.2.26", lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    "sha-256": ("2.16.840.1.101.3.4.2.1", lambda data: hashlib.sha256(data).digest()),
    "sha-384": ("2.16.840.1.101.3.4.2.2", lambda data: hashlib.sha384(data).digest()),
    "sha-512": ("2.16.840.1.101.3.4.2.3", lambda data: hashlib.sha512(data).digest()),
    "sm3": ("1.2.156.10197.1.401", SM3.of),
}
_HASHES_BY_NUMBER: Final = dict(HASHES.values())


@dataclass(frozen=True)
class CertId:
    """How a question or answer names a certificate: by hashes of its issuer's name and key, and its serial number."""

    hash: str
    issuer_name: bytes
    issuer_key: bytes
    serial: int

    @classmethod
    def of(cls, certificate: Certificate, issuer: Certificate, hash_name: str = "sha-1") -> "CertId":
        """Name a certificate; SHA-1 is what every responder understands (RFC 5019 2.1.1)."""
        number, compute = HASHES[hash_name]
        return cls(number, compute(certificate.issuer.der), compute(key_bits(issuer)), certificate.serial)

    def names(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Tell whether this certificate of this issuer is meant; never where the hash is not known."""
        compute = _HASHES_BY_NUMBER.get(self.hash)
        return (
            compute is not None
            and self.serial == certificate.serial
            and self.issuer_name == compute(certificate.issuer.der)
            and self.issuer_key == compute(key_bits(issuer))
        )

    @property
    def der(self) -> bytes:
        """Write the CertID."""
        algorithm = der.sequence(der.oid(self.hash), der.null())
        return der.sequence(
            algorithm, der.octets(self.issuer_name), der.octets(self.issuer_key), der.integer(self.serial)
        )


@dataclass(frozen=True)
class Single:
    """What is said of one certificate: revoked (with when and why), good, or not known there."""

    certificate: CertId
    revoked: Entry | None
    known: bool
    this_update: datetime
    next_update: datetime | None
    unknown_critical: frozenset[str]


@dataclass(frozen=True, eq=False)
class OcspAnswer:
    """A basic response that a responder gave: two are equal when their bytes are."""

    der: bytes
    tbs: bytes
    responder_name: Name | None
    responder_key: bytes | None
    produced_at: datetime
    singles: tuple[Single, ...]
    nonce: bytes | None
    algorithm: bytes
    signature: bytes
    certificates: tuple[Certificate, ...]
    unknown_critical: frozenset[str]

    @classmethod
    def of(cls, data: bytes) -> "OcspAnswer":
        """Read an OCSPResponse in DER. Raises `MalformedOcspAnswer`, and `OcspRefused` when it answers nothing."""
        if len(data) > SIZE_LIMIT:
            raise MalformedOcspAnswer("too-large", 0)
        try:
            der.require_der(data)
            return _read(data)
        except MalformedDer as error:
            raise MalformedOcspAnswer(error.reason, error.offset) from error

    @functools.cached_property
    def sm3(self) -> bytes:
        """Give the fingerprint by SM3."""
        return SM3.of(self.der)

    def is_by(self, certificate: Certificate) -> bool:
        """Tell whether the answer says that this certificate's subject gave it."""
        if self.responder_name is not None:
            return self.responder_name == certificate.subject
        return self.responder_key == hashlib.sha1(key_bits(certificate), usedforsecurity=False).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OcspAnswer) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.sm3)

    def __repr__(self) -> str:
        return f"<OCSP answer {self.sm3.hex()[:32]}>"


def question(certificate_id: CertId, nonce: bytes | None = None) -> bytes:
    """Write an OCSPRequest for one certificate."""
    requests = der.sequence(der.sequence(certificate_id.der))
    if nonce is None:
        return der.sequence(der.sequence(requests))
    extension = der.sequence(der.oid(NONCE), der.octets(der.octets(nonce)))
    return der.sequence(der.sequence(requests, der.element(0xA2, der.sequence(extension))))


def asked_about(request: bytes) -> CertId:
    """Read back which certificate a question of ours is about. Raises `MalformedOcspAnswer`."""
    try:
        inner = der.Reader(request).inside().inside().inside().inside()
        return take_certificate_id(inner)
    except MalformedDer as error:
        raise MalformedOcspAnswer(error.reason, error.offset) from error


def key_bits(certificate: Certificate) -> bytes:
    """Give the bits of a certificate's key, without tag and length: what CertIDs hash (RFC 6960 4.1.1).

    A key that cannot be taken apart has none, and so is nobody's.
    """
    try:
        return read_spki(certificate.spki)[2]
    except UnusableKey:
        return b""


def _read(data: bytes) -> OcspAnswer:
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    status = inner.content(0x0A)
    if status != b"\x00":
        raise OcspRefused(_STATUSES.get(status[0], "unknown-status") if len(status) == 1 else "unknown-status")
    explicit = inner.inside(0xA0)
    inner.end()
    response = explicit.inside()
    explicit.end()
    if response.oid() != BASIC:
        raise response.refused("not-a-basic-response")
    basic_der = response.octets()
    response.end()
    der.require_der(basic_der)
    return _basic(data, basic_der)


def _basic(data: bytes, basic_der: bytes) -> OcspAnswer:
    """Read BasicOCSPResponse (RFC 6960 4.2.1)."""
    outer = der.Reader(basic_der)
    basic = outer.inside()
    outer.end()
    tbs = basic.whole()
    algorithm = basic.whole()
    signature = basic.bits()
    certificates = _certificates(basic)
    basic.end()
    reader = der.Reader(tbs).inside()
    name, key = _responder(reader)
    produced_at = times.take_generalized(reader)
    listed = reader.inside()
    singles: list[Single] = []
    while not listed.ended:
        if len(singles) == ANSWERS_LIMIT:
            raise listed.refused("too-many-answers")
        singles.append(_single(listed))
    told = _extensions(reader, 0xA1)
    reader.end()
    nonce, unknown = _nonce(told, reader)
    return OcspAnswer(
        data, tbs, name, key, produced_at, tuple(singles), nonce, algorithm, signature, certificates, unknown
    )


def _certificates(reader: der.Reader) -> tuple[Certificate, ...]:
    if reader.ended:
        return ()
    explicit = reader.inside(0xA0)
    inner = explicit.inside()
    explicit.end()
    found: list[Certificate] = []
    while not inner.ended:
        if len(found) == CERTIFICATES_LIMIT:
            raise inner.refused("too-many-certificates")
        try:
            found.append(Certificate.of(inner.whole()))
        except MalformedCertificate as error:
            raise inner.refused("malformed-responder-certificate") from error
    return tuple(found)


def _responder(reader: der.Reader) -> tuple[Name | None, bytes | None]:
    if reader.next_tag == 0xA0:  # noqa: PLR2004 version [0], whose default 0 is not written
        raise reader.refused("unknown-version")
    if reader.next_tag == 0xA1:  # noqa: PLR2004 byName [1]
        explicit = reader.inside(0xA1)
        name = Name.take(explicit)
        explicit.end()
        return name, None
    explicit = reader.inside(0xA2)
    key = explicit.octets()
    explicit.end()
    return None, key


def _single(reader: der.Reader) -> Single:
    inner = reader.inside()
    certificate = take_certificate_id(inner)
    revoked, known = None, False
    tag = inner.next_tag
    if tag == 0x80:  # noqa: PLR2004 good [0] NULL
        if inner.content(0x80):
            raise inner.refused("null-with-content")
        known = True
    elif tag == 0xA1:  # noqa: PLR2004 revoked [1]
        revoked, known = _revoked(inner.inside(0xA1)), True
    elif inner.content(0x82):  # unknown [2] NULL
        raise inner.refused("null-with-content")
    this_update = times.take_generalized(inner)
    next_update = None
    if inner.next_tag == 0xA0:  # noqa: PLR2004 nextUpdate [0]
        explicit = inner.inside(0xA0)
        next_update = times.take_generalized(explicit)
        explicit.end()
    told = _extensions(inner, 0xA1)
    inner.end()
    unknown = frozenset(each.oid for each in told if each.critical)
    return Single(certificate, revoked, known, this_update, next_update, unknown)


def _revoked(reader: der.Reader) -> Entry:
    when = times.take_generalized(reader)
    why = Reason.UNSPECIFIED
    if not reader.ended:
        explicit = reader.inside(0xA0)
        why = take_reason(explicit)
        explicit.end()
    reader.end()
    return Entry(when, why)


def take_certificate_id(reader: der.Reader) -> CertId:
    """Take a CertID, of questions and of answers. Raises `MalformedDer`."""
    inner = reader.inside()
    algorithm = inner.inside()
    number = algorithm.oid()
    if not algorithm.ended:
        algorithm.null()
    algorithm.end()
    issuer_name, issuer_key = inner.octets(), inner.octets()
    serial = inner.integer()
    inner.end()
    return CertId(number, issuer_name, issuer_key, serial)


def _extensions(reader: der.Reader, tag: int) -> tuple[Extension, ...]:
    if reader.next_tag != tag:
        return ()
    explicit = reader.inside(tag)
    found = extensions.take_all(explicit)
    explicit.end()
    return found


def _nonce(told: tuple[Extension, ...], place: der.Reader) -> tuple[bytes | None, frozenset[str]]:
    nonce = None
    unknown = set()
    for each in told:
        if each.oid == NONCE:
            value = der.Reader(each.value)
            nonce = value.octets()
            value.end()
            if not 1 <= len(nonce) <= NONCE_LIMIT:
                raise place.refused("nonce-length")
        elif each.critical:
            unknown.add(each.oid)
    return nonce, frozenset(unknown)
