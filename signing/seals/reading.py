"""What all standards of seals read alike: strict DER, but for the deviations that the field is known for.

Every function takes the next element from a reader and notes in `noted` what it tolerated. Nothing is re-encoded: what
was signed is kept as the slice that stood there. All limits are numbers below; bytes that do not fit are refused with
the place where they stopped fitting.
"""

import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from keys.algorithms import der
from keys.algorithms.der import Reader
from keys.certificates import NATIONAL, Certificate
from keys.errors import MalformedDer
from keys.names import require_plain
from keys.times import FIRST_YEAR_OF_THE_1900S, GENERALIZED_TIME, UTC_TIME
from keys.trust_errors import MalformedCertificate
from signing.errors import MalformedSeal
from signing.seals.seal import Deviation, Extension, Picture, SignedPart

# A seal is a picture of some 20 KiB and a few certificates; vector pictures of the tax authority have 100 KiB.
SIZE_LIMIT: Final = 8 << 20
PICTURE_LIMIT: Final = 4 << 20
# A seal names the certificates of those who may use it; a dozen is many.
SIGNERS_LIMIT: Final = 256
EXTENSIONS_LIMIT: Final = 64
# Names and numbers of seals have under 100 characters; propertyInfo is a path, or a list of them.
TEXT_LIMIT: Final = 1024
PROPERTY_LIMIT: Final = 16 << 10
# Seals are 10 to 60 mm wide; a metre is none.
MILLIMETRES: Final = range(1, 1001)
# INTEGERs of the structure are kinds and versions.
SMALL: Final = range(1 << 31)
DIGEST_SIZES: Final = range(16, 65)
# A page of certificates repeats from seal to seal: reading one takes longer than checking a signature's form.
CERTIFICATES_KEPT: Final = 1024

BOOLEAN: Final = 0x01
UTF8: Final = 0x0C
PRINTABLE: Final = 0x13
IA5: Final = 0x16
TAGGED: Final = 0xA0

MEDIA_TYPES: Final = {
    "png": "image/png",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "ofd": "application/ofd",
}
UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"

_UTC: Final = re.compile(rb"[0-9]{12}Z")
_GENERALIZED: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{1,9}))?Z")

Noted = set[Deviation]
T = TypeVar("T")


def read(data: bytes, how: Callable[[Reader], T]) -> T:
    """Read one whole structure. Raises `MalformedSeal`."""
    if len(data) > SIZE_LIMIT:
        raise MalformedSeal("too-large", 0)
    try:
        reader = Reader(data)
        value = how(reader)
        reader.end()
    except MalformedDer as error:
        raise MalformedSeal(error.reason, error.offset) from error
    return value


def count(data: bytes) -> int:
    """Tell how many elements a SEQUENCE has. Raises `MalformedDer`."""
    inner = Reader(data).inside()
    found = 0
    while not inner.ended:
        inner.whole()
        found += 1
    return found


def small(reader: Reader, allowed: range = SMALL) -> int:
    """Take a small INTEGER. Raises `MalformedDer`."""
    value = reader.integer()
    if value not in allowed:
        raise reader.refused("number-out-of-range")
    return value


