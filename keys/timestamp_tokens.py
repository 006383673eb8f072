"""Time-stamp tokens (RFC 3161) as values: read strictly, with the bytes that were signed kept as they came.

A TimeStampToken is a SignedData with one signer around a TSTInfo. What is read here is proven by nothing yet: that is
`keys.timestamps`.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from keys.algorithms import der, spki
from keys.certificates import NATIONAL, Certificate
from keys.errors import MalformedDer
from keys.extensions import Extension, take_all, take_boolean
from keys.names import SET, GeneralName, Name, general_names
from keys.revocation_lists import RevocationList
from keys.times import GENERALIZED_TIME
from keys.timestamp_errors import MalformedTimeStamp
from keys.timestamp_values import (
    SHA1_NUMBER,
    SHA256_NUMBER,
    Imprint,
    Info,
    NamedCertificate,
    SignerName,
    TimeStampToken,
)
from keys.trust_errors import MalformedCertificate, MalformedRevocationList

# A token with the authority's chain and lists has some 10 KiB; a list of a busy authority may have 100.
SIZE_LIMIT: Final = 1 << 19
# A chain of the field has four certificates, a list for each.
CERTIFICATES_LIMIT: Final = 20
LISTS_LIMIT: Final = 20
ATTRIBUTES_LIMIT: Final = 20
# RFC 3161 2.4.2: serial numbers of up to 160 bits must be coped with.
SERIAL_OCTETS_LIMIT: Final = 20
# The largest digest accepted anywhere has 64 octets; nonces of the field have 8.
NONCE_OCTETS_LIMIT: Final = 32
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

VERSION_OF_INFO: Final = 1
VERSIONS_OF_SIGNED_DATA: Final = frozenset({1, 3, 4, 5})
BY_ISSUER: Final = 1
BY_KEY: Final = 3
_A0: Final = 0xA0
_A1: Final = 0xA1
_P0: Final = 0x80
_P1: Final = 0x81
_MOST_OF_A_THOUSAND: Final = 999
_TIME: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z")


def token(data: bytes) -> TimeStampToken:
    """Read a TimeStampToken in DER. Raises `MalformedTimeStamp`."""
    if len(data) > SIZE_LIMIT:
        raise MalformedTimeStamp("too-large", 0)
    try:
        der.require_der(data)
        return _token(data)
    except MalformedDer as error:
        raise MalformedTimeStamp(error.reason, error.offset) from error


def _token(data: bytes) -> TimeStampToken:
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    if inner.oid() != SIGNED_DATA:
        raise inner.refused("not-signed-data")
    explicit = inner.inside(_A0)
    inner.end()
    signed = explicit.inside()
    explicit.end()
    if signed.integer() not in VERSIONS_OF_SIGNED_DATA:
        raise signed.refused("unknown-version")
    digests = _digests(signed.inside(SET))
    content = _content(signed)
    certificates = _certificates(signed)
    lists = _lists(signed)
    signers = signed.inside(SET)
    signed.end()
    info = _info(content)
    found = _signer(data, info, content, certificates, lists, signers)
    signers.end()  # RFC 3161 2.4.2: the signature of the authority and no other
    if found.digest not in digests:
        raise signed.refused("digest-not-listed")
    return found


def _digests(reader: der.Reader) -> frozenset[str]:
    found = set()
    while not reader.ended:
        found.add(spki.read_identifier(reader)[0])
    return frozenset(found)


def _content(reader: der.Reader) -> bytes:
    inner = reader.inside()
    if inner.oid() != TST_INFO:
        raise inner.refused("not-a-time-stamp")
    explicit = inner.inside(_A0)
    inner.end()
    content = explicit.octets()
    explicit.end()
    return content


def _certificates(reader: der.Reader) -> tuple[Certificate, ...]:
    """Take the certificates; one that cannot be read proves nothing and is passed over, for others may suffice."""
    if reader.next_tag != _A0:
        return ()
    inner = reader.inside(_A0)
    found: list[Certificate] = []
    for _ in range(CERTIFICATES_LIMIT):
        if inner.ended:
            return tuple(found)
        each = inner.whole()
        try:
            found.append(Certificate.of(each, NATIONAL))
        except MalformedCertificate:
            continue
    if not inner.ended:
        raise inner.refused("too-many-certificates")
    return tuple(found)


def _lists(reader: der.Reader) -> tuple[RevocationList, ...]:
    """Take the revocation lists; other kinds of evidence, and what cannot be read, are passed over."""
    if reader.next_tag != _A1:
        return ()
    inner = reader.inside(_A1)
    found: list[RevocationList] = []
    for _ in range(LISTS_LIMIT):
        if inner.ended:
            return tuple(found)
        each = inner.whole()
        try:
            found.append(RevocationList.of(each))
        except MalformedRevocationList:
            continue
    if not inner.ended:
        raise inner.refused("too-many-lists")
    return tuple(found)


def _signer(
    data: bytes,
    info: Info,
    content: bytes,
    certificates: tuple[Certificate, ...],
    lists: tuple[RevocationList, ...],
    signers: der.Reader,
) -> TimeStampToken:
    """Read the one SignerInfo (RFC 5652 5.3)."""
    reader = signers.inside()
    version = reader.integer()
    name = _signer_name(reader)
    if version != (BY_ISSUER if name.key_id is None else BY_KEY):
        raise reader.refused("unknown-version")
    digest, _ = spki.read_identifier(reader)
    if reader.next_tag != _A0:
        raise reader.refused("no-signed-attributes")
    whole = reader.whole()
    algorithm = reader.whole()
    signature = reader.octets()
    if reader.next_tag == _A1:
        _attributes(reader.inside(_A1))  # nobody signed them: they are read for their form and left aside
    reader.end()
    attributes = _attributes(der.Reader(whole).inside(_A0))
    message_digest, named = _signed_attributes(attributes, reader)
    return TimeStampToken(
        data,
        info,
        content,
        digest,
        bytes((SET,)) + whole[1:],
        message_digest,
        named,
        name,
        algorithm,
        signature,
        certificates,
        lists,
    )


def _signer_name(reader: der.Reader) -> SignerName:
    if reader.next_tag == _P0:
        return SignerName(key_id=reader.content(_P0))
    inner = reader.inside()
    issuer, serial = Name.take(inner), inner.integer()
    inner.end()
    return SignerName(issuer, serial)


def _attributes(reader: der.Reader) -> dict[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    while not reader.ended:
        if len(found) == ATTRIBUTES_LIMIT:
            raise reader.refused("too-many-attributes")
        inner = reader.inside()
        oid = inner.oid()
        values = inner.inside(SET)
        inner.end()
        if oid in found:
            raise reader.refused("attribute-twice")
        taken = []
        while not values.ended:
            taken.append(values.whole())
        if not taken:
            raise reader.refused("attribute-without-value")
        found[oid] = tuple(taken)
    return found


def _signed_attributes(
    attributes: dict[str, tuple[bytes, ...]], place: der.Reader
) -> tuple[bytes, tuple[NamedCertificate, ...]]:
    content_type = _only(attributes, CONTENT_TYPE, place)
    if content_type.oid() != TST_INFO:
        raise place.refused("another-content-type")
    content_type.end()
    digest = _only(attributes, MESSAGE_DIGEST, place)
    value = digest.octets()
    digest.end()
    named = []
    if SIGNING_CERTIFICATE in attributes:
        named.append(_named(_only(attributes, SIGNING_CERTIFICATE, place), newer=False))
    if SIGNING_CERTIFICATE_V2 in attributes:
        named.append(_named(_only(attributes, SIGNING_CERTIFICATE_V2, place), newer=True))
    if not named:
        # RFC 3161 2.4.2, RFC 5816 2.2.1: one of the two is a signed attribute of every token.
        raise place.refused("no-signing-certificate")
    return value, tuple(named)


def _only(attributes: dict[str, tuple[bytes, ...]], oid: str, place: der.Reader) -> der.Reader:
    values = attributes.get(oid, ())
    if len(values) != 1:
        raise place.refused("attribute-missing-or-several")
    return der.Reader(values[0])


def _named(reader: der.Reader, *, newer: bool) -> NamedCertificate:
    """Read SigningCertificate or SigningCertificateV2: its first entry is the signer's (RFC 5035 4)."""
    outer = reader.inside()
    reader.end()
    listed = outer.inside()
    if not outer.ended:
        outer.whole()  # policies, which decide nothing here
    outer.end()
    inner = listed.inside()
    while not listed.ended:
        listed.inside()  # certificates of the chain, which the path proves by itself
    number = SHA256_NUMBER if newer else SHA1_NUMBER
    if newer and inner.next_tag == der.SEQUENCE:
        number, _ = spki.read_identifier(inner)
    value = inner.octets()
    issuer, serial = None, None
    if not inner.ended:
        both = inner.inside()
        names = general_names(both.inside())
        serial = both.integer()
        both.end()
        if len(names) != 1 or names[0].directory is None:
            raise inner.refused("issuer-not-a-name")
        issuer = names[0].directory
    inner.end()
    return NamedCertificate(number, value, issuer, serial)


