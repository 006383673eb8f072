"""GM/T 0031-2014: the first standard of electronic seals, read and written.

The maker signs SEQUENCE { esealInfo, cert, signatureAlgorithm } (5.2), the signer the whole TBS_Sign, in which the
certificate and the algorithm stand (5.3). Its timeInfo is a BIT STRING that holds a time stamp, a UTCTime, or, in the
field, a text. Read besides: that BIT STRING and dataHash as OCTET STRING, the seal inside an OCTET STRING, the maker's
part inside a BIT STRING, dates as GeneralizedTime, extensions in a tag. A maker's part that cannot be read is refused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys.algorithms import der
from keys.algorithms.der import Reader
from keys.times import UTC_TIME
from signing.seals import reading, writing
from signing.seals.errors import UnusableSealDraft
from signing.seals.reading import IA5, UTF8, Noted
from signing.seals.seal import (
    SM2_WITH_SM3,
    Deviation,
    Seal,
    SealDraft,
    SealedValue,
    SignedPart,
    Unsigned,
    ValueDraft,
    Version,
)

VERSION: Final = 1
# A text of a time has 14 to 35 characters.
TIME_TEXT_LIMIT: Final = 64


@dataclass(frozen=True)
class Gmt0031Of2014:
    """The standard of 2014."""

    version: Version = Version.GMT0031_2014

    def read_seal(self, data: bytes) -> Seal:
        """Read a seal. Raises `MalformedSeal`."""
        return reading.read(data, _seal)

    def read_value(self, data: bytes) -> SealedValue:
        """Read a sealed value. Raises `MalformedSeal`."""
        return reading.read(data, _value)

    def prepare_seal(self, draft: SealDraft, maker_certificate: bytes, algorithm: str = SM2_WITH_SM3) -> Unsigned:
        """Write a seal but for its maker's signature. Raises `UnusableSealDraft`."""
        if draft.by_digest:
            raise UnusableSealDraft("by_digest", "not-in-this-standard")
        info = _written_info(draft)
        by = der.octets(maker_certificate) + der.oid(algorithm)
        return Unsigned(
            der.sequence(info, by), lambda signature: der.sequence(info, der.sequence(by, der.bits(signature)))
        )

    def prepare_value(self, draft: ValueDraft) -> Unsigned:
        """Write a sealed value but for the signer's signature. Raises `UnusableSealDraft`."""
        if draft.extensions:
            raise UnusableSealDraft("extensions", "not-in-this-standard")
        tbs = der.sequence(
            der.integer(VERSION),
            draft.seal,
            der.bits(writing.utc_time(draft.time, "time")),
            der.bits(draft.data_hash),
            writing.property_info(draft.property_info),
            der.octets(draft.certificate),
            der.oid(draft.algorithm),
        )
        return Unsigned(tbs, lambda signature: der.sequence(tbs, der.bits(signature)))

    def stamped(self, value: bytes, token: bytes) -> bytes:
        """Refuse: a time stamp over the signature has no place in this standard. Raises `UnusableSealDraft`."""
        del value, token
        raise UnusableSealDraft("timestamp", "not-in-this-standard")


STANDARD: Final = Gmt0031Of2014()


def _written_info(draft: SealDraft) -> bytes:
    writing.require_period(draft)
    return der.sequence(
        writing.header(VERSION, draft),
        writing.text(IA5, draft.id, "id"),
        der.sequence(
            writing.kind(draft),
            writing.text(UTF8, draft.name, "name"),
            writing.signers(draft),
            writing.utc_time(draft.created_at, "created_at"),
            writing.utc_time(draft.valid_from, "valid_from"),
            writing.utc_time(draft.valid_until, "valid_until"),
        ),
        writing.picture(draft.picture),
        writing.extensions(draft.extensions, tagged=False),
    )


