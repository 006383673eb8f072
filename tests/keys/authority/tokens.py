"""Time-stamp tokens by hand, from DER up, so that what no honest authority would sign can be signed too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from keys.algorithms import der
from keys.algorithms.algorithm import Digest, KeyKind
from keys.algorithms.international import SHA256, SHA384
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.purposes import TIME_STAMPING
from tests.builders import pki
from tests.builders.pki import Identity, tag

MESSAGE = "要盖时间戳的内容".encode()
AT = pki.AT - timedelta(hours=1)
DIGESTS = {KeyKind.SM2: SM3, KeyKind.P256: SHA256, KeyKind.P384: SHA384, KeyKind.RSA: SHA256}
POLICY = "1.3.6.1.4.1.99999.1"
SET = 0x31


def authority(above: Identity, **peculiar: Any) -> Identity:
    """Issue a certificate to a time-stamping authority."""
    told = {"extended": (TIME_STAMPING,), "extended_critical": True, "kind": above.key.kind, **peculiar}
    return above.issues("演示时间戳", **told)


def attribute(oid: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(oid), tag(SET, *values))


def named_v2(certificate: Certificate, digest: Digest, *, with_issuer: bool = True, serial: int | None = None) -> bytes:
    issuer = der.sequence(der.sequence(tag(0xA4, certificate.issuer.der)), der.integer(serial or certificate.serial))
    number = b"" if digest is SHA256 else der.sequence(der.oid(digest.oids[0]))
    named = der.sequence(number, der.octets(digest.of(certificate.der)), issuer if with_issuer else b"")
    return attribute("1.2.840.113549.1.9.16.2.47", der.sequence(der.sequence(named)))


def named_v1(certificate: Certificate) -> bytes:
    import hashlib

    value = hashlib.sha1(certificate.der).digest()  # noqa: S324 - RFC 2634 names a certificate so
    return attribute("1.2.840.113549.1.9.16.2.12", der.sequence(der.sequence(der.sequence(der.octets(value)))))


@dataclass(frozen=True)
class Told:
    """What a token says; a part given as bytes is taken as DER, as it is; None leaves a part out."""

    digest: Digest | None = None
    message: bytes = MESSAGE
    imprint: bytes | None = None
    at: datetime | bytes = AT
    version: bytes = der.integer(1)
    policy: bytes = der.oid(POLICY)
    serial: bytes = der.integer(0x1234567890)
    accuracy: bytes = b""
    ordering: bytes = b""
    nonce: bytes = b""
    tsa: bytes = b""
    extensions: bytes = b""
    more: bytes = b""
    content_type: str = "1.2.840.113549.1.9.16.1.4"
    encap_type: str = "1.2.840.113549.1.9.16.1.4"
    message_digest: bytes | None = None
    attributes: Sequence[bytes] | None = None
    named: Sequence[bytes] | None = None
    more_attributes: Sequence[bytes] = ()
    signed_version: bytes = der.integer(3)
    signer_version: bytes = der.integer(1)
    sid: bytes | None = None
    algorithm: bytes | None = None
    listed: bytes | None = None
    signer_digest: bytes | None = None
    certificates: Sequence[bytes] | None = None
    lists: bytes = b""
    unsigned: bytes = b""
    signers: int = 1
    signed_data: str = "1.2.840.113549.1.7.2"
    signed_with: Any = None
    spoil: Callable[[bytes], bytes] = lambda value: value
    spoil_info: Callable[[bytes], bytes] = lambda value: value
    after: bytes = b""


def token(who: Identity, **peculiar: Any) -> bytes:
    """Write and sign a token."""
    told = replace(Told(), **peculiar)
    digest = told.digest or DIGESTS[who.key.kind]
    number = der.sequence(der.oid(digest.oids[0]))
    info = told.spoil_info(_info(told, digest))
    attributes = told.attributes
    if attributes is None:
        named = [named_v2(who.certificate, digest)] if told.named is None else told.named
        attributes = [
            attribute("1.2.840.113549.1.9.3", der.oid(told.content_type)),
            attribute("1.2.840.113549.1.9.4", der.octets(told.message_digest or digest.of(info))),
            *named,
            *told.more_attributes,
        ]
    content = b"".join(sorted(attributes))
    algorithm = told.signed_with or pki.ALGORITHMS[who.key.kind]
    signature = told.spoil(algorithm.sign(who.key, der.element(SET, content)))
    sid = told.sid or der.sequence(who.certificate.issuer.der, der.integer(who.certificate.serial))
    signer = der.sequence(
        told.signer_version,
        sid,
        told.signer_digest or number,
        tag(0xA0, content) if content else b"",
        told.algorithm or algorithm.identifier,
        der.octets(signature),
        told.unsigned,
    )
    certificates = (who.der,) if told.certificates is None else told.certificates
    signed = der.sequence(
        told.signed_version,
        tag(SET, number if told.listed is None else told.listed),
        der.sequence(der.oid(told.encap_type), tag(0xA0, der.octets(info))),
        tag(0xA0, *certificates) if certificates else b"",
        told.lists,
        tag(SET, *[signer] * told.signers),
    )
    return der.sequence(der.oid(told.signed_data), tag(0xA0, signed)) + told.after


def _info(told: Told, digest: Digest) -> bytes:
    imprint = told.imprint or der.sequence(
        der.sequence(der.oid(digest.oids[0]), der.null()), der.octets(digest.of(told.message))
    )
    return der.sequence(
        told.version,
        told.policy,
        imprint,
        told.serial,
        pki.generalized(told.at),
        told.accuracy,
        told.ordering,
        told.nonce,
        told.tsa,
        told.extensions,
        told.more,
    )
