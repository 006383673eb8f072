"""Seals and sealed values for tests, good by default: a test names the one part that is peculiar, and may spoil it.

Everything is put together from parts in DER, so that what no honest maker would write can be written too. `SEALERS` is
a little world: a root, an authority below it, a maker of seals, a signer, a time-stamping authority.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from keys.algorithms import der, sm2
from keys.algorithms.algorithm import SignatureAlgorithm
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.cms import numbers, writing
from keys.extensions import Usage
from keys.purposes import TIME_STAMPING
from keys.trust import Anchor, Trust
from signing.errors import UnreadableDocument
from signing.formats.format import FoundDocument, FoundSignature, Prepared, Wanted
from signing.report import Coverage, CoverageKind, Place
from signing.seals.seal import SM2_WITH_SM3
from tests.builders import pki
from tests.builders.ofd import Signing, archive, document, sealed
from tests.builders.pki import AT, YEAR, Identity, tag

MESSAGE = "<ofd:Signature>演示</ofd:Signature>".encode()
PLACE = "/Doc_0/Signs/Sign_0/Signature.xml"
# The smallest picture that is one: eight bytes of a PNG's head and some more to flip.
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
SIGNED_AT = AT - timedelta(hours=1)
NAME = "演示市数据管理局行政审批专用章"
IA5, UTF8, PRINTABLE, UTC_TIME, GENERALIZED, BOOLEAN = 0x16, 0x0C, 0x13, 0x17, 0x18, 0x01
TRUE = tag(BOOLEAN, b"\xff")
Spoil = Callable[[bytes], bytes]


def same(value: bytes) -> bytes:
    return value


def ia5(text: str) -> bytes:
    return tag(IA5, text.encode())


def utf8(text: str) -> bytes:
    return tag(UTF8, text.encode())


def utc(at: datetime) -> bytes:
    return tag(UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())


def generalized(at: datetime) -> bytes:
    return tag(GENERALIZED, at.strftime("%Y%m%d%H%M%SZ").encode())


@dataclass(frozen=True)
class Sealers:
    """Who takes part in a seal."""

    root: Identity
    authority: Identity
    maker: Identity
    signer: Identity
    stamper: Identity

    def trust(self, **more: Any) -> Trust:
        """Trust the root, and know the authority."""
        return Trust(AT, (Anchor(self.root.certificate),), (self.authority.certificate,), **more)


def stamping(authority: Identity, **peculiar: Any) -> Identity:
    """Issue a certificate to a time-stamping authority."""
    told: dict[str, Any] = {"usages": (Usage.DIGITAL_SIGNATURE,), "extended": (TIME_STAMPING,)}
    told["extended_critical"] = True
    return authority.issues(**{"subject": "演示时间戳", **told, **peculiar})


def sealers(
    *,
    signer: Mapping[str, Any] | None = None,
    maker: Mapping[str, Any] | None = None,
    stamper: Mapping[str, Any] | None = None,
    authority: Mapping[str, Any] | None = None,
) -> Sealers:
    """Make the usual five; what is peculiar is told by who it is of."""
    root = pki.root()
    middle = root.authority(path_length=0, **(authority or {}))
    return Sealers(
        root,
        middle,
        middle.issues(**{"subject": "演示制章单位", **(maker or {})}),
        middle.issues(**{"subject": "演示签章人", **(signer or {})}),
        stamping(middle, **(stamper or {})),
    )


@functools.cache
def usual() -> Sealers:
    """Give the usual five, the same ones every time."""
    return sealers()


@dataclass(frozen=True)
class SealParts:
    """A seal by its parts, each in DER where it is bytes; None takes the usual of the version."""

    version: int = 4
    people: Sealers | None = None
    header: bytes | None = None
    header_id: bytes = ia5("ES")
    header_version: bytes | None = None
    vendor: bytes = ia5("YINXIN")
    number: bytes = ia5("32090000000001")
    kind: bytes = der.integer(1)
    name: bytes = utf8(NAME)
    list_kind: bytes | None = None
    signers: bytes | None = None
    created_at: bytes | datetime = AT - YEAR / 2
    valid_from: bytes | datetime = AT - YEAR / 2
    valid_until: bytes | datetime = AT + YEAR / 2
    properties: bytes | None = None
    picture_kind: bytes = ia5("PNG")
    picture: bytes = der.octets(PICTURE)
    width: bytes = der.integer(40)
    height: bytes = der.integer(40)
    picture_info: bytes | None = None
    extensions: bytes = b""
    maker_certificate: bytes | None = None
    maker_algorithm: bytes = der.oid(SM2_WITH_SM3)
    maker_value: Callable[[bytes], bytes] | None = None
    by: SignatureAlgorithm = sm2.SM2_SM3
    timestamp: bytes = b""
    spoil_info: Spoil = same
    spoil_maker: Spoil = same
    spoil: Spoil = same

    @property
    def who(self) -> Sealers:
        return self.people or usual()

    def time(self, at: bytes | datetime) -> bytes:
        if isinstance(at, bytes):
            return at
        return utc(at) if self.version == 1 else generalized(at)

    @property
    def info(self) -> bytes:
        """Write eSealInfo."""
        header = self.header or der.sequence(
            self.header_id, self.header_version or der.integer(self.version), self.vendor
        )
        list_kind = self.list_kind if self.list_kind is not None else b"" if self.version == 1 else der.integer(1)
        signers = self.signers if self.signers is not None else certificates(self.who.signer.der)
        properties = self.properties or der.sequence(
            self.kind,
            self.name,
            list_kind,
            signers,
            *(self.time(each) for each in (self.created_at, self.valid_from, self.valid_until)),
        )
        shown = self.picture_info or der.sequence(self.picture_kind, self.picture, self.width, self.height)
        return self.spoil_info(der.sequence(header, self.number, properties, shown, self.extensions))

    @property
    def der(self) -> bytes:
        """Write and sign the seal."""
        info = self.info
        certificate = der.octets(self.maker_certificate or self.who.maker.der)
        signed = der.sequence(info, certificate, self.maker_algorithm) if self.version == 1 else info
        value = self.maker_value(signed) if self.maker_value else self.by.sign(self.who.maker.key, signed)
        by = certificate + self.maker_algorithm + der.bits(value)
        if self.version == 1:
            return self.spoil(der.sequence(info, self.spoil_maker(der.sequence(by))))
        stamp = tag(0xA0, der.bits(self.timestamp)) if self.timestamp else b""
        return self.spoil(der.sequence(info, self.spoil_maker(by), stamp))


@dataclass(frozen=True)
class ValueParts:
    """A sealed value by its parts; what is not named is usual, and the seal is made of what is peculiar to seals."""

    seal: SealParts = field(default_factory=SealParts)
    seal_der: bytes | None = None
    value_version: bytes | None = None
    time: bytes | datetime = SIGNED_AT
    message: bytes = MESSAGE
    data_hash: bytes | None = None
    property_info: bytes = ia5(PLACE)
    extensions: bytes = b""
    certificate: bytes | None = None
    algorithm: bytes = der.oid(SM2_WITH_SM3)
    by: SignatureAlgorithm = sm2.SM2_SM3
    signer: Identity | None = None
    signature: Callable[[bytes], bytes] | None = None
    token: Callable[[bytes], bytes] | None = None
    spoil_tbs: Spoil = same
    spoil: Spoil = same

    @property
    def version(self) -> int:
        return self.seal.version

    @property
    def who(self) -> Identity:
        return self.signer or self.seal.who.signer

    @property
    def tbs(self) -> bytes:
        """Write TBS_Sign."""
        data_hash = self.data_hash if self.data_hash is not None else der.bits(SM3.of(self.message))
        if isinstance(self.time, bytes):
            time = self.time
        else:
            time = der.bits(utc(self.time)) if self.version == 1 else generalized(self.time)
        version = der.integer(self.version) if self.value_version is None else self.value_version
        seal = self.seal_der if self.seal_der is not None else self.seal.der
        by = self.by_whom if self.version == 1 else b""
        return self.spoil_tbs(der.sequence(version, seal, time, data_hash, self.property_info, by, self.extensions))

    @property
    def by_whom(self) -> bytes:
        return der.octets(self.certificate if self.certificate is not None else self.who.der) + self.algorithm

    @property
    def der(self) -> bytes:
        """Write and sign the value."""
        tbs = self.tbs
        value = self.signature(tbs) if self.signature else self.by.sign(self.who.key, tbs)
        if self.version == 1:
            return self.spoil(der.sequence(tbs, der.bits(value)))
        stamp = tag(0xA0, der.bits(self.token(value))) if self.token else b""
        return self.spoil(der.sequence(tbs, self.by_whom, der.bits(value), stamp))


def value(version: int = 4, seal: Mapping[str, Any] | None = None, **peculiar: Any) -> bytes:
    """Make a sealed value; `seal` tells what is peculiar to the seal."""
    return ValueParts(SealParts(version, **(seal or {})), **peculiar).der


def certificates(*found: bytes) -> bytes:
    return der.sequence(*(der.octets(each) for each in found))


def digests(*found: bytes, name: bytes = tag(PRINTABLE, b"SM3"), of: Callable[[bytes], bytes] = SM3.of) -> bytes:
    return der.sequence(*(der.sequence(name, der.octets(of(each))) for each in found))


def extension(oid: str = "1.2.156.10197.6.7.2.2.1", critical: bytes = b"", content: bytes = b"2.1") -> bytes:
    return der.sequence(der.oid(oid), critical, der.octets(content))


_serials = itertools.count(1)


def token(
    message: bytes,
    at: datetime = SIGNED_AT + timedelta(minutes=1),
    by: Identity | None = None,
    *,
    imprint: bytes | None = None,
    spoil: Spoil = same,
    certificate: bool = True,
    beside: bytes = b"",
    digest: str | None = None,
) -> bytes:
    """Make a time stamp over some bytes; `digest` names the imprint's by another number, `beside` comes along."""
    by = by or usual().stamper
    own_digest = der.sequence(der.oid(SM3.oids[0]))
    stamped = own_digest if digest is None else der.sequence(der.oid(digest))
    info = der.sequence(
        der.integer(1),
        der.oid("1.2.156.10197.1.1.1"),
        der.sequence(stamped, der.octets(imprint or SM3.of(message))),
        der.integer(next(_serials)),
        generalized(at),
    )
    named = der.sequence(der.sequence(der.sequence(der.octets(SHA256.of(by.der)))))
    attributes = sorted(
        [
            writing.attribute(numbers.CONTENT_TYPE, der.oid(numbers.TIMESTAMP_CONTENT)),
            writing.attribute(numbers.MESSAGE_DIGEST, der.octets(SM3.of(info))),
            writing.attribute(numbers.SIGNING_CERTIFICATE_V2, named),
        ]
    )
    who = der.sequence(by.certificate.issuer.der, der.integer(by.certificate.serial))
    signature = spoil(sm2.SM2_SM3.sign(by.key, tag(0x31, *attributes)))
    signer = der.sequence(
        der.integer(1), who, own_digest, tag(0xA0, *attributes), sm2.SM2_SM3.identifier, der.octets(signature)
    )
    body = der.sequence(
        der.integer(3),
        tag(0x31, own_digest),
        der.sequence(der.oid(numbers.TIMESTAMP_CONTENT), tag(0xA0, der.octets(info))),
        tag(0xA0, by.der, beside) if certificate else b"",
        tag(0x31, signer),
    )
    return der.sequence(der.oid(numbers.CMS.signed_data), tag(0xA0, body))