def _value(reader: Reader) -> SealedValue:
    """Read SES_Signature { toSign TBS_Sign, signature } (5.3)."""
    noted: Noted = set()
    data = reader.whole()
    outer = Reader(data).inside()
    tbs = outer.whole()
    signature = outer.bits()
    outer.end()
    inner = Reader(tbs).inside()
    if reading.small(inner) != VERSION:
        noted.add(Deviation.VALUE_VERSION)
    seal = _seal_of(inner, noted)
    time = _time(reading.bits(inner, noted), noted)
    data_hash = reading.bits(inner, noted)
    property_info = reading.text(inner, IA5, reading.PROPERTY_LIMIT)
    certificate = inner.octets()
    algorithm = inner.oid()
    inner.end()
    return SealedValue(
        data,
        Version.GMT0031_2014,
        seal,
        data_hash,
        property_info,
        time,
        reading.part(certificate, algorithm, signature, tbs),
        deviations=frozenset(noted),
    )


def _seal_of(reader: Reader, noted: Noted) -> Seal:
    """Take the seal of a value, bare or, as some write it, inside an OCTET STRING and nothing beside it there."""
    if reader.next_tag == der.SEQUENCE:
        return _seal(reader)
    inner = Reader(reader.octets())
    noted.add(Deviation.SEAL_IN_OCTETS)
    seal = _seal(inner)
    inner.end()
    return seal


def _time(content: bytes, noted: Noted) -> datetime | str | bytes:
    """Read what timeInfo holds: a text, a time in DER, or a time stamp; the first is told by having no other bytes."""
    text = content.decode("ascii", errors="replace")
    if text.isascii() and text.isprintable() and 1 <= len(text) <= TIME_TEXT_LIMIT:
        noted.add(Deviation.TIME_AS_TEXT)
        return text
    if content[:1] == bytes((der.SEQUENCE,)):
        return content
    reader = Reader(content)
    found = reading.time(reader, UTC_TIME, noted)
    reader.end()
    return found


def _seal(reader: Reader) -> Seal:
    """Read SESeal { esealInfo, signInfo } (5.2)."""
    noted: Noted = set()
    data = reader.whole()
    outer = Reader(data).inside()
    info = outer.whole()
    maker = _maker(outer, info, noted)
    outer.end()
    inner = Reader(info).inside()
    header_version, vendor = reading.header(inner)
    if header_version != VERSION:
        noted.add(Deviation.HEADER_VERSION)
    number = reading.text(inner, IA5)
    said = inner.inside()
    kind = reading.small(said)
    name = reading.text(said, UTF8)
    signers = reading.certificates(said)
    created_at, valid_from, valid_until = (reading.time(said, UTC_TIME, noted) for _ in range(3))
    said.end()
    picture = reading.picture(inner, noted)
    extensions = reading.extensions(inner, noted, tag_wanted=False)
    inner.end()
    return Seal(
        data,
        Version.GMT0031_2014,
        header_version,
        vendor,
        number,
        kind,
        name,
        created_at,
        valid_from,
        valid_until,
        signers,
        (),
        picture,
        extensions,
        maker,
        deviations=frozenset(noted),
    )


def _maker(reader: Reader, info: bytes, noted: Noted) -> SignedPart:
    """Take SES_SignInfo, bare or, as some write it, inside a BIT STRING and nothing beside it there."""
    if reader.next_tag != der.BIT_STRING:
        return _sign_info(reader, info)
    inner = Reader(reader.bits())
    noted.add(Deviation.MAKER_IN_BITS)
    maker = _sign_info(inner, info)
    inner.end()
    return maker


def _sign_info(reader: Reader, info: bytes) -> SignedPart:
    """Take SES_SignInfo { cert, signatureAlgorithm, signData }; signed are the slices as they stand."""
    inner = reader.inside()
    certificate_slice = inner.whole()
    algorithm_slice = inner.whole()
    signature = inner.bits()
    inner.end()
    return reading.part(
        Reader(certificate_slice).octets(),
        Reader(algorithm_slice).oid(),
        signature,
        der.sequence(info, certificate_slice, algorithm_slice),
    )