def text(reader: Reader, tag: int, limit: int = TEXT_LIMIT) -> str:
    """Take a text that shows as it is spelt. Raises `MalformedDer`."""
    content = reader.content(tag)
    if len(content) > limit:
        raise reader.refused("text-too-long")
    try:
        decoded = content.decode("utf-8" if tag == UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise reader.refused("undecodable-text") from error
    return require_plain(decoded, reader)


def bits(reader: Reader, noted: Noted) -> bytes:
    """Take a BIT STRING, or the OCTET STRING that some write for it. Raises `MalformedDer`."""
    if reader.next_tag == der.OCTET_STRING:
        noted.add(Deviation.OCTETS_FOR_BITS)
        return reader.octets()
    return reader.bits()


def time(reader: Reader, wanted: int, noted: Noted) -> datetime:
    """Take a time in either form; the one that the standard does not ask for is noted. Raises `MalformedDer`."""
    tag = reader.next_tag
    if tag not in (UTC_TIME, GENERALIZED_TIME):
        raise reader.refused("unexpected-tag")
    content = reader.content(tag)
    if tag != wanted:
        noted.add(Deviation.UTC_TIME if tag == UTC_TIME else Deviation.GENERALIZED_TIME)
    found = moment(tag, content)
    if found is None:
        raise reader.refused("malformed-time")
    return found


def moment(tag: int, content: bytes) -> datetime | None:
    """Read the content of a UTCTime or GeneralizedTime in UTC, or nothing where it is none."""
    fraction = b""
    if tag == UTC_TIME:
        if not _UTC.fullmatch(content):
            return None
        digits = (b"19" if int(content[:2]) >= FIRST_YEAR_OF_THE_1900S else b"20") + content[:12]
    else:
        matched = _GENERALIZED.fullmatch(content)
        if matched is None:
            return None
        digits, fraction = matched[1], matched[2] or b""
    try:
        found = datetime.strptime(digits.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found.replace(microsecond=int(fraction[:6].ljust(6, b"0"))) if fraction else found


def header(reader: Reader) -> tuple[int, str]:
    """Take SES_Header { ID "ES", version, Vid }: the version and the vendor. Raises `MalformedDer`."""
    inner = reader.inside()
    if text(inner, IA5) != "ES":
        raise inner.refused("not-a-seal")
    version = small(inner)
    vendor = text(inner, IA5)
    inner.end()
    return version, vendor


def picture(reader: Reader, noted: Noted) -> Picture:
    """Take SES_ESPictrueInfo (spelt so). Raises `MalformedDer`."""
    inner = reader.inside()
    kind = text(inner, IA5).strip().lower().removeprefix(".").removeprefix("image/")
    data = inner.octets()
    if not 1 <= len(data) <= PICTURE_LIMIT:
        raise inner.refused("picture-too-large-or-empty")
    width, height = small(inner, MILLIMETRES), small(inner, MILLIMETRES)
    inner.end()
    if kind not in MEDIA_TYPES:
        noted.add(Deviation.PICTURE_TYPE)
    return Picture(MEDIA_TYPES.get(kind, UNKNOWN_MEDIA_TYPE), data, width, height)


def certificates(reader: Reader) -> tuple[bytes, ...]:
    """Take SEQUENCE OF OCTET STRING, each a certificate. Raises `MalformedDer`."""
    return _several(reader, lambda inner: inner.octets(), SIGNERS_LIMIT)


def digests(reader: Reader) -> tuple[tuple[str, bytes], ...]:
    """Take SEQUENCE OF CertDigestObj { type, value }. Raises `MalformedDer`."""
    return _several(reader, _digest, SIGNERS_LIMIT)


def extensions(reader: Reader, noted: Noted, *, tag_wanted: bool) -> tuple[Extension, ...]:
    """Take ExtensionDatas at the end of a structure, in its tag [0] or without. Raises `MalformedDer`."""
    if reader.ended:
        return ()
    tagged = reader.next_tag == TAGGED
    if tagged != tag_wanted:
        noted.add(Deviation.EXTENSIONS_TAGGED if tagged else Deviation.EXTENSIONS_BARE)
    if not tagged:
        return _several(reader, lambda inner: _extension(inner, noted), EXTENSIONS_LIMIT)
    explicit = reader.inside(TAGGED)
    found = _several(explicit, lambda inner: _extension(inner, noted), EXTENSIONS_LIMIT)
    explicit.end()
    return found


def token(reader: Reader) -> bytes | None:
    """Take a time stamp [0] EXPLICIT BIT STRING at the end, where there is one. Raises `MalformedDer`."""
    if reader.ended:
        return None
    explicit = reader.inside(TAGGED)
    found = explicit.bits()
    explicit.end()
    return found


def part(certificate_der: bytes, algorithm: str, value: bytes, signed_bytes: bytes) -> SignedPart:
    """Put together who signed what."""
    return SignedPart(certificate_der, certificate(certificate_der), algorithm, value, signed_bytes)


@functools.lru_cache(maxsize=CERTIFICATES_KEPT)
def certificate(data: bytes) -> Certificate | None:
    """Read a certificate of a signer or a maker, or nothing where it is none."""
    try:
        return Certificate.of(data, NATIONAL)
    except MalformedCertificate:
        return None


def _several(reader: Reader, how: Callable[[Reader], T], limit: int) -> tuple[T, ...]:
    inner = reader.inside()
    found: list[T] = []
    while not inner.ended:
        if len(found) == limit:
            raise inner.refused("too-many")
        found.append(how(inner))
    return tuple(found)


def _digest(reader: Reader) -> tuple[str, bytes]:
    inner = reader.inside()
    kind = text(inner, PRINTABLE)
    value = inner.octets()
    inner.end()
    if len(value) not in DIGEST_SIZES:
        raise inner.refused("no-digest")
    return kind, value


def _extension(reader: Reader, noted: Noted) -> Extension:
    inner = reader.inside()
    oid = inner.oid()
    critical = False
    if inner.next_tag == BOOLEAN:
        content = inner.content(BOOLEAN)
        if len(content) != 1:
            raise inner.refused("boolean-not-one-byte")
        critical = content != b"\x00"
        if not critical:
            noted.add(Deviation.DEFAULT)
        elif content != b"\xff":
            noted.add(Deviation.BOOLEAN)
    value = inner.octets()
    inner.end()
    return Extension(oid, critical, value)
