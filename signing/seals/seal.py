"""A seal and a sealed value as the rest of the house sees them, whatever the standard.

Every value keeps the original bytes of what was signed (`signed_bytes`): verification is over those and never over a
re-encoding, since seals of the field carry encodings that no writer would make again.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from keys.certificates import Certificate

# GB/T 33560-2017: the number of SM2 with SM3, which seals name.
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"


class Deviation(enum.StrEnum):
    """What products write against the standards of seals and is read all the same; each is named in the report."""

    BOOLEAN = "boolean-not-der"
    DEFAULT = "default-spelt-out"
    EXTENSIONS_BARE = "extensions-without-tag"
    EXTENSIONS_TAGGED = "extensions-with-tag"
    OCTETS_FOR_BITS = "octet-string-for-bit-string"
    SEAL_IN_OCTETS = "seal-in-octet-string"
    MAKER_IN_BITS = "maker-in-bit-string"
    UTC_TIME = "utc-time-for-generalized-time"
    GENERALIZED_TIME = "generalized-time-for-utc-time"
    TIME_AS_TEXT = "time-as-text"
    HEADER_VERSION = "version-in-header-differs"
    VALUE_VERSION = "version-in-value-differs"
    PICTURE_TYPE = "unknown-picture-type"
    RAW_SIGNATURE = "raw-signature"
    ZA_DIGEST = "certificate-digest-with-za"


class Version(enum.StrEnum):
    """The standards of seals, by the name that reports use."""

    GMT0031_2014 = "GM/T 0031-2014"
    GBT38540_2020 = "GB/T 38540-2020"
    GMT0031_2025 = "GM/T 0031-2025"


@dataclass(frozen=True)
class Picture:
    """The picture of a seal; width and height in millimetres."""

    media_type: str
    data: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True)
class Extension:
    """An extension of a seal or of a sealed value."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


@dataclass(frozen=True)
class SignedPart:
    """Something signed: the certificate of who did, the algorithm by number, the value, and the exact bytes under it.

    `certificate` is None where the bytes are no certificate that the strict profile reads; `certificate_der` stays.
    """

    certificate_der: bytes = field(repr=False)
    certificate: Certificate | None
    algorithm: str
    value: bytes = field(repr=False)
    signed_bytes: bytes = field(repr=False)


@dataclass(frozen=True)
class Seal:
    """An electronic seal: who may sign with it, what it looks like, from when to when, and its maker's signature."""

    der: bytes = field(repr=False)
    version: Version
    header_version: int
    vendor: str
    id: str
    type: int
    name: str
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    # Certificates as they stand in the seal, or their digests by algorithm name, as certListType says.
    signer_certificates: tuple[bytes, ...]
    signer_digests: tuple[tuple[str, bytes], ...]
    picture: Picture
    extensions: tuple[Extension, ...]
    maker: SignedPart
    timestamp: bytes | None = field(repr=False, default=None)
    # Encodings that are accepted though no standard has them; told in the report one by one.
    deviations: frozenset[Deviation] = frozenset()


@dataclass(frozen=True)
class SealedValue:
    """The electronic seal's signature on a document (SES_Signature)."""

    der: bytes = field(repr=False)
    version: Version
    seal: Seal
    data_hash: bytes
    property_info: str
    # The time inside what was signed: a moment, the text as it stands, or a time-stamp token in DER.
    time: datetime | str | bytes
    signer: SignedPart
    extensions: tuple[Extension, ...] = ()
    timestamp: bytes | None = field(repr=False, default=None)
    deviations: frozenset[Deviation] = frozenset()


@dataclass(frozen=True)
class SealDraft:
    """What a seal is to say; dates in UTC."""

    vendor: str
    id: str
    type: int
    name: str
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    signer_certificates: Sequence[bytes]
    picture: Picture
    by_digest: bool = False
    extensions: Sequence[Extension] = ()


@dataclass(frozen=True)
class ValueDraft:
    """What a sealed value is to say: the seal as it stands, and what is sealed by whom; `algorithm` by number."""

    seal: bytes = field(repr=False)
    time: datetime
    data_hash: bytes
    property_info: str
    certificate: bytes = field(repr=False)
    algorithm: str = SM2_WITH_SM3
    extensions: Sequence[Extension] = ()


@dataclass(frozen=True)
class Unsigned:
    """Something that is ready but for its signature: `message` is what is signed, `finish` puts the signature in."""

    message: bytes = field(repr=False)
    finish: Callable[[bytes], bytes] = field(repr=False)


class SealStandard(Protocol):
    """A standard of seals: bytes in and out, no key in here."""

    @property
    def version(self) -> Version:
        """Give the standard."""

    def read_seal(self, data: bytes) -> Seal:
        """Read a seal. Raises `MalformedSeal`."""

    def read_value(self, data: bytes) -> SealedValue:
        """Read a sealed value. Raises `MalformedSeal`."""


class WritableStandard(SealStandard, Protocol):
    """A standard by which seals are made and used here.

    Whoever signs does it in two steps: what is to be signed is prepared, signed wherever the key lives, and finished.
    The time stamp over a finished value's signature is put in by `stamped`.
    """

    def prepare_seal(self, draft: SealDraft, maker_certificate: bytes, algorithm: str = SM2_WITH_SM3) -> Unsigned:
        """Write a seal but for its maker's signature. Raises `UnusableSealDraft`."""

    def prepare_value(self, draft: ValueDraft) -> Unsigned:
        """Write a sealed value but for the signer's signature. Raises `UnusableSealDraft`."""

    def stamped(self, value: bytes, token: bytes) -> bytes:
        """Put a time stamp over the signature into a finished value. Raises `MalformedSeal`, `UnusableSealDraft`."""