def _info(data: bytes) -> Info:
    """Read TSTInfo (RFC 3161 2.4.2)."""
    der.require_der(data)
    outer = der.Reader(data)
    reader = outer.inside()
    outer.end()
    if reader.integer() != VERSION_OF_INFO:
        raise reader.refused("unknown-version")
    policy = reader.oid()
    imprint = take_imprint(reader)
    serial = reader.content(der.INTEGER)
    if len(serial) > SERIAL_OCTETS_LIMIT + 1:
        raise reader.refused("serial-too-long")
    at = _moment(reader)
    accuracy = _accuracy(reader.inside()) if reader.next_tag == der.SEQUENCE else None
    ordering = take_true(reader)
    nonce = take_nonce(reader)
    authority = _authority(reader)
    for each in _info_extensions(reader):
        if each.critical:
            raise reader.refused("unknown-critical-extension")
    reader.end()
    return Info(policy, imprint, int.from_bytes(serial, signed=True), at, accuracy, ordering, nonce, authority)


def take_imprint(reader: der.Reader) -> Imprint:
    """Take a MessageImprint, of a question and of a token; of a known digest it has its size. Raises `MalformedDer`."""
    inner = reader.inside()
    oid, parameter = spki.read_identifier(inner)
    if parameter not in (None, der.null()):
        raise reader.refused("digest-with-parameters")
    imprint = Imprint(oid, inner.octets(), parameter is not None)
    inner.end()
    size = imprint.algorithm.size if imprint.algorithm else None
    if (size is not None and len(imprint.value) != size) or not imprint.value:
        raise reader.refused("imprint-of-wrong-size")
    return imprint


