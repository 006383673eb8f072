"""The numbers of signed messages: two families of content types, the attributes, and what is known to be broken.

GB/T 35275-2017 6 gives its content types an arc of their own, below 1.2.156.10197.6.1.4.2; CMS (RFC 5652) has those of
PKCS#7. Products mix them: a message of the one family around content of the other is told as a deviation.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Family:
    """The content types of one standard."""

    name: str
    data: str
    signed_data: str
    enveloped_data: str


GBT35275: Final = Family("GB/T 35275", "1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.6.1.4.2.3")
CMS: Final = Family("CMS", "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3")
FAMILIES: Final = (GBT35275, CMS)
DATA_TYPES: Final = frozenset(each.data for each in FAMILIES)

# RFC 5083 2; GB/T 35275 has no number for authenticated envelopes.
AUTH_ENVELOPED_DATA: Final = "1.2.840.113549.1.9.16.1.23"
TIMESTAMP_CONTENT: Final = "1.2.840.113549.1.9.16.1.4"

CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
# RFC 3161 appendix A, and the number under which Authenticode carries the same token.
TIMESTAMP_TOKENS: Final = ("1.2.840.113549.1.9.16.2.14", "1.3.6.1.4.1.311.3.3.1")

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
# Numbers by which the field names "SM2 with SM3" besides the two of the algorithm itself.
SM2_KEY: Final = "1.2.156.10197.1.301"

# What is known and no longer computed; anything else that is not in the table of algorithms is just not known.
WEAK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.2.840.113549.2.2": "md2",
        "1.2.840.113549.2.5": "md5",
        "1.3.14.3.2.26": "sha-1",
        "1.2.840.113549.1.1.2": "rsa-md2",
        "1.2.840.113549.1.1.4": "rsa-md5",
        "1.2.840.113549.1.1.5": "rsa-sha-1",
        "1.3.14.3.2.29": "rsa-sha-1",
        "1.2.840.10045.4.1": "ecdsa-sha-1",
        "1.2.840.10040.4.1": "dsa",
        "1.2.840.10040.4.3": "dsa-sha-1",
    }
)


class Deviation(enum.StrEnum):
    """What products write against the standards and a profile may tolerate; each is named where it occurs."""

    BER = "indefinite-or-split-lengths"
    MIXED_FAMILIES = "content-type-of-the-other-family"
    ANOTHER_CONTENT_TYPE = "content-type-attribute-differs"
    RAW_SIGNATURE = "raw-signature"
    KEY_NUMBER = "key-number-as-signature-algorithm"
    UNSORTED_ATTRIBUTES = "attributes-not-in-order"
    VERSION = "version-does-not-fit"
    EARLY_GENERALIZED_TIME = "generalized-time-before-2050"
    UNNAMED_DIGEST = "digest-not-announced"


@dataclass(frozen=True)
class Profile:
    """Which deviations are read; the name stands in reports."""

    name: str
    tolerated: frozenset[Deviation] = frozenset()


STRICT: Final = Profile("strict")
# Raw r ‖ s is left out: two readings of one field are one too many, and only sealed OFD documents need it.
FIELD: Final = Profile("field", frozenset(Deviation) - {Deviation.RAW_SIGNATURE})
FIELD_WITH_RAW: Final = Profile("field-with-raw-signatures", frozenset(Deviation))
