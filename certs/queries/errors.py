"""What looking up refuses. That a certificate is not found, not covered or not for this purpose is an outcome."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnknownCertificateField(DomainError):
    """The certificate type has no field of this name."""

    type: str
    place: int
    code: ClassVar[str] = "unknown-certificate-field"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class TooManyMisses(DomainError):
    """The caller asked for so many holders who have nothing that it looks like trying out codes."""

    window: str
    limit: int
    retry_after: int
    code: ClassVar[str] = "too-many-misses"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class UnsoundHolderCode(DomainError):
    """The holder's code is none of its kind: its shape or its check characters are wrong."""

    type: str
    reason: str
    code: ClassVar[str] = "unsound-holder-code"
    kind: ClassVar[Kind] = Kind.MALFORMED
