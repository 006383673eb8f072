"""What keeps a signature from being made for the long term."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class LongTermEvidenceMissing(DomainError):
    """For a certificate there is no evidence from after the signing that it was not revoked."""

    certificate: str
    reason: str
    code: ClassVar[str] = "long-term-evidence-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class LevelNotPossible(DomainError):
    """The signature cannot be of the level that is asked for."""

    level: str
    reason: str
    code: ClassVar[str] = "level-not-possible"
    kind: ClassVar[Kind] = Kind.CONFLICT
