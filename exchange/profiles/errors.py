"""What the exchange refuses about profiles."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class TooManyMembers(DomainError):
    """One call would ask more directories than it may."""

    asked: int
    limit: int
    code: ClassVar[str] = "too-many-members"
    kind: ClassVar[Kind] = Kind.MALFORMED