def take_nonce(reader: der.Reader) -> int | None:
    """Take a nonce where there is one, of any sign. Raises `MalformedDer`."""
    if reader.next_tag != der.INTEGER:
        return None
    value = reader.integer()
    if value.bit_length() > 8 * NONCE_OCTETS_LIMIT:
        raise reader.refused("nonce-too-long")
    return value


def take_true(reader: der.Reader) -> bool:
    """Take a BOOLEAN DEFAULT FALSE, which is there only when it is TRUE (X.690 11.5). Raises `MalformedDer`."""
    if reader.next_tag != 0x01:
        return False
    if not take_boolean(reader):
        raise reader.refused("default-spelt-out")
    return True


def _moment(reader: der.Reader) -> datetime:
    """Take a GeneralizedTime with or without a fraction, which ends in no zero (RFC 3161 2.4.2)."""
    matched = _TIME.fullmatch(reader.content(GENERALIZED_TIME))
    if matched is None:
        raise reader.refused("malformed-time")
    digits, fraction = matched[1].decode(), (matched[2] or b"").decode()
    try:
        at = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise reader.refused("no-such-time") from error
    return at.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)


def _accuracy(reader: der.Reader) -> timedelta:
    seconds = reader.natural() if reader.next_tag == der.INTEGER else 0
    thousandths = _small(reader, _P0)
    millionths = _small(reader, _P1)
    reader.end()
    if seconds > timedelta(days=1).total_seconds():
        raise reader.refused("accuracy-out-of-range")
    return timedelta(seconds=seconds, milliseconds=thousandths, microseconds=millionths)


def _small(reader: der.Reader, tag: int) -> int:
    if reader.next_tag != tag:
        return 0
    content = reader.content(tag)
    value = der.Reader(der.element(der.INTEGER, content)).integer() if content else 0
    if not 1 <= value <= _MOST_OF_A_THOUSAND:
        raise reader.refused("accuracy-out-of-range")
    return value


def _authority(reader: der.Reader) -> GeneralName | None:
    if reader.next_tag != _A0:
        return None
    names = general_names(reader.inside(_A0))
    if len(names) != 1:
        raise reader.refused("trailing-bytes")
    return names[0]


def _info_extensions(reader: der.Reader) -> tuple[Extension, ...]:
    """Take Extensions [1] IMPLICIT."""
    if reader.next_tag != _A1:
        return ()
    whole = reader.whole()
    return take_all(der.Reader(bytes((der.SEQUENCE,)) + whole[1:]))
