"""What evidence of a verification is refused for."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedEvidence(DomainError):
    """These bytes are not the evidence of a verification."""

    place: str
    reason: str
    code: ClassVar[str] = "malformed-evidence"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class EvidenceOfAnother(DomainError):
    """The evidence is of another document than this one."""

    expected: str
    found: str
    code: ClassVar[str] = "evidence-of-another-document"
    kind: ClassVar[Kind] = Kind.CONFLICT