WHOLE = Coverage(CoverageKind.WHOLE)


def found(value: bytes | None, **peculiar: Any) -> FoundSignature:
    """Put a signature value where a document has it."""
    told: dict[str, Any] = {
        "id": "s001",
        "declared_kind": None,
        "value": value,
        "message": (memoryview(MESSAGE),),
        "name_for_value": PLACE,
        "checks": (),
        "coverage": WHOLE,
        "places": (Place(1, 100.0, 200.0, 40.0, 40.0),),
    }
    return FoundSignature(**(told | peculiar))


@dataclass(frozen=True)
class Listed:
    """A format in memory: its documents are what the test says that they hold, told by their first bytes."""

    documents: Mapping[bytes, FoundDocument | Exception]
    name: str = "ofd"
    media_type: str = "application/ofd"

    def recognises(self, data: bytes) -> bool:
        return data.startswith(b"LISTED")

    def read(self, data: bytes) -> FoundDocument:
        held = self.documents.get(data)
        if held is None:
            raise UnreadableDocument(self.name, "damaged", "OFD.xml")
        if isinstance(held, Exception):
            raise held
        return held

    def prepare(self, data: bytes, wanted: Wanted) -> Prepared:
        raise NotImplementedError


def holding(signatures: Iterable[FoundSignature], **more: Any) -> tuple[bytes, Mapping[str, Listed]]:
    """Give a document that holds these signatures, and the table of formats that reads it."""
    document = b"LISTED 1"
    listed = Listed({document: FoundDocument(tuple(signatures), **more)})
    return document, {listed.name: listed}


def signing(version: int = 4, people: Sealers | None = None, **peculiar: Any) -> Signing:
    """Seal OFD documents with real keys, for the builder of documents."""
    parts = SealParts(version, people)
    seal = parts.der

    def value_of(description: bytes, path: str) -> bytes:
        told = {"message": description, "property_info": ia5(path)}
        return ValueParts(parts, seal_der=seal, **(told | peculiar)).der

    return Signing(seal, value_of)


def ofd(version: int = 4, people: Sealers | None = None, **peculiar: Any) -> bytes:
    """Make a small sealed OFD."""
    return archive(sealed(signing=signing(version, people), **peculiar))


__all__ = ["archive", "document", "sealed"]
