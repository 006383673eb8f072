"""SignedData as a value: read once, strictly, with the original bytes kept that signatures go over.

Read are GB/T 35275-2017 8 and RFC 5652 5 with either's content types, detached or with content, one signer or several.
All of it is DER; deviations that products are known for are read where the profile tolerates them, and every one is
named: those of the message on the message, those of a signer on the signer, who is then judged by it alone.

Not decided here: whether a signature is right (`verification`), whose certificate it is, whether it is trusted.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from keys.algorithms import der
from keys.algorithms.spki import read_identifier
from keys.certificates import NATIONAL, Certificate
from keys.certificates import Profile as CertificateProfile
from keys.cms import attributes, ber, numbers
from keys.cms.attributes import Attribute, SignedAttributes
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import STRICT, Deviation, Profile
from keys.errors import MalformedDer
from keys.names import SET, Name
from keys.trust_errors import MalformedCertificate

# A message with a chain and a time stamp has 10 KiB; revocation lists of large authorities inside it have some MiB.
SIZE_LIMIT: Final = 16 << 20
# Two signers occur (the same content under RSA and SM2); chains have three or four certificates.
SIGNERS_LIMIT: Final = 16
CERTIFICATES_LIMIT: Final = 64
LISTS_LIMIT: Final = 64
DIGESTS_LIMIT: Final = 16
# RFC 5652 5.1 counts from 1 to 5; GB/T 35275-2017 8.1 has 1.
VERSIONS: Final = range(1, 6)
BY_ISSUER, BY_KEY = 1, 3
# RFC 5280 4.1.2.2 stops at 20 octets; old authorities did not.
SERIAL_LIMIT: Final = 64
RAW_SIZE: Final = 64

_CONTENT: Final = 0xA0
_CERTIFICATES: Final = 0xA0
_LISTS: Final = 0xA1
_SIGNED: Final = 0xA0
_UNSIGNED: Final = 0xA1
_KEY_ID: Final = 0x80


@dataclass(frozen=True)
class Embedded:
    """A certificate that came with the message: its bytes, and what was read from them or why nothing was."""

    der: bytes
    certificate: Certificate | None
    fault: MalformedCertificate | None = None


@dataclass(frozen=True)
class SignerId:
    """Who signed, as the message names them: by issuer and serial number, or by key identifier."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes | None = None

    def names(self, certificate: Certificate) -> bool:
        """Tell whether a certificate goes by this name."""
        if self.key_id is not None:
            return certificate.extensions.subject_key_id == self.key_id
        if certificate.serial != self.serial:
            return False
        return certificate.issuer.der == self.issuer or self._issuer_name == certificate.issuer

    @property
    def _issuer_name(self) -> Name | None:
        try:
            return Name.of(self.issuer)
        except MalformedDer:
            return None


@dataclass(frozen=True)
class SignerInfo:
    """One signer: `signed_attributes` are the original bytes as the SET that the signature goes over."""

    id: SignerId
    digest: str
    digest_identifier: bytes
    algorithm: bytes
    signature: bytes
    signed_attributes: bytes | None = None
    attributes: SignedAttributes | None = None
    fault: MalformedDer | None = None
    unsigned: tuple[Attribute, ...] = ()
    deviations: frozenset[Deviation] = frozenset()
    intolerable: frozenset[Deviation] = frozenset()

    @property
    def timestamp_tokens(self) -> tuple[bytes, ...]:
        """Give the time stamp tokens over this signature, in DER."""
        return tuple(value for each in self.unsigned if each.oid in numbers.TIMESTAMP_TOKENS for value in each.values)


@dataclass(frozen=True)
class SignedData:
    """A signed message: `content` is None where it is detached."""

    der: bytes = field(repr=False)
    kind: str
    content_type: str
    content: bytes | None = field(repr=False)
    digests: tuple[str, ...]
    certificates: tuple[Embedded, ...]
    lists: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    deviations: frozenset[Deviation] = frozenset()

    @classmethod
    def of(
        cls, data: bytes, profile: Profile = STRICT, certificate_profile: CertificateProfile = NATIONAL
    ) -> "SignedData":
        """Read one message. Raises `MalformedSignedData`, `NoSigner`."""
        if len(data) > SIZE_LIMIT:
            raise MalformedSignedData("too-large", 0)
        try:
            return _judged(_read(data, certificate_profile), profile)
        except MalformedDer as error:
            if Deviation.BER not in profile.tolerated:
                raise MalformedSignedData(error.reason, error.offset) from error
            return _of_ber(data, profile, certificate_profile, error)

    def candidates(self, signer: SignerInfo) -> tuple[Certificate, ...]:
        """Give the certificates in the message that go by the signer's name."""
        found = (each.certificate for each in self.certificates)
        return tuple(each for each in found if each is not None and signer.id.names(each))


