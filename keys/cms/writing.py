"""Writing a SignedData with one signer, in steps, so that whoever signs by the thousand prepares what stays once.

A `Template` holds what is the same for every message of one signer: certificates, algorithms, the signer's name. Its
`prepare` takes a message's digest and gives a `Prepared`, whose `to_sign` goes to the key, wherever that lives; `embed`
puts the signature in. `signed_data` does all of it, and the signature is verified before it is handed out.

Written are DER, signed attributes in their order (X.690 11.6) with contentType, messageDigest, signingCertificateV2,
and signingTime on request; SM2 under GB/T 35275 goes by the number of the key's use (8.2: 1.2.156.10197.1.301.1), in
CMS by SM2-with-SM3. PAdES and OFD want detached messages; attached ones carry their content.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from keys import algorithms
from keys.algorithms import der
from keys.algorithms.algorithm import DEFAULT_DISTID, Digest, KeyKind, SignatureAlgorithm
from keys.algorithms.international import SHA256, SHA512
from keys.algorithms.spki import SM2_SIGNATURE
from keys.certificates import Certificate
from keys.cms import numbers
from keys.cms.errors import DoesNotFitReserve
from keys.cms.numbers import GBT35275, Family
from keys.names import SET
from keys.signers.signer import Signer, signed
from keys.times import FIRST_GENERALIZED_YEAR, GENERALIZED_TIME, UTC_TIME

# SEQUENCE of two INTEGERs of 33 bytes; RSA of 16,384 bits fills 2,048.
LONGEST_SIGNATURE: Final = {
    KeyKind.SM2: 72,
    KeyKind.P256: 72,
    KeyKind.P384: 104,
    KeyKind.ED25519: 64,
    KeyKind.RSA: 2048,
}

_EXPLICIT: Final = 0xA0
_LISTS: Final = 0xA1
_SIGNED: Final = 0xA0
_UNSIGNED: Final = 0xA1
_DIRECTORY: Final = 0xA4
# A header of the largest element that is written: tag, length of lengths, four bytes.
_HEADER: Final = 6


@dataclass(frozen=True)
class Template:
    """What stays the same from message to message of one signer."""

    family: Family
    content_type: str
    algorithm: SignatureAlgorithm
    digest: Digest
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    signer: bytes = field(repr=False)
    named: bytes = field(repr=False)

    def prepare(self, digest: bytes, at: datetime | None = None, content: bytes | None = None) -> "Prepared":
        """Take the digest of a message, and its content where it goes inside; `at` becomes the signingTime."""
        attributes = [
            attribute(numbers.CONTENT_TYPE, der.oid(self.content_type)),
            attribute(numbers.MESSAGE_DIGEST, der.octets(digest)),
        ]
        if self.named:
            attributes.append(self.named)
        if at is not None:
            attributes.append(attribute(numbers.SIGNING_TIME, written_time(at)))
        return Prepared(self, b"".join(sorted(attributes)), None, content)

    def prepare_bare(self, content: bytes, *, attached: bool = True) -> "Prepared":
        """Take a message that is signed itself, without attributes: what some partners' interfaces ask for."""
        return Prepared(self, None, content, content if attached else None)

    def reserve(self, unsigned: int = 0) -> int:
        """Tell how long a detached message with signingTime can become, with room for unsigned attributes."""
        longest = LONGEST_SIGNATURE[next(iter(self.algorithm.kinds))]
        fixed = len(self.head) + len(self.tail) + len(self.signer) + len(self.named)
        attributes = 4 * 32 + self.digest.size  # contentType, messageDigest and signingTime with their headers
        return fixed + attributes + longest + unsigned + 12 * _HEADER


