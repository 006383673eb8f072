"""What time stamps are refused for: not readable, not so, not computable here, or not granted by the authority.

A chain that fails says so itself (`keys.trust_errors.PathFailure`); these are the faults of the token.
"""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedTimeStamp(DomainError):
    """These bytes are not a time-stamp token of RFC 3161 in DER."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-time-stamp"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class TimeStampWrong(DomainError):
    """The time stamp does not prove what it is asked to prove."""

    reason: str
    code: ClassVar[str] = "time-stamp-wrong"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class TimeStampUnsupported(DomainError):
    """The time stamp uses an algorithm that is not computed here, so it could not be checked."""

    algorithm: str
    code: ClassVar[str] = "time-stamp-unsupported"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class TimeStampNotGranted(DomainError):
    """The time-stamping authority did not grant a token."""

    status: int
    failure: str
    code: ClassVar[str] = "time-stamp-not-granted"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