def without_padding(data: bytes) -> bytes:
    """Cut the zeros off that fill a field of fixed size, as PDF keeps signatures. Raises `MalformedSignedData`."""
    try:
        _, end, _ = ber.definite(data)
    except MalformedDer as error:
        raise MalformedSignedData(error.reason, error.offset) from error
    if data.count(0, end) != len(data) - end:
        raise MalformedSignedData("padding-not-zero", end)
    return data[:end]


def _of_ber(data: bytes, profile: Profile, certificate_profile: CertificateProfile, fault: MalformedDer) -> SignedData:
    """Read a message of indefinite lengths, after it was found to be no DER."""
    try:
        rewritten, end, changed = ber.definite(data)
    except MalformedDer:
        changed, end = False, 0
    if not changed or end != len(data):
        raise MalformedSignedData(fault.reason, fault.offset) from fault
    try:
        found = _read(rewritten, certificate_profile)
    except MalformedDer as error:
        raise MalformedSignedData(error.reason, error.offset) from error
    return _judged(replace(found, der=data, deviations=found.deviations | {Deviation.BER}), profile)


def _judged(found: SignedData, profile: Profile) -> SignedData:
    """Refuse what the message deviates in and the profile does not tolerate; note the same on each signer."""
    refused = found.deviations - profile.tolerated
    if refused:
        raise MalformedSignedData(min(refused).value, 0)
    return replace(
        found,
        signers=tuple(replace(each, intolerable=each.deviations - profile.tolerated) for each in found.signers),
    )


def _read(data: bytes, certificate_profile: CertificateProfile) -> SignedData:
    """Read ContentInfo { contentType, [0] SignedData } (GB/T 35275-2017 6 and 8.1, RFC 5652 3 and 5.1)."""
    outer = der.Reader(data)
    info = outer.inside()
    outer.end()
    kind = info.oid()
    family = next((each for each in numbers.FAMILIES if each.signed_data == kind), None)
    if family is None:
        raise info.refused("not-signed-data")
    explicit = info.inside(_CONTENT)
    info.end()
    reader = explicit.inside()
    explicit.end()
    if reader.natural() not in VERSIONS:
        raise reader.refused("unknown-version")
    digests = _digests(reader)
    content_type, content = _content(reader)
    certificates = _certificates(reader, certificate_profile)
    lists = _slices(reader, _LISTS, LISTS_LIMIT, "too-many-lists")
    signers = _signers(reader, content_type, digests)
    reader.end()
    mixed = content_type in numbers.DATA_TYPES and content_type != family.data
    deviations = frozenset({Deviation.MIXED_FAMILIES}) if mixed else frozenset()
    return SignedData(data, kind, content_type, content, digests, certificates, lists, signers, deviations)


def _digests(reader: der.Reader) -> tuple[str, ...]:
    inner = reader.inside(SET)
    found: list[str] = []
    while not inner.ended:
        if len(found) == DIGESTS_LIMIT:
            raise inner.refused("too-many-digests")
        found.append(read_identifier(inner)[0])
    return tuple(found)


def _content(reader: der.Reader) -> tuple[str, bytes | None]:
    """Take encapContentInfo; the content is an OCTET STRING whatever its type, and NULL content is none."""
    inner = reader.inside()
    content_type = inner.oid()
    if inner.ended:
        return content_type, None
    explicit = inner.inside(_CONTENT)
    inner.end()
    content = explicit.octets()
    explicit.end()
    return content_type, content


def _certificates(reader: der.Reader, profile: CertificateProfile) -> tuple[Embedded, ...]:
    return tuple(
        _embedded(each, profile) for each in _slices(reader, _CERTIFICATES, CERTIFICATES_LIMIT, "too-many-certificates")
    )


