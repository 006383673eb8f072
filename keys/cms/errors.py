"""What signed messages are refused for; a signature that is read and wrong is a finding and no refusal."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedSignedData(DomainError):
    """These bytes are not a SignedData of GB/T 35275 or CMS."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-signed-data"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSigner(DomainError):
    """The SignedData carries no signature."""

    code: ClassVar[str] = "no-signer"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DoesNotFitReserve(DomainError):
    """The signed message is longer than the room that was kept for it."""

    size: int
    room: int
    code: ClassVar[str] = "signed-data-over-reserve"
    kind: ClassVar[Kind] = Kind.TOO_LARGE
