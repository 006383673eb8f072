"""GB/T 38540-2020: the national standard of electronic seals, read and written; its structure is that of 2025 too.

The maker signs eSealInfo alone, the signer TBS_Sign, outside of which the certificate and the algorithm stand: that the
certificate was not exchanged is only held by the seal's own list of signers. The list has certificates or digests, as
certListType says. A time stamp over the signature's bytes may follow. Read besides: UTCTime for dates, extensions in a
tag or without one, BOOLEAN true as another byte than FF, other versions in the header than 4.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms import der
from keys.algorithms.der import Reader
from keys.times import GENERALIZED_TIME
from signing.seals import reading, writing
from signing.seals.errors import UnusableSealDraft
from signing.seals.reading import IA5, TAGGED, UTF8, Noted
from signing.seals.seal import (
    SM2_WITH_SM3,
    Deviation,
    Seal,
    SealDraft,
    SealedValue,
    Unsigned,
    ValueDraft,
    Version,
)

VERSION: Final = 4
CERTIFICATES, DIGESTS = 1, 2
# A value with a time stamp has one more element (7.1).
WITHOUT_STAMP: Final = 4


@dataclass(frozen=True)
class Gbt38540:
    """The standard of 2020."""

    version: Version = Version.GBT38540_2020

    def read_seal(self, data: bytes) -> Seal:
        """Read a seal. Raises `MalformedSeal`."""
        return reading.read(data, lambda reader: take_seal(reader, self.version, VERSION))

    def read_value(self, data: bytes) -> SealedValue:
        """Read a sealed value. Raises `MalformedSeal`."""
        return reading.read(data, lambda reader: take_value(reader, self.version, VERSION))

    def prepare_seal(self, draft: SealDraft, maker_certificate: bytes, algorithm: str = SM2_WITH_SM3) -> Unsigned:
        """Write a seal but for its maker's signature. Raises `UnusableSealDraft`."""
        info = _written_info(draft)
        by = der.octets(maker_certificate) + der.oid(algorithm)
        return Unsigned(info, lambda signature: der.sequence(info, by, der.bits(signature)))

    def prepare_value(self, draft: ValueDraft) -> Unsigned:
        """Write a sealed value but for the signer's signature. Raises `UnusableSealDraft`."""
        tbs = der.sequence(
            der.integer(VERSION),
            draft.seal,
            writing.generalized_time(draft.time, "time"),
            der.bits(draft.data_hash),
            writing.property_info(draft.property_info),
            writing.extensions(draft.extensions, tagged=True),
        )
        by = der.octets(draft.certificate) + der.oid(draft.algorithm)
        return Unsigned(tbs, lambda signature: der.sequence(tbs, by, der.bits(signature)))

    def stamped(self, value: bytes, token: bytes) -> bytes:
        """Put a time stamp over the signature into a finished value. Raises `MalformedSeal`, `UnusableSealDraft`."""

        def with_token(reader: Reader) -> bytes:
            inner = reader.inside()
            parts = [inner.whole() for _ in range(WITHOUT_STAMP)]
            if not inner.ended:
                raise UnusableSealDraft("timestamp", "is-there-already")
            return der.sequence(*parts, der.element(TAGGED, der.bits(token)))

        return reading.read(value, with_token)


STANDARD: Final = Gbt38540()


def take_value(reader: Reader, standard: Version, version: int, *, stamped: bool = False) -> SealedValue:
    """Read SES_Signature { toSign, cert, signatureAlgID, signature, timeStamp [0] OPTIONAL } (7.1)."""
    noted: Noted = set()
    data = reader.whole()
    outer = Reader(data).inside()
    tbs = outer.whole()
    certificate = outer.octets()
    algorithm = outer.oid()
    signature = outer.bits()
    timestamp = reading.token(outer)
    outer.end()
    inner = Reader(tbs).inside()
    if reading.small(inner) != version:
        noted.add(Deviation.VALUE_VERSION)
    seal = take_seal(inner, standard, version, stamped=stamped)
    time = reading.time(inner, GENERALIZED_TIME, noted)
    data_hash = inner.bits()
    property_info = reading.text(inner, IA5, reading.PROPERTY_LIMIT)
    extensions = reading.extensions(inner, noted, tag_wanted=True)
    inner.end()
    return SealedValue(
        data,
        standard,
        seal,
        data_hash,
        property_info,
        time,
        reading.part(certificate, algorithm, signature, tbs),
        extensions,
        timestamp,
        frozenset(noted),
    )


def take_seal(reader: Reader, standard: Version, version: int, *, stamped: bool = False) -> Seal:
    """Read SESeal { eSealInfo, cert, signAlgID, signedValue } (6.1); with `stamped` a time stamp may follow."""
    noted: Noted = set()
    data = reader.whole()
    outer = Reader(data).inside()
    info = outer.whole()
    certificate = outer.octets()
    algorithm = outer.oid()
    signature = outer.bits()
    timestamp = reading.token(outer) if stamped else None
    outer.end()
    inner = Reader(info).inside()
    header_version, vendor = reading.header(inner)
    if header_version != version:
        noted.add(Deviation.HEADER_VERSION)
    number = reading.text(inner, IA5)
    said = inner.inside()
    kind = reading.small(said)
    name = reading.text(said, UTF8)
    signers, digests = _signers(said)
    created_at, valid_from, valid_until = (reading.time(said, GENERALIZED_TIME, noted) for _ in range(3))
    said.end()
    picture = reading.picture(inner, noted)
    extensions = reading.extensions(inner, noted, tag_wanted=False)
    inner.end()
    return Seal(
        data,
        standard,
        header_version,
        vendor,
        number,
        kind,
        name,
        created_at,
        valid_from,
        valid_until,
        signers,
        digests,
        picture,
        extensions,
        reading.part(certificate, algorithm, signature, info),
        timestamp,
        frozenset(noted),
    )


def header_version_of(seal: bytes) -> int:
    """Tell the version in a seal's header, which tells 2020 from 2025. Raises `MalformedSeal`."""
    return reading.read(seal, lambda reader: reading.header(Reader(reader.whole()).inside().inside())[0])


def _signers(reader: Reader) -> tuple[tuple[bytes, ...], tuple[tuple[str, bytes], ...]]:
    """Take certListType and the list of that kind (6.2)."""
    kind = reading.small(reader)
    if kind == CERTIFICATES:
        return reading.certificates(reader), ()
    if kind == DIGESTS:
        return (), reading.digests(reader)
    raise reader.refused("unknown-list-of-signers")


def _written_info(draft: SealDraft) -> bytes:
    writing.require_period(draft)
    return der.sequence(
        writing.header(VERSION, draft),
        writing.text(IA5, draft.id, "id"),
        der.sequence(
            writing.kind(draft),
            writing.text(UTF8, draft.name, "name"),
            der.integer(DIGESTS if draft.by_digest else CERTIFICATES),
            writing.signers(draft),
            writing.generalized_time(draft.created_at, "created_at"),
            writing.generalized_time(draft.valid_from, "valid_from"),
            writing.generalized_time(draft.valid_until, "valid_until"),
        ),
        writing.picture(draft.picture),
        writing.extensions(draft.extensions, tagged=False),
    )
