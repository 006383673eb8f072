"""Time-stamp requests (RFC 3161 2.4.1) as values, read strictly, and the refusals that an authority answers with."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from keys.algorithms import der
from keys.authority.errors import TimeStampRejected
from keys.authority.writing import named_bits
from keys.errors import MalformedDer
from keys.timestamp_exchange import FAILURES
from keys.timestamp_tokens import take_imprint, take_nonce, take_true
from keys.timestamp_values import Imprint

# A request has some 60 bytes, with a nonce and a policy 100.
SIZE_LIMIT: Final = 1 << 12
REJECTION: Final = 2
UTF8: Final = 0x0C

BAD_ALGORITHM: Final = "bad-algorithm"
BAD_REQUEST: Final = "bad-request"
BAD_DATA_FORMAT: Final = "bad-data-format"
TIME_NOT_AVAILABLE: Final = "time-not-available"
UNACCEPTED_POLICY: Final = "unaccepted-policy"
UNACCEPTED_EXTENSION: Final = "unaccepted-extension"
SYSTEM_FAILURE: Final = "system-failure"
_NUMBERS: Final = MappingProxyType({name: number for number, name in FAILURES.items()})


@dataclass(frozen=True)
class TimeStampRequest:
    """What is to be stamped, and how the answer is wished for."""

    imprint: Imprint
    policy: str | None
    nonce: int | None
    certificate: bool


def read(data: bytes) -> TimeStampRequest:
    """Read a TimeStampReq in DER. Raises `TimeStampRejected`."""
    if len(data) > SIZE_LIMIT:
        raise TimeStampRejected(BAD_DATA_FORMAT, "too-large")
    try:
        der.require_der(data)
        return _read(data)
    except MalformedDer as error:
        raise TimeStampRejected(BAD_DATA_FORMAT, error.reason) from error


def rejected(why: TimeStampRejected) -> bytes:
    """Write a TimeStampResp that grants nothing and says why."""
    words = der.sequence(der.element(UTF8, why.reason.encode()))
    status = der.sequence(der.integer(REJECTION), words, named_bits([_NUMBERS[why.failure]]))
    return der.sequence(status)


def granted(token: bytes) -> bytes:
    """Write a TimeStampResp around a token."""
    return der.sequence(der.sequence(der.integer(0)), token)


def _read(data: bytes) -> TimeStampRequest:
    outer = der.Reader(data)
    reader = outer.inside()
    outer.end()
    if reader.integer() != 1:
        raise TimeStampRejected(BAD_REQUEST, "unknown-version")
    imprint = take_imprint(reader)
    policy = reader.oid() if reader.next_tag == der.OID else None
    nonce = take_nonce(reader)
    certificate = take_true(reader)
    if reader.next_tag == 0xA0:  # noqa: PLR2004 extensions [0], of which none is understood
        raise TimeStampRejected(UNACCEPTED_EXTENSION, "no-extension-is-accepted")
    reader.end()
    return TimeStampRequest(imprint, policy, nonce, certificate)
