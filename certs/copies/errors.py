"""What is refused about copies. That a certificate is not there, or not for this use, is an outcome."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoCopySeal(DomainError):
    """The platform has no active service seal that copies could take."""

    code: ClassVar[str] = "no-copy-seal"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoSuchCopy(DomainError):
    """There is no copy under this link, or it is not for whoever asks."""

    code: ClassVar[str] = "no-such-copy"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CopyLinkSpent(DomainError):
    """The link has been used, or its ten minutes are over."""

    reason: str
    code: ClassVar[str] = "copy-link-spent"
    kind: ClassVar[Kind] = Kind.CONFLICT