@dataclass(frozen=True)
class Prepared:
    """A message that lacks nothing but its signature."""

    template: Template
    attributes: bytes | None = field(repr=False)
    bare: bytes | None = field(repr=False)
    content: bytes | None = field(repr=False)

    @property
    def to_sign(self) -> bytes:
        """Give the bytes that the signature goes over."""
        return (self.bare or b"") if self.attributes is None else der.element(SET, self.attributes)

    def embed(self, signature: bytes, unsigned: Iterable[bytes] = (), *, room: int | None = None) -> bytes:
        """Put the signature in, and unsigned attributes beside it. Raises `DoesNotFitReserve`."""
        template, beside = self.template, sorted(unsigned)
        signer = der.sequence(
            template.signer,
            b"" if self.attributes is None else der.element(_SIGNED, self.attributes),
            _signature_identifier(template.family, template.algorithm),
            der.octets(signature),
            der.element(_UNSIGNED, *beside) if beside else b"",
        )
        inside = b"" if self.content is None else der.element(_EXPLICIT, der.octets(self.content))
        body = der.sequence(
            template.head, der.sequence(der.oid(template.content_type), inside), template.tail, der.element(SET, signer)
        )
        message = der.sequence(der.oid(template.family.signed_data), der.element(_EXPLICIT, body))
        if room is not None and len(message) > room:
            raise DoesNotFitReserve(len(message), room)
        return message


def template(
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    *,
    family: Family = GBT35275,
    chain: Sequence[Certificate] = (),
    lists: Sequence[bytes] = (),
    content_type: str | None = None,
    names_certificate: bool = True,
) -> Template:
    """Prepare what stays; certificates stand in the order of their bytes, as DER has it for a set (X.690 11.6).

    `names_certificate` puts signingCertificateV2 into the signed attributes (ETSI EN 319 122-1 5.2.2 wants it).
    """
    # RFC 8419 3.1: Ed25519 goes with SHA-512.
    digest = algorithms.digest(algorithm.digest) if algorithm.digest else SHA512
    content_type = content_type or family.data
    # RFC 5652 5.1: version 3 for content that is no plain data; GB/T 35275 8.1 knows 1 alone.
    version = 3 if family is numbers.CMS and content_type != family.data else 1
    certificates = b"".join(sorted({each.der for each in (certificate, *chain)}))
    name = der.sequence(certificate.issuer.der, der.integer(certificate.serial))
    return Template(
        family,
        content_type,
        algorithm,
        digest,
        head=der.integer(version) + der.element(SET, _digest_identifier(digest)),
        tail=der.element(_EXPLICIT, certificates) + (der.element(_LISTS, *lists) if lists else b""),
        signer=der.integer(1) + name + _digest_identifier(digest),
        named=_signing_certificate(certificate, digest) if names_certificate else b"",
    )


def signed_data(
    signer: Signer,
    made: Template,
    message: bytes,
    at: datetime | None = None,
    *,
    attached: bool = False,
    distid: bytes = DEFAULT_DISTID,
) -> bytes:
    """Sign a message with attributes and give the SignedData.

    Raises `KeyDoesNotFit`, `UnusableDistid`, `SigningUnavailable`, `FaultySignature`.
    """
    prepared = made.prepare(made.digest.of(message), at, message if attached else None)
    return prepared.embed(signed(signer, made.algorithm, prepared.to_sign, distid=distid))


def attribute(oid: str, *values: bytes) -> bytes:
    """Write an Attribute from its number and its values in DER."""
    return der.sequence(der.oid(oid), der.element(SET, *sorted(values)))


def timestamp_attribute(token: bytes) -> bytes:
    """Write the unsigned attribute that holds a time stamp token (RFC 3161 appendix A)."""
    return attribute(numbers.TIMESTAMP_TOKENS[0], token)


def written_time(at: datetime) -> bytes:
    """Write a Time in the form of its year (RFC 5652 11.3)."""
    utc = at.astimezone(UTC)
    if utc.year < FIRST_GENERALIZED_YEAR:
        return der.element(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode())
    return der.element(GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").encode())


def _digest_identifier(digest: Digest) -> bytes:
    return der.sequence(der.oid(digest.oids[0]))


def _signature_identifier(family: Family, algorithm: SignatureAlgorithm) -> bytes:
    if KeyKind.SM2 in algorithm.kinds and family is GBT35275:
        return der.sequence(der.oid(SM2_SIGNATURE))
    return algorithm.identifier


def _signing_certificate(certificate: Certificate, digest: Digest) -> bytes:
    """Write SigningCertificateV2; a hash algorithm that is the default is left out (X.690 11.5)."""
    names = der.sequence(der.element(_DIRECTORY, certificate.issuer.der))
    issuer = der.sequence(names, der.integer(certificate.serial))
    algorithm = b"" if digest == SHA256 else _digest_identifier(digest)
    entry = der.sequence(algorithm, der.octets(digest.of(certificate.der)), issuer)
    return attribute(numbers.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(entry)))