def _embedded(data: bytes, profile: CertificateProfile) -> Embedded:
    try:
        return Embedded(data, Certificate.of(data, profile))
    except MalformedCertificate as fault:
        return Embedded(data, None, fault)


def _slices(reader: der.Reader, tag: int, limit: int, refusal: str) -> tuple[bytes, ...]:
    """Take the members of an optional implicit SET as they stand."""
    if reader.next_tag != tag:
        return ()
    inner = reader.inside(tag)
    found: list[bytes] = []
    while not inner.ended:
        if len(found) == limit:
            raise inner.refused(refusal)
        found.append(inner.whole())
    return tuple(found)


def _signers(reader: der.Reader, content_type: str, digests: tuple[str, ...]) -> tuple[SignerInfo, ...]:
    inner = reader.inside(SET)
    if inner.ended:
        raise NoSigner
    found: list[SignerInfo] = []
    while not inner.ended:
        if len(found) == SIGNERS_LIMIT:
            raise inner.refused("too-many-signers")
        found.append(_signer(inner.inside(), content_type, digests))
    return tuple(found)


def _signer(reader: der.Reader, content_type: str, digests: tuple[str, ...]) -> SignerInfo:
    """Take a SignerInfo (GB/T 35275-2017 8.2, RFC 5652 5.3)."""
    deviations = set()
    version = reader.natural()
    who = _signer_id(reader)
    if version != (BY_ISSUER if who.key_id is None else BY_KEY):
        deviations.add(Deviation.VERSION)
    digest_identifier = reader.whole()
    digest, _ = read_identifier(der.Reader(digest_identifier))
    if digest not in digests:
        deviations.add(Deviation.UNNAMED_DIGEST)
    signed, told, fault = _signed_attributes(reader)
    if told is not None:
        deviations |= told.deviations
        if told.content_type != content_type:
            deviations.add(Deviation.ANOTHER_CONTENT_TYPE)
            if not {told.content_type, content_type} <= numbers.DATA_TYPES:
                fault = MalformedDer("content-type-attribute-differs", 0)
    algorithm = reader.whole()
    number, _ = read_identifier(der.Reader(algorithm))
    signature = reader.octets()
    if number == numbers.SM2_KEY:
        deviations.add(Deviation.KEY_NUMBER)
    if number.startswith(numbers.SM2_KEY) or number == "1.2.156.10197.1.501":
        deviations |= {Deviation.RAW_SIGNATURE} if _is_raw(signature) else set()
    unsigned = attributes.take(reader.inside(_UNSIGNED)) if reader.next_tag == _UNSIGNED else ()
    reader.end()
    return SignerInfo(
        who, digest, digest_identifier, algorithm, signature, signed, told, fault, unsigned, frozenset(deviations)
    )


def _signer_id(reader: der.Reader) -> SignerId:
    if reader.next_tag == _KEY_ID:
        return SignerId(key_id=reader.content(_KEY_ID))
    inner = reader.inside()
    issuer = inner.whole()
    content = inner.content(der.INTEGER)
    inner.end()
    if not 1 <= len(content) <= SERIAL_LIMIT:
        raise inner.refused("serial-too-long")
    return SignerId(issuer, int.from_bytes(content, signed=True))


def _signed_attributes(
    reader: der.Reader,
) -> tuple[bytes | None, SignedAttributes | None, MalformedDer | None]:
    """Take the signed attributes: their bytes under the tag of a SET (RFC 5652 5.4), and what they say or why not."""
    if reader.next_tag != _SIGNED:
        return None, None, None
    original = reader.whole()
    signed = bytes((SET,)) + original[1:]
    try:
        return signed, attributes.read(attributes.take(der.Reader(signed).inside(SET))), None
    except MalformedDer as fault:
        return signed, None, fault


def _is_raw(signature: bytes) -> bool:
    """Tell r ‖ s of 64 bytes from DER, which may be as long when r and s are short."""
    if len(signature) != RAW_SIZE:
        return False
    try:
        reader = der.Reader(signature)
        inner = reader.inside()
        reader.end()
        inner.integer()
        inner.integer()
        inner.end()
    except MalformedDer:
        return True
    return False
