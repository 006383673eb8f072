"""What taking in and using impressions refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnreadableImpressions(DomainError):
    """The bytes are no package of impressions."""

    reason: str
    subject: str
    code: ClassVar[str] = "unreadable-impressions"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchImpression(DomainError):
    """This organisation has no impression under that filing number.

    Whether another organisation has one is not told: filing numbers stand on paper, and nobody shall find out whose
    they are by trying.
    """

    filing: str
    code: ClassVar[str] = "no-such-impression"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ImpressionInUse(DomainError):
    """A seal was made from this impression already, or is being made."""

    filing: str
    seal: str
    code: ClassVar[str] = "impression-in-use"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ImpressionWithdrawn(DomainError):
    """The office that keeps the filings has withdrawn this impression."""

    filing: str
    code: ClassVar[str] = "impression-withdrawn"
    kind: ClassVar[Kind] = Kind.CONFLICT
