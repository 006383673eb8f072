"""What making a seal refuses. What reading refuses is `signing.errors.MalformedSeal`."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnusableSealDraft(DomainError):
    """What a seal is to say cannot be written by its standard."""

    field: str
    reason: str
    code: ClassVar[str] = "unusable-seal-draft"
    kind: ClassVar[Kind] = Kind.MALFORMED
