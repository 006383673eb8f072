"""What a signature value is, told by its content and never by what the document calls it.

A SEQUENCE whose first element is an OBJECT IDENTIFIER is a signed message (GB/T 35275, CMS); a SEQUENCE in a SEQUENCE
is a sealed value; two INTEGERs, or 64 bytes that are no DER, are a bare signature without a certificate, which nobody
can tell whose it is. Nothing is verified here.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms import der
from keys.cms import numbers
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.signed_data import SignedData
from keys.errors import MalformedDer
from signing import seals
from signing.errors import MalformedSeal
from signing.policy import Compatibility, Policy
from signing.report import Check, failed
from signing.seals.seal import SealedValue

# A message with lists and chains inside, or a seal with a picture: no more than what either reader takes.
SIZE_LIMIT: Final = 16 << 20
RAW_SIZE: Final = 64


@dataclass(frozen=True)
class Unusable:
    """A value that cannot be judged further, and the check that says why."""

    check: Check
    standard: str
    kind: str


Value = SealedValue | SignedData | Unusable


def read(data: bytes, policy: Policy) -> Value:
    """Tell what a value is and read it; never raises for any bytes."""
    if len(data) > SIZE_LIMIT:
        return _malformed("too-large", 0)
    first = _first_tags(data)
    if first == (der.SEQUENCE, der.OID):
        return _message(data, policy)
    if first == (der.SEQUENCE, der.SEQUENCE):
        return _sealed(data)
    if first == (der.SEQUENCE, der.INTEGER) or len(data) == RAW_SIZE:
        return Unusable(failed("VALUE_UNSUPPORTED", reason="signature-without-certificate"), "SM2", "signature")
    return _malformed("unknown-structure", 0)


def _first_tags(data: bytes) -> tuple[int, int] | None:
    try:
        reader = der.Reader(data)
        inner = reader.inside()
        reader.end()
    except MalformedDer:
        # The reader of that kind will say what is wrong and where; messages may come in indefinite lengths.
        return _guessed(data)
    return None if inner.next_tag is None else (der.SEQUENCE, inner.next_tag)


def _guessed(data: bytes) -> tuple[int, int] | None:
    """Look behind a header that is no DER for what it introduces."""
    if len(data) < 2 or data[0] != der.SEQUENCE:  # noqa: PLR2004 - a tag and a length
        return None
    skip = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return (der.SEQUENCE, data[skip]) if skip < len(data) else None


def _message(data: bytes, policy: Policy) -> Value:
    raw = Compatibility.RAW_SIGNATURE in policy.compatibility
    try:
        return SignedData.of(data, numbers.FIELD_WITH_RAW if raw else numbers.FIELD)
    except NoSigner:
        return Unusable(failed("NO_SIGNER"), numbers.GBT35275.name, "signature")
    except MalformedSignedData as error:
        check = failed("VALUE_MALFORMED", reason=error.reason, offset=error.offset)
        return Unusable(check, numbers.CMS.name, "signature")


def _sealed(data: bytes) -> Value:
    try:
        return seals.read_value(data)
    except MalformedSeal as error:
        return _malformed(error.reason, error.offset, "seal")


def _malformed(reason: str, offset: int, kind: str = "signature") -> Unusable:
    standard = "GB/T 38540-2020" if kind == "seal" else "unknown"
    return Unusable(failed("VALUE_MALFORMED", reason=reason, offset=offset), standard, kind)
