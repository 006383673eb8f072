"""A time-stamp token as it is written (RFC 3161 2.4.2, RFC 5652, RFC 5816): TSTInfo, signed attributes, SignedData.

The signer's certificate is named by SHA-256 or, for SM2, by SM3, with its issuer and serial number. The signed
attributes are a SET, in the order of their bytes; they are signed under the tag of a SET and carried under [0].
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys.algorithms import der, digest
from keys.algorithms.algorithm import Digest, SignatureAlgorithm
from keys.authority.writing import generalized, set_of, time
from keys.certificates import Certificate
from keys.names import SET, GeneralKind
from keys.timestamp_tokens import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)
from keys.timestamp_values import SHA256_NUMBER, Imprint

SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
VERSION_OF_SIGNED_DATA: Final = 3
_ATTRIBUTES: Final = 0xA0


@dataclass(frozen=True)
class TokenDraft:
    """What a token is to say, and by whom it will be signed."""

    imprint: Imprint
    policy: str
    serial: int
    at: datetime
    accuracy: timedelta
    nonce: int | None
    certificate: Certificate
    algorithm: SignatureAlgorithm
    with_certificate: bool

    @property
    def digest(self) -> Digest:
        """Give the digest of content and attributes: the signature algorithm's own."""
        return digest(self.algorithm.digest or "")

    @property
    def info(self) -> bytes:
        """Write the TSTInfo."""
        return der.sequence(
            der.integer(1),
            der.oid(self.policy),
            self.imprint.der,
            der.integer(self.serial),
            generalized(self.at),
            der.sequence(der.integer(int(self.accuracy.total_seconds()))),
            b"" if self.nonce is None else der.integer(self.nonce),
            der.element(0xA0, der.element(GeneralKind.DIRECTORY, self.certificate.subject.der)),
        )

    @property
    def attributes(self) -> bytes:
        """Write the signed attributes as they are signed."""
        return set_of(
            SET,
            (
                _attribute(CONTENT_TYPE, der.oid(TST_INFO)),
                _attribute(SIGNING_TIME, time(self.at)),
                _attribute(MESSAGE_DIGEST, der.octets(self.digest.of(self.info))),
                _attribute(SIGNING_CERTIFICATE_V2, _named(self.certificate, self.digest)),
            ),
        )


def token(draft: TokenDraft, signature: bytes) -> bytes:
    """Put a TimeStampToken together."""
    number = der.sequence(der.oid(draft.digest.oids[0]))
    signer = der.sequence(
        der.integer(1),
        der.sequence(draft.certificate.issuer.der, der.integer(draft.certificate.serial)),
        number,
        bytes((_ATTRIBUTES,)) + draft.attributes[1:],
        draft.algorithm.identifier,
        der.octets(signature),
    )
    signed = der.sequence(
        der.integer(VERSION_OF_SIGNED_DATA),
        der.element(SET, number),
        der.sequence(der.oid(TST_INFO), der.element(0xA0, der.octets(draft.info))),
        der.element(0xA0, draft.certificate.der) if draft.with_certificate else b"",
        der.element(SET, signer),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.element(0xA0, signed))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.element(SET, value))


def _named(certificate: Certificate, own: Digest) -> bytes:
    """Write SigningCertificateV2 with one ESSCertIDv2; SHA-256 is its default and so not written (RFC 5035 4)."""
    number = own.oids[0]
    issuer = der.element(GeneralKind.DIRECTORY, certificate.issuer.der)
    named = der.sequence(
        b"" if number == SHA256_NUMBER else der.sequence(der.oid(number)),
        der.octets(own.of(certificate.der)),
        der.sequence(der.sequence(issuer), der.integer(certificate.serial)),
    )
    return der.sequence(der.sequence(named))
